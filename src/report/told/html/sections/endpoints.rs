//! Endpoints, the worst first: what their attempts came to, and how each of them stands.

use super::MOST;
use crate::clock;
use crate::report::figures::Endpoint;
use crate::report::told::html::chart::{ACCEPTED, BROKEN, Figure, SILENT};
use crate::report::told::html::charts;
use crate::report::told::html::numbers::{count, millis};
use crate::report::told::html::parts::{beside, words};
use crate::report::told::html::table::table;
use crate::report::told::words::{percent, url};
use crate::report::verdict::Level;

pub fn endpoints(all: &[Endpoint], window: &str) -> Figure {
    let busy: Vec<&Endpoint> = all.iter().filter(|one| one.counts.attempts > 0).collect();
    Ok(if busy.is_empty() { String::new() } else { success(&busy, window)? } + &standing(all))
}

fn success(busy: &[&Endpoint], window: &str) -> Figure {
    let row = |one: &&Endpoint| {
        vec![
            url(one).to_owned(),
            count(one.counts.attempts),
            count(one.counts.failures),
            percent(one.counts.success_rate),
        ]
    };
    let rows: Vec<Vec<String>> = busy.iter().take(MOST).map(row).collect();
    let heads = ["Endpoint", "Attempts", "Failed", "Success"];
    Ok(beside(
        "Success by endpoint",
        &format!("{window}, the worst first"),
        &charts::success(busy)?,
        &[(&ACCEPTED, "accepted"), (&BROKEN, "answered with an error"), (&SILENT, "no answer")],
        &table(&caption(busy.len()), &heads, &[false, true, true, true], &rows),
    ))
}

/// Of every endpoint that something is to be said of.
fn standing(all: &[Endpoint]) -> String {
    let told: Vec<&Endpoint> = all
        .iter()
        .filter(|one| {
            one.counts.attempts > 0 || one.level > Level::Ok || one.waiting + one.parked + one.dead > 0
        })
        .collect();
    if told.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = told.iter().take(MOST).map(|one| row(one)).collect();
    let heads = ["Endpoint", "Now", "p50", "p95", "Last success", "Last failure"];
    let numbers = [false, false, true, true, true, false];
    words("How each endpoint stands", &table(&caption(told.len()), &heads, &numbers, &rows))
}

fn caption(endpoints: usize) -> String {
    match endpoints.checked_sub(MOST) {
        Some(more) if more > 0 => format!("Endpoints, the worst {MOST}; {more} more are in --json"),
        _ => "Endpoints, the worst first".to_owned(),
    }
}

fn row(one: &Endpoint) -> Vec<String> {
    let now = [
        (one.breaker_open_since.is_some(), "breaker open".to_owned()),
        (one.gone_since.is_some(), "gone (410)".to_owned()),
        (one.is_active != Some(true), "inactive".to_owned()),
        (one.dead > 0, format!("{} dead", count(one.dead))),
        (one.due > 0, format!("{} due", count(one.due))),
    ];
    let now: Vec<String> = now.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    let failed = one.last_failed().map(|(at, why)| format!("{}: {why}", clock::shown(at)));
    vec![
        url(one).to_owned(),
        now.join(", "),
        millis(one.p50_ms),
        millis(one.p95_ms),
        one.last_success_at.map(clock::shown).unwrap_or_default(),
        failed.unwrap_or_default(),
    ]
}
