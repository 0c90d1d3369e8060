//! For an incident's channel: the verdict, why, and the endpoints that are not well.

use super::words::{self, percent, url};
use crate::clock;
use crate::report::figures::Health;
use crate::report::verdict::Level;

const MOST: usize = 10;

pub fn markdown(health: &Health) -> Vec<String> {
    let (found, queue) = (&health.deliveries, &health.deliveries.queue);
    let mut lines = vec![
        format!(
            "**hookyard is {}** at {}, read from {}",
            health.level.word(),
            clock::shown(health.at),
            code(&words::source(&health.source))
        ),
        String::new(),
    ];
    for reason in &health.reasons {
        lines.push(format!("- {}: {} – {}", reason.level.word(), reason.section, code(&reason.what)));
    }
    if health.reasons.is_empty() {
        lines.push("- nothing is amiss".into());
    }
    if let Some(why) = &found.read_live {
        lines.push(format!("- note: {}: {}", why.what, code(&why.to_type)));
    }
    lines.extend([
        String::new(),
        format!(
            "24 hours: {} attempts, {} succeeded. Queue: {} waiting, {} due, {}, {} dead ({} in 24 hours).",
            found.day.attempts,
            percent(found.day.success_rate),
            queue.waiting,
            queue.due,
            words::oldest(queue),
            queue.dead,
            queue.died
        ),
    ]);
    let unwell: Vec<_> = found.endpoints.iter().filter(|one| one.level > Level::Ok).collect();
    if unwell.is_empty() {
        return lines;
    }
    lines.extend([
        String::new(),
        format!(
            "| endpoint | attempts, {} | success | due | dead | last failure |",
            words::window(&health.window)
        ),
        "|---|---:|---:|---:|---:|---|".into(),
    ]);
    for one in unwell.iter().take(MOST) {
        let failure = one.last_failed().map(|(at, why)| format!("{} {}", clock::shown(at), code(why)));
        let (url, failure) = (code(url(one)), failure.unwrap_or_default());
        let (attempts, rate) = (one.counts.attempts, percent(one.counts.success_rate));
        lines.push(format!("| {url} | {attempts} | {rate} | {} | {} | {failure} |", one.due, one.dead));
    }
    if unwell.len() > MOST {
        lines.extend([String::new(), format!("{} more endpoints are not well.", unwell.len() - MOST)]);
    }
    lines
}

/// Text that may come from outside, so that it stays text: no link, no mention, no cell of its own.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|").replace(['\n', '\r'], " "))
}
