//! The queue in SQL: claim, name, record, renew, give back. Every statement here can be repeated after a broken
//! connection: what a first try has done is recognised by lease, fencing token or attempt id.

mod claim;
mod lease;
mod record;
mod run;

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

pub use claim::{Batch, Claim, Scope, claim_due, find_payload};
pub use lease::{park, release, release_unknown, renew};
pub use record::{Stored, finish_attempts, finish_interrupted};
pub use run::{Identity, advance_run, begin_run, count_hours, finish_run, is_paced, keep_house};

fn ids(rows: &[PgRow]) -> Result<Vec<Uuid>, sqlx::Error> {
    rows.iter().map(|row| row.try_get(0)).collect()
}

fn unsigned(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
