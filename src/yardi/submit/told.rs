//! What a submission answers: counts, a line per result that was not accepted, and the code a script hears.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};

use super::super::integration::Integration;
use super::super::unasked::Unasked;
use super::turn::{Lost, Turn, Work};
use crate::failure::{Kind, worst};
use crate::output::{Json, Output, Page, Table, Tone, counted};

/// One result that would be written.
pub struct Planning {
    entry: String,
    integration: String,
    property: String,
    prospect: String,
    why: &'static str,
}

impl Planning {
    pub fn of(works: &[(Rc<Integration>, Vec<Work>)]) -> Vec<Planning> {
        let one = |integration: &Integration, work: &Work| Planning {
            entry: work.candidate.entry_id.to_string(),
            integration: integration.name(),
            property: work.candidate.property_code.clone().unwrap_or_default(),
            prospect: work.candidate.prospect_code.clone().unwrap_or_default(),
            why: work.why.word(),
        };
        works.iter().flat_map(|(integration, work)| work.iter().map(|work| one(integration, work))).collect()
    }
}

#[derive(Default)]
pub struct Tally {
    accepted: usize,
    already: usize,
    /// Accepted before, and nothing has changed.
    pub stands: usize,
    left_out: BTreeMap<&'static str, usize>,
    troubles: Vec<(String, Lost)>,
    unasked: Unasked,
    not_asked: usize,
    /// There were more entries than the so many that one run looks at.
    cut: Option<usize>,
    pub signal: Option<u8>,
}

impl Tally {
    pub fn looking_at(cut: Option<usize>) -> Tally {
        Tally { cut, ..Tally::default() }
    }

    pub fn leave_out(&mut self, why: &'static str) {
        *self.left_out.entry(why).or_default() += 1;
    }

    pub fn add(&mut self, turn: Turn) {
        let name = turn.integration;
        self.accepted += turn.accepted;
        self.already += turn.already;
        self.not_asked += turn.not_asked;
        self.troubles.extend(turn.troubles.into_iter().map(|lost| (name.clone(), lost)));
        if let Some(why) = turn.unasked {
            self.unasked.add(&name, why);
        }
    }

    fn count(&self, state: &str) -> usize {
        self.troubles.iter().filter(|(_, lost)| lost.state == state).count()
    }

    fn is_silent(&self) -> bool {
        self.accepted + self.not_asked == 0
            && self.cut.is_none()
            && self.troubles.is_empty()
            && self.unasked.is_well()
    }
}

pub enum Submitted {
    Planned(Vec<Planning>, Box<Tally>),
    Done { tally: Box<Tally>, spoken: bool },
}

impl Submitted {
    pub fn planned(planned: Vec<Planning>, tally: Tally) -> Submitted {
        Submitted::Planned(planned, Box::new(tally))
    }

    pub fn done(tally: Tally, spoken: bool) -> Submitted {
        Submitted::Done { tally: Box::new(tally), spoken }
    }
}

fn results(count: usize) -> String {
    counted(count, "result", "results")
}

impl Tally {
    fn limit(&self, page: &mut Page) {
        if let Some(most) = self.cut {
            page.toned(
                format!("only {most} completed entries were looked at, those not yet submitted first"),
                Tone::Warn,
            );
            page.line(
                "  run this again for the rest; a shorter submit_window or --integration looks at fewer",
            );
        }
    }

    fn left_out(&self, page: &mut Page) {
        for (why, count) in &self.left_out {
            page.line(format!("{} left out: {why}", results(*count)));
        }
        if self.stands > 0 {
            page.line(format!("{} accepted before, and unchanged", results(self.stands)));
        }
    }

    fn text(&self, page: &mut Page) {
        let mut parts = vec![format!("{} accepted by Yardi", results(self.accepted))];
        if self.already > 0 {
            parts.push(format!("{} of them stood there already", self.already));
        }
        for (state, word) in [
            ("unknown", "unknown: the next run reads before it writes"),
            ("refused", "refused"),
            ("pending", "to be tried again"),
        ] {
            match self.count(state) {
                0 => {}
                count => parts.push(format!("{count} {word}")),
            }
        }
        if self.accepted > 0 || !self.troubles.is_empty() {
            page.line(parts.join(", "));
        }
        for (integration, lost) in &self.troubles {
            let place = format!("entry {} ({}, {integration})", lost.entry, lost.property);
            page.toned(format!("{place}: {}: {}: {}", lost.state, lost.class, lost.text), Tone::Bad);
            page.line(format!("  {}", lost.remedy));
        }
        self.unasked.text(page);
        if self.not_asked > 0 {
            page.toned(format!("{} not written any more in this run", results(self.not_asked)), Tone::Warn);
        }
        self.limit(page);
    }

    fn json(&self) -> Value {
        let trouble = |(integration, lost): &(String, Lost)| {
            json!({
                "entry_id": lost.entry.to_string(), "integration": integration, "property": lost.property,
                "state": lost.state, "class": lost.class, "text": lost.text, "remedy": lost.remedy,
            })
        };
        json!({
            "accepted": self.accepted,
            "already": self.already,
            "unknown": self.count("unknown"),
            "refused": self.count("refused"),
            "to_be_tried_again": self.count("pending"),
            "unchanged": self.stands,
            "left_out": self.left_out,
            "not_asked": self.not_asked,
            "looked_at_only": self.cut,
            "troubles": self.troubles.iter().map(trouble).collect::<Vec<_>>(),
            "circuits_open": self.unasked.circuits_json(),
            "unusable": self.unasked.unusable_json(),
            "held": self.unasked.held_json(),
        })
    }
}

impl Output for Submitted {
    fn text(&self, page: &mut Page) {
        match self {
            Submitted::Planned(planned, tally) => {
                match planned.is_empty() {
                    true => page.line("nothing is to be written"),
                    false => {
                        let mut table = Table::new(&["entry", "integration", "property", "prospect", "why"]);
                        for one in planned {
                            table.row(vec![
                                one.entry.as_str().into(),
                                one.integration.as_str().into(),
                                one.property.as_str().into(),
                                one.prospect.as_str().into(),
                                one.why.into(),
                            ]);
                        }
                        page.table(table);
                    }
                }
                tally.left_out(page);
                tally.limit(page);
                page.line("dry run: nothing was written and nothing was changed");
            }
            Submitted::Done { tally, spoken } => {
                tally.text(page);
                if *spoken {
                    tally.unasked.held_text(page);
                    tally.left_out(page);
                    if tally.is_silent()
                        && !tally.unasked.is_held()
                        && tally.left_out.is_empty()
                        && tally.stands == 0
                    {
                        page.line("nothing is to be written");
                    }
                }
            }
        }
    }

    fn json(&self) -> Json {
        match self {
            Submitted::Planned(planned, _) => Json::Lines(
                planned
                    .iter()
                    .map(|one| {
                        json!({
                            "entry_id": one.entry, "integration": one.integration, "property": one.property,
                            "prospect_code": one.prospect, "why": one.why,
                        })
                    })
                    .collect(),
            ),
            Submitted::Done { tally, spoken } if tally.is_silent() && !spoken => Json::Lines(Vec::new()),
            Submitted::Done { tally, .. } => Json::One(tally.json()),
        }
    }

    fn verdict(&self) -> u8 {
        let Submitted::Done { tally, spoken } = self else { return 0 };
        let lost = tally.troubles.iter().map(|(_, lost)| lost.code);
        let code = lost.chain(tally.unasked.codes(*spoken)).fold(0, worst);
        match tally.signal {
            Some(signal) if code != Kind::Fault.code() => signal,
            _ => code,
        }
    }
}
