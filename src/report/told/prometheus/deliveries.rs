//! Attempts, the queue, and each endpoint's part of them.

use super::metrics::Metrics;
use crate::report::figures::{Deliveries, Window};
use crate::report::told::words;

pub fn deliveries(found: &Deliveries, window: &Window, to: &mut Metrics) {
    let queue = &found.queue;
    to.many(
        "attempts_day",
        "Attempts of the last 24 hours in webhook_delivery_attempts",
        "outcome",
        [
            ("success", found.day.successes as f64),
            ("failure", found.day.failures as f64),
            ("other", found.day.others as f64),
        ],
    );
    to.one(
        "attempts_read_one_by_one",
        "Whether hours not yet counted or a missing index made this report slow, see report health",
        f64::from(u8::from(found.read_live.is_some())),
    );
    to.one(
        "attempts_missing",
        "Whether hours are missing from the figures of attempts, since they could not be read in time",
        f64::from(u8::from(found.missing.is_some())),
    );
    to.one(
        "deliveries_waiting",
        "Deliveries pending now in hookyard.deliveries, those of inactive endpoints apart",
        queue.waiting as f64,
    );
    to.one("deliveries_due", "Of these, due now", queue.due as f64);
    to.one(
        "deliveries_oldest_due_seconds",
        "How long the oldest due delivery waits that no run holds, now",
        queue.oldest_due_s.unwrap_or(0) as f64,
    );
    to.one(
        "deliveries_parked",
        "Deliveries that wait for an inactive endpoint, now in hookyard.deliveries",
        queue.parked as f64,
    );
    to.one(
        "deliveries_dead",
        "Deliveries given up and not replayed, now in hookyard.deliveries",
        queue.dead as f64,
    );
    to.one("deliveries_died_day", "Of these, in the last 24 hours", queue.died as f64);
    to.one(
        "breakers_open",
        "Endpoints whose breaker is open, now in hookyard.endpoints",
        queue.breakers_open as f64,
    );
    to.one(
        "endpoints_gone",
        "Active endpoints that answered 410, now in hookyard.endpoints",
        queue.flagged as f64,
    );
    to.one("alerts_open", "Alerts open now in hookyard.alerts", queue.alerts_open as f64);
    let window = words::window(window);
    to.each(
        found,
        "endpoint_attempts",
        &format!("Attempts of {window} in webhook_delivery_attempts"),
        |one| Some(one.counts.attempts as f64),
    );
    to.each(found, "endpoint_successes", "Of these, 200 to 299", |one| Some(one.counts.successes as f64));
    to.each(found, "endpoint_failures", "Of these, 400 and above, no answer included", |one| {
        Some(one.counts.failures as f64)
    });
    to.each(
        found,
        "endpoint_p50_seconds",
        &format!("Median answer of {window} in hookyard.attempts"),
        |one| one.p50_ms.map(|ms| ms / 1e3),
    );
    to.each(
        found,
        "endpoint_p95_seconds",
        &format!("Answer of {window} in hookyard.attempts that 95 of 100 are quicker than"),
        |one| one.p95_ms.map(|ms| ms / 1e3),
    );
}
