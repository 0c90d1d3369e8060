//! What became of what was released.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::{Db, Trouble};

/// Accepted is said only of an accepted attempt made since the release. The items' own state is compared again after
/// a wait for another process's lock, so that each is counted once.
macro_rules! settled {
    ($state:literal, $when:literal) => {
        concat!(
            "with done as (
                select i.number,
                    case when d.id is null or (d.state = 'pending' and d.parked_at is not null) then 'skipped'
                        when d.state = 'pending' then 'due'
                        when a.outcome = 'accepted' then 'arrived'
                        when a.outcome in ('blocked', 'config') then 'skipped'
                        when a.status is not null then 'refused'
                        else 'unreachable' end as state,
                    case when d.id is null then 'the delivery was removed'
                        when d.state = 'pending' and d.parked_at is not null then 'the endpoint is inactive'
                        when a.outcome is distinct from 'accepted' then d.reason end as note
                from hookyard.plan_items i
                left join hookyard.deliveries d on d.id = i.delivery_id
                left join hookyard.attempts a on a.delivery_id = d.id and a.number = d.attempts
                where i.plan_id = $1 and i.state = ",
            $state,
            " and ",
            $when,
            "), moved as (
                update hookyard.plan_items i set state = s.state, note = s.note
                from done s where i.plan_id = $1 and i.number = s.number and i.state = ",
            $state,
            "   returning i.webhook_id, i.state
            )"
        )
    };
}

const SETTLED: &str = concat!(
    settled!(
        "'released'",
        "(d.id is null or d.state <> 'pending' or d.parked_at is not null
          or (d.attempts > i.was_attempts and d.lease_until is null and a.outcome is distinct from 'interrupted'))"
    ),
    ", told as (
        update hookyard.plan_endpoints e set arrived = e.arrived + n.arrived, failed = e.failed + n.failed
        from (select m.webhook_id, count(*) filter (where m.state = 'arrived') as arrived,
                  count(*) filter (where m.state <> 'arrived') as failed
              from moved m group by m.webhook_id) n
        where e.plan_id = $1 and e.webhook_id = n.webhook_id
    ) select count(*) from moved"
);

const SETTLED_LATE: &str =
    concat!(settled!("'due'", "(d.id is null or d.state <> 'pending')"), " select count(*) from moved");

/// Settle what the engine has attempted since; how many.
pub async fn settle(db: &Db, plan: Uuid) -> Result<i64, Trouble> {
    count(db, SETTLED, plan).await
}

/// The same for what was left to the retry schedule: it may have arrived, or died.
pub async fn settle_late(db: &Db, plan: Uuid) -> Result<i64, Trouble> {
    count(db, SETTLED_LATE, plan).await
}

async fn count(db: &Db, sql: &'static str, plan: Uuid) -> Result<i64, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(sql).bind(plan).persistent(false).fetch_one(tx).await?;
        row.try_get(0)
    })
    .await
}
