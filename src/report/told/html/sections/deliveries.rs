//! Deliveries: a card for each question.

use super::{answers, endpoints, failed, over_time};
use crate::report::figures::Deliveries;
use crate::report::told::html::chart::Figure;
use crate::report::told::html::parts::{heading, note, words};
use crate::report::told::html::text;

pub fn deliveries(found: &Deliveries, window: &str) -> Figure {
    let heading = heading("Deliveries", found.level.word());
    let live = match &found.read_live {
        Some(why) => note(&why.what, &why.to_type),
        None => String::new(),
    };
    let over_time = match found.total.attempts {
        0 => words("Over time", &format!("<p>No attempt was made in {}.</p>\n", text(window))),
        _ => over_time::over_time(found, window)?,
    };
    Ok([
        heading,
        live,
        over_time,
        endpoints::endpoints(&found.endpoints, window)?,
        answers::answers(&found.answers)?,
        failed::failed(&found.failed),
    ]
    .concat())
}
