//! The forms of a report: each draws the same struct.

mod json;
mod table;

pub use json::json;
pub use table::table;
