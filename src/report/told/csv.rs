//! For a spreadsheet: one row for each endpoint.

use crate::clock;
use crate::report::figures::Health;

use super::words;

const HEADS: &[&str] = &[
    "webhook_id",
    "url",
    "level",
    "is_active",
    "since",
    "attempts",
    "successes",
    "failures",
    "no_answer",
    "others",
    "success_rate",
    "p50_ms",
    "p95_ms",
    "last_success_at",
    "last_failure_at",
    "last_failure",
    "waiting",
    "due",
    "oldest_due_s",
    "parked",
    "dead",
    "died",
    "breaker_open_since",
    "gone_since",
    "alert_since",
    "read_at",
    "read_from",
];

pub fn csv(health: &Health) -> Vec<Vec<String>> {
    let mut rows = vec![HEADS.iter().map(ToString::to_string).collect()];
    let at = |time: Option<clock::Micros>| time.map(clock::shown).unwrap_or_default();
    let figure = |value: Option<f64>| value.map(|value| format!("{value:.3}")).unwrap_or_default();
    for one in &health.deliveries.endpoints {
        rows.push(vec![
            one.webhook_id.to_string(),
            one.url.clone().unwrap_or_default(),
            one.level.word().to_owned(),
            one.is_active.map(|active| active.to_string()).unwrap_or_default(),
            clock::shown(health.window.since),
            one.counts.attempts.to_string(),
            one.counts.successes.to_string(),
            one.counts.failures.to_string(),
            one.counts.no_answer.to_string(),
            one.counts.others.to_string(),
            figure(one.counts.success_rate),
            figure(one.p50_ms),
            figure(one.p95_ms),
            at(one.last_success_at),
            at(one.last_failure_at),
            one.last_failure.clone().unwrap_or_default(),
            one.waiting.to_string(),
            one.due.to_string(),
            one.oldest_due_s.map(|waits| waits.to_string()).unwrap_or_default(),
            one.parked.to_string(),
            one.dead.to_string(),
            one.died.to_string(),
            at(one.breaker_open_since),
            at(one.gone_since),
            at(one.alert_since),
            clock::shown(health.at),
            words::source(&health.source),
        ]);
    }
    rows
}
