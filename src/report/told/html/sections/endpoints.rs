//! Endpoints, the worst first.

use super::MOST;
use crate::report::figures::Endpoint;
use crate::report::told::html::chart::{ACCEPTED, BROKEN, Figure, SILENT};
use crate::report::told::html::charts;
use crate::report::told::html::numbers::{count, millis};
use crate::report::told::html::parts::{beside, words};
use crate::report::told::html::table::table;
use crate::report::told::words::{percent, url};
use crate::report::verdict::Level;

pub fn endpoints(all: &[Endpoint], window: &str) -> Figure {
    // Those of which there is something to say.
    let told: Vec<&Endpoint> = all
        .iter()
        .filter(|one| {
            one.counts.attempts > 0 || one.level > Level::Ok || one.waiting + one.parked + one.dead > 0
        })
        .collect();
    let caption = match told.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("Endpoints, the worst {MOST}; {more} more are in --json"),
        _ => "Endpoints, the worst first".to_owned(),
    };
    let rows: Vec<Vec<String>> = told.iter().take(MOST).map(|one| row(one)).collect();
    let heads = ["Endpoint", "Attempts", "Success", "p95", "Now"];
    let table = table(&caption, &heads, &[false, true, true, true, false], &rows);
    let busy: Vec<&Endpoint> = told.into_iter().filter(|one| one.counts.attempts > 0).collect();
    if busy.is_empty() {
        return Ok(if rows.is_empty() { String::new() } else { words("Endpoints", &table) });
    }
    Ok(beside(
        "Success by endpoint",
        &format!("{window}, the worst first"),
        &charts::success(&busy)?,
        &[(&ACCEPTED, "accepted"), (&BROKEN, "answered with an error"), (&SILENT, "no answer")],
        &table,
    ))
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
    vec![
        url(one).to_owned(),
        count(one.counts.attempts),
        percent(one.counts.success_rate),
        millis(one.p95_ms),
        now.join(", "),
    ]
}
