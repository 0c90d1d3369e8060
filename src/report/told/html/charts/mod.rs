//! The charts themselves, a room for each.

mod answers;
mod over_time;
mod success;
mod yardi;

pub use answers::answers;
pub use over_time::over_time;
pub use success::success;
pub use yardi::{invites, polls};
