//! Everything the tables know of a few events and their deliveries, found by key and index.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::Act;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// Events of one entry that are shown, and deliveries of all: more than a person reads.
const MOST: i64 = 200;
/// Characters of an answer.
const EXCERPT: i32 = 2000;

pub struct EventRow {
    pub id: Uuid,
    pub event_type: String,
    pub created_at: Micros,
    pub api_key_id: Option<Uuid>,
    pub entry_id: Option<Uuid>,
    pub payload: String,
    pub again: bool,
    pub payload_erased_at: Option<Micros>,
}

/// By ids, or by entry, newest first.
pub async fn find_events(db: &Db, ids: &[Uuid], entry: Option<Uuid>) -> Result<Vec<EventRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select v.id, v.event_type, (extract(epoch from v.created_at) * 1000000)::int8, v.api_key_id, v.entry_id,
                v.payload, v.is_again, (extract(epoch from v.payload_erased_at) * 1000000)::int8
             from hookyard.events v
             where v.id = any (array(select unnest($1::uuid[])
                 union (select e.id from hookyard.events e where e.entry_id = $2 order by e.id desc limit $3)))
             order by v.created_at, v.id",
        )
        .bind(ids)
        .bind(entry)
        .bind(MOST)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(EventRow {
                    id: row.try_get(0)?,
                    event_type: row.try_get(1)?,
                    created_at: row.try_get(2)?,
                    api_key_id: row.try_get(3)?,
                    entry_id: row.try_get(4)?,
                    payload: row.try_get(5)?,
                    again: row.try_get(6)?,
                    payload_erased_at: row.try_get(7)?,
                })
            })
            .collect()
    })
    .await
}

/// A delivery as it stands now, with its endpoint and the run that holds it.
pub struct StandingRow {
    pub id: Uuid,
    pub event_id: Uuid,
    pub webhook_id: Uuid,
    pub url: Option<String>,
    pub state: String,
    pub attempts: i32,
    pub steps: i32,
    pub reason: Option<String>,
    pub created_at: Micros,
    pub next_attempt_at: Option<Micros>,
    pub finished_at: Option<Micros>,
    pub parked_at: Option<Micros>,
    pub policy: Option<String>,
    /// Who holds it until when: `webhook retry on host, pid 7`.
    pub held: Option<(String, Micros)>,
    pub opened_at: Option<Micros>,
    pub probe_at: Option<Micros>,
    pub paced: bool,
    pub plan_id: Option<Uuid>,
    pub arrived_at: Option<Micros>,
    pub now: Micros,
    pub payload_erased_at: Option<Micros>,
}

const STANDING: &str = "
    select d.id, d.event_id, d.webhook_id, w.url, d.state, d.attempts, d.steps, d.reason,
        (extract(epoch from d.created_at) * 1000000)::int8,
        (extract(epoch from d.next_attempt_at) * 1000000)::int8,
        (extract(epoch from d.finished_at) * 1000000)::int8,
        (extract(epoch from d.parked_at) * 1000000)::int8,
        coalesce(d.policy, e.policy),
        coalesce(r.command || ' on ' || r.host || ', pid ' || r.pid, d.leased_by::text),
        (extract(epoch from d.lease_until) * 1000000)::int8,
        (extract(epoch from e.opened_at) * 1000000)::int8,
        (extract(epoch from e.probe_at) * 1000000)::int8,
        coalesce(e.paced_until > now(), false),
        d.plan_id,
        (extract(epoch from d.arrived_at) * 1000000)::int8,
        (extract(epoch from now()) * 1000000)::int8,
        (extract(epoch from v.payload_erased_at) * 1000000)::int8
    from hookyard.deliveries d
    join hookyard.events v on v.id = d.event_id
    left join webhooks w on w.id = d.webhook_id
    left join hookyard.endpoints e on e.webhook_id = d.webhook_id
    left join hookyard.runs r on r.id = d.leased_by
    where (d.event_id = any ($1) and $2::uuid is null) or d.id = $2
    order by d.event_id, d.webhook_id
    limit $3";

/// All deliveries of the events, or one.
pub async fn find_standing(db: &Db, events: &[Uuid], one: Option<Uuid>) -> Result<Vec<StandingRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(STANDING).bind(events).bind(one).bind(MOST).persistent(false);
        let rows = query.fetch_all(tx).await?;
        rows.iter()
            .map(|row| {
                let until: Option<Micros> = row.try_get(14)?;
                let holder: Option<String> = row.try_get(13)?;
                Ok(StandingRow {
                    id: row.try_get(0)?,
                    event_id: row.try_get(1)?,
                    webhook_id: row.try_get(2)?,
                    url: row.try_get(3)?,
                    state: row.try_get(4)?,
                    attempts: row.try_get(5)?,
                    steps: row.try_get(6)?,
                    reason: row.try_get(7)?,
                    created_at: row.try_get(8)?,
                    next_attempt_at: row.try_get(9)?,
                    finished_at: row.try_get(10)?,
                    parked_at: row.try_get(11)?,
                    policy: row.try_get(12)?,
                    held: holder.zip(until),
                    opened_at: row.try_get(15)?,
                    probe_at: row.try_get(16)?,
                    paced: row.try_get(17)?,
                    plan_id: row.try_get(18)?,
                    arrived_at: row.try_get(19)?,
                    now: row.try_get(20)?,
                    payload_erased_at: row.try_get(21)?,
                })
            })
            .collect()
    })
    .await
}

/// The delivery of an attempt of ours.
pub async fn find_delivery_of(db: &Db, attempt: Uuid) -> Result<Option<Uuid>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query("select delivery_id from hookyard.attempts where id = $1")
            .bind(attempt)
            .persistent(false)
            .fetch_optional(tx)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    })
    .await
}

/// The event of a delivery.
pub async fn find_event_of(db: &Db, delivery: Uuid) -> Result<Option<Uuid>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query("select event_id from hookyard.deliveries where id = $1")
            .bind(delivery)
            .persistent(false)
            .fetch_optional(tx)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    })
    .await
}

/// All deliveries of an event, or of an entry's events.
pub async fn find_deliveries_of(
    db: &Db,
    event: Option<Uuid>,
    entry: Option<Uuid>,
) -> Result<Vec<Uuid>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select d.id from hookyard.deliveries d where d.event_id = $1
             union all
             select d.id from hookyard.events v join hookyard.deliveries d on d.event_id = v.id where v.entry_id = $2",
        )
        .bind(event)
        .bind(entry)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    })
    .await
}

/// One attempt, ours or another sender's.
pub struct AttemptRow {
    pub id: Uuid,
    /// None: another sender's.
    pub delivery_id: Option<Uuid>,
    pub webhook_id: Uuid,
    pub number: Option<i32>,
    pub outcome: Option<String>,
    pub started_at: Option<Micros>,
    pub duration_us: Option<i64>,
    pub status: Option<i32>,
    pub reason: Option<String>,
    /// The documented column, as text.
    pub answer: Option<String>,
}

fn attempt(row: &sqlx::postgres::PgRow) -> Result<AttemptRow, sqlx::Error> {
    Ok(AttemptRow {
        id: row.try_get(0)?,
        delivery_id: row.try_get(1)?,
        webhook_id: row.try_get(2)?,
        number: row.try_get(3)?,
        outcome: row.try_get(4)?,
        started_at: row.try_get(5)?,
        duration_us: row.try_get(6)?,
        status: row.try_get(7)?,
        reason: row.try_get(8)?,
        answer: row.try_get(9)?,
    })
}

/// Attempts of these deliveries, in order.
pub async fn find_attempts(db: &Db, deliveries: &[Uuid]) -> Result<Vec<AttemptRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select a.id, a.delivery_id, a.webhook_id, a.number, a.outcome,
                (extract(epoch from a.started_at) * 1000000)::int8, a.duration_us, a.status, a.reason,
                left(w.response_data::text, $2)
             from hookyard.attempts a
             left join webhook_delivery_attempts w on w.id = a.id
             where a.delivery_id = any ($1)
             order by a.delivery_id, a.number",
        )
        .bind(deliveries)
        .bind(EXCERPT)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter().map(attempt).collect()
    })
    .await
}

/// The host application's attempts with the same payload for the same webhook, oldest first: what belongs together.
pub async fn find_host_attempts(db: &Db, one: Uuid) -> Result<Vec<AttemptRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select w.id, null::uuid, w.webhook_id, null::int4, null::text,
                case when isfinite(w.created_at) then (extract(epoch from w.created_at) * 1000000)::int8 end,
                null::int8, w.response_status, null::text, left(w.response_data::text, $2)
             from webhook_delivery_attempts w
             where w.id = any (array(
                 select $1 union
                 select s.id from webhook_delivery_attempts o
                 join webhook_delivery_attempts s on s.webhook_id = o.webhook_id and s.payload = o.payload
                   and not coalesce(o.payload ? 'hookyard_payload_erased_at', false)
                   and s.created_at between o.created_at - interval '30 days' and o.created_at + interval '30 days'
                 where o.id = $1))
               and not exists (select from hookyard.attempts a where a.id = w.id)
             order by w.created_at, w.id
             limit $3",
        )
        .bind(one)
        .bind(EXCERPT)
        .bind(MOST)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter().map(attempt).collect()
    })
    .await
}

/// A host-written attempt's own payload and the endpoint it went to.
pub async fn find_host_payload(db: &Db, one: Uuid) -> Result<Option<(String, Option<String>)>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select a.payload::text, w.url from webhook_delivery_attempts a
             left join webhooks w on w.id = a.webhook_id where a.id = $1",
        )
        .bind(one)
        .persistent(false)
        .fetch_optional(tx)
        .await?;
        row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
    })
    .await
}

/// Something that happened around the deliveries, in words.
pub struct AroundRow {
    pub at: Micros,
    pub what: String,
    pub text: String,
}

const AROUND: &str = "
    select (extract(epoch from c.acted_at) * 1000000)::int8, 'act',
        c.operator || ' on ' || c.host || ' typed ' || c.command || coalesce(': ' || (c.detail ->> 'reason'), '')
    from hookyard.acts c
    where c.detail @> any (array(select jsonb_build_object(k.key, i.id::text)
        from unnest($1::uuid[] || $2::uuid[]) as i (id), (values ('event_id'), ('delivery_id'), ('attempt_id')) k (key)))
    union all
    select (extract(epoch from a.opened_at) * 1000000)::int8, 'alert',
        'alert of endpoint ' || a.webhook_id || ' opened: ' || a.reason
            || case when a.told_at is not null then ' (told)' else '' end
    from hookyard.alerts a
    join hookyard.deliveries d on d.webhook_id = a.webhook_id
    where d.id = any ($2) and a.opened_at >= d.created_at
      and (a.delivery_id = d.id or a.opened_at <= coalesce(d.finished_at, now()))
    union all
    select (extract(epoch from a.closed_at) * 1000000)::int8, 'alert',
        'alert of endpoint ' || a.webhook_id || ' closed by a success'
    from hookyard.alerts a
    join hookyard.deliveries d on d.webhook_id = a.webhook_id
    where d.id = any ($2) and a.closed_at is not null and a.opened_at >= d.created_at and a.delivery_id = d.id
    union all
    select (extract(epoch from i.released_at) * 1000000)::int8, 'replay',
        'opened again for ' || p.operator || ' (' || i.state || coalesce(': ' || i.note, '') || coalesce('; ' || p.reason, '') || '), plan ' || p.id
    from hookyard.plan_items i join hookyard.plans p on p.id = i.plan_id
    where i.delivery_id = any ($2) and i.released_at is not null";

/// Operators' acts, alerts and replays.
pub async fn find_around(db: &Db, events: &[Uuid], deliveries: &[Uuid]) -> Result<Vec<AroundRow>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let query = sqlx::query(AROUND).bind(events).bind(deliveries).persistent(false);
        let rows = query.fetch_all(tx).await?;
        rows.iter()
            .map(|row| Ok(AroundRow { at: row.try_get(0)?, what: row.try_get(1)?, text: row.try_get(2)? }))
            .collect()
    })
    .await
}

/// Something done on purpose that changes no row but its own.
pub async fn insert_act(db: &Db, act: &Act<'_>) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| act.insert().execute(tx).await.map(|_| ())).await
}
