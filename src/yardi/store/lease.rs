//! Who may ask an integration: one run at a time, for as long as it renews; and nobody while the circuit is open.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::micros;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// True where the integration is ours until the lease ends; false where another run has it.
pub async fn claim_account(db: &Db, integration: Uuid, run: Uuid, lease: Duration) -> Result<bool, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "insert into hookyard.yardi_accounts as a (integration_id, lease_until, leased_by, fence)
             values ($1, now() + make_interval(secs => $3), $2, 1)
             on conflict (integration_id) do update
             set lease_until = excluded.lease_until, leased_by = excluded.leased_by, fence = a.fence + 1
             where a.lease_until is null or a.lease_until < now() or a.leased_by = excluded.leased_by or $4
             returning a.fence",
        )
        .bind(integration)
        .bind(run)
        .bind(lease.as_secs_f64())
        .bind(ignores_leases())
        .persistent(false)
        .fetch_optional(tx)
        .await?;
        Ok(row.is_some())
    })
    .await
}

/// Tests let runs meet, to see what else keeps them apart.
#[cfg(debug_assertions)]
fn ignores_leases() -> bool {
    crate::env::test_fault("no-account-lease").is_some()
}

#[cfg(not(debug_assertions))]
fn ignores_leases() -> bool {
    false
}

/// The database's time at the start of a request, and whether the integration is still ours then.
pub async fn renew_account(
    db: &Db,
    integration: Uuid,
    run: Uuid,
    lease: Duration,
) -> Result<(Micros, bool), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(concat!(
            "with renewed as (
                update hookyard.yardi_accounts a set lease_until = now() + make_interval(secs => $3)
                where a.integration_id = $1 and a.leased_by = $2 returning a.integration_id
             )
             select ",
            micros!("clock_timestamp()"),
            ", exists (select from renewed)"
        ))
        .bind(integration)
        .bind(run)
        .bind(lease.as_secs_f64())
        .persistent(false)
        .fetch_one(tx)
        .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    })
    .await
}

pub async fn release_account(db: &Db, integration: Uuid, run: Uuid) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "update hookyard.yardi_accounts set lease_until = null, leased_by = null
             where integration_id = $1 and leased_by = $2",
        )
        .bind(integration)
        .bind(run)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}

/// Ask nothing further until a person has looked.
pub async fn open_circuit(db: &Db, integration: Uuid, class: &str, text: &str) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "insert into hookyard.yardi_accounts as a (integration_id, state, opened_at, opened_class, opened_text)
             values ($1, 'open', now(), $2, $3)
             on conflict (integration_id) do update
             set state = 'open', opened_at = coalesce(a.opened_at, now()), opened_class = $2, opened_text = $3",
        )
        .bind(integration)
        .bind(class)
        .bind(text)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}

/// The account was seen to work.
pub async fn close_circuit(db: &Db, integration: Uuid) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "insert into hookyard.yardi_accounts as a (integration_id, checked_at) values ($1, now())
             on conflict (integration_id) do update
             set state = 'closed', opened_at = null, opened_class = null, opened_text = null, checked_at = now()",
        )
        .bind(integration)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}
