//! For programs: the struct as it stands.

use serde_json::Value;

use crate::report::figures::Health;

pub fn json(health: &Health) -> Value {
    // Every key is text and every figure finite: there is nothing that could fail.
    serde_json::to_value(health).unwrap_or_default()
}
