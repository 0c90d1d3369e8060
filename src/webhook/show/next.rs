//! What happens next to a delivery, when, and which rule set the time. Pure.

use super::super::store::StandingRow;
use crate::backoff::{self, Policy};
use crate::clock::{self, Micros, shown};

/// The words, and the moment where there is one.
pub fn next(delivery: &StandingRow, default_policy: &'static Policy) -> (String, Option<Micros>) {
    let reason = delivery.reason.as_deref().unwrap_or("no reason is known");
    match delivery.state.as_str() {
        "delivered" => ("nothing: it has arrived".into(), None),
        "dead" if let Some(at) = delivery.payload_erased_at => (
            format!(
                "nothing ({reason}); it cannot be delivered again: payload erased on {}",
                clock::shown_day(at)
            ),
            None,
        ),
        "dead" => (
            format!(
                "nothing by itself ({reason}); deliver it again: hookyard webhook replay {}",
                delivery.id
            ),
            None,
        ),
        _ => pending(delivery, default_policy),
    }
}

fn pending(delivery: &StandingRow, default_policy: &'static Policy) -> (String, Option<Micros>) {
    if delivery.parked_at.is_some() {
        return (
            "it waits until the endpoint is active again, 7 days at most; is_active is the customer's".into(),
            None,
        );
    }
    if let Some((holder, until)) = &delivery.held {
        let text = if *until > delivery.now {
            format!("it is being attempted by {holder}; that lease is renewed while the run lives")
        } else {
            format!("the lease of {holder} has ended without an outcome: the next run attempts it again")
        };
        return (text, Some(*until));
    }
    if let Some(opened) = delivery.opened_at {
        return (
            format!(
                "the endpoint's breaker is open since {}: one probe every 30 s, and waiting spends no attempt",
                shown(opened)
            ),
            delivery.probe_at,
        );
    }
    let rule = rule(delivery, default_policy);
    let paced = if delivery.paced { "; the endpoint has just recovered and is paced" } else { "" };
    let due = delivery.next_attempt_at.is_some_and(|at| at <= delivery.now);
    let when =
        if due { "it is due: the next run of webhook retry attempts it" } else { "attempted again then" };
    (format!("{when}; {rule}{paced}"), delivery.next_attempt_at)
}

/// Why the next attempt is at the time it is at.
fn rule(delivery: &StandingRow, default_policy: &'static Policy) -> String {
    let policy = delivery.policy.as_deref().and_then(backoff::find).unwrap_or(default_policy);
    let step = usize::try_from(delivery.steps).unwrap_or(0);
    match policy.delays.get(step) {
        Some(0) if step == 0 => format!("the first step of policy {} waits for nothing", policy.name),
        Some(delay) => format!(
            "step {} of {} of policy {} waits {delay} s after the failure, jitter adds at most a fifth, Retry-After may add more",
            step + 1,
            policy.delays.len(),
            policy.name
        ),
        None => format!("policy {} has no further step", policy.name),
    }
}
