//! For programs: the struct as it stands.

use crate::output::Json;
use crate::report::figures::Health;

/// Written at once and never held as a tree: thousands of endpoints have a hundred thousand hours.
pub fn json(health: &Health) -> Json {
    // Every key is text and every figure finite: there is nothing that could fail.
    Json::Written(serde_json::to_string(health).unwrap_or_default())
}
