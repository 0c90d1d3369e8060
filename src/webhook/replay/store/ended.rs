//! The end of a run of a plan: what was not sent goes back as it was, and everything is counted.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::{Db, Trouble};

/// Only what no run holds and nobody has attempted since; another run of the plan releases it again.
const PUT_BACK: &str = "
    with back as (
        select i.number, i.webhook_id, i.delivery_id, i.was_state, i.was_at, i.was_steps
        from hookyard.plan_items i join hookyard.deliveries d on d.id = i.delivery_id
        where i.plan_id = $1 and i.state = 'released' and d.plan_id = $1 and d.state = 'pending'
          and d.parked_at is null and d.attempts = i.was_attempts and d.lease_until is null
        for update of d skip locked
    ), restored as (
        update hookyard.deliveries d
        set state = b.was_state, steps = b.was_steps, plan_id = null,
            next_attempt_at = case when b.was_state = 'pending' then b.was_at end,
            finished_at = case when b.was_state <> 'pending' then b.was_at end
        from back b where d.id = b.delivery_id
        returning d.id
    ), items as (
        update hookyard.plan_items i set state = 'waiting', released_at = null
        from back b join restored r on r.id = b.delivery_id
        where i.plan_id = $1 and i.number = b.number and i.state = 'released'
    )
    update hookyard.plan_endpoints e set released = e.released - n.n
    from (select b.webhook_id, count(*) as n from back b group by b.webhook_id) n
    where e.plan_id = $1 and e.webhook_id = n.webhook_id";

pub async fn put_back(db: &Db, plan: Uuid) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(PUT_BACK).bind(plan).persistent(false).execute(tx).await.map(|_| ())
    })
    .await
}

/// Where everything in a plan stands.
#[derive(Debug, Default)]
pub struct Counts {
    pub arrived: i64,
    /// Not sent by this plan because it was not needed: it has arrived otherwise.
    pub arrived_otherwise: i64,
    pub refused: i64,
    pub unreachable: i64,
    pub due: i64,
    pub skipped: i64,
    pub released: i64,
    pub waiting: i64,
    /// Why what is not sent is not, the most frequent first.
    pub notes: Vec<Note>,
}

#[derive(Debug)]
pub struct Note {
    pub text: String,
    pub items: i64,
    pub arrived: bool,
}

const COUNTS: &str = "
    select i.state, case when i.state <> 'arrived' then i.note end,
        i.state = 'skipped' and coalesce(d.state = 'delivered', false), count(*)
    from hookyard.plan_items i
    left join hookyard.deliveries d on i.state = 'skipped' and d.id = i.delivery_id
    where i.plan_id = $1
    group by 1, 2, 3
    union all
    select 'waiting', coalesce(e.note, 'the endpoint''s breaker is open') || ': ' || e.webhook_id, false, 0
    from hookyard.plan_endpoints e left join hookyard.endpoints h on h.webhook_id = e.webhook_id
    where e.plan_id = $1 and (e.state = 'stopped' or h.opened_at is not null) and exists (
        select from hookyard.plan_items i
        where i.plan_id = $1 and i.webhook_id = e.webhook_id and i.state = 'waiting')
    order by 4 desc, 2";

pub async fn find_counts(db: &Db, plan: Uuid) -> Result<Counts, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(COUNTS).bind(plan).persistent(false).fetch_all(tx).await?;
        let mut counts = Counts::default();
        for row in &rows {
            let (state, note, arrived): (&str, Option<String>, bool) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let items: i64 = row.try_get(3)?;
            let slot = match state {
                "arrived" => &mut counts.arrived,
                "refused" => &mut counts.refused,
                "unreachable" => &mut counts.unreachable,
                "due" => &mut counts.due,
                "released" => &mut counts.released,
                "waiting" => &mut counts.waiting,
                _ if arrived => &mut counts.arrived_otherwise,
                _ => &mut counts.skipped,
            };
            *slot += items;
            if let Some(text) = note {
                counts.notes.push(Note { text, items, arrived });
            }
        }
        Ok(counts)
    })
    .await
}
