//! Webhooks beside what hookyard knows of them.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::Act;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

pub struct EndpointRow {
    pub webhook_id: Uuid,
    pub url: Option<String>,
    pub active: Option<bool>,
    pub events: Vec<Option<String>>,
    pub api_key_id: String,
    pub policy: Option<String>,
    pub failures: i32,
    pub open: bool,
    pub gone: bool,
    pub paced: bool,
    pub last_success_at: Option<Micros>,
    pub last_failure_at: Option<Micros>,
    pub last_failure: Option<String>,
    pub waiting: i64,
    pub parked: i64,
    pub dead: i64,
    pub alert_at: Option<Micros>,
    pub alert_told: bool,
    /// Signing secrets that are active.
    pub secrets: i64,
}

/// One endpoint, or all, the troubled ones first.
pub async fn find_endpoints(db: &Db, webhook: Option<Uuid>, most: i64) -> Result<Vec<EndpointRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select w.id, w.url, w.is_active, w.events::varchar[], w.api_key_id::text, e.policy,
                coalesce(e.failures, 0), e.opened_at is not null, e.gone_at is not null,
                coalesce(e.paced_until > now(), false),
                (extract(epoch from e.last_success_at) * 1000000)::int8,
                (extract(epoch from e.last_failure_at) * 1000000)::int8,
                e.last_failure,
                (select count(*) from hookyard.deliveries d
                 where d.webhook_id = w.id and d.state = 'pending' and d.parked_at is null),
                (select count(*) from hookyard.deliveries d where d.webhook_id = w.id and d.parked_at is not null),
                (select count(*) from hookyard.deliveries d where d.webhook_id = w.id and d.state = 'dead'),
                (extract(epoch from a.opened_at) * 1000000)::int8,
                a.told_at is not null,
                (select count(*) from hookyard.secrets s
                 where s.webhook_id = w.id and s.state = 'active' and (s.expires_at is null or s.expires_at > now()))
             from webhooks w
             left join hookyard.endpoints e on e.webhook_id = w.id
             left join hookyard.alerts a on a.webhook_id = w.id and a.closed_at is null
             where $1::uuid is null or w.id = $1
             order by a.opened_at is null, e.opened_at is null, coalesce(e.failures, 0) desc, w.id
             limit $2",
        )
        .bind(webhook)
        .bind(most)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(EndpointRow {
                    webhook_id: row.try_get(0)?,
                    url: row.try_get(1)?,
                    active: row.try_get(2)?,
                    events: row.try_get::<Option<_>, _>(3)?.unwrap_or_default(),
                    api_key_id: row.try_get(4)?,
                    policy: row.try_get(5)?,
                    failures: row.try_get(6)?,
                    open: row.try_get(7)?,
                    gone: row.try_get(8)?,
                    paced: row.try_get(9)?,
                    last_success_at: row.try_get(10)?,
                    last_failure_at: row.try_get(11)?,
                    last_failure: row.try_get(12)?,
                    waiting: row.try_get(13)?,
                    parked: row.try_get(14)?,
                    dead: row.try_get(15)?,
                    alert_at: row.try_get(16)?,
                    alert_told: row.try_get(17)?,
                    secrets: row.try_get(18)?,
                })
            })
            .collect()
    })
    .await
}

/// Name an endpoint's retry policy; none puts it back to the default. The act is recorded with it.
pub async fn set_policy(db: &Db, webhook: Uuid, policy: Option<&str>, act: &Act<'_>) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "insert into hookyard.endpoints (webhook_id, policy) values ($1, $2)
             on conflict (webhook_id) do update set policy = excluded.policy",
        )
        .bind(webhook)
        .bind(policy)
        .persistent(false)
        .execute(&mut *tx)
        .await?;
        act.insert().execute(tx).await.map(|_| ())
    })
    .await
}
