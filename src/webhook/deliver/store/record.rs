//! Making outcomes durable.

use std::cell::Cell;

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::super::super::delivery::{Claimed, INTERRUPTIONS};
use super::super::record::{Change, Health};
use super::{ids, micros};
use crate::db::{Db, Trouble};

/// One statement, one round trip, all or nothing: a function of migration 0012, whose plan is kept by the server's
/// session.
const RECORD: &str = "select * from hookyard.finish_attempts(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";

/// Deliveries that were still ours, and endpoints whose breaker is open.
pub struct Stored {
    pub ours: Vec<Uuid>,
    pub open: Vec<Uuid>,
}

/// Store outcomes.
pub async fn finish_attempts(
    db: &Db,
    run: Uuid,
    changes: &[Change],
    health: &[Health],
) -> Result<Stored, Trouble> {
    let column = Columns::of(changes);
    let told = HealthColumns::of(health);
    let attempt_ids = column.attempt.clone();
    let tried = Cell::new(false);
    db.tx(async |tx: &mut PgConnection| {
        if tried.replace(true) {
            // Were it told twice, the endpoint's failures would be counted twice.
            let ours = find_recorded(tx, &attempt_ids).await?;
            if !ours.is_empty() {
                return Ok(Stored { ours, open: Vec::new() });
            }
        }
        let rows = sqlx::query(RECORD)
            .bind(run)
            .bind(&column.delivery)
            .bind(&column.fence)
            .bind(&column.attempt)
            .bind(&column.outcome)
            .bind(&column.state)
            .bind(&column.delay)
            .bind(&column.step)
            .bind(&column.status)
            .bind(&column.reason)
            .bind(&column.fate)
            .bind(&column.started)
            .bind(&column.duration)
            .bind(&column.response_status)
            .bind(&column.response_data)
            .bind(&told.webhook)
            .bind(&told.succeeded)
            .bind(&told.failures)
            .bind(&told.gone)
            .bind(&told.last_failure)
            .persistent(false)
            .fetch_all(&mut *tx)
            .await?;
        let (mut ours, mut open) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in &rows {
            let list = if row.try_get(1)? { &mut open } else { &mut ours };
            list.push(row.try_get(0)?);
        }
        if ours.len() < attempt_ids.len() {
            // A commit whose answer was lost has done it already: the attempt's own id proves it.
            ours = find_recorded(tx, &attempt_ids).await?;
        }
        Ok(Stored { ours, open })
    })
    .await
}

/// Deliveries whose attempt is stored.
async fn find_recorded(tx: &mut PgConnection, attempts: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    let rows = sqlx::query("select delivery_id from hookyard.attempts where id = any ($1)")
        .bind(attempts)
        .persistent(false)
        .fetch_all(tx)
        .await?;
    ids(&rows)
}

/// Write the attempts that lost leases are owed; a delivery that was on the wire at too many crashes is set aside.
const INTERRUPT: &str = "
    with owed as (
        select * from unnest($2::uuid[], $3::int8[], $4::uuid[]) as s (delivery_id, fence, attempt_id)
    ), moved as (
        update hookyard.deliveries d
        set attempts = d.attempts + 1, owes_attempt = false,
            state = case when d.interruptions >= $5 then 'dead' else d.state end,
            finished_at = case when d.interruptions >= $5 then now() end,
            next_attempt_at = case when d.interruptions >= $5 then null else d.next_attempt_at end,
            lease_until = case when d.interruptions >= $5 then null else d.lease_until end,
            leased_by = case when d.interruptions >= $5 then null else d.leased_by end,
            reason = case when d.interruptions >= $5
                then 'interrupted: set aside, the run died each time it was sent' else 'no answer: interrupted' end,
            last_status = null
        from owed s
        where d.id = s.delivery_id and d.fence = s.fence and d.leased_by = $1 and d.state = 'pending'
          and not exists (select from hookyard.attempts a where a.id = s.attempt_id)
        returning d.id, d.event_id, d.webhook_id, d.attempts, d.state, d.reason, s.attempt_id
    ), written as (
        insert into hookyard.attempts
            (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, reason)
        select m.attempt_id, 'interrupted', m.id, m.webhook_id, m.attempts, now(), 0,
            'the run ended while the request was on the wire; the endpoint may have it'
        from moved m
    ), documented as (
        insert into webhook_delivery_attempts
            (id, webhook_id, payload, response_data, response_status, created_at)
        select m.attempt_id, m.webhook_id,
            case when v.is_jsonb then v.payload::jsonb else jsonb_build_object('raw', v.payload) end,
            jsonb_build_object('error', jsonb_build_object('kind', 'interrupted')), $6, now()
        from moved m join hookyard.events v on v.id = m.event_id
        where exists (select from webhooks w where w.id = m.webhook_id)
    ), opened as (
        insert into hookyard.alerts (id, webhook_id, delivery_id, reason)
        select distinct on (m.webhook_id) hookyard.new_id(), m.webhook_id, m.id, m.reason
        from moved m where m.state = 'dead'
        order by m.webhook_id, m.id
        on conflict (webhook_id) where closed_at is null do nothing
    )
    select m.id from moved m where m.state = 'dead'
    union
    -- done by a try whose commit went unanswered
    select d.id from hookyard.deliveries d where d.id = any ($2) and d.state = 'dead'";

/// Returns the deliveries that were set aside.
pub async fn finish_interrupted(
    db: &Db,
    run: Uuid,
    lapsed: &[&Claimed],
    attempt_ids: &[Uuid],
) -> Result<Vec<Uuid>, Trouble> {
    let deliveries: Vec<Uuid> = lapsed.iter().map(|claimed| claimed.id).collect();
    let fences: Vec<i64> = lapsed.iter().map(|claimed| claimed.fence).collect();
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(INTERRUPT)
            .bind(run)
            .bind(&deliveries)
            .bind(&fences)
            .bind(attempt_ids)
            .bind(i32::try_from(INTERRUPTIONS).unwrap_or(i32::MAX))
            .bind(NO_ANSWER)
            .persistent(false)
            .fetch_all(tx)
            .await?;
        ids(&rows)
    })
    .await
}

/// The changes turned on their side: one array a column.
#[derive(Default)]
struct Columns {
    delivery: Vec<Uuid>,
    fence: Vec<i64>,
    attempt: Vec<Uuid>,
    outcome: Vec<&'static str>,
    state: Vec<&'static str>,
    delay: Vec<i64>,
    step: Vec<i32>,
    status: Vec<Option<i32>>,
    reason: Vec<Option<String>>,
    fate: Vec<String>,
    started: Vec<i64>,
    duration: Vec<i64>,
    response_status: Vec<i32>,
    response_data: Vec<String>,
}

/// The documented column cannot be null: no answer is 599, which the documents' failure queries count.
const NO_ANSWER: i32 = 599;

impl Columns {
    fn of(changes: &[Change]) -> Columns {
        let mut columns = Columns::default();
        for change in changes {
            columns.delivery.push(change.delivery_id);
            columns.fence.push(change.fence);
            columns.attempt.push(change.attempt_id);
            columns.outcome.push(change.outcome);
            columns.state.push(change.state);
            columns.delay.push(micros(change.delay));
            columns.step.push(i32::from(change.takes_a_step));
            columns.status.push(change.status.map(i32::from));
            columns.reason.push(change.reason.clone());
            columns.fate.push(change.fate.clone());
            columns.started.push(change.started_at);
            columns.duration.push(micros(change.duration));
            columns.response_status.push(change.status.map_or(NO_ANSWER, i32::from));
            columns.response_data.push(change.response_data.clone());
        }
        columns
    }
}

#[derive(Default)]
struct HealthColumns {
    webhook: Vec<Uuid>,
    succeeded: Vec<bool>,
    failures: Vec<i32>,
    gone: Vec<bool>,
    last_failure: Vec<Option<String>>,
}

impl HealthColumns {
    fn of(health: &[Health]) -> HealthColumns {
        let mut columns = HealthColumns::default();
        for told in health {
            columns.webhook.push(told.webhook_id);
            columns.succeeded.push(told.succeeded);
            columns.failures.push(told.failures);
            columns.gone.push(told.gone);
            columns.last_failure.push(told.last_failure.clone());
        }
        columns
    }
}
