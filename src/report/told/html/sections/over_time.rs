//! Attempts through time, and what they came to.

use crate::report::figures::{Deliveries, Hour};
use crate::report::told::html::chart::{ACCEPTED, BROKEN, Figure, REFUSED, SILENT, UNKNOWN, WAITING};
use crate::report::told::html::charts;
use crate::report::told::html::numbers::{DAY, count, day};
use crate::report::told::html::parts::beside;
use crate::report::told::html::table::table;

pub fn over_time(found: &Deliveries, window: &str) -> Figure {
    let mut legend = vec![
        (&ACCEPTED, "accepted (2xx)"),
        (&REFUSED, "refused (4xx)"),
        (&BROKEN, "server error (5xx)"),
        (&SILENT, "no answer"),
    ];
    if found.total.others > 0 {
        legend.push((&WAITING, "others (3xx)"));
    }
    if found.hours.iter().any(|hour| hour.is_missing) {
        legend.push((&UNKNOWN, "missing"));
    }
    Ok(beside(
        "Attempts over time",
        &format!("{window}, by what they came to"),
        &charts::over_time(&found.hours)?,
        &legend,
        &by_day(&found.hours),
    ))
}

fn by_day(hours: &[Hour]) -> String {
    let rows: Vec<Vec<String>> = hours
        .chunk_by(|a, b| a.at / DAY == b.at / DAY)
        .map(|hours| {
            let missing = hours.iter().filter(|hour| hour.is_missing).count();
            let sum = |of: fn(&Hour) -> i64| match count(hours.iter().map(of).sum()) {
                sum if missing == 0 => sum,
                _ if missing == hours.len() => "–".to_owned(),
                sum => format!("≥ {sum}"),
            };
            vec![
                hours.first().map(|hour| day(hour.at)).unwrap_or_default(),
                sum(|hour| hour.attempts),
                sum(|hour| hour.successes),
                sum(|hour| hour.refused),
                sum(|hour| hour.server_errors),
                sum(|hour| hour.no_answer),
            ]
        })
        .collect();
    let heads = ["Day", "Attempts", "2xx", "4xx", "5xx", "none"];
    table("Attempts by day", &heads, &[false, true, true, true, true, true], &rows)
}
