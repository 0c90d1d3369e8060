//! What several forms say in the same words: each figure with its window.

mod deliveries;
mod tool;
mod yardi;

pub use deliveries::{attempts, queue};
pub use tool::{runs, tool, verb};
pub use yardi::yardi;

use crate::report::figures::{Endpoint, Queue, Source, Window};
use crate::report::threshold::length;

/// `7 days`, `36 hours`
pub fn window(window: &Window) -> String {
    match window.seconds {
        seconds if seconds % 86_400 == 0 && seconds > 86_400 => format!("{} days", seconds / 86_400),
        seconds if seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
        seconds => length(seconds as f64),
    }
}

/// Which server was read.
pub fn source(source: &Source) -> String {
    match source.lag_s {
        Some(lag) => {
            format!("{}, a standby whose newest change is {} old", source.place, length(lag))
        }
        None if source.standby => format!("{}, a standby", source.place),
        None => source.place.clone(),
    }
}

pub fn oldest(queue: &Queue) -> String {
    match queue.oldest_due_s {
        Some(waits) => format!("oldest due for {}", length(waits as f64)),
        None => "nothing due".to_owned(),
    }
}

pub fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".into(), |rate| format!("{rate:.1} %"))
}

pub fn url(endpoint: &Endpoint) -> &str {
    endpoint.url.as_deref().unwrap_or("(none)")
}
