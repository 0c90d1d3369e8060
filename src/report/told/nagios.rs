//! For Nagios and what speaks its language: one line of at most 80 characters, figures after the bar.

use crate::report::figures::Health;
use crate::report::threshold;
use crate::report::verdict::{Level, Reason};

const LENGTH: usize = 80;

pub fn nagios(health: &Health) -> String {
    let word = match health.level {
        Level::Ok => "OK",
        Level::Degraded => "WARNING",
        Level::Failing => "CRITICAL",
    };
    let figures = figures(health);
    let mut text = format!("HOOKYARD {word}");
    let mut parts: Vec<String> = health.reasons.iter().map(short).collect();
    if parts.is_empty() {
        parts.push(format!("{} attempts in 24h", health.deliveries.day.attempts));
    }
    // As many reasons as there is room for, the worst first.
    for (at, part) in parts.iter().enumerate() {
        let longer = format!("{text}{}{part}", if at == 0 { ": " } else { ", " });
        if longer.len() + figures.len() > LENGTH {
            break;
        }
        text = longer;
    }
    format!("{text}{figures}")
}

/// The name and the figure, and no text of anybody's.
fn short(reason: &Reason) -> String {
    let figure = match threshold::find(reason.name) {
        Some(limit) => limit.shown(reason.figure).replace(' ', ""),
        None => format!("{:.0}", reason.figure),
    };
    let figure = figure.replace("min", "m").replace('×', "x");
    format!("{} {figure}", reason.name)
}

fn figures(health: &Health) -> String {
    let queue = &health.deliveries.queue;
    let success =
        health.deliveries.day.success_rate.map_or_else(String::new, |rate| format!("success={rate:.1}% "));
    format!("|{success}oldest={}s due={} dead={}", queue.oldest_due_s.unwrap_or(0), queue.due, queue.died)
}
