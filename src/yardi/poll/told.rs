//! What a poll answers: a summary that counts, a line per property with trouble, and the code a script hears.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::integration::{Integration, Planned, Property};
use super::super::store::Counts;
use super::super::unasked::Unasked;
use super::turn::{Fault, Turn};
use crate::clock;
use crate::env;
use crate::failure::{Kind, worst};
use crate::mail::Unreachable;
use crate::output::{Json, Output, Page, Table, Tone, counted};

/// One property that would be asked.
pub struct Planning {
    integration: String,
    property: String,
    state: &'static str,
    from: i64,
    to: i64,
    notes: Vec<String>,
}

impl Planning {
    pub fn of(integration: &Integration, property: &Property, planned: &Planned) -> Planning {
        Planning {
            integration: integration.name(),
            property: property.label(),
            state: integration.standing(property).word(),
            from: planned.window.from,
            to: planned.window.to,
            notes: planned.notes.clone(),
        }
    }
}

#[derive(Default)]
pub struct Mails {
    pub sent: usize,
    pub refused: usize,
    pub unknown: usize,
    pub put_off: usize,
    /// Left on their way by a run that died.
    pub lost: usize,
    pub waiting: usize,
    pub unreachable: Option<Unreachable>,
    told: Vec<(Uuid, String)>,
}

/// So many letters' troubles are told one by one.
const TOLD: usize = 10;

impl Mails {
    pub fn say(&mut self, entry: Uuid, why: &str) {
        if self.told.len() < TOLD {
            self.told.push((entry, why.to_owned()));
        }
    }

    fn is_silent(&self) -> bool {
        self.sent + self.refused + self.unknown + self.put_off + self.lost == 0 && self.unreachable.is_none()
    }

    fn code(&self) -> u8 {
        let bad = if self.refused + self.unknown + self.lost > 0 { Kind::No.code() } else { 0 };
        let away = match &self.unreachable {
            Some(why) if why.blocked => Kind::Blocked.code(),
            Some(_) => Kind::Later.code(),
            None => 0,
        };
        worst(bad, away)
    }
}

#[derive(Default)]
pub struct Tally {
    polled: usize,
    failed: Vec<(String, String, Fault)>,
    done: Vec<(String, String, Counts)>,
    unasked: Unasked,
    not_asked: usize,
    pub mails: Mails,
    pub mails_are_off: bool,
    pub signal: Option<u8>,
}

impl Tally {
    pub fn add(&mut self, turn: Turn) {
        let name = turn.integration;
        self.not_asked += turn.not_asked;
        if let Some(why) = turn.unasked {
            self.unasked.add(&name, why);
        }
        for poll in turn.polls {
            self.polled += 1;
            match poll.result {
                Ok(counts) => self.done.push((name.clone(), poll.property, counts)),
                Err(fault) => self.failed.push((name.clone(), poll.property, fault)),
            }
        }
    }

    fn sum(&self) -> Counts {
        let mut sum = Counts::default();
        for (_, _, counts) in &self.done {
            sum.rows += counts.rows;
            sum.invites += counts.invites;
            sum.entries += counts.entries;
            sum.corrected += counts.corrected;
            sum.known += counts.known;
            sum.flagged += counts.flagged;
            sum.mails += counts.mails;
            for (into, from) in [(&mut sum.skipped, &counts.skipped), (&mut sum.flags, &counts.flags)] {
                for (why, count) in from {
                    *into.entry(why.clone()).or_default() += count;
                }
            }
        }
        sum
    }

    fn is_silent(&self) -> bool {
        self.polled == 0 && self.unasked.is_well() && self.not_asked == 0 && self.mails.is_silent()
    }
}

pub enum Polled {
    Planned(Vec<Planning>),
    Done {
        tally: Box<Tally>,
        /// Something was named, so silence would not be understood.
        named: bool,
    },
}

impl Polled {
    pub fn planned(planned: Vec<Planning>) -> Polled {
        Polled::Planned(planned)
    }

    pub fn done(tally: Tally, named: bool) -> Polled {
        Polled::Done { tally: Box::new(tally), named }
    }
}

fn listed(counts: &BTreeMap<String, usize>) -> String {
    let parts: Vec<String> = counts.iter().map(|(why, count)| format!("{why} {count}")).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

fn properties(count: usize) -> String {
    counted(count, "property", "properties")
}

impl Tally {
    fn summary(&self, page: &mut Page) {
        if self.polled > 0 {
            let sum = self.sum();
            let mut parts = vec![format!("{} new invites, {} entries", sum.invites, sum.entries)];
            if sum.corrected > 0 {
                parts.push(format!("{} of them corrected", sum.corrected));
            }
            if sum.flagged > 0 {
                parts.push(format!("{} flagged{}", sum.flagged, listed(&sum.flags)));
            } else if !sum.flags.is_empty() {
                parts.push(format!("stored with flags{}", listed(&sum.flags)));
            }
            if sum.known > 0 {
                parts.push(format!("{} known", sum.known));
            }
            let out: usize = sum.skipped.values().sum();
            if out > 0 {
                parts.push(format!("{out} left out{}", listed(&sum.skipped)));
            }
            page.line(format!("{} polled, {} rows: {}", properties(self.polled), sum.rows, parts.join(", ")));
        }
        for (integration, property, fault) in &self.failed {
            page.toned(format!("{property} ({integration}): {}: {}", fault.class, fault.text), Tone::Bad);
            page.line(format!("  {}", fault.remedy));
        }
        self.unasked.text(page);
        if self.not_asked > 0 {
            page.toned(format!("{} not asked any more in this run", properties(self.not_asked)), Tone::Warn);
        }
    }

    fn mail(&self, page: &mut Page) {
        let mails = &self.mails;
        let entries = self.sum().entries;
        if self.mails_are_off && entries > 0 {
            page.line(format!(
                "no invite was mailed: mails are off until {} and {} are set",
                env::SMTP_URL,
                env::MAIL_FROM
            ));
        }
        if !mails.is_silent() {
            let mut parts = vec![format!("{} sent", mails.sent)];
            for (count, what) in [
                (mails.put_off, "put off"),
                (mails.refused, "refused"),
                (
                    mails.unknown + mails.lost,
                    "unknown: the server may have them, and they are not sent again",
                ),
            ] {
                if count > 0 {
                    parts.push(format!("{count} {what}"));
                }
            }
            if mails.waiting > 0 {
                parts.push(format!("{} waiting", mails.waiting));
            }
            page.line(format!("invite mails: {}", parts.join(", ")));
        }
        if let Some(why) = &mails.unreachable {
            page.toned(format!("invite mails: {}", why.reason), Tone::Bad);
        }
        for (entry, why) in &mails.told {
            page.toned(format!("  mail of entry {entry}: {why}"), Tone::Warn);
        }
    }

    fn json(&self) -> Value {
        let sum = self.sum();
        let done = self.done.iter().map(|(integration, property, counts)| {
            json!({
                "integration": integration, "property": property, "state": "imported", "class": null, "text": null,
                "remedy": null, "rows": counts.rows, "invites": counts.invites, "entries": counts.entries,
                "known": counts.known, "flagged": counts.flagged,
            })
        });
        let failed = self.failed.iter().map(|(integration, property, fault)| {
            json!({
                "integration": integration, "property": property, "state": "failed", "class": fault.class,
                "text": fault.text, "remedy": fault.remedy, "rows": null, "invites": null, "entries": null,
                "known": null, "flagged": null,
            })
        });
        json!({
            "polled": self.polled,
            "failed": self.failed.len(),
            "rows": sum.rows,
            "invites": sum.invites,
            "entries": sum.entries,
            "corrected": sum.corrected,
            "flagged": sum.flagged,
            "flags": sum.flags,
            "known": sum.known,
            "left_out": sum.skipped,
            "not_asked": self.not_asked,
            "properties": done.chain(failed).collect::<Vec<_>>(),
            "circuits_open": self.unasked.circuits_json(),
            "unusable": self.unasked.unusable_json(),
            "held": self.unasked.held_json(),
            "mails": {
                "on": !self.mails_are_off, "sent": self.mails.sent, "put_off": self.mails.put_off,
                "refused": self.mails.refused, "unknown": self.mails.unknown + self.mails.lost,
                "waiting": self.mails.waiting,
                "trouble": self.mails.unreachable.as_ref().map(|why| &why.reason),
            },
        })
    }
}

impl Output for Polled {
    fn text(&self, page: &mut Page) {
        match self {
            Polled::Planned(planned) if planned.is_empty() => page.line("nothing is due"),
            Polled::Planned(planned) => {
                let mut table = Table::new(&["integration", "property", "state", "from", "to", "note"]);
                for one in planned {
                    table.row(vec![
                        one.integration.as_str().into(),
                        one.property.as_str().into(),
                        one.state.into(),
                        clock::shown(one.from).into(),
                        clock::shown(one.to).into(),
                        one.notes.join("; ").into(),
                    ]);
                }
                page.table(table);
                page.line("dry run: nothing was asked and nothing was changed");
            }
            Polled::Done { tally, named } => {
                if *named {
                    tally.unasked.held_text(page);
                    if tally.is_silent() && !tally.unasked.is_held() {
                        page.line("nothing is due; --force polls all the same");
                    }
                }
                tally.summary(page);
                tally.mail(page);
            }
        }
    }

    fn json(&self) -> Json {
        match self {
            Polled::Planned(planned) => Json::Lines(
                planned
                    .iter()
                    .map(|one| {
                        json!({
                            "integration": one.integration, "property": one.property, "state": one.state,
                            "from": clock::shown(one.from), "to": clock::shown(one.to), "notes": one.notes,
                        })
                    })
                    .collect(),
            ),
            Polled::Done { tally, named } if tally.is_silent() && !named => Json::Lines(Vec::new()),
            Polled::Done { tally, .. } => Json::One(tally.json()),
        }
    }

    fn verdict(&self) -> u8 {
        let Polled::Done { tally, named } = self else { return 0 };
        let faults = tally.failed.iter().map(|(_, _, fault)| fault.code);
        let code = faults.chain(tally.unasked.codes(*named)).fold(tally.mails.code(), worst);
        match tally.signal {
            Some(signal) if code != Kind::Fault.code() => signal,
            _ => code,
        }
    }
}
