//! The forms of a report: each draws the same struct.

mod html;
mod json;
mod table;

pub use html::html;
pub use json::json;
pub use table::table;
