//! The outbox. A mail on its way is marked before it leaves, so that a run that dies leaves it unknown, not waiting.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use crate::db::{Db, Trouble};

/// One mail that is ours to send.
pub struct MailRow {
    pub id: Uuid,
    pub fence: i64,
    pub address: String,
    pub entry_id: Uuid,
    pub short_id: Option<String>,
    /// The integration's short id, for its section of the configuration.
    pub integration: Option<String>,
    pub property_name: Option<String>,
    pub custom_message: Option<String>,
    pub first_name: Option<String>,
    pub tries: i32,
}

/// How a mail goes on.
pub enum Fate<'a> {
    Sent(&'a str),
    Refused(&'a str),
    Unknown(&'a str),
    /// Not taken yet; the next try no sooner.
    Later {
        reason: &'a str,
        after: Duration,
    },
}

/// What was on its way when its run died may have arrived. Returns how many.
pub async fn settle_lost_mails(db: &Db) -> Result<usize, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let done = sqlx::query(
            "update hookyard.mails
             set state = 'unknown', finished_at = now(), lease_until = null, leased_by = null,
                reason = 'the run ended while the mail was on its way; the server may have it'
             where state = 'sending' and lease_until < now()",
        )
        .persistent(false)
        .execute(tx)
        .await?;
        Ok(usize::try_from(done.rows_affected()).unwrap_or_default())
    })
    .await
}

/// Take the next mail that is due.
pub async fn claim_mail(db: &Db, run: Uuid, lease: Duration) -> Result<Option<MailRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "with next as (
                select m.id from hookyard.mails m
                where m.state = 'waiting' and m.try_at <= now()
                order by m.try_at limit 1
                for update skip locked
             ), claimed as (
                update hookyard.mails m
                set state = 'sending', lease_until = now() + make_interval(secs => $2), leased_by = $1,
                    fence = m.fence + 1, tries = m.tries + 1
                from next where m.id = next.id
                returning m.*
             )
             select c.id, c.fence, c.address, c.entry_id, e.short_id, i.short_id::text, c.property_name,
                c.custom_message, v.first_name::text, c.tries
             from claimed c
             left join yardi_integrations i on i.id = c.integration_id
             left join yardi_invites v on v.id = c.invite_id and v.yardi_integration_id = c.integration_id
             left join hookyard.entry_payloads e on e.entry_id = c.entry_id",
        )
        .bind(run)
        .bind(lease.as_secs_f64())
        .persistent(false)
        .fetch_optional(tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(MailRow {
            id: row.try_get(0)?,
            fence: row.try_get(1)?,
            address: row.try_get(2)?,
            entry_id: row.try_get(3)?,
            short_id: row.try_get(4)?,
            integration: row.try_get(5)?,
            property_name: row.try_get(6)?,
            custom_message: row.try_get(7)?,
            first_name: row.try_get(8)?,
            tries: row.try_get(9)?,
        }))
    })
    .await
}

/// False where the mail is no longer ours to judge.
pub async fn finish_mail(db: &Db, mail: &MailRow, fate: &Fate<'_>) -> Result<bool, Trouble> {
    let (state, reason, after) = match fate {
        Fate::Sent(reason) => ("sent", *reason, None),
        Fate::Refused(reason) => ("refused", *reason, None),
        Fate::Unknown(reason) => ("unknown", *reason, None),
        Fate::Later { reason, after } => ("waiting", *reason, Some(after.as_secs_f64())),
    };
    db.tx(async |tx: &mut PgConnection| {
        let done = sqlx::query(
            "update hookyard.mails
             set state = $3, reason = $4, lease_until = null, leased_by = null,
                finished_at = case when $3 <> 'waiting' then now() end,
                try_at = case when $3 = 'waiting' then now() + make_interval(secs => $5) else try_at end
             where id = $1 and fence = $2
                and (state = 'sending' or (state = 'unknown' and $3 <> 'waiting') or state = $3)",
        )
        .bind(mail.id)
        .bind(mail.fence)
        .bind(state)
        .bind(reason)
        .bind(after.unwrap_or_default())
        .persistent(false)
        .execute(tx)
        .await?;
        Ok(done.rows_affected() == 1)
    })
    .await
}

/// What waits.
pub struct Outbox {
    pub waiting: i64,
    pub due: i64,
}

pub async fn count_mails(db: &Db) -> Result<Outbox, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select (select count(*) from hookyard.mails where state = 'waiting'),
                (select count(*) from hookyard.mails where state = 'waiting' and try_at <= now())",
        )
        .persistent(false)
        .fetch_one(tx)
        .await?;
        Ok(Outbox { waiting: row.try_get(0)?, due: row.try_get(1)? })
    })
    .await
}

/// Mails at an end that a person may want to look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Troubled {
    /// The server did not take them.
    pub refused: i64,
    /// Nobody knows whether they arrived; they are not sent again.
    pub unknown: i64,
}

/// By integration; those without any are left out.
pub async fn count_troubled_mails(
    db: &Db,
    integrations: &[Uuid],
) -> Result<HashMap<Uuid, Troubled>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select m.integration_id, count(*) filter (where m.state = 'refused'),
                count(*) filter (where m.state = 'unknown')
             from hookyard.mails m
             where m.state in ('refused', 'unknown') and m.integration_id = any ($1)
             group by m.integration_id",
        )
        .bind(integrations)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        let counted = |row: &PgRow| {
            Ok((row.try_get(0)?, Troubled { refused: row.try_get(1)?, unknown: row.try_get(2)? }))
        };
        rows.iter().map(counted).collect()
    })
    .await
}
