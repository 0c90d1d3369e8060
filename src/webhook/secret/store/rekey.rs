//! Stored secrets page by page, replaced only while they are what was read, and counted by their key.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::super::super::store::Act;
use super::EMPTY_EXPIRED;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// A secret as it lies there.
pub struct Stored {
    pub id: Uuid,
    pub webhook: Uuid,
    pub sealed: Vec<u8>,
}

/// The next so many by id; of one webhook, or of all.
pub async fn list_stored(
    db: &Db,
    webhook: Option<Uuid>,
    behind: Option<Uuid>,
    most: i64,
) -> Result<Vec<Stored>, Trouble> {
    const LIST: &str = "
        select s.id, s.webhook_id, s.sealed from hookyard.secrets s
        where s.sealed is not null and ($1::uuid is null or s.webhook_id = $1) and ($2::uuid is null or s.id > $2)
        order by s.id limit $3";
    db.tx(async |tx: &mut PgConnection| {
        let rows =
            sqlx::query(LIST).bind(webhook).bind(behind).bind(most).persistent(false).fetch_all(tx).await?;
        rows.iter()
            .map(|row| Ok(Stored { id: row.try_get(0)?, webhook: row.try_get(1)?, sealed: row.try_get(2)? }))
            .collect()
    })
    .await
}

/// One secret encrypted anew.
pub struct Move {
    pub id: Uuid,
    pub old: Vec<u8>,
    pub new: Vec<u8>,
}

/// Returns how many were still as they were read, and are replaced; what was retired or moved meanwhile stays. A commit
/// whose answer was lost is found done.
pub async fn advance_sealed(db: &Db, moves: &[Move], act: &Act<'_>) -> Result<usize, Trouble> {
    const ADVANCE: &str = "
        update hookyard.secrets s set sealed = m.new
        from unnest($1::uuid[], $2::bytea[], $3::bytea[]) m (id, old, new)
        where s.id = m.id and (s.sealed = m.old or s.sealed = m.new)";
    let ids: Vec<Uuid> = moves.iter().map(|one| one.id).collect();
    let old: Vec<&[u8]> = moves.iter().map(|one| one.old.as_slice()).collect();
    let new: Vec<&[u8]> = moves.iter().map(|one| one.new.as_slice()).collect();
    db.tx(async |tx: &mut PgConnection| {
        let done = sqlx::query(ADVANCE).bind(&ids).bind(&old).bind(&new).persistent(false);
        let moved = done.execute(&mut *tx).await?.rows_affected();
        if moved > 0 {
            act.insert().execute(tx).await?;
        }
        Ok(usize::try_from(moved).unwrap_or_default())
    })
    .await
}

/// What has had its grace need not be moved: it is emptied.
pub async fn finish_expired(db: &Db) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(EMPTY_EXPIRED).persistent(false).execute(tx).await.map(|_| ())
    })
    .await
}

/// How many secrets begin so: version, length and tag, with what follows where the tag is a very long one.
pub async fn count_by_key(db: &Db, webhook: Option<Uuid>) -> Result<Vec<(Vec<u8>, i64)>, Trouble> {
    const COUNT: &str = "
        select case when octet_length(s.sealed) > 2 and get_byte(s.sealed, 1) < 128
                then substring(s.sealed for 2 + get_byte(s.sealed, 1)) else substring(s.sealed for 300) end as head,
            count(*)
        from hookyard.secrets s
        where s.sealed is not null and ($1::uuid is null or s.webhook_id = $1)
        group by 1";
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(COUNT).bind(webhook).persistent(false).fetch_all(tx).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    })
    .await
}

/// A run under way that does not say it has the key.
pub struct Unready {
    pub command: String,
    pub host: String,
    pub pid: i32,
    pub started_at: Micros,
}

/// A run shows itself every few seconds; one that was killed counts for two minutes more.
pub async fn list_runs_without(db: &Db, tag: &str) -> Result<Vec<Unready>, Trouble> {
    const LIST: &str = "
        select r.command, r.host, r.pid, (extract(epoch from r.started_at) * 1000000)::int8 from hookyard.runs r
        where r.finished_at is null and r.seen_at > now() - interval '2 minutes'
          and (r.key_tags is null or $1 <> all (r.key_tags))
        order by r.started_at limit 20";
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(LIST).bind(tag).persistent(false).fetch_all(tx).await?;
        rows.iter()
            .map(|row| {
                Ok(Unready {
                    command: row.try_get(0)?,
                    host: row.try_get(1)?,
                    pid: row.try_get(2)?,
                    started_at: row.try_get(3)?,
                })
            })
            .collect()
    })
    .await
}
