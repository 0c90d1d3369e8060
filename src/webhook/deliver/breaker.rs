//! The breaker as this process sees it. The database's row is the truth for all runs, but it learns of failures only
//! when they are recorded; until then this process keeps itself from sending more. Pure.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::super::attempt::Outcome;
use super::super::delivery;

/// Failures running until an endpoint is left alone; the statement that records them opens the breaker at the same.
pub const OPENS_AT: u32 = 20;

#[derive(Default)]
pub struct Breaker {
    streaks: HashMap<Uuid, u32>,
    tripped: HashSet<Uuid>,
}

impl Breaker {
    /// Take an outcome in; `before` is what the claim said of the endpoint's failures. True when it trips now.
    pub fn landed(&mut self, webhook: Uuid, before: u32, outcome: &Outcome) -> bool {
        if outcome.accepted() {
            self.streaks.remove(&webhook);
            return false;
        }
        if !delivery::is_unwell(outcome) {
            return false;
        }
        let streak = self.streaks.entry(webhook).or_insert(before);
        *streak += 1;
        *streak >= OPENS_AT && self.tripped.insert(webhook)
    }

    /// The database's row says so now, and lets one probe through at a time.
    pub fn known(&mut self, webhook: Uuid) {
        self.tripped.remove(&webhook);
    }

    pub fn is_tripped(&self, webhook: Uuid) -> bool {
        self.tripped.contains(&webhook)
    }

    pub fn tripped(&self) -> impl Iterator<Item = Uuid> {
        self.tripped.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::attempt::Silence;
    use super::*;

    #[test]
    fn twenty_failures_running_trip_it_and_a_success_starts_anew() {
        let (mut breaker, webhook) = (Breaker::default(), Uuid::nil());
        let failure = Outcome::silent(Silence::Timeout, "");
        assert!(!(0..19).any(|_| breaker.landed(webhook, 0, &failure)));
        assert!(breaker.landed(webhook, 0, &failure));
        assert!(breaker.is_tripped(webhook));
        assert!(!breaker.landed(webhook, 0, &failure), "once");
        breaker.known(webhook);
        assert!(!breaker.is_tripped(webhook));
    }

    #[test]
    fn failures_of_earlier_runs_count() {
        let (mut breaker, webhook) = (Breaker::default(), Uuid::nil());
        let failure = Outcome::silent(Silence::Refused, "");
        assert!(!breaker.landed(webhook, 18, &failure));
        assert!(breaker.landed(webhook, 18, &failure));
    }
}
