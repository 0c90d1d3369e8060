//! The figures that one looks for first; a colour says that the figure itself is beyond its limit.

use crate::report::figures::Health;
use crate::report::threshold::length;
use crate::report::told::html::numbers::{count, millis};
use crate::report::told::html::parts::tile;
use crate::report::told::words::percent;
use crate::report::verdict::Level;

pub fn tiles(health: &Health, window: &str) -> String {
    let (out, queue, yardi) = (&health.deliveries, &health.deliveries.queue, &health.yardi);
    let oldest = match queue.oldest_due_s {
        Some(waits) => format!("the oldest for {}", length(waits as f64)),
        None => "nothing waits too long".into(),
    };
    let (done, all) = (count(out.total.successes), count(out.total.attempts));
    let tiles = [
        tile(
            "Succeeded",
            &percent(out.total.success_rate),
            &format!("{done} of {all} attempts, {window}"),
            level(health, &["success"]),
        ),
        tile(
            "Failed",
            &count(out.total.failures),
            &format!("of {all}; {} in 24 hours", count(out.day.failures)),
            Level::Ok,
        ),
        tile("Due now", &count(queue.due), &oldest, level(health, &["due", "oldest-due"])),
        tile(
            "Dead",
            &count(queue.dead),
            &format!("{} of them in 24 hours", count(queue.died)),
            level(health, &["dead"]),
        ),
        tile(
            "Answered within",
            &millis(out.answers.p95_ms),
            &format!("p95; half within {}", millis(out.answers.p50_ms)),
            Level::Ok,
        ),
        match yardi.not_read {
            Some(_) => tile("Yardi", "–", "cannot be read", Level::Degraded),
            None => {
                let late = yardi.polling.stale + yardi.polling.never;
                tile(
                    "Yardi",
                    &format!("{} of {}", count(yardi.properties - late), count(yardi.properties)),
                    "properties polled in time",
                    level(health, &["stale", "never-polled"]),
                )
            }
        },
    ];
    format!("<dl class=\"tiles\">\n{}</dl>\n", tiles.concat())
}

/// The worst of what these limits say.
fn level(health: &Health, limits: &[&str]) -> Level {
    let reasons = health.reasons.iter().filter(|reason| limits.contains(&reason.name));
    reasons.map(|reason| reason.level).max().unwrap_or_default()
}
