//! A row for each endpoint, the worst first, with its last 24 hours as two lines: how much, and how well.

use super::{MOST, tone};
use crate::clock;
use crate::output::{Cell, Page, Table, Tone};
use crate::report::figures::{Endpoint, Hour, rate};
use crate::report::told::words::{percent, url};

const HEADS: &[&str] = &[
    "endpoint",
    "attempts",
    "failed",
    "success",
    "24 h volume",
    "24 h success",
    "p50/p95 ms",
    "due",
    "dead",
    "last success",
    "last failure",
];

pub fn show(all: &[Endpoint], window: &str, page: &mut Page) {
    let mut table = Table::new(HEADS);
    for one in all.iter().take(MOST) {
        let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
        let failure = one.last_failed().map(|(at, why)| format!("{}: {why}", clock::shown(at)));
        table.row(vec![
            Cell::toned(url(one), tone(one.level)),
            one.counts.attempts.to_string().into(),
            one.counts.failures.to_string().into(),
            percent(one.counts.success_rate).into(),
            volume(&one.hours).into(),
            success(&one.hours),
            format!("{}/{}", ms(one.p50_ms), ms(one.p95_ms)).into(),
            one.due.to_string().into(),
            one.dead.to_string().into(),
            one.last_success_at.map(clock::shown).unwrap_or_default().into(),
            failure.unwrap_or_default().into(),
        ]);
    }
    let missing = all.iter().any(|one| one.hours.iter().any(|hour| hour.is_missing));
    page.line(format!(
        "  by endpoint, {window}, the worst first; hour by hour `·` is none{}, `x` under half succeeded",
        if missing { ", `?` is missing" } else { "" }
    ));
    page.table(table);
    if all.len() > MOST {
        page.line(format!("  {} more endpoints are not shown; --json has all", all.len() - MOST));
    }
}

const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

fn step(eighth: i64) -> char {
    STEPS[usize::try_from(eighth).unwrap_or(0).min(7)]
}

/// In steps of the busiest hour.
fn volume(hours: &[Hour]) -> String {
    let most = hours.iter().map(|hour| hour.attempts).max().unwrap_or(0).max(1);
    let bar = |hour: &Hour| match hour.attempts {
        0 if hour.is_missing => '?',
        0 => '·',
        attempts => step((attempts * 8 - 1) / most),
    };
    hours.iter().map(bar).collect()
}

/// The whole height is everything; an hour that mostly failed is marked, so that it reads without colour.
fn success(hours: &[Hour]) -> Cell {
    let line = hours.iter().map(|hour| match hour.attempts {
        0 if hour.is_missing => '?',
        0 => '·',
        attempts if hour.successes * 2 < attempts => 'x',
        // Only what is whole looks whole.
        attempts => step(hour.successes * 7 / attempts),
    });
    let worst = hours.iter().filter_map(|hour| rate(hour.successes, hour.attempts)).reduce(f64::min);
    let tone = match worst {
        None => Tone::Plain,
        Some(..50.0) => Tone::Bad,
        Some(..100.0) => Tone::Warn,
        Some(_) => Tone::Good,
    };
    Cell::toned(line.collect::<String>(), tone)
}
