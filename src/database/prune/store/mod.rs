//! Retention in SQL. Every transaction is short, gives way to other people's locks, and skips rows that somebody holds.

mod ended;
mod events;
mod host;
mod hours;

use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::clock::Micros;
use crate::db::{Act, Db, Trouble};

pub use ended::{count_alerts, count_mails, count_plans, delete_alerts, delete_plans, erase_mails};
pub use events::{Cursor, Look, Pass, Stretch, count_events, delete_events};
pub use host::{Place, Span, count_host, delete_host, find_next_webhook};
pub use hours::{count_hours, delete_hours};

/// Whoever waits for us waits no longer than we wait for others; the batch is tried again.
const GIVING_WAY: &str = "set local lock_timeout = '500ms'";

/// The database's time, to which every age of a run is counted back.
pub async fn find_now(db: &Db) -> Result<Micros, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query("select (extract(epoch from now()) * 1000000)::int8").persistent(false);
        query.fetch_one(tx).await?.try_get(0)
    })
    .await
}

pub struct Rights {
    pub delete: bool,
    pub update: bool,
}

/// What our role may do with the documented record of attempts.
pub async fn find_rights(db: &Db) -> Result<Rights, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select has_table_privilege('webhook_delivery_attempts', 'delete'),
                has_column_privilege('webhook_delivery_attempts', 'payload', 'update')
                    and has_column_privilege('webhook_delivery_attempts', 'response_data', 'update')",
        )
        .persistent(false)
        .fetch_one(tx)
        .await?;
        Ok(Rights { delete: row.try_get(0)?, update: row.try_get(1)? })
    })
    .await
}

pub async fn insert_act(db: &Db, act: &Act<'_>) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| act.insert().execute(tx).await.map(|_| ())).await
}
