//! For Nagios and what speaks its language: one line of at most 80 characters, figures after the bar.

use crate::report::figures::Health;
use crate::report::threshold;
use crate::report::verdict::{Level, Reason};

const LENGTH: usize = 80;
const LONGEST_WORD: usize = "HOOKYARD CRITICAL".len();

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
    // As many reasons as there is room for, the worst first, and how many there are besides.
    let mut untold = 0;
    for part in &parts {
        let longer = format!("{text}{}{part}", if text.contains(':') { ", " } else { ": " });
        match longer.len() + figures.len() <= LENGTH {
            true => text = longer,
            false => untold += 1,
        }
    }
    let more = format!(", +{untold}");
    if untold > 0 && text.len() + more.len() + figures.len() <= LENGTH {
        text.push_str(&more);
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

/// As many as there is room for beside the verdict.
fn figures(health: &Health) -> String {
    let queue = &health.deliveries.queue;
    let success = health.deliveries.day.success_rate.map(|rate| format!("success={rate:.1}%"));
    let others = [
        format!("oldest={}s", queue.oldest_due_s.unwrap_or(0)),
        format!("due={}", queue.due),
        format!("dead={}", queue.died),
    ];
    let mut told = String::from("|");
    for figure in success.into_iter().chain(others) {
        if told.len() + figure.len() < LENGTH - LONGEST_WORD {
            told.push_str(if told.len() > 1 { " " } else { "" });
            told.push_str(&figure);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::verdict::{Limits, judge};

    #[test]
    fn no_figure_makes_the_line_longer_than_promised() {
        for large in [0, 1_000_000_000, i64::MAX] {
            let mut health = Health::default();
            let (day, queue) = (&mut health.deliveries.day, &mut health.deliveries.queue);
            (day.attempts, day.success_rate) = (large, Some(0.0));
            (queue.oldest_due_s, queue.due, queue.died) = (Some(large), large, large);
            judge(&mut health, &Limits::default());
            let line = nagios(&health);
            assert!(line.len() <= LENGTH && line.is_ascii(), "{line}");
            assert!(line.starts_with("HOOKYARD ") && line.contains("|success=0.0%"), "{line}");
        }
    }
}
