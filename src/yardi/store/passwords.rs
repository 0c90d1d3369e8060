//! Stored passwords, replaced only while they are the ones that were read.

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::Act;
use crate::db::{Db, Trouble};

/// As the column takes it.
pub enum Written<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// False where somebody else has changed it, and nothing was written. The act is recorded with it.
pub async fn advance_password(
    db: &Db,
    integration: Uuid,
    old: Option<&str>,
    anew: &Written<'_>,
    act: &Act<'_>,
) -> Result<bool, Trouble> {
    const TEXT: &str = "
        update yardi_integrations
        set password = $3, updated_at = date_trunc('second', now() at time zone 'utc')
        where id = $1 and (password::text is not distinct from $2 or password::text = $3)";
    const BYTES: &str = "
        update yardi_integrations
        set password = $3, updated_at = date_trunc('second', now() at time zone 'utc')
        where id = $1 and (password::text is not distinct from $2 or password = $3)";
    db.tx(async |tx: &mut PgConnection| {
        let done = match anew {
            Written::Text(text) => sqlx::query(TEXT).bind(integration).bind(old).bind(*text),
            Written::Bytes(bytes) => sqlx::query(BYTES).bind(integration).bind(old).bind(*bytes),
        }
        .persistent(false)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        act.insert().execute(tx).await.map(|_| true)
    })
    .await
}
