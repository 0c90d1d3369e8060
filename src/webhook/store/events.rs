//! Enqueueing, and what became of an event.

use std::cell::Cell;

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::Act;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// What is to be enqueued.
pub enum Wanted<'a> {
    /// An entry's event, its payload built from the view.
    Entry { entry_id: Uuid },
    /// Any payload, for an api key's subscribers or for chosen webhooks.
    Payload { payload: &'a str, api_key_id: Option<Uuid>, webhook_ids: Option<&'a [Uuid]> },
}

pub struct Enqueued {
    pub event_id: Uuid,
    /// False when the same event was there already.
    pub created: bool,
}

/// Entries by id or short id; more than one where a short id is not unique.
pub async fn find_entries(db: &Db, text: &str) -> Result<Vec<Uuid>, Trouble> {
    let id = Uuid::parse_str(text).ok();
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select p.entry_id from hookyard.entry_payloads p where p.entry_id = $1
             union
             (select p.entry_id from hookyard.entry_payloads p where p.short_id = $2 limit 3)",
        )
        .bind(id)
        .bind(text)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    })
    .await
}

/// The payload as it would be enqueued, and the api key that owns the entry.
pub async fn find_entry_payload(
    db: &Db,
    event_type: &str,
    entry: Uuid,
) -> Result<(String, Option<Uuid>), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select hookyard.entry_payload($1, $2),
                (select p.api_key_id from hookyard.entry_payloads p where p.entry_id = $2)",
        )
        .bind(event_type)
        .bind(entry)
        .persistent(false)
        .fetch_one(tx)
        .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    })
    .await
}

/// The event that enqueueing the same again would come upon.
pub async fn find_same_event(
    db: &Db,
    event_type: &str,
    id: Option<Uuid>,
    entry: Option<Uuid>,
    payload: &str,
) -> Result<Option<Uuid>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select v.id from hookyard.events v
             where v.id = $2
                or (v.entry_id = $3 and v.event_type = $1 and not v.is_again
                    and v.payload_sha256 = sha256(convert_to($4, 'UTF8')))
             order by v.id = $2 desc nulls last limit 1",
        )
        .bind(event_type)
        .bind(id)
        .bind(entry)
        .bind(payload)
        .persistent(false)
        .fetch_optional(tx)
        .await?;
        row.map(|row| row.try_get(0)).transpose()
    })
    .await
}

/// Enqueue, and record who did, in one transaction. The id is ours, so that a repeated try finds itself.
pub async fn insert_event(
    db: &Db,
    event_type: &str,
    wanted: &Wanted<'_>,
    id: Uuid,
    again: bool,
    act: &Act<'_>,
) -> Result<Enqueued, Trouble> {
    // An event that is there since an earlier try, whose commit went unanswered, is this call's own.
    let tried = Cell::new(false);
    db.tx(async |tx: &mut PgConnection| {
        let before = sqlx::query("select from hookyard.events where id = $1").bind(id).persistent(false);
        let known = before.fetch_optional(&mut *tx).await?.is_some() && !tried.get();
        let query = match wanted {
            Wanted::Entry { entry_id } if !again => {
                sqlx::query("select hookyard.enqueue($1, $2, $3)").bind(event_type).bind(entry_id).bind(id)
            }
            Wanted::Entry { entry_id } => sqlx::query(
                "select hookyard.insert_event($1, hookyard.entry_payload($1, $2),
                    (select p.api_key_id from hookyard.entry_payloads p where p.entry_id = $2), $2, null, $3, true)",
            )
            .bind(event_type)
            .bind(entry_id)
            .bind(id),
            Wanted::Payload { payload, api_key_id, webhook_ids } => {
                sqlx::query("select hookyard.insert_event($1, $2, $3, null, $4, $5, $6)")
                    .bind(event_type)
                    .bind(*payload)
                    .bind(*api_key_id)
                    .bind(*webhook_ids)
                    .bind(id)
                    .bind(again)
            }
        };
        let row = query.persistent(false).fetch_one(&mut *tx).await?;
        let event_id: Uuid = row.try_get(0)?;
        let created = event_id == id && !known;
        if created {
            tried.set(true);
            act.insert().execute(tx).await?;
        }
        Ok(Enqueued { event_id, created })
    })
    .await
}

/// A webhook, and whether the event goes to it.
pub struct Subscriber {
    pub webhook_id: Uuid,
    pub url: Option<String>,
    pub method: Option<String>,
    pub headers: Option<String>,
    pub api_key_id: String,
    pub active: Option<bool>,
    pub listed: bool,
    /// As the host application stamped them; none where a stamp is no time that can be shown.
    pub made_at: Option<Micros>,
    pub changed_at: Option<Micros>,
}

/// Every webhook of the api key, or the chosen ones.
pub async fn find_subscribers(
    db: &Db,
    event_type: &str,
    api_key_id: Option<Uuid>,
    webhook_ids: Option<&[Uuid]>,
) -> Result<Vec<Subscriber>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select w.id, w.url, w.method, to_jsonb(w.headers)::text, w.api_key_id::text, w.is_active,
                coalesce(w.events @> array[$1]::varchar[], false),
                case when w.inserted_at between '1970-01-01' and '9999-12-31'
                    then (extract(epoch from w.inserted_at) * 1000000)::int8 end,
                case when w.updated_at between '1970-01-01' and '9999-12-31'
                    then (extract(epoch from w.updated_at) * 1000000)::int8 end
             from webhooks w
             where case when $3::uuid[] is not null then w.id = any ($3) else w.api_key_id = $2 end
             order by w.id",
        )
        .bind(event_type)
        .bind(api_key_id)
        .bind(webhook_ids)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Subscriber {
                    webhook_id: row.try_get(0)?,
                    url: row.try_get(1)?,
                    method: row.try_get(2)?,
                    headers: row.try_get(3)?,
                    api_key_id: row.try_get(4)?,
                    active: row.try_get(5)?,
                    listed: row.try_get(6)?,
                    made_at: row.try_get(7)?,
                    changed_at: row.try_get(8)?,
                })
            })
            .collect()
    })
    .await
}

/// Where a delivery stands.
pub struct Fate {
    pub delivery_id: Uuid,
    pub webhook_id: Uuid,
    pub url: Option<String>,
    pub state: String,
    pub attempts: i32,
    pub reason: Option<String>,
    /// Microseconds until the next attempt may be made; negative when it is due.
    pub wait_us: Option<i64>,
    /// Its endpoint is inactive.
    pub parked: bool,
    /// Its endpoint's breaker is open, or its pace is limited.
    pub held_back: bool,
    /// A run is at it.
    pub leased: bool,
}

impl Fate {
    pub fn is_ours_to_attempt(&self) -> bool {
        self.wait_us.is_some_and(|wait| wait <= 0) && !(self.parked || self.held_back || self.leased)
    }
}

pub async fn find_fates(db: &Db, event: Uuid) -> Result<Vec<Fate>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select d.id, d.webhook_id, w.url, d.state, d.attempts, d.reason,
                (extract(epoch from d.next_attempt_at - now()) * 1000000)::int8, d.parked_at is not null,
                coalesce(e.opened_at is not null or e.paced_until > now(), false),
                coalesce(d.lease_until > now(), false)
             from hookyard.deliveries d
             left join webhooks w on w.id = d.webhook_id
             left join hookyard.endpoints e on e.webhook_id = d.webhook_id
             where d.event_id = $1
             order by d.webhook_id",
        )
        .bind(event)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Fate {
                    delivery_id: row.try_get(0)?,
                    webhook_id: row.try_get(1)?,
                    url: row.try_get(2)?,
                    state: row.try_get(3)?,
                    attempts: row.try_get(4)?,
                    reason: row.try_get(5)?,
                    wait_us: row.try_get(6)?,
                    parked: row.try_get(7)?,
                    held_back: row.try_get(8)?,
                    leased: row.try_get(9)?,
                })
            })
            .collect()
    })
    .await
}
