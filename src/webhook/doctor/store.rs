//! One webhook as it stands, the last payload that went to it, and the last attempts, whoever made them.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::super::delivery::Endpoint;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

pub struct Webhook {
    pub id: Uuid,
    pub endpoint: Endpoint,
    pub events: Vec<Option<String>>,
    /// The database's time.
    pub now: Micros,
}

/// Those whose ids begin so; two are enough to know that it is not one.
pub async fn find_webhooks(db: &Db, low: Uuid, high: Uuid) -> Result<Vec<Webhook>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select w.id, w.url::text, w.method::text, to_jsonb(w.headers)::text, coalesce(w.is_active, false),
                w.api_key_id::text, w.events::varchar[], (extract(epoch from clock_timestamp()) * 1000000)::int8
             from webhooks w where w.id between $1 and $2 order by w.id limit 2",
        )
        .bind(low)
        .bind(high)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Webhook {
                    id: row.try_get(0)?,
                    endpoint: Endpoint {
                        url: row.try_get(1)?,
                        method: row.try_get(2)?,
                        headers: row.try_get(3)?,
                        active: row.try_get(4)?,
                        api_key_id: row.try_get(5)?,
                    },
                    events: row.try_get::<Option<_>, _>(6)?.unwrap_or_default(),
                    now: row.try_get(7)?,
                })
            })
            .collect()
    })
    .await
}

pub struct Last {
    pub event_type: String,
    pub payload: String,
}

/// The last event that was enqueued for it here, else the last attempt of another application. Attempts without a time are
/// the oldest: the documented index has them first, and a plain order by time would read all of the endpoint's.
const LAST: &str = "
    (select 1, v.event_type, v.payload
     from hookyard.deliveries d join hookyard.events v on v.id = d.event_id
     where d.webhook_id = $1 order by d.id desc limit 1)
    union all
    (select 2, coalesce(a.payload->>'event', ''), a.payload::text
     from webhook_delivery_attempts a where a.webhook_id = $1 and a.created_at is not null
     order by a.created_at desc limit 1)
    union all
    (select 3, coalesce(a.payload->>'event', ''), a.payload::text
     from webhook_delivery_attempts a where a.webhook_id = $1 and a.created_at is null limit 1)
    order by 1 limit 1";

pub async fn find_last(db: &Db, webhook: Uuid) -> Result<Option<Last>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(LAST).bind(webhook).persistent(false).fetch_optional(tx).await?;
        row.map(|row| Ok(Last { event_type: row.try_get(1)?, payload: row.try_get(2)? })).transpose()
    })
    .await
}

pub struct Attempt {
    pub id: Uuid,
    pub status: i32,
    /// hookyard's own word; another application has none.
    pub outcome: Option<String>,
    pub at: Option<Micros>,
}

impl Attempt {
    pub fn accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A status only where there was an answer.
    pub fn shown(&self) -> String {
        match self.outcome.as_deref() {
            None | Some("accepted" | "rejected" | "server_error" | "redirected") => self.status.to_string(),
            Some(word @ ("blocked" | "config")) => format!("not sent: {word}"),
            Some(word) => format!("no answer: {word}"),
        }
    }
}

const ATTEMPTS: &str = "
    select w.id, w.response_status, a.outcome,
        case when isfinite(w.created_at) then (extract(epoch from w.created_at) * 1000000)::int8 end
    from (
        (select h.id, h.response_status, h.created_at from webhook_delivery_attempts h
         where h.webhook_id = $1 and h.created_at is not null order by h.created_at desc limit 5)
        union all
        (select h.id, h.response_status, h.created_at from webhook_delivery_attempts h
         where h.webhook_id = $1 and h.created_at is null limit 5)
        order by created_at desc nulls last limit 5) w
    left join hookyard.attempts a on a.id = w.id
    order by w.created_at desc nulls last";

/// Newest first.
pub async fn list_attempts(db: &Db, webhook: Uuid) -> Result<Vec<Attempt>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(ATTEMPTS).bind(webhook).persistent(false).fetch_all(tx).await?;
        rows.iter()
            .map(|row| {
                Ok(Attempt {
                    id: row.try_get(0)?,
                    status: row.try_get(1)?,
                    outcome: row.try_get(2)?,
                    at: row.try_get(3)?,
                })
            })
            .collect()
    })
    .await
}
