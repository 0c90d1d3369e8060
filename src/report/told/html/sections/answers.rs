//! How long endpoints take to answer.

use crate::report::figures::Answers;
use crate::report::told::html::chart::{Figure, MIDDLE, SLOW};
use crate::report::told::html::charts;
use crate::report::told::html::numbers::{count, day, millis};
use crate::report::told::html::parts::beside;
use crate::report::told::html::table::table;

pub fn answers(found: &Answers) -> Figure {
    if found.days.iter().all(|day| day.p95_ms.is_none()) {
        return Ok(String::new());
    }
    let rows: Vec<Vec<String>> = found
        .days
        .iter()
        .map(|one| vec![day(one.at), count(one.attempts), millis(one.p50_ms), millis(one.p95_ms)])
        .collect();
    let heads = ["Day", "Attempts", "p50", "p95"];
    Ok(beside(
        "How long they take to answer",
        "of attempts that hookyard made, by day",
        &charts::answers(found)?,
        &[(&MIDDLE, "p50"), (&SLOW, "p95")],
        &table("Answer times by day", &heads, &[false, true, true, true], &rows),
    ))
}
