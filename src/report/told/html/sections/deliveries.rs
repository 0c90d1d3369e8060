//! Deliveries: a card for each question.

use super::{answers, endpoints, failed, over_time};
use crate::report::figures::Deliveries;
use crate::report::told::html::chart::Figure;
use crate::report::told::html::parts::{facts, heading, note, words};
use crate::report::told::html::text;
use crate::report::told::words as told;

pub fn deliveries(found: &Deliveries, window: &str) -> Figure {
    let heading = heading("Deliveries", found.level, found.source);
    let missing = found.missing.as_ref().map(|one| note("degraded", one)).unwrap_or_default();
    let slow = found.read_live.as_ref().map(|one| note("", one)).unwrap_or_default();
    let mut lines = vec![told::attempts(found, window)];
    lines.extend(told::queue(found));
    let over_time = match found.total.attempts {
        0 => words("Over time", &format!("<p>No attempt was made in {}.</p>\n", text(window))),
        _ => over_time::over_time(found, window)?,
    };
    Ok([
        heading,
        missing,
        over_time,
        endpoints::endpoints(&found.endpoints, window)?,
        answers::answers(&found.answers)?,
        failed::failed(&found.failed),
        words("As it stands", &facts(&lines)),
        slow,
    ]
    .concat())
}
