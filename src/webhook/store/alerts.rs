//! Alerts that nobody has been told of.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::{Db, Trouble};

pub struct Alert {
    pub id: Uuid,
    pub webhook_id: Uuid,
    pub delivery_id: Uuid,
    pub url: Option<String>,
    pub api_key_id: Option<String>,
    pub reason: String,
    pub dead: i64,
    pub waiting: i64,
}

/// Take what is untold, for long enough to tell it: two runs do not tell the same one.
pub async fn claim_alerts(db: &Db, most: i32) -> Result<Vec<Alert>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "with taken as (
                update hookyard.alerts a set tries = a.tries + 1, try_at = now() + interval '1 minute'
                where a.id = any (array(
                    select t.id from hookyard.alerts t
                    where t.told_at is null and t.try_at <= now() order by t.try_at limit $1 for update skip locked))
                returning a.id, a.webhook_id, a.delivery_id, a.reason
             )
             select t.id, t.webhook_id, t.delivery_id, w.url, w.api_key_id::text, t.reason,
                (select count(*) from hookyard.deliveries d where d.webhook_id = t.webhook_id and d.state = 'dead'),
                (select count(*) from hookyard.deliveries d
                 where d.webhook_id = t.webhook_id and d.state = 'pending' and d.parked_at is null)
             from taken t left join webhooks w on w.id = t.webhook_id",
        )
        .bind(most)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Alert {
                    id: row.try_get(0)?,
                    webhook_id: row.try_get(1)?,
                    delivery_id: row.try_get(2)?,
                    url: row.try_get(3)?,
                    api_key_id: row.try_get(4)?,
                    reason: row.try_get(5)?,
                    dead: row.try_get(6)?,
                    waiting: row.try_get(7)?,
                })
            })
            .collect()
    })
    .await
}

pub async fn finish_alert(db: &Db, alert: Uuid) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query("update hookyard.alerts set told_at = now() where id = $1")
            .bind(alert)
            .persistent(false)
            .execute(tx)
            .await
            .map(|_| ())
    })
    .await
}
