//! One integration's turn: its lease, its properties one after the other, and a heartbeat while an answer is awaited.
//! No transaction is open while anything is asked.

use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;

use tokio::time::sleep;
use uuid::Uuid;

use super::super::holding::Holding;
use super::super::integration::{self, Integration, Planned, Property, Reach};
use super::super::opened::{self, Opened};
use super::super::prospect::Prospect;
use super::super::service::Service;
use super::super::store::{self, Counts, Failed, Import, Imported};
use super::super::trouble::{Class, Scope, Trouble};
use super::super::unasked::Reason;
use super::Run;
use crate::clock::Micros;
use crate::db::Db;
use crate::failure::{Failure, Kind};
use crate::settings::Section;

/// So many calls in a row without an answer, and the rest is left to the next run.
const SILENT: usize = 2;

/// What a turn came to.
#[derive(Default)]
pub struct Turn {
    pub integration: String,
    pub polls: Vec<Poll>,
    /// Reason nothing was asked.
    pub unasked: Option<Reason>,
    /// Properties that were not asked any more.
    pub not_asked: usize,
}

pub struct Poll {
    pub property: String,
    pub result: Result<Counts, Fault>,
}

/// Reason a property got nothing, ready to be told.
pub struct Fault {
    pub class: String,
    pub text: String,
    pub remedy: String,
    pub code: u8,
}

impl Fault {
    fn of(trouble: &Trouble) -> Fault {
        let code = trouble.fault_code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        Fault {
            class: trouble.class.word().to_owned(),
            text: format!("{}: {}{code}", trouble.operation, trouble.text),
            remedy: trouble.class.remedy().to_owned(),
            code: trouble.class.exit().map_or(0, Kind::code),
        }
    }

    fn new(class: &str, text: impl Into<String>, remedy: &str, code: u8) -> Fault {
        Fault { class: class.into(), text: text.into(), remedy: remedy.into(), code }
    }
}

/// Who is asked, by whom, as configured.
struct Asking<'a> {
    run: &'a Run<'a>,
    db: &'a Db,
    holding: &'a Holding<'a>,
    integration: &'a Integration,
    section: &'a Section,
    service: &'a Service,
}

enum Heard {
    Answers(Vec<(String, Vec<Prospect>)>, BTreeMap<String, usize>),
    Trouble(Box<Trouble>),
    Stopped,
}

pub fn plan(run: &Run<'_>, integration: &Integration, property: &Property, now: Micros) -> Planned {
    let section = run.context.settings.yardi.of(integration.short_id.as_deref());
    let reach = Reach { overlap: section.overlap, most: section.max_window(), since: run.since };
    integration::plan(integration, property, now, reach)
}

impl Turn {
    pub async fn take(run: &Run<'_>, integration: Rc<Integration>) -> Result<Turn, Failure> {
        let mut turn = Turn { integration: integration.name(), ..Turn::default() };
        turn.unasked = match opened::closed(&integration) {
            Some(why) => Some(why),
            None => {
                let go = async |opened: Opened<'_>| Box::pin(turn.go(run, opened)).await;
                opened::turn(run.context, integration.id, run.id, go).await?
            }
        };
        Ok(turn)
    }

    async fn go(&mut self, run: &Run<'_>, opened: Opened<'_>) -> Result<(), Failure> {
        let db = run.context.db().await?;
        let Opened { holding, integration, section, service } = &opened;
        let properties = store::list_properties(db, &[integration.id]).await?;
        let due: Vec<&Property> =
            properties.iter().filter(|property| run.wants(integration, property)).collect();
        let asking = Asking { run, db, holding, integration, section, service };
        let mut silent = 0;
        for (at, property) in due.iter().enumerate() {
            if at > 0 {
                run.unless_stopping(sleep(section.pause())).await;
            }
            if run.is_stopping() {
                self.not_asked = due.len() - at;
                return Ok(());
            }
            let asked = Box::pin(self.property(&asking, property)).await?;
            let Some(class) = asked else {
                silent = 0;
                continue;
            };
            silent = if class == Class::Transport { silent + 1 } else { 0 };
            // What the next property would hear, too.
            if class.scope() == Scope::Integration || silent >= SILENT {
                self.not_asked = due.len() - at - 1;
                return Ok(());
            }
        }
        Ok(())
    }

    /// The class of the trouble, if there was some.
    async fn property(&mut self, asking: &Asking<'_>, property: &Property) -> Result<Option<Class>, Failure> {
        let Asking { run, db, integration, section, .. } = asking;
        let started_at = asking.holding.renewed().await?;
        let planned = plan(run, integration, property, started_at);
        for note in &planned.notes {
            run.progress
                .say(&run.context.printer, &format!("{} ({}): {note}", property.label(), self.integration));
        }
        run.progress.begin();
        let heard = Box::pin(asking.ask(property, &planned)).await;
        run.progress.end();
        let poll_id = run.context.random.id(started_at);
        let (answers, left_out) = match heard {
            Heard::Answers(answers, left_out) => (answers, left_out),
            Heard::Stopped => return Ok(None),
            Heard::Trouble(trouble) => {
                let fault = Fault::of(&trouble);
                if trouble.class.opens_circuit() {
                    store::open_circuit(db, integration.id, &fault.class, &fault.text).await?;
                }
                self.failed(asking, property, (poll_id, started_at), fault).await?;
                return Ok(Some(trouble.class));
            }
        };
        let import = Import {
            poll_id,
            run_id: run.id,
            integration,
            property,
            started_at,
            window_from: planned.window.from,
            moves_stamp: planned.moves_stamp,
            answers: &answers,
            left_out,
            section,
            mails: run.mails,
            ids: &run.context.random,
        };
        let fault = match store::import(db, &import).await {
            Ok(Imported::Done(counts)) => {
                run.progress.add(counts.invites);
                self.polls.push(Poll { property: property.label(), result: Ok(counts) });
                return Ok(None);
            }
            Ok(Imported::Moved) => Fault::new(
                "moved",
                "the property went to another integration or code while it was asked about; nothing was stored",
                "the next run asks again",
                Kind::No.code(),
            ),
            Err(trouble) if trouble.is_about_data() => {
                Fault::new("database", trouble.to_string(), "look at the row it names", Kind::No.code())
            }
            Err(trouble) => return Err(trouble.into()),
        };
        self.failed(asking, property, (poll_id, started_at), fault).await?;
        Ok(None)
    }

    async fn failed(
        &mut self,
        asking: &Asking<'_>,
        property: &Property,
        (poll_id, started_at): (Uuid, Micros),
        fault: Fault,
    ) -> Result<(), Failure> {
        let failed = Failed {
            poll_id,
            run_id: asking.run.id,
            integration: asking.integration.id,
            property: property.id,
            started_at,
            class: &fault.class,
            text: &fault.text,
        };
        store::insert_failed_poll(asking.db, &failed).await?;
        self.polls.push(Poll { property: property.label(), result: Err(fault) });
        Ok(())
    }
}

impl Asking<'_> {
    /// Every code of the property; one that is in trouble is the property's trouble.
    async fn ask(&self, property: &Property, planned: &Planned) -> Heard {
        let mut answers = Vec::new();
        let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
        for code in property.codes() {
            let call = Box::pin(self.service.poll(code, planned.window));
            match Box::pin(self.run.unless_stopping(self.holding.meanwhile(call))).await {
                None => return Heard::Stopped,
                Some(Err(trouble)) if trouble.class == Class::BenignEmpty => {}
                Some(Err(trouble)) => return Heard::Trouble(Box::new(trouble)),
                Some(Ok(answer)) => {
                    for (why, count) in answer.left_out {
                        *left_out.entry(why.word().to_owned()).or_default() += count;
                    }
                    answers.push((code.to_owned(), answer.prospects));
                }
            }
        }
        Heard::Answers(answers, left_out)
    }
}

impl Run<'_> {
    /// Wait, or be told to stop.
    async fn unless_stopping<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            done = work => Some(done),
            // A stopper that is gone tells nobody to stop.
            Ok(_) = stopping.wait_for(|stop| *stop) => None,
        }
    }
}
