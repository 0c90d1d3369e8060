//! A plan's items as they are sent to another receiver: read, and marked in the plan only. No delivery moves and no
//! attempt is written, so that nothing of it can count as delivered.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::{Db, Trouble};

pub struct Item {
    pub number: i32,
    pub webhook_id: Uuid,
    pub event_id: Option<Uuid>,
    /// None: it was removed or erased since.
    pub payload: Option<String>,
}

/// The event's id is the one that a replay to the endpoint itself would send.
const WAITING: &str = "
    select i.number, i.webhook_id, coalesce(v.id, md5('hookyard replay ' || a.payload::text)::uuid),
        case when v.id is not null then case when v.payload_erased_at is null then v.payload end
            when not coalesce(a.payload ? 'hookyard_payload_erased_at', false) then a.payload::text end
    from hookyard.plan_items i
    left join hookyard.deliveries d on d.id = i.delivery_id
    left join hookyard.events v on v.id = coalesce(d.event_id, i.event_id)
    left join webhook_delivery_attempts a on a.id = i.host_attempt_id
    where i.plan_id = $1 and i.state = 'waiting' and i.number > $2
    order by i.number limit $3";

pub async fn list_waiting(db: &Db, plan: Uuid, after: i32, most: i64) -> Result<Vec<Item>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(WAITING).bind(plan).bind(after).bind(most).persistent(false);
        let rows = query.fetch_all(tx).await?;
        rows.iter()
            .map(|row| {
                Ok(Item {
                    number: row.try_get(0)?,
                    webhook_id: row.try_get(1)?,
                    event_id: row.try_get(2)?,
                    payload: row.try_get(3)?,
                })
            })
            .collect()
    })
    .await
}

const FINISHED: &str = "
    with done as (
        select * from unnest($2::int4[], $3::text[], $4::text[]) as s (number, state, note)
    ), moved as (
        update hookyard.plan_items i set state = s.state, note = s.note
        from done s where i.plan_id = $1 and i.number = s.number and i.state = 'waiting'
        returning i.webhook_id, i.state
    ), seen as (
        update hookyard.plans p set seen_at = now() where p.id = $1
    )
    update hookyard.plan_endpoints e set arrived = e.arrived + n.arrived, failed = e.failed + n.failed
    from (select m.webhook_id, count(*) filter (where m.state = 'arrived') as arrived,
              count(*) filter (where m.state <> 'arrived') as failed
          from moved m group by m.webhook_id) n
    where e.plan_id = $1 and e.webhook_id = n.webhook_id";

/// What each came to: its number, `arrived`, `refused` or `unreachable`, and why.
pub async fn finish_items(
    db: &Db,
    plan: Uuid,
    done: &[(i32, &'static str, Option<String>)],
) -> Result<(), Trouble> {
    let numbers: Vec<i32> = done.iter().map(|(number, ..)| *number).collect();
    let states: Vec<&str> = done.iter().map(|(_, state, _)| *state).collect();
    let notes: Vec<Option<&str>> = done.iter().map(|(.., note)| note.as_deref()).collect();
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(FINISHED).bind(plan).bind(&numbers).bind(&states).bind(&notes);
        query.persistent(false).execute(tx).await.map(|_| ())
    })
    .await
}
