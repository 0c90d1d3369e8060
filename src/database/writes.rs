//! Attempts counted as they are written: what the owner of their table is asked for where reports have much to read, and
//! told where it came to an end.

use crate::db::schema::{Finding, Scope};

/// How the writes of attempts are counted.
#[derive(Debug)]
pub struct Writes {
    /// Somebody has asked for it.
    pub is_wanted: bool,
    pub is_counted: bool,
    /// Attempts in the fullest counted hour of the last week.
    pub most: i64,
}

/// In an hour: a report reads them in some 15 ms.
const MANY: i64 = 50_000;

const START: &str = "as the table's owner: select hookyard.count_writes(true);";

impl Writes {
    pub fn finding(&self) -> Option<Finding> {
        let what = match self {
            Writes { is_wanted: true, is_counted: false, .. } => {
                "attempts are no longer counted as they are written: a trigger is missing, was disabled for a while, or \
                 could not count; reports read the newest ones one by one"
                    .to_owned()
            }
            Writes { is_wanted: false, most: MANY.., .. } => format!(
                "there were {} attempts in one hour, and reports read those of the newest hours one by one; triggers can \
                 count them as they are written, which adds some 50 µs to a statement, and a twentieth to one that writes \
                 many",
                self.most
            ),
            _ => return None,
        };
        Some(Finding::noted(Scope::Delivery, what).fixed_by(START))
    }
}
