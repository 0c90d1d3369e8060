//! One integration's turn: each result recorded, written, and recorded again. Nothing is written that was not recorded
//! first, and a write is never cut short by a signal.

use std::rc::Rc;

use tokio::time::sleep;
use uuid::Uuid;

use super::super::holding::Holding;
use super::super::integration::Integration;
use super::super::opened::{self, Opened};
use super::super::service::{Service, WriteTrouble};
use super::super::store::{self, Begun};
use super::super::trouble::{Class, Scope, Trouble};
use super::super::unasked::Reason;
use super::result::{self, Candidate, Why};
use super::{Run, report};
use crate::clock::Micros;
use crate::db::Db;
use crate::failure::{Failure, Kind};
use crate::settings::Section;

/// One result that is to be written.
pub struct Work {
    pub candidate: Candidate,
    pub values: Vec<u8>,
    pub why: Why,
}

#[derive(Default)]
pub struct Turn {
    pub integration: String,
    pub accepted: usize,
    /// Of these, how many stood there already.
    pub already: usize,
    pub troubles: Vec<Lost>,
    /// Why nothing was written.
    pub unasked: Option<Reason>,
    pub not_asked: usize,
}

/// A result that was not accepted.
pub struct Lost {
    pub entry: Uuid,
    pub property: String,
    /// refused, unknown, or pending for what the next run tries again.
    pub state: &'static str,
    pub class: String,
    pub text: String,
    pub remedy: String,
    pub code: u8,
}

impl Lost {
    fn of(work: &Work, state: &'static str) -> Lost {
        Lost {
            entry: work.candidate.entry_id,
            property: work.candidate.property_code.clone().unwrap_or_default(),
            state,
            class: String::new(),
            text: String::new(),
            remedy: String::new(),
            code: Kind::No.code(),
        }
    }
}

struct Asking<'a> {
    run: &'a Run<'a>,
    db: &'a Db,
    holding: &'a Holding<'a>,
    section: &'a Section,
    service: &'a Service,
}

impl Turn {
    pub async fn take(
        run: &Run<'_>,
        integration: Rc<Integration>,
        works: Vec<Work>,
    ) -> Result<Turn, Failure> {
        let mut turn = Turn { integration: integration.name(), ..Turn::default() };
        let go = async |opened: Opened<'_>| Box::pin(turn.go(run, opened, works)).await;
        turn.unasked = opened::turn(run.context, integration.id, run.id, go).await?;
        Ok(turn)
    }

    async fn go(&mut self, run: &Run<'_>, opened: Opened<'_>, works: Vec<Work>) -> Result<(), Failure> {
        let db = run.context.db().await?;
        let Opened { holding, integration, section, service } = &opened;
        let asking = Asking { run, db, holding, section, service };
        let many = works.len();
        for (at, work) in works.into_iter().enumerate() {
            if at > 0 {
                sleep(section.pause()).await;
            }
            if run.is_stopping() {
                self.not_asked = many - at;
                return Ok(());
            }
            let Some(class) = Box::pin(self.one(&asking, &work)).await? else { continue };
            if class.opens_circuit() {
                let text = self.troubles.last().map(|lost| lost.text.clone()).unwrap_or_default();
                store::open_circuit(db, integration.id, class.word(), &text).await?;
            }
            if class.scope() == Scope::Integration || class == Class::Transport {
                self.not_asked = many - at - 1;
                return Ok(());
            }
        }
        Ok(())
    }

    /// The class of the trouble, if there was some.
    async fn one(&mut self, asking: &Asking<'_>, work: &Work) -> Result<Option<Class>, Failure> {
        let now = asking.holding.renewed().await?;
        let candidate = &work.candidate;
        let mut screening = asking.screening(candidate, now);
        match report::document(asking.section, candidate) {
            Ok(document) => screening.document = document,
            Err(why) => {
                self.troubles.push(Lost {
                    class: "document".to_owned(),
                    text: why,
                    remedy: "the next run looks for it again".to_owned(),
                    ..Lost::of(work, "pending")
                });
                return Ok(None);
            }
        }
        let newest = candidate.newest.as_ref();
        let (id, revision) = match (work.why, newest) {
            (Why::Unsettled | Why::Again, Some(newest)) => (newest.id, newest.revision),
            (_, Some(newest)) => (asking.run.context.random.id(now), newest.revision + 1),
            (_, None) => (asking.run.context.random.id(now), 1),
        };
        screening.marker = match newest {
            Some(newest) if newest.id == id => newest.marker.clone(),
            _ => result::marker(&candidate.entry_id, revision),
        };
        let begun = Begun {
            id,
            candidate,
            revision,
            values: &work.values,
            marker: &screening.marker,
            prospect: &screening.prospect,
        };
        if !store::begin_submission(asking.db, &begun).await? {
            // Another run has just done it.
            return Ok(None);
        }
        let came = Box::pin(asking.holding.meanwhile(Box::pin(asking.service.submit(&screening)))).await;
        let property = candidate.property_id;
        let (state, trouble) = match came {
            Ok(accepted) => {
                let told = match (accepted.already, accepted.confirmed) {
                    (true, _) => "it stood there already",
                    (false, true) => "accepted and read back",
                    (false, false) => "accepted",
                };
                store::finish_accepted(asking.db, id, property, told).await?;
                self.accepted += 1;
                self.already += usize::from(accepted.already);
                return Ok(None);
            }
            Err(WriteTrouble::Unknown(trouble)) => ("unknown", trouble),
            // The record is not at fault: it is tried again.
            Err(WriteTrouble::Refused(trouble)) if rests(&trouble) => ("refused", trouble),
            Err(WriteTrouble::Refused(trouble)) => ("pending", trouble),
        };
        let text = format!("{}: {}", trouble.operation, trouble.text);
        let class = trouble.class;
        store::finish_not_accepted(asking.db, id, property, state, class.word(), &text).await?;
        self.troubles.push(Lost {
            class: class.word().to_owned(),
            text,
            remedy: class.remedy().to_owned(),
            code: class.exit().map_or(Kind::No.code(), Kind::code),
            ..Lost::of(work, state)
        });
        Ok(Some(class))
    }
}

impl Asking<'_> {
    fn screening(&self, candidate: &Candidate, now: Micros) -> super::super::screening::Screening {
        result::screening(candidate, self.section.asset_result.unwrap_or(false), now)
    }
}

/// Sent again, it would be refused again.
fn rests(trouble: &Trouble) -> bool {
    let record = trouble.class.scope() == Scope::Record;
    let unclear =
        matches!(trouble.class, Class::Fault | Class::Unknown | Class::Unusable | Class::BenignEmpty);
    (record || unclear) && !trouble.retryable()
}
