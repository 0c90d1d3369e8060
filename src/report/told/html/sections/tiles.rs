//! The figures that one looks for first.

use crate::report::figures::Health;
use crate::report::threshold::length;
use crate::report::told::html::parts::{count, millis, tile};
use crate::report::told::table::percent;
use crate::report::verdict::Level;

pub fn tiles(health: &Health, window: &str) -> String {
    let (out, queue, yardi) = (&health.deliveries, &health.deliveries.queue, &health.yardi);
    let oldest = match queue.oldest_due_s {
        Some(waits) => format!("the oldest for {}", length(waits as f64)),
        None => "nothing waits too long".into(),
    };
    let failed = out.total.failures;
    let died = if queue.died > 0 { Level::Degraded } else { Level::Ok };
    let stale = yardi.polling.stale + yardi.polling.never;
    let stale_level = if stale > 0 { yardi.level } else { Level::Ok };
    let (done, all) = (count(out.total.successes), count(out.total.attempts));
    let tiles = [
        tile(
            "Succeeded",
            &percent(out.total.success_rate),
            &format!("{done} of {all} attempts, {window}"),
            out.level,
        ),
        tile(
            "Failed",
            &count(failed),
            &format!("of {all}; {} in 24 hours", count(out.day.failures)),
            Level::Ok,
        ),
        tile("Due now", &count(queue.due), &oldest, Level::Ok),
        tile("Dead", &count(queue.dead), &format!("{} of them in 24 hours", count(queue.died)), died),
        tile(
            "Answered within",
            &millis(out.answers.p95_ms),
            &format!("p95; half within {}", millis(out.answers.p50_ms)),
            Level::Ok,
        ),
        match yardi.not_read {
            Some(_) => tile("Yardi", "–", "cannot be read", Level::Degraded),
            None => tile(
                "Yardi",
                &format!("{} of {}", count(yardi.properties - stale), count(yardi.properties)),
                "properties polled in time",
                stale_level,
            ),
        },
    ];
    format!("<dl class=\"tiles\">\n{}</dl>\n", tiles.concat())
}
