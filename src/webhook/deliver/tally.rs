//! What a run came to. Counts what the endpoints accepted apart from what was sent.

use serde_json::{Value, json};
use uuid::Uuid;

use super::record::Change;
use crate::failure::worst;
use crate::output::{Page, Tone};

/// Dead deliveries that are named one by one.
const NAMED: usize = 20;

#[derive(Debug, Default)]
pub struct Tally {
    pub attempted: usize,
    pub accepted: usize,
    pub rescheduled: usize,
    pub dead: usize,
    pub parked: usize,
    /// Leases lost to another run before the outcome was recorded.
    pub taken_over: usize,
    /// Claimed, not sent, and left for another run when this one was told to end.
    pub given_back: usize,
    /// Attempts of earlier runs that ended while a request was on the wire.
    pub interrupted: usize,
    pub panicked: usize,
    /// The exit code of the signal that ended the run.
    pub signal: Option<u8>,
    died: Vec<Died>,
}

#[derive(Debug)]
struct Died {
    delivery_id: Uuid,
    webhook_id: Uuid,
    fate: String,
}

impl Tally {
    pub fn count(&mut self, change: &Change, ours: bool) {
        match (ours, change.state) {
            (false, _) => self.taken_over += 1,
            (true, "delivered") => self.accepted += 1,
            (true, "dead") => {
                self.dead += 1;
                if self.died.len() < NAMED {
                    self.died.push(Died {
                        delivery_id: change.delivery_id,
                        webhook_id: change.webhook_id,
                        fate: change.fate.clone(),
                    });
                }
            }
            (true, _) => self.rescheduled += 1,
        }
    }

    /// Deliveries that earlier crashes have set aside.
    pub fn rescued(&mut self, set_aside: usize) {
        self.dead += set_aside;
    }

    pub fn is_silent(&self) -> bool {
        self.attempted + self.dead + self.parked + self.interrupted + self.taken_over + self.given_back == 0
    }

    pub fn verdict(&self) -> u8 {
        if self.panicked > 0 {
            return 70;
        }
        match self.signal {
            Some(code) => code,
            None => worst(0, u8::from(self.dead > 0)),
        }
    }

    pub fn text(&self, page: &mut Page) {
        if self.is_silent() {
            return;
        }
        let parts = [
            (self.accepted, "accepted by their endpoints"),
            (self.rescheduled, "to be attempted again"),
            (self.dead, "dead"),
            (self.parked, "waiting for an inactive endpoint"),
            (self.interrupted, "were on the wire when an earlier run died"),
            (self.taken_over, "taken over by another run"),
            (self.given_back, "given back unsent"),
            (self.panicked, "lost to a fault in hookyard"),
        ];
        let told: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        page.line(format!("{} attempted: {}", self.attempted, told.join(", ")));
        for died in &self.died {
            page.toned(
                format!(
                    "dead: delivery {} to endpoint {} ({})",
                    died.delivery_id, died.webhook_id, died.fate
                ),
                Tone::Bad,
            );
        }
        if self.dead > self.died.len() {
            page.line(format!("and {} more: hookyard webhook list --dead", self.dead - self.died.len()));
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "attempted": self.attempted,
            "accepted": self.accepted,
            "rescheduled": self.rescheduled,
            "dead": self.dead,
            "parked": self.parked,
            "interrupted": self.interrupted,
            "taken_over": self.taken_over,
            "given_back": self.given_back,
            "panicked": self.panicked,
            "died": self.died.iter().map(|died| json!({
                "delivery_id": died.delivery_id.to_string(),
                "webhook_id": died.webhook_id.to_string(),
                "reason": died.fate,
            })).collect::<Vec<_>>(),
        })
    }
}
