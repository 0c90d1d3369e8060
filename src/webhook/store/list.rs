//! Deliveries, newest first, by keyset.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// What is listed; every part may be absent.
#[derive(Default)]
pub struct Filter<'a> {
    pub state: Option<&'a str>,
    pub event_type: Option<&'a str>,
    pub webhook: Option<Uuid>,
    pub status: Option<i32>,
    pub since: Option<Micros>,
    pub until: Option<Micros>,
    pub due: bool,
    /// The last id of the page before.
    pub after: Option<Uuid>,
    pub limit: i64,
}

pub struct DeliveryRow {
    pub delivery_id: Uuid,
    pub state: String,
    pub event_id: Uuid,
    pub event_type: String,
    pub webhook_id: Uuid,
    pub url: Option<String>,
    pub attempts: i32,
    pub last_status: Option<i32>,
    pub reason: Option<String>,
    pub created_at: Micros,
    pub next_attempt_at: Option<Micros>,
    pub finished_at: Option<Micros>,
    pub parked: bool,
    pub payload_erased_at: Option<Micros>,
}

/// The statement is planned for the values at hand, so a part that is absent costs nothing.
pub async fn list_deliveries(db: &Db, filter: &Filter<'_>) -> Result<Vec<DeliveryRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select d.id, d.state, d.event_id, v.event_type, d.webhook_id, w.url, d.attempts, d.last_status, d.reason,
                (extract(epoch from d.created_at) * 1000000)::int8,
                (extract(epoch from d.next_attempt_at) * 1000000)::int8,
                (extract(epoch from d.finished_at) * 1000000)::int8,
                d.parked_at is not null, (extract(epoch from v.payload_erased_at) * 1000000)::int8
             from hookyard.deliveries d
             join hookyard.events v on v.id = d.event_id
             left join webhooks w on w.id = d.webhook_id
             where ($1::text is null or d.state = $1)
               and ($2::text is null or v.event_type = $2)
               and ($3::uuid is null or d.webhook_id = $3)
               and ($4::int4 is null or d.last_status = $4)
               and ($5::int8 is null or d.created_at >= to_timestamp($5 / 1000000.0))
               and ($6::int8 is null or d.created_at < to_timestamp($6 / 1000000.0))
               and (not $7 or (d.state = 'pending' and d.parked_at is null and d.next_attempt_at <= now()))
               and ($8::uuid is null or d.id < $8)
             order by d.id desc
             limit $9",
        )
        .bind(filter.state)
        .bind(filter.event_type)
        .bind(filter.webhook)
        .bind(filter.status)
        .bind(filter.since)
        .bind(filter.until)
        .bind(filter.due)
        .bind(filter.after)
        .bind(filter.limit)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(DeliveryRow {
                    delivery_id: row.try_get(0)?,
                    state: row.try_get(1)?,
                    event_id: row.try_get(2)?,
                    event_type: row.try_get(3)?,
                    webhook_id: row.try_get(4)?,
                    url: row.try_get(5)?,
                    attempts: row.try_get(6)?,
                    last_status: row.try_get(7)?,
                    reason: row.try_get(8)?,
                    created_at: row.try_get(9)?,
                    next_attempt_at: row.try_get(10)?,
                    finished_at: row.try_get(11)?,
                    parked: row.try_get(12)?,
                    payload_erased_at: row.try_get(13)?,
                })
            })
            .collect()
    })
    .await
}

/// An attempt that another application made.
pub struct OtherRow {
    pub attempt_id: Uuid,
    pub webhook_id: Uuid,
    pub url: Option<String>,
    pub event_type: Option<String>,
    pub status: i32,
    /// None where the row has no time, or one without end.
    pub created_at: Option<Micros>,
}

/// By webhook and time, as the documented index has them: the table may hold ten millions of rows.
const OTHERS: &str = "
    select a.id, a.webhook_id, w.url::text, a.event_type, a.response_status,
        case when isfinite(a.created_at) then (extract(epoch from a.created_at) * 1000000)::int8 end
    from webhooks w cross join lateral (
        select n.* from (
            select r.id, r.webhook_id, r.response_status, r.created_at,
                case when jsonb_typeof(r.payload::jsonb) = 'object'
                    then coalesce(r.payload::jsonb ->> 'event', r.payload::jsonb ->> 'eventType') end as event_type
            from webhook_delivery_attempts r
            where r.webhook_id = w.id order by r.created_at desc limit 5000) n
        where not exists (select from hookyard.attempts o where o.id = n.id)
          and ($2::int4 is null or n.response_status = $2)
          and ($3::int8 is null or n.created_at >= to_timestamp($3 / 1000000.0))
          and ($4::int8 is null or n.created_at < to_timestamp($4 / 1000000.0))
        limit $5) a
    where $1::uuid is null or w.id = $1
    order by a.created_at desc, a.id
    limit $5";

pub async fn list_others(db: &Db, filter: &Filter<'_>) -> Result<Vec<OtherRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(OTHERS)
            .bind(filter.webhook)
            .bind(filter.status)
            .bind(filter.since)
            .bind(filter.until)
            .bind(filter.limit)
            .persistent(false)
            .fetch_all(tx)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(OtherRow {
                    attempt_id: row.try_get(0)?,
                    webhook_id: row.try_get(1)?,
                    url: row.try_get(2)?,
                    event_type: row.try_get(3)?,
                    status: row.try_get(4)?,
                    created_at: row.try_get(5)?,
                })
            })
            .collect()
    })
    .await
}
