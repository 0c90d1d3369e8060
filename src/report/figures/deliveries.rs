//! Deliveries: attempts as they were counted, endpoint by endpoint, and the queue as it stands.

use serde::Serialize;
use uuid::Uuid;

use super::{at, at_if, id, rate};
use crate::clock::Micros;
use crate::report::verdict::Level;

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
    /// Why more was read than that rest, where it was.
    pub read_live: Option<Remark>,
    /// What the figures of attempts leave out, where they could not all be read in time.
    pub missing: Option<Remark>,
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

/// What has to be known of the figures: of attempts in hours that are over and that nobody counted, or that no index
/// finds by time.
#[derive(Debug, Serialize)]
pub struct Remark {
    pub what: String,
    /// What ends it.
    pub to_type: String,
    #[serde(skip)]
    pub hours: i64,
}

/// One row of `webhooks`.
#[derive(Clone, Debug, Serialize)]
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
    /// Neither counted nor read in time: the numbers are not zero, they are not known.
    pub is_missing: bool,
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

impl Endpoint {
    pub fn last_failed(&self) -> Option<(Micros, &str)> {
        self.last_failure_at.zip(self.last_failure.as_deref())
    }
}
