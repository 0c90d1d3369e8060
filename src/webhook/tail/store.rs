//! Attempts in the order in which they began: ours along their key, which begins with the time, and another sender's
//! along the documented index of each webhook.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// What is followed; every part may be absent.
#[derive(Debug, Default)]
pub struct Filter {
    pub webhook: Option<Uuid>,
    pub event_type: Option<String>,
    pub status: Option<i32>,
    /// Only what was not accepted.
    pub failed: bool,
}

pub struct Line {
    pub id: Uuid,
    pub at: Micros,
    pub webhook_id: Uuid,
    pub url: Option<String>,
    /// None: another sender's.
    pub delivery_id: Option<Uuid>,
    pub event_id: Option<Uuid>,
    pub event_type: Option<String>,
    pub number: Option<i32>,
    pub outcome: Option<String>,
    pub status: Option<i32>,
    pub duration_us: Option<i64>,
    pub reason: Option<String>,
}

const OURS: &str = "
    select a.id, (extract(epoch from a.started_at) * 1000000)::int8, a.webhook_id, w.url, a.delivery_id, d.event_id,
        v.event_type, a.number, a.outcome, a.status, a.duration_us, a.reason
    from hookyard.attempts a
    join hookyard.deliveries d on d.id = a.delivery_id
    join hookyard.events v on v.id = d.event_id
    left join webhooks w on w.id = a.webhook_id
    where a.id > $1 and a.started_at >= to_timestamp($2 / 1000000.0)
      and ($3::uuid is null or a.webhook_id = $3)
      and ($4::text is null or v.event_type = $4)
      and ($5::int4 is null or a.status = $5)
      and (not $6 or a.outcome <> 'accepted')
    order by a.id limit $7";

const THEIRS: &str = "
    select o.id, (extract(epoch from o.created_at) * 1000000)::int8, o.webhook_id, w.url, null::uuid, null::uuid,
        left(o.payload ->> 'event', 255), null::int4, null::text, o.response_status, null::int8, null::text
    from webhooks w cross join lateral (
        select o.id, o.created_at, o.webhook_id, o.payload, o.response_status from webhook_delivery_attempts o
        where o.webhook_id = w.id and o.created_at >= to_timestamp($2 / 1000000.0)
          and (o.created_at, o.id) > (to_timestamp($2 / 1000000.0), $1) and isfinite(o.created_at)
          and not exists (select from hookyard.attempts a where a.id = o.id)
          and ($4::text is null or o.payload ->> 'event' = $4)
          and ($5::int4 is null or o.response_status = $5)
          and (not $6 or o.response_status not between 200 and 299)
        order by o.created_at, o.id limit $7) o
    where $3::uuid is null or w.id = $3
    order by o.created_at, o.id limit $7";

/// Lines that are read at once.
pub const PAGE: i64 = 500;

/// Ours with a larger id that began at or after the moment.
pub async fn list_ours(db: &Db, filter: &Filter, after: Uuid, since: Micros) -> Result<Vec<Line>, Trouble> {
    list(db, OURS, filter, after, since).await
}

/// Another sender's, after the moment and id.
pub async fn list_theirs(db: &Db, filter: &Filter, after: Uuid, since: Micros) -> Result<Vec<Line>, Trouble> {
    list(db, THEIRS, filter, after, since).await
}

async fn list(
    db: &Db,
    sql: &'static str,
    filter: &Filter,
    after: Uuid,
    since: Micros,
) -> Result<Vec<Line>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(sql)
            .bind(after)
            .bind(since)
            .bind(filter.webhook)
            .bind(filter.event_type.as_deref())
            .bind(filter.status)
            .bind(filter.failed)
            .bind(PAGE)
            .persistent(false);
        query.fetch_all(tx).await?.iter().map(line).collect()
    })
    .await
}

fn line(row: &PgRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        id: row.try_get(0)?,
        at: row.try_get(1)?,
        webhook_id: row.try_get(2)?,
        url: row.try_get(3)?,
        delivery_id: row.try_get(4)?,
        event_id: row.try_get(5)?,
        event_type: row.try_get(6)?,
        number: row.try_get(7)?,
        outcome: row.try_get(8)?,
        status: row.try_get(9)?,
        duration_us: row.try_get(10)?,
        reason: row.try_get(11)?,
    })
}

/// The database's time.
pub async fn find_now(db: &Db) -> Result<Micros, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query("select (extract(epoch from clock_timestamp()) * 1000000)::int8");
        query.persistent(false).fetch_one(tx).await?.try_get(0)
    })
    .await
}
