//! Polls that came to nothing, and the house-keeping of the polls' table.

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// A poll that was not answered, or not with anything that is believed.
pub struct Failed<'a> {
    pub poll_id: Uuid,
    pub run_id: Uuid,
    pub integration: Uuid,
    pub property: Uuid,
    pub started_at: Micros,
    pub class: &'a str,
    pub text: &'a str,
}

/// Nothing else changes: last_poll_run stays where it is.
pub async fn insert_failed_poll(db: &Db, failed: &Failed<'_>) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "with poll as (
                insert into hookyard.yardi_polls (id, state, run_id, integration_id, property_id, started_at, class, error)
                values ($1, 'failed', $2, $3, $4, timestamptz 'epoch' + $5::int8 * interval '1 microsecond', $6, $7)
                on conflict do nothing
                returning id
             )
             insert into hookyard.yardi_states as s (property_id, integration_id, last_error_at, last_error_class,
                last_error, failures)
             select $4, $3, now(), $6, $7, 1 from poll
             on conflict (property_id) do update
             set integration_id = excluded.integration_id, last_error_at = now(),
                last_error_class = excluded.last_error_class, last_error = excluded.last_error,
                failures = s.failures + 1",
        )
        .bind(failed.poll_id)
        .bind(failed.run_id)
        .bind(failed.integration)
        .bind(failed.property)
        .bind(failed.started_at)
        .bind(failed.class)
        .bind(failed.text)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}

/// Rows of polls are kept for thirty days.
pub async fn forget_polls(db: &Db) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "delete from hookyard.yardi_polls where id in (
                select p.id from hookyard.yardi_polls p where p.finished_at < now() - interval '30 days' limit 5000)",
        )
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}
