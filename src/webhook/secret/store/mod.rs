//! Secrets in SQL. A change names the active secrets that its author saw, and is refused where they are others by now.

mod rekey;

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::super::delivery::Endpoint;
use super::super::store::Act;
use crate::clock::Micros;
use crate::db::{Db, Trouble};
pub use rekey::{
    Move, Stored, Unready, advance_sealed, count_by_key, finish_expired, list_runs_without, list_stored,
};

/// A webhook to send a test event to, and the database's time.
pub struct Target {
    pub webhook_id: Uuid,
    pub endpoint: Endpoint,
    pub now: Micros,
}

pub async fn find_target(db: &Db, webhook: Uuid) -> Result<Option<Target>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select w.url::text, w.method::text, to_jsonb(w.headers)::text, coalesce(w.is_active, false),
                w.api_key_id::text, (extract(epoch from clock_timestamp()) * 1000000)::int8
             from webhooks w where w.id = $1",
        )
        .bind(webhook)
        .persistent(false)
        .fetch_optional(tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let endpoint = Endpoint {
            url: row.try_get(0)?,
            method: row.try_get(1)?,
            headers: row.try_get(2)?,
            active: row.try_get(3)?,
            api_key_id: row.try_get(4)?,
        };
        Ok(Some(Target { webhook_id: webhook, endpoint, now: row.try_get(5)? }))
    })
    .await
}

pub struct NewSecret<'a> {
    pub id: Uuid,
    pub webhook: Uuid,
    pub sealed: &'a [u8],
    /// The secrets that were active when the change was decided.
    pub known: &'a [Uuid],
    /// What the others are given, where they are to end.
    pub grace: Option<Duration>,
}

/// What is in force after a change.
pub struct Committed {
    pub secret_id: Uuid,
    pub others: Vec<(Uuid, Option<Micros>)>,
}

/// One writer per endpoint at a time, for the length of the transaction.
const LOCK: &str = "select pg_advisory_xact_lock(hashtextextended('hookyard.secrets ' || $1::text, 0))";

const ACTIVE: &str = "
    select s.id, (extract(epoch from s.expires_at) * 1000000)::int8 from hookyard.secrets s
    where s.webhook_id = $1 and s.state = 'active' and (s.expires_at is null or s.expires_at > now())
    order by s.added_at desc, s.id desc";

/// What has had its grace holds nothing any longer.
const EMPTY_EXPIRED: &str = "
    update hookyard.secrets set state = 'retired', sealed = null, retired_at = expires_at
    where state = 'active' and expires_at <= now()";

const INSERT: &str = "
    insert into hookyard.secrets (id, webhook_id, sealed, operator, host, command) values ($1, $2, $3, $4, $5, $6)";

/// An earlier end stays as it is.
const END_OTHERS: &str = "
    update hookyard.secrets
    set expires_at = least(expires_at, now() + $3 * interval '1 microsecond')
    where webhook_id = $1 and id <> $2 and state = 'active'";

const EMPTY: &str = "
    update hookyard.secrets set state = 'retired', sealed = null, retired_at = now()
    where id = $1 and state = 'active'";

async fn active(tx: &mut PgConnection, webhook: Uuid) -> Result<Vec<(Uuid, Option<Micros>)>, sqlx::Error> {
    let rows = sqlx::query(ACTIVE).bind(webhook).persistent(false).fetch_all(tx).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// None where somebody else has changed the endpoint's secrets since.
pub async fn insert_secret(
    db: &Db,
    new: &NewSecret<'_>,
    act: &Act<'_>,
) -> Result<Option<Committed>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(LOCK).bind(new.webhook).persistent(false).execute(&mut *tx).await?;
        let before = active(tx, new.webhook).await?;
        // A commit whose answer was lost has done it already.
        if !before.iter().any(|(id, _)| *id == new.id) {
            let same = before.iter().all(|(id, _)| new.known.contains(id));
            if !same {
                return Ok(None);
            }
            sqlx::query(EMPTY_EXPIRED).persistent(false).execute(&mut *tx).await?;
            sqlx::query(INSERT)
                .bind(new.id)
                .bind(new.webhook)
                .bind(new.sealed)
                .bind(act.operator)
                .bind(act.host)
                .bind(act.command)
                .persistent(false)
                .execute(&mut *tx)
                .await?;
            if let Some(grace) = new.grace {
                sqlx::query(END_OTHERS)
                    .bind(new.webhook)
                    .bind(new.id)
                    .bind(i64::try_from(grace.as_micros()).unwrap_or(i64::MAX))
                    .persistent(false)
                    .execute(&mut *tx)
                    .await?;
            }
            act.insert().execute(&mut *tx).await?;
        }
        let others = active(tx, new.webhook).await?.into_iter().filter(|(id, _)| *id != new.id).collect();
        Ok(Some(Committed { secret_id: new.id, others }))
    })
    .await
}

pub struct SecretRow {
    pub id: Uuid,
    pub webhook_id: Uuid,
    /// None where the webhook was deleted.
    pub url: Option<String>,
    pub exists: bool,
    pub retired: bool,
    pub expired: bool,
    /// Its first bytes: version, length and tag.
    pub head: Option<Vec<u8>>,
    pub added_at: Micros,
    pub expires_at: Option<Micros>,
    pub retired_at: Option<Micros>,
    pub operator: String,
    pub host: String,
    pub command: String,
}

impl SecretRow {
    /// It signs, and nothing says that it will end.
    pub fn stays(&self) -> bool {
        !self.retired && self.expires_at.is_none()
    }

    pub fn signs(&self) -> bool {
        !self.retired && !self.expired
    }
}

const LIST: &str = "
    select s.id, s.webhook_id, w.url::text, w.id is not null, s.state = 'retired',
        coalesce(s.expires_at <= now(), false), substring(s.sealed for 300),
        (extract(epoch from s.added_at) * 1000000)::int8, (extract(epoch from s.expires_at) * 1000000)::int8,
        (extract(epoch from s.retired_at) * 1000000)::int8, s.operator, s.host, s.command
    from hookyard.secrets s left join webhooks w on w.id = s.webhook_id
    where ($1::uuid is null or s.webhook_id = $1)
      and ($2 or s.state = 'active' and (s.expires_at is null or s.expires_at > now()))
    order by s.webhook_id, s.added_at desc, s.id desc
    limit $3";

/// Of one endpoint, or of all; with `all` the retired ones, too.
pub async fn list_secrets(
    db: &Db,
    webhook: Option<Uuid>,
    all: bool,
    most: i64,
) -> Result<Vec<SecretRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(LIST).bind(webhook).bind(all).bind(most).persistent(false);
        query.fetch_all(tx).await?.iter().map(secret_row).collect()
    })
    .await
}

fn secret_row(row: &PgRow) -> Result<SecretRow, sqlx::Error> {
    Ok(SecretRow {
        id: row.try_get(0)?,
        webhook_id: row.try_get(1)?,
        url: row.try_get(2)?,
        exists: row.try_get(3)?,
        retired: row.try_get(4)?,
        expired: row.try_get(5)?,
        head: row.try_get(6)?,
        added_at: row.try_get(7)?,
        expires_at: row.try_get(8)?,
        retired_at: row.try_get(9)?,
        operator: row.try_get(10)?,
        host: row.try_get(11)?,
        command: row.try_get(12)?,
    })
}

/// The endpoint of a secret.
pub async fn find_webhook_of(db: &Db, secret: Uuid) -> Result<Option<Uuid>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query("select s.webhook_id from hookyard.secrets s where s.id = $1")
            .bind(secret)
            .persistent(false)
            .fetch_optional(tx)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    })
    .await
}

/// Empty a secret; false where the endpoint's active secrets are no longer those that were known.
pub async fn finish_secret(
    db: &Db,
    secret: Uuid,
    webhook: Uuid,
    known: &[Uuid],
    act: &Act<'_>,
) -> Result<bool, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(LOCK).bind(webhook).persistent(false).execute(&mut *tx).await?;
        let now_active = active(tx, webhook).await?;
        let others = |id: &Uuid| *id != secret;
        // Fewer others than were known: it might be the last of them by now.
        let still =
            known.iter().filter(|id| others(id)).all(|id| now_active.iter().any(|(other, _)| other == id));
        if !still {
            return Ok(false);
        }
        let done = sqlx::query(EMPTY).bind(secret).persistent(false).execute(&mut *tx).await?;
        if done.rows_affected() > 0 {
            act.insert().execute(&mut *tx).await?;
        }
        Ok(true)
    })
    .await
}
