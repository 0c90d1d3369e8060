//! hookyard itself: its runs and its tables.

use serde::Serialize;

use super::{at, at_if};
use crate::clock::Micros;
use crate::report::verdict::Level;

/// hookyard itself.
#[derive(Debug, Default, Serialize)]
pub struct Tool {
    pub level: Level,
    pub source: &'static str,
    pub verbs: Vec<CronVerb>,
    /// Leases that ended with the request on the wire, in the last 24 hours: a process died.
    pub rescued: i64,
    /// Runs begun in the last 24 hours that ended without saying so.
    pub crashed: i64,
    /// What `database status` calls wrong.
    pub schema: Vec<String>,
    /// Indexes that a failed build left behind.
    pub invalid_indexes: Vec<String>,
    pub tables: Vec<HotTable>,
    /// The oldest attempt that is still kept.
    #[serde(serialize_with = "at_if")]
    pub oldest_attempt_at: Option<Micros>,
    /// It is older than 90 days.
    pub retention_due: bool,
}

/// A verb that cron runs, by the record of its runs (kept for a week).
#[derive(Debug, Serialize)]
pub struct CronVerb {
    pub verb: String,
    /// The last sign of life.
    #[serde(serialize_with = "at")]
    pub last_at: Micros,
    pub running: bool,
    pub silent_s: i64,
    /// The median time between its last fifty starts; none below three starts.
    pub usual_s: Option<i64>,
    pub runs: i64,
}

/// A table that changes all the time. The estimates are the server's own statistics.
#[derive(Debug, Serialize)]
pub struct HotTable {
    pub table: String,
    pub bytes: i64,
    pub live: i64,
    pub dead: i64,
    /// Per cent of all rows.
    pub dead_rate: f64,
    #[serde(serialize_with = "at_if")]
    pub vacuumed_at: Option<Micros>,
}
