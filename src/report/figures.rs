//! What a look at the integration layer found: one struct that every form of the report is drawn from. Numbers only;
//! whether they are good is decided in `verdict`. Times are the database's, in microseconds, shown in UTC.

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::verdict::{Level, Reason};
use crate::clock::{self, Micros};

#[derive(Debug, Default, Serialize)]
pub struct Health {
    /// The worst of the sections.
    pub level: Level,
    /// What is not ok, the worst first.
    pub reasons: Vec<Reason>,
    /// When the database was read.
    #[serde(serialize_with = "at")]
    pub at: Micros,
    pub source: Source,
    pub window: Window,
    pub deliveries: Deliveries,
    pub yardi: Yardi,
    pub tool: Tool,
}

#[derive(Debug, Default, Serialize)]
pub struct Source {
    /// host:port of the server, without user and password.
    pub place: String,
    /// Read from a standby: it may lag behind.
    pub standby: bool,
    /// How far a standby was behind, where it says.
    pub lag_s: Option<f64>,
}

/// What the endpoints' counts are of; the document asks for seven days.
#[derive(Debug, Default, Serialize)]
pub struct Window {
    #[serde(serialize_with = "at")]
    pub since: Micros,
    pub seconds: i64,
}

/// Attempts as the document counts them, and beside that what its queries pass over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    pub attempts: i64,
    /// 200 to 299.
    pub successes: i64,
    /// 400 and above, no answer (599) included.
    pub failures: i64,
    /// Of the failures: 599, which is no answer, or a real 599.
    pub no_answer: i64,
    /// Neither: redirects and the like, which the document counts as attempts only.
    pub others: i64,
    /// Per cent of the attempts; none where there was no attempt.
    pub success_rate: Option<f64>,
}

#[derive(Debug, Default, Serialize)]
pub struct Deliveries {
    pub level: Level,
    /// Where the numbers come from.
    pub source: &'static str,
    /// Whole hours of the window that `webhook retry` had counted; the rest is counted now.
    pub counted_hours: usize,
    pub total: Counts,
    /// The last 24 hours, the begun hour included.
    pub day: Counts,
    /// Attempts without a time, which no query by time counts.
    pub undated: i64,
    /// Worst first.
    pub endpoints: Vec<Endpoint>,
    /// The document's "Webhook reliability by endpoint" over the window: endpoints of one URL are one row.
    pub by_url: Vec<ByUrl>,
    pub failed: Failed,
    /// Whole hours of UTC over the window, oldest first; the first and the last are not complete.
    pub hours: Vec<Hour>,
    pub answers: Answers,
    pub queue: Queue,
}

/// One row of `webhooks`.
#[derive(Debug, Serialize)]
pub struct Endpoint {
    pub level: Level,
    #[serde(serialize_with = "id")]
    pub webhook_id: Uuid,
    /// Without userinfo and query values.
    pub url: Option<String>,
    pub is_active: Option<bool>,
    #[serde(flatten)]
    pub counts: Counts,
    /// The last 24 hours, by hour, oldest first.
    pub hours: Vec<Hour>,
    /// Of attempts that hookyard made in the window.
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    #[serde(serialize_with = "at_if")]
    pub last_success_at: Option<Micros>,
    #[serde(serialize_with = "at_if")]
    pub last_failure_at: Option<Micros>,
    pub last_failure: Option<String>,
    pub waiting: i64,
    pub due: i64,
    pub oldest_due_s: Option<i64>,
    pub parked: i64,
    pub dead: i64,
    /// Of the dead, those that died in the last 24 hours.
    pub died: i64,
    #[serde(serialize_with = "at_if")]
    pub breaker_open_since: Option<Micros>,
    /// Answered 410.
    #[serde(serialize_with = "at_if")]
    pub gone_since: Option<Micros>,
    #[serde(serialize_with = "at_if")]
    pub alert_since: Option<Micros>,
}

#[derive(Debug, Serialize)]
pub struct ByUrl {
    pub url: Option<String>,
    pub total_attempts: i64,
    pub successes: i64,
    pub failures: i64,
    pub success_rate: f64,
}

/// The document's "Failed deliveries in last 24 hours".
#[derive(Debug, Default, Serialize)]
pub struct Failed {
    pub total: i64,
    /// How many groups there are; at most a hundred are listed.
    pub groups_found: i64,
    pub groups: Vec<FailedGroup>,
}

#[derive(Debug, Serialize)]
pub struct FailedGroup {
    pub url: Option<String>,
    pub response_status: i32,
    /// The answer; text that may be a person's is masked unless asked for.
    pub response_data: String,
    pub failures: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Hour {
    #[serde(serialize_with = "at")]
    pub at: Micros,
    pub attempts: i64,
    pub successes: i64,
    /// 400 to 499.
    pub refused: i64,
    /// 500 and above, without 599.
    pub server_errors: i64,
    /// 599.
    pub no_answer: i64,
}

/// How long endpoints took to answer hookyard, to within 8 %; another sender's attempts say nothing of it.
#[derive(Debug, Default, Serialize)]
pub struct Answers {
    /// Of how many of the window's attempts this is.
    pub attempts: i64,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    /// By day of UTC, oldest first.
    pub days: Vec<Day>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Day {
    #[serde(serialize_with = "at")]
    pub at: Micros,
    pub attempts: i64,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
}

/// The queue as it stands now.
#[derive(Debug, Default, Serialize)]
pub struct Queue {
    /// Pending and not parked.
    pub waiting: i64,
    /// Of these, whose time has come; what a run is at work on is among them.
    pub due: i64,
    /// How long the oldest of them waits that no run holds.
    pub oldest_due_s: Option<i64>,
    /// Waiting for an inactive endpoint.
    pub parked: i64,
    pub dead: i64,
    /// Of the dead, those that died in the last 24 hours.
    pub died: i64,
    pub breakers_open: i64,
    /// Endpoints that answered 410.
    pub flagged: i64,
    pub alerts_open: i64,
}

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

impl Counts {
    /// As the document computes it: successes of all attempts.
    pub fn rated(mut self) -> Counts {
        self.success_rate = rate(self.successes, self.attempts);
        self.others = self.attempts - self.successes - self.failures;
        self
    }

    pub fn add(&mut self, hour: &Hour) {
        self.attempts += hour.attempts;
        self.successes += hour.successes;
        self.failures += hour.failures();
        self.no_answer += hour.no_answer;
    }
}

impl Hour {
    pub fn failures(&self) -> i64 {
        self.refused + self.server_errors + self.no_answer
    }

    pub fn add(&mut self, other: &Hour) {
        self.attempts += other.attempts;
        self.successes += other.successes;
        self.refused += other.refused;
        self.server_errors += other.server_errors;
        self.no_answer += other.no_answer;
    }
}

/// Per cent; none of nothing.
pub fn rate(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

fn id<S: Serializer>(id: &Uuid, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

fn at<S: Serializer>(micros: &Micros, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&clock::shown(*micros))
}

fn at_if<S: Serializer>(micros: &Option<Micros>, to: S) -> Result<S::Ok, S::Error> {
    match micros {
        Some(micros) => at(micros, to),
        None => to.serialize_none(),
    }
}
