//! What stands on the page, in the order in which it is asked for.

mod answers;
mod deliveries;
mod endpoints;
mod failed;
mod over_time;
mod tiles;
mod tool;
mod yardi;

use crate::report::figures::Health;
use crate::report::told::html::chart::Figure;
use crate::report::told::words;

/// Rows of a table on the page; JSON and CSV have all.
const MOST: usize = 40;

pub fn all(health: &Health) -> Figure {
    let window = words::window(&health.window);
    Ok([
        tiles::tiles(health, &window),
        deliveries::deliveries(&health.deliveries, &window)?,
        yardi::yardi(&health.yardi)?,
        tool::tool(&health.tool),
    ]
    .concat())
}
