//! Endpoints, the worst first.

use super::MOST;
use crate::report::figures::Endpoint;
use crate::report::told::html::parts::{count, millis, table};
use crate::report::told::table::percent;

pub fn worst(all: &[Endpoint]) -> Vec<&Endpoint> {
    let mut worst: Vec<&Endpoint> = all.iter().filter(|one| one.counts.attempts > 0).collect();
    worst.sort_by(|a, b| {
        let rate = |one: &Endpoint| one.counts.success_rate.unwrap_or(101.0);
        b.level.cmp(&a.level).then(rate(a).total_cmp(&rate(b)))
    });
    worst
}

pub fn endpoints(worst: &[&Endpoint]) -> String {
    let row = |one: &&Endpoint| {
        let mut notes: Vec<String> = Vec::new();
        let mut note = |is: bool, what: String| {
            if is {
                notes.push(what);
            }
        };
        note(one.breaker_open_since.is_some(), "breaker open".into());
        note(one.gone_since.is_some(), "gone (410)".into());
        note(one.is_active != Some(true), "inactive".into());
        note(one.dead > 0, format!("{} dead", count(one.dead)));
        note(one.due > 0, format!("{} due", count(one.due)));
        vec![
            one.url.clone().unwrap_or_else(|| "(no URL)".into()),
            count(one.counts.attempts),
            percent(one.counts.success_rate),
            millis(one.p95_ms),
            notes.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = worst.iter().take(MOST).map(row).collect();
    let caption = match worst.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("Endpoints, the worst {MOST}; {more} more are in --json"),
        _ => "Endpoints, the worst first".to_owned(),
    };
    // A column that says nothing of anybody only takes the others' room.
    let all = if rows.iter().all(|row| row[4].is_empty()) { 4 } else { 5 };
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.into_iter().take(all).collect()).collect();
    let heads = ["Endpoint", "Attempts", "Success", "p95", "Now"];
    table(&caption, &heads[..all], &[false, true, true, true, false], &rows)
}
