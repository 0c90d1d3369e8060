//! What stands on the page, in the order in which it is asked for.

mod deliveries;
mod endpoints;
mod tiles;
mod tool;
mod yardi;

use crate::report::figures::Health;
use crate::report::threshold::length;

type Html = Result<String, Box<dyn std::error::Error>>;

/// Rows of a table on the page; JSON and CSV have all.
const MOST: usize = 40;

pub fn all(health: &Health) -> Html {
    let window = length(health.window.seconds as f64);
    Ok([
        tiles::tiles(health, &window),
        deliveries::deliveries(&health.deliveries, &window)?,
        yardi::yardi(&health.yardi)?,
        tool::tool(&health.tool),
    ]
    .concat())
}
