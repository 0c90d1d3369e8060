//! What a look at the integration layer found: one struct that every form of the report is drawn from. Numbers only;
//! whether they are good is decided in `verdict`. Times are the database's, in microseconds, shown in UTC.

mod deliveries;
mod tool;
mod yardi;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::verdict::{Level, Reason};
use crate::clock::{self, Micros};

pub use deliveries::{
    Answers, ByUrl, Counts, Day, Deliveries, Endpoint, Failed, FailedGroup, Hour, Queue, Remark,
};
pub use tool::{CronVerb, HotTable, Tool};
pub use yardi::{Entries, Invites, Polling, Property, Yardi, YardiDay, YardiOwn};

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
    /// How old the newest change is that a standby has, where it says: it is behind by that much at most, and where
    /// nothing changes it is not behind at all.
    pub lag_s: Option<f64>,
}

/// What the endpoints' counts are of; the document asks for seven days.
#[derive(Debug, Default, Serialize)]
pub struct Window {
    #[serde(serialize_with = "at")]
    pub since: Micros,
    pub seconds: i64,
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
