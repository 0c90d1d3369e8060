//! Yardi: polling, invites and what became of them.

use serde::Serialize;
use uuid::Uuid;

use super::{at, at_if, id};
use crate::clock::Micros;
use crate::report::verdict::Level;

/// A part of the database that may be absent or closed to our role: then it says why, and its numbers are none.
#[derive(Debug, Default, Serialize)]
pub struct Yardi {
    pub level: Level,
    pub source: &'static str,
    /// Why there are no numbers.
    pub not_read: Option<String>,
    /// Active integrations and properties.
    pub integrations: i64,
    pub properties: i64,
    pub polling: Polling,
    pub invites: Invites,
    /// By day of UTC over 30 days, oldest first.
    pub days: Vec<YardiDay>,
    pub entries: Entries,
    /// hookyard's own work; none where it never was at work.
    pub own: Option<YardiOwn>,
}

#[derive(Debug, Default, Serialize)]
pub struct Polling {
    /// Polled longer ago than twice the poll rate (none or below 1 counts as 15 minutes, above 1440 as 1440).
    pub stale: i64,
    /// Never polled, which the document's query passes over.
    pub never: i64,
    /// The document's "Properties overdue for polling", by its own arithmetic under UTC.
    pub overdue_documented: i64,
    /// Worst first; at most a hundred.
    pub troubled: Vec<Property>,
}

#[derive(Debug, Serialize)]
pub struct Property {
    #[serde(serialize_with = "id")]
    pub property_id: Uuid,
    pub name: Option<String>,
    pub yardi_property_id: Option<String>,
    pub integration: Option<String>,
    /// None: never.
    #[serde(serialize_with = "at_if")]
    pub last_poll_at: Option<Micros>,
    pub minutes_since: Option<i64>,
    /// As it stands, and as it counts.
    pub poll_rate: Option<i32>,
    pub poll_rate_counted: i32,
    #[serde(serialize_with = "at_if")]
    pub last_error_at: Option<Micros>,
    pub last_error: Option<String>,
}

#[derive(Debug, Default, Serialize)]
pub struct Invites {
    /// The document's "Invites not yet converted to entries", 7 days.
    pub unconverted: i64,
    /// The document's conversion over 30 days: a code shared by roommates counts once for each pair.
    pub documented_total: i64,
    pub documented_converted: i64,
    pub documented_rate: Option<f64>,
    /// The same, each invite once.
    pub total: i64,
    pub converted: i64,
    pub rate: Option<f64>,
}

#[derive(Debug, Default, Serialize)]
pub struct Entries {
    /// The document's "Percentage of entries from Yardi", 30 days; none where `entries` cannot be read.
    pub total: Option<i64>,
    pub from_yardi: Option<i64>,
    pub rate: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct YardiDay {
    #[serde(serialize_with = "at")]
    pub at: Micros,
    pub invites: i64,
    pub converted: i64,
    /// Polls that hookyard made; none where it keeps no record of them.
    pub polls: Option<i64>,
    pub polls_failed: Option<i64>,
}

#[derive(Debug, Default, Serialize)]
pub struct YardiOwn {
    /// Accounts that were refused and are not asked again until a person has looked.
    pub accounts_blocked: i64,
    /// Invites that wait for a correction.
    pub flagged: i64,
    pub submissions_waiting: i64,
    /// Written, and the answer was lost.
    pub submissions_unknown: i64,
    pub mails_waiting: i64,
    /// Refused, or the answer was lost, in the last 7 days.
    pub mails_troubled: i64,
}
