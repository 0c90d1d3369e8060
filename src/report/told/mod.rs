//! The forms of a report: each draws the same struct.

mod csv;
mod html;
mod json;
mod markdown;
mod nagios;
mod prometheus;
mod table;
mod words;

pub use csv::csv;
pub use html::html;
pub use json::json;
pub use markdown::markdown;
pub use nagios::nagios;
pub use prometheus::{down, prometheus};
pub use table::table;
