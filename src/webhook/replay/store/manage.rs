//! Plans as a whole: found, listed, started, stopped.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::super::super::store::Act;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

pub struct PlanRow {
    pub id: Uuid,
    pub state: String,
    pub created_at: Micros,
    pub operator: String,
    pub host: String,
    pub reason: Option<String>,
    pub filter: String,
    pub items: i64,
    pub left_out: i64,
    pub rate: Option<i32>,
    pub canary: Option<i32>,
    pub to_url: Option<String>,
    pub started_at: Option<Micros>,
    pub finished_at: Option<Micros>,
    /// A process was at work on it within the last 15 s.
    pub is_attended: bool,
    pub arrived: i64,
    pub failed: i64,
}

macro_rules! plan {
    ($where:literal) => {
        concat!(
            "select p.id, p.state, (extract(epoch from p.created_at) * 1000000)::int8, p.operator, p.host, p.reason,
                p.filter::text, p.items, p.left_out, p.rate, p.canary,
                (extract(epoch from p.started_at) * 1000000)::int8,
                (extract(epoch from p.finished_at) * 1000000)::int8,
                coalesce(p.seen_at > now() - interval '15 s', false),
                coalesce((select sum(e.arrived)::int8 from hookyard.plan_endpoints e where e.plan_id = p.id), 0),
                coalesce((select sum(e.failed)::int8 from hookyard.plan_endpoints e where e.plan_id = p.id), 0),
                p.to_url
             from hookyard.plans p ",
            $where
        )
    };
}

fn plan(row: &PgRow) -> Result<PlanRow, sqlx::Error> {
    Ok(PlanRow {
        id: row.try_get(0)?,
        state: row.try_get(1)?,
        created_at: row.try_get(2)?,
        operator: row.try_get(3)?,
        host: row.try_get(4)?,
        reason: row.try_get(5)?,
        filter: row.try_get(6)?,
        items: row.try_get(7)?,
        left_out: row.try_get(8)?,
        rate: row.try_get(9)?,
        canary: row.try_get(10)?,
        started_at: row.try_get(11)?,
        finished_at: row.try_get(12)?,
        is_attended: row.try_get(13)?,
        arrived: row.try_get(14)?,
        failed: row.try_get(15)?,
        to_url: row.try_get(16)?,
    })
}

/// Plans whose id begins so.
pub async fn find_plans(db: &Db, low: Uuid, high: Uuid) -> Result<Vec<Uuid>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select p.id from hookyard.plans p where p.id between $1 and $2 order by p.id limit 10",
        )
        .bind(low)
        .bind(high)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    })
    .await
}

pub async fn find_plan(db: &Db, id: Uuid) -> Result<PlanRow, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(plan!("where p.id = $1")).bind(id).persistent(false);
        plan(&query.fetch_one(tx).await?)
    })
    .await
}

/// Newest first.
pub async fn list_plans(db: &Db, most: i64) -> Result<Vec<PlanRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(plan!("order by p.id desc limit $1")).bind(most).persistent(false);
        query.fetch_all(tx).await?.iter().map(plan).collect()
    })
    .await
}

/// Set a plan going, and record who did before anything is sent; gives the database's time. Endpoints that had been
/// stopped get canaries anew.
pub async fn start_plan(db: &Db, id: Uuid, rate: Option<i32>, act: &Act<'_>) -> Result<Micros, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "update hookyard.plan_endpoints e set state = 'canary', released = 0, arrived = 0, failed = 0, note = null
             where e.plan_id = $1 and e.state = 'stopped'",
        )
        .bind(id)
        .persistent(false)
        .execute(&mut *tx)
        .await?;
        let row = sqlx::query(
            "update hookyard.plans p
             set state = 'running', started_at = coalesce(p.started_at, now()), seen_at = now(),
                 rate = coalesce($2, p.rate)
             where p.id = $1 and p.state in ('planned', 'running', 'paused')
             returning (extract(epoch from now()) * 1000000)::int8",
        )
        .bind(id)
        .bind(rate)
        .persistent(false)
        .fetch_one(&mut *tx)
        .await?;
        act.insert().execute(tx).await?;
        row.try_get(0)
    })
    .await
}

/// Say that nobody is at work on it any longer; paused when something waits, finished when nothing does.
pub async fn stop_plan(db: &Db, id: Uuid, ended_by_itself: bool) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(
            "update hookyard.plans p
             set seen_at = null,
                 state = case when p.state <> 'running' then p.state
                     when not l.any then 'finished' when $2 then 'paused' else p.state end,
                 finished_at = case when p.state = 'running' and not l.any then now() else p.finished_at end
             from (select exists (select from hookyard.plan_items i where i.plan_id = $1 and i.state = 'waiting')
                 or exists (select from hookyard.plan_items i where i.plan_id = $1 and i.state = 'released') as any) l
             where p.id = $1",
        )
        .bind(id)
        .bind(ended_by_itself)
        .persistent(false)
        .execute(tx)
        .await
        .map(|_| ())
    })
    .await
}

/// Pause or cancel, whoever is at work on it; true when the plan was in a state to be.
pub async fn move_plan(db: &Db, id: Uuid, state: &str, act: &Act<'_>) -> Result<bool, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let moved = sqlx::query(
            "update hookyard.plans p
             set state = $2, finished_at = case when $2 = 'cancelled' then now() end
             where p.id = $1 and (p.state = $2 or p.state in ('planned', 'running', 'paused'))",
        )
        .bind(id)
        .bind(state)
        .persistent(false)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        act.insert().execute(tx).await?;
        Ok(moved > 0)
    })
    .await
}
