//! Attempts and the queue.

use super::{oldest, percent};
use crate::report::figures::Deliveries;

pub fn attempts(found: &Deliveries, window: &str) -> String {
    format!(
        "attempts of {window}: {}, {} succeeded ({}), {} failed, {} neither; without a time: {}",
        found.total.attempts,
        found.total.successes,
        percent(found.total.success_rate),
        found.total.failures,
        found.total.others,
        found.undated
    )
}

pub fn queue(found: &Deliveries) -> [String; 2] {
    let queue = &found.queue;
    [
        format!(
            "queue now: {} waiting, {} due, {}; {} parked, {} dead ({} in 24 hours)",
            queue.waiting,
            queue.due,
            oldest(queue),
            queue.parked,
            queue.dead,
            queue.died
        ),
        format!(
            "endpoints now: {} breakers open, {} gone (410), {} alerts open",
            queue.breakers_open, queue.flagged, queue.alerts_open
        ),
    ]
}
