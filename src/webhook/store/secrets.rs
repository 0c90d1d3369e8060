//! The active secrets of endpoints, still encrypted.

use std::collections::HashMap;
use std::rc::Rc;

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::super::delivery::{Sealed, SealedByEndpoint};
use crate::db::{Db, Trouble};

const SEALED: &str = "
    select s.webhook_id, s.id, s.sealed from hookyard.secrets s
    where s.webhook_id = any ($1) and s.state = 'active' and (s.expires_at is null or s.expires_at > now())
    order by s.webhook_id, s.added_at desc, s.id desc";

/// Every endpoint that was asked for is in the answer.
pub async fn find_sealed(db: &Db, webhooks: &[Uuid]) -> Result<SealedByEndpoint, Trouble> {
    db.tx(async |tx: &mut PgConnection| sealed_in(tx, webhooks).await).await
}

/// The same inside a transaction that does something else as well.
pub async fn sealed_in(tx: &mut PgConnection, webhooks: &[Uuid]) -> Result<SealedByEndpoint, sqlx::Error> {
    let rows = sqlx::query(SEALED).bind(webhooks).persistent(false).fetch_all(tx).await?;
    let mut found: HashMap<Uuid, Vec<Sealed>> = webhooks.iter().map(|id| (*id, Vec::new())).collect();
    for row in &rows {
        let sealed = Sealed { id: row.try_get(1)?, bytes: row.try_get(2)? };
        found.entry(row.try_get(0)?).or_default().push(sealed);
    }
    Ok(found.into_iter().map(|(webhook, secrets)| (webhook, Rc::from(secrets))).collect())
}

/// Whether a run of this event, or of all, may have to sign with secrets.
pub async fn has_secrets(db: &Db, event: Option<Uuid>) -> Result<bool, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select exists (
                select from hookyard.secrets s
                where s.state = 'active' and (s.expires_at is null or s.expires_at > now())
                  and exists (select from webhooks w where w.id = s.webhook_id)
                  and ($1::uuid is null or exists (
                    select from hookyard.deliveries d where d.event_id = $1 and d.webhook_id = s.webhook_id)))",
        )
        .bind(event)
        .persistent(false)
        .fetch_one(tx)
        .await?;
        row.try_get(0)
    })
    .await
}
