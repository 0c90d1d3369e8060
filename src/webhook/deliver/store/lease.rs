//! Keeping, giving back and setting aside what is under our lease.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::{ids, micros};
use crate::db::{Db, Trouble};

/// Keep what we hold; returns what is still ours.
pub async fn renew(db: &Db, run: Uuid, held: &[Uuid], lease: Duration) -> Result<Vec<Uuid>, Trouble> {
    db.tx_relaxed(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "update hookyard.deliveries set lease_until = now() + $3 * interval '1 microsecond'
             where id = any ($2) and leased_by = $1 and state = 'pending' returning id",
        )
        .bind(run)
        .bind(held)
        .bind(micros(lease))
        .persistent(false)
        .fetch_all(tx)
        .await?;
        ids(&rows)
    })
    .await
}

/// Give leases back, so that the next run need not wait for them to end; returns how many were still ours.
pub async fn release(db: &Db, run: Uuid, unsent: &[Uuid]) -> Result<usize, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "update hookyard.deliveries set lease_until = null, leased_by = null
             where id = any ($2) and leased_by = $1 and state = 'pending'",
        )
        .bind(run)
        .bind(unsent)
        .persistent(false)
        .execute(tx)
        .await
        .map(|done| usize::try_from(done.rows_affected()).unwrap_or_default())
    })
    .await
}

/// Give back what a claim took whose answer was lost with its connection.
pub async fn release_unknown(db: &Db, run: Uuid, held: &[Uuid]) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "update hookyard.deliveries set lease_until = null, leased_by = null
             where state = 'pending' and parked_at is null and leased_by = $1 and id <> all ($2)",
        )
        .bind(run)
        .bind(held)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}

/// Set deliveries of an inactive endpoint aside, outside the queue.
pub async fn park(db: &Db, run: Uuid, deliveries: &[Uuid]) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "update hookyard.deliveries set parked_at = now(), lease_until = null, leased_by = null
             where id = any ($2) and leased_by = $1 and state = 'pending'",
        )
        .bind(run)
        .bind(deliveries)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}
