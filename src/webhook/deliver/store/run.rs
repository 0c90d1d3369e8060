//! The run's own row, the time by the database's clock, and the house-keeping that every run does on its way.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// Who delivers.
pub struct Identity<'a> {
    pub id: Uuid,
    pub command: &'a str,
    pub host: &'a str,
    pub operator: &'a str,
    /// The keys that it can decrypt with.
    pub key_tags: Vec<&'a str>,
}

/// Enter the run, wake deliveries whose endpoint is active again, let those go that waited a week; returns the
/// database's time.
pub async fn begin_run(db: &Db, run: &Identity<'_>) -> Result<Micros, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "insert into hookyard.runs (id, command, host, pid, operator, key_tags) values ($1, $2, $3, $4, $5, $6)
             on conflict (id) do update set seen_at = now()
             returning (extract(epoch from clock_timestamp()) * 1000000)::int8",
        )
        .bind(run.id)
        .bind(run.command)
        .bind(run.host)
        .bind(i32::try_from(std::process::id()).unwrap_or(0))
        .bind(run.operator)
        .bind(&run.key_tags)
        .persistent(false)
        .fetch_one(tx)
        .await?;
        row.try_get(0)
    })
    .await
}

/// Deliveries wait for an inactive endpoint outside the queue: for a week, then they die, replayable. Returns how many
/// died.
pub async fn keep_house(db: &Db, run: Uuid) -> Result<usize, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "with woken as (
                update hookyard.deliveries d set parked_at = null
                where d.parked_at is not null and d.state = 'pending'
                  and not exists (select from webhooks w where w.id = d.webhook_id and w.is_active is not true)
             ), died as (
                update hookyard.deliveries d
                set state = 'dead', reason = 'inactive: the endpoint stayed inactive for 7 days', parked_at = null,
                    next_attempt_at = null, finished_at = now()
                where d.parked_at < now() - interval '7 days' and d.state = 'pending'
                  and exists (select from webhooks w where w.id = d.webhook_id and w.is_active is not true)
                returning d.id
             ), seen as (
                update hookyard.runs r set seen_at = now() where r.id = $1
             ), forgotten as (
                delete from hookyard.runs r where r.seen_at < now() - interval '7 days' and r.id <> $1
             )
             select count(*) from died",
        )
        .bind(run)
        .persistent(false)
        .fetch_one(tx)
        .await?;
        let died: i64 = row.try_get(0)?;
        Ok(usize::try_from(died).unwrap_or_default())
    })
    .await
}

/// Count hours that are over, for reports, and group their failures: a quarter of a second at most, and nothing that a
/// delivery waits for. What was counted is noted with how the attempts lie. What was counted as it was written is put
/// together.
pub async fn count_hours(db: &Db) -> Result<(), Trouble> {
    const COUNT: &str = "select hookyard.count_hours(b.budget), hookyard.group_failures(b.budget),
            hookyard.merge_written()
        from (select interval '250 milliseconds' as budget) b";
    const NOTE: &str = "update hookyard.counted_hours c set is_in_order = hookyard.attempts_in_order()
        where c.hour = (select max(m.hour) from hookyard.counted_hours m)";
    db.tx_relaxed(async |tx: &mut PgConnection| {
        let counted: i32 = sqlx::raw_sql(COUNT).fetch_one(&mut *tx).await?.try_get(0)?;
        if counted > 0 {
            sqlx::raw_sql(NOTE).execute(tx).await?;
        }
        Ok(())
    })
    .await
}

/// `left_behind` are deliveries that a fault of ours cost: their loss is found when their lease has ended.
pub async fn finish_run(db: &Db, run: Uuid, left_behind: &[Uuid]) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "update hookyard.runs set finished_at = now(), seen_at = now(), sending = $2 where id = $1",
        )
        .bind(run)
        .bind(left_behind)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}

/// Name in the run's record what may be on the wire from now on.
pub async fn advance_run(db: &Db, run: Uuid, sending: &[Uuid]) -> Result<(), Trouble> {
    db.tx_relaxed(async |tx: &mut PgConnection| {
        sqlx::query("update hookyard.runs set sending = $2, seen_at = now() where id = $1")
            .bind(run)
            .bind(sending)
            .persistent(false)
            .execute(tx)
            .await
            .map(|_| ())
    })
    .await
}

const IS_PACED: &str = "
    select exists (
        select from hookyard.endpoints e cross join lateral (
            select d.next_attempt_at from hookyard.deliveries d
            where d.webhook_id = e.webhook_id and d.state = 'pending' and d.parked_at is null
              and (d.lease_until is null or d.lease_until < now())
            order by d.next_attempt_at limit 1) first
        where e.paced_until > now() and first.next_attempt_at <= now())";

/// Whether something is due now and only held back by the pace of an endpoint that has just recovered.
pub async fn is_paced(db: &Db) -> Result<bool, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(IS_PACED).persistent(false).fetch_one(tx).await?;
        row.try_get(0)
    })
    .await
}
