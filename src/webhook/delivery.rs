//! One event for one endpoint: what was claimed, and what becomes of it after an attempt. Pure.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use hyper::body::Bytes;
use uuid::Uuid;

use super::attempt::{Outcome, Silence};
use crate::backoff::Policy;

/// A delivery under our lease, with all that a request needs.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: Uuid,
    /// Proof that the lease is still ours when the outcome is recorded.
    pub fence: i64,
    pub event_id: Uuid,
    pub webhook_id: Uuid,
    /// Steps of the schedule used up before this attempt.
    pub steps: u32,
    /// Leases lost while its request was on the wire.
    pub interruptions: u32,
    /// The lease before this one was lost like that: an `interrupted` attempt is owed.
    pub lapsed: bool,
    /// Absent when it is large: it is loaded when its turn comes.
    pub payload: Option<Bytes>,
    pub policy: &'static Policy,
    /// Absent when the webhook was deleted.
    pub endpoint: Option<Rc<Endpoint>>,
    /// The endpoint has failed since its last success, so a success changes its record.
    pub failing: bool,
    /// Its failures running, of the kinds that are retried.
    pub failures: u32,
}

/// The columns of `webhooks` as they are now, not as they were when the event happened.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub url: Option<String>,
    pub method: Option<String>,
    /// JSON text.
    pub headers: Option<String>,
    pub active: bool,
    pub api_key_id: String,
}

/// A signing secret of an endpoint as it is stored: encrypted.
#[derive(Clone)]
pub struct Sealed {
    pub id: Uuid,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({})", self.id)
    }
}

/// The active secrets of endpoints, the newest of each first; an endpoint without any is there as well.
pub type SealedByEndpoint = HashMap<Uuid, Rc<[Sealed]>>;

/// At most this many leases may be lost with a delivery on the wire before it is set aside.
pub const INTERRUPTIONS: u32 = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    Delivered,
    Retry(Duration),
    Dead(&'static str),
}

/// What becomes of a delivery after an attempt. `steps` counts the one just made.
pub fn settle(outcome: &Outcome, steps: u32, policy: &Policy, jitter: f64) -> Next {
    match outcome {
        Outcome::Answered(answer) => match answer.status {
            200..=299 => Next::Delivered,
            500..=599 => again(steps, policy, answer.retry_after, jitter),
            status if policy.retried.contains(&status) => again(steps, policy, answer.retry_after, jitter),
            410 => Next::Dead("gone"),
            300..=399 => Next::Dead("redirected"),
            _ => Next::Dead("rejected"),
        },
        Outcome::Silent { kind, .. } => match kind {
            Silence::Blocked => Next::Dead("blocked"),
            Silence::Config => Next::Dead("config"),
            Silence::Interrupted => Next::Retry(Duration::ZERO),
            Silence::Timeout
            | Silence::Refused
            | Silence::Dns
            | Silence::Tls
            | Silence::Reset
            | Silence::Protocol => again(steps, policy, None, jitter),
        },
    }
}

fn again(steps: u32, policy: &Policy, retry_after: Option<Duration>, jitter: f64) -> Next {
    policy.after(steps, retry_after, jitter).map_or(Next::Dead("schedule used up"), Next::Retry)
}

/// Whether an attempt uses up a step of the schedule.
pub fn takes_a_step(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Silent { kind: Silence::Interrupted, .. })
}

/// Whether it counts towards opening the breaker: the endpoint is unwell, not merely of another opinion.
pub fn is_unwell(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Answered(answer) => answer.status >= 500,
        Outcome::Silent { kind, .. } => {
            !matches!(kind, Silence::Blocked | Silence::Config | Silence::Interrupted)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attempt::Answer;
    use super::*;
    use crate::backoff::{self, INTEGRATION_LAYER};
    use crate::random::Random;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered(Answer { status, retry_after: None, body: Vec::new(), truncated: false, length: 0 })
    }

    #[test]
    fn the_documents_rule_decides() {
        let standard = backoff::find("standard-webhooks").expect("named");
        let wait = |seconds| Next::Retry(Duration::from_secs(seconds));
        let cases = [
            (answered(200), INTEGRATION_LAYER, Next::Delivered),
            (answered(299), INTEGRATION_LAYER, Next::Delivered),
            (answered(302), INTEGRATION_LAYER, Next::Dead("redirected")),
            (answered(404), INTEGRATION_LAYER, Next::Dead("rejected")),
            (answered(410), INTEGRATION_LAYER, Next::Dead("gone")),
            (answered(429), INTEGRATION_LAYER, Next::Dead("rejected")),
            (answered(429), standard, wait(5)),
            (answered(500), INTEGRATION_LAYER, wait(60)),
            (answered(599), INTEGRATION_LAYER, wait(60)),
            (Outcome::silent(Silence::Timeout, ""), INTEGRATION_LAYER, wait(60)),
            (Outcome::silent(Silence::Tls, ""), INTEGRATION_LAYER, wait(60)),
            (Outcome::silent(Silence::Blocked, ""), INTEGRATION_LAYER, Next::Dead("blocked")),
            (Outcome::silent(Silence::Config, ""), INTEGRATION_LAYER, Next::Dead("config")),
            (Outcome::silent(Silence::Interrupted, ""), INTEGRATION_LAYER, wait(0)),
        ];
        for (outcome, policy, next) in cases {
            assert_eq!(settle(&outcome, 1, policy, 0.0), next, "{outcome:?}");
        }
        assert_eq!(settle(&answered(500), 5, INTEGRATION_LAYER, 0.0), Next::Dead("schedule used up"));
    }

    /// Ten thousand random lives of a delivery against the document's own words.
    #[test]
    fn no_life_departs_from_the_schedule() {
        let random = Random::seeded(20_260_101);
        let documented = [60_u64, 300, 900, 3600];
        for _ in 0..10_000 {
            let mut steps = 0;
            loop {
                let outcome = match random.next() % 8 {
                    0 => answered(200 + u16::try_from(random.next() % 100).expect("small")),
                    1 => answered(400 + u16::try_from(random.next() % 100).expect("small")),
                    2 => Outcome::silent(Silence::Timeout, ""),
                    3 => Outcome::silent(Silence::Refused, ""),
                    _ => answered(500 + u16::try_from(random.next() % 100).expect("small")),
                };
                steps += 1;
                let status = outcome.status().unwrap_or(599);
                match settle(&outcome, steps, INTEGRATION_LAYER, random.unit()) {
                    Next::Delivered => {
                        assert!((200..300).contains(&status));
                        break;
                    }
                    Next::Dead(_) => {
                        assert!((400..500).contains(&status) || steps == 5);
                        break;
                    }
                    Next::Retry(wait) => {
                        assert!(status >= 500 && steps < 5);
                        let least = documented[steps as usize - 1] as f64;
                        assert!((least..least * 1.2).contains(&wait.as_secs_f64()));
                    }
                }
            }
            assert!(steps <= 5);
        }
    }
}
