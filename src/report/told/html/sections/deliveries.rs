//! Deliveries: a card for each question.

use super::{answers, endpoints, failed, over_time};
use crate::report::figures::Deliveries;
use crate::report::told::html::chart::Figure;
use crate::report::told::html::parts::{facts, heading, note, words};
use crate::report::told::html::text;
use crate::report::told::words as told;

pub fn deliveries(found: &Deliveries, window: &str) -> Figure {
    let heading = heading("Deliveries", found.level, found.source);
    let notes: String = [&found.missing, &found.read_live]
        .into_iter()
        .flatten()
        .map(|one| note(&one.what, &one.to_type))
        .collect();
    let mut lines = vec![told::attempts(found, window)];
    lines.extend(told::queue(found));
    let over_time = match found.total.attempts {
        0 => words("Over time", &format!("<p>No attempt was made in {}.</p>\n", text(window))),
        _ => over_time::over_time(found, window)?,
    };
    Ok([
        heading,
        notes,
        over_time,
        endpoints::endpoints(&found.endpoints, window)?,
        answers::answers(&found.answers)?,
        failed::failed(&found.failed),
        words("As it stands", &facts(&lines)),
    ]
    .concat())
}
