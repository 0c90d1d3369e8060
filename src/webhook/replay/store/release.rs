//! Releasing a plan, a little at a time: deliveries are opened again, and the engine attempts them as any other.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// Released and not yet settled for one endpoint, at most: what a kill leaves to the next run of `webhook retry`.
const WINDOW: i32 = 200;
/// Released at once.
const STEP: i32 = 1000;

/// How one step went.
#[derive(Debug, Default)]
pub struct Released {
    /// The plan's state; nothing happens unless it is running.
    pub state: String,
    pub released: i64,
    pub skipped: i64,
    /// Released, not settled, and on their way.
    pub outstanding: i64,
    /// More may be released later, now or after the next probe of an endpoint.
    pub has_more: bool,
}

/// How many the plan's rate allows now. The plan's row is locked, so that two processes share one rate.
const ALLOWED: &str = "
    select p.state,
        case when p.rate is null then $2 else least($2, floor(extract(epoch from
            now() - greatest(p.paced_at, now() - (interval '100 ms' + interval '1 s' / p.rate))) * p.rate)::int) end
    from hookyard.plans p where p.id = $1 for update";

/// Canaries that all arrived open their endpoint; one that did not stops it.
const JUDGED: &str = "
    update hookyard.plan_endpoints e
    set state = case when e.failed > 0 then 'stopped' else 'open' end,
        note = case when e.failed > 0 then 'its canaries failed' end
    from hookyard.plans p
    where p.id = $1 and e.plan_id = p.id and e.state = 'canary'
      and (e.failed > 0 or e.arrived >= least(p.canary, e.items))";

/// A share for every endpoint that takes more: an open breaker lets one through when its probe is due.
const PICKED: &str = "
    with lanes as (
        select e.webhook_id,
            least(
                $3 - r.n,
                case when e.state = 'canary' then greatest(p.canary - e.released, 0) end,
                case when h.opened_at is not null then (h.probe_at <= now() and r.n = 0)::int end
            )::int as room
        from hookyard.plans p
        join hookyard.plan_endpoints e on e.plan_id = p.id and e.state <> 'stopped'
        left join hookyard.endpoints h on h.webhook_id = e.webhook_id
        cross join lateral (
            select count(*)::int as n from hookyard.plan_items i
            where i.plan_id = e.plan_id and i.webhook_id = e.webhook_id and i.state = 'released') r
        where p.id = $1 and exists (
            select from hookyard.plan_items i
            where i.plan_id = e.plan_id and i.webhook_id = e.webhook_id and i.state = 'waiting')
    ), fair as (
        select l.webhook_id, least(l.room, greatest($2 / (count(*) over ())::int, 1)) as room
        from lanes l where l.room > 0 order by random()
    )
    select i.number
    from fair f cross join lateral (
        select i.number from hookyard.plan_items i
        where i.plan_id = $1 and i.webhook_id = f.webhook_id and i.state = 'waiting'
        order by i.number limit f.room) i
    limit $2";

/// Deliveries for what has none here: attempts of another sender, and events that an endpoint missed. The event's id
/// comes from the payload, so that two plans make one. Made dead; opened with the others.
const MADE: &str = "
    with bare as (
        select i.number, i.webhook_id, i.host_attempt_id, i.event_id from hookyard.plan_items i
        where i.plan_id = $1 and i.number = any ($2) and i.delivery_id is null
    ), theirs as (
        select b.number, b.webhook_id, a.payload::text as payload, w.api_key_id,
            md5('hookyard replay ' || a.payload::text)::uuid as event_id,
            left(coalesce(nullif(a.payload ->> 'event', ''), nullif(a.payload ->> 'eventType', ''), 'unknown'), 255)
                as event_type,
            case when a.payload ->> 'entry_id' ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
                then (a.payload ->> 'entry_id')::uuid end as entry_id
        from bare b
        join webhook_delivery_attempts a on a.id = b.host_attempt_id
        left join webhooks w on w.id = b.webhook_id
        where octet_length(a.payload::text) <= 1048576
          and not coalesce(a.payload ? 'hookyard_payload_erased_at', false)
    ), events as (
        insert into hookyard.events
            (id, event_type, api_key_id, entry_id, payload, payload_sha256, is_jsonb, is_again)
        select distinct on (t.event_id) t.event_id, t.event_type, t.api_key_id, t.entry_id, t.payload,
            sha256(convert_to(t.payload, 'UTF8')), true, true
        from theirs t order by t.event_id
        on conflict (id) do nothing
    ), wanted as (
        select t.number, t.event_id, t.webhook_id from theirs t
        union all
        select b.number, b.event_id, b.webhook_id
        from bare b join hookyard.events v on v.id = b.event_id and v.payload_erased_at is null
    ), made as (
        insert into hookyard.deliveries as d (id, state, event_id, webhook_id, next_attempt_at, finished_at, reason)
        select hookyard.new_id(), 'dead', w.event_id, w.webhook_id, null, now(), 'not attempted by hookyard'
        from (select distinct w.event_id, w.webhook_id from wanted w) w
        on conflict (event_id, webhook_id) do update set policy = d.policy
        returning d.id, d.event_id, d.webhook_id
    )
    update hookyard.plan_items i set delivery_id = m.id
    from wanted w join made m on m.event_id = w.event_id and m.webhook_id = w.webhook_id
    where i.plan_id = $1 and i.number = w.number";

const LOCKED: &str = "
    select from hookyard.deliveries d
    where d.id = any (array(select i.delivery_id from hookyard.plan_items i where i.plan_id = $1 and i.number = any ($2)))
    order by d.id for update";

/// Open them again, or say why not. What is pending already keeps its schedule and only becomes due: a retry that is
/// due in a second and this one make one request.
const OPENED: &str = "
    with judged as (
        select i.number, i.webhook_id, d.id, d.state, d.steps, d.attempts,
            coalesce(d.finished_at, d.next_attempt_at) as at,
            case
                when i.delivery_id is null then 'its payload is larger than 1 MiB, erased, or gone'
                when d.id is null then 'the delivery was removed'
                when v.payload_erased_at is not null
                    then 'its payload was erased on ' || to_char(v.payload_erased_at, 'YYYY-MM-DD')
                when w.id is null then 'the webhook was deleted'
                when w.is_active is not true then 'the endpoint is inactive'
                when o.plan_id is not null and d.state = 'delivered' then 'it has arrived, by plan ' || o.plan_id
                when o.plan_id is not null then 'it is sent by plan ' || o.plan_id
                when d.state = 'delivered' and (not p.includes_delivered or d.finished_at > p.created_at)
                    then 'it has arrived meanwhile'
            end as note
        from hookyard.plan_items i
        join hookyard.plans p on p.id = i.plan_id
        left join hookyard.deliveries d on d.id = i.delivery_id
        left join hookyard.events v on v.id = d.event_id
        left join webhooks w on w.id = i.webhook_id
        left join lateral (
            select o.plan_id from hookyard.plan_items o
            where o.delivery_id = i.delivery_id and o.plan_id = d.plan_id and o.plan_id <> i.plan_id
              and o.released_at > p.created_at
            limit 1) o on true
        where i.plan_id = $1 and i.number = any ($2) and i.state = 'waiting'
    ), opened as (
        update hookyard.deliveries d
        set state = 'pending', plan_id = $1, finished_at = null, parked_at = null,
            steps = case when d.state = 'pending' then d.steps else 0 end,
            interruptions = case when d.state = 'pending' then d.interruptions else 0 end,
            next_attempt_at = least(d.next_attempt_at, now()),
            arrived_at = case when d.state = 'delivered' then coalesce(d.arrived_at, d.finished_at)
                else d.arrived_at end
        from judged j where d.id = j.id and j.note is null
        returning d.id
    ), marked as (
        update hookyard.plan_items i
        set state = case when j.note is null then 'released' else 'skipped' end, note = j.note,
            was_state = j.state, was_at = j.at, was_steps = j.steps, was_attempts = j.attempts,
            released_at = case when j.note is null then now() end
        from judged j where i.plan_id = $1 and i.number = j.number
    ), counted as (
        update hookyard.plan_endpoints e set released = e.released + n.n
        from (select j.webhook_id, count(*) as n from judged j where j.note is null group by j.webhook_id) n
        where e.plan_id = $1 and e.webhook_id = n.webhook_id
    )
    select count(*) filter (where j.note is null), count(*) filter (where j.note is not null) from judged j";

/// What is on its way, and whether more can follow. An endpoint whose breaker opened after the run began, or whose
/// probe failed since, is given up by it: waiting for one probe every 30 s is the next run's.
const LEFT: &str = "
    with lanes as (
        select e.webhook_id, e.state,
            h.opened_at is null or coalesce(h.last_failure_at, '-infinity') < to_timestamp($2 / 1000000.0) as is_well
        from hookyard.plan_endpoints e left join hookyard.endpoints h on h.webhook_id = e.webhook_id
        where e.plan_id = $1
    )
    select
        (select count(*) from hookyard.plan_items i
         join hookyard.deliveries d on d.id = i.delivery_id
         join lanes l on l.webhook_id = i.webhook_id
         where i.plan_id = $1 and i.state = 'released' and (l.is_well or d.lease_until is not null)),
        exists (select from lanes l where l.is_well and l.state <> 'stopped' and exists (
            select from hookyard.plan_items i
            where i.plan_id = $1 and i.webhook_id = l.webhook_id and i.state = 'waiting'))";

const PACED: &str = "
    update hookyard.plans p
    set seen_at = now(),
        paced_at = greatest(p.paced_at, now() - (interval '100 ms' + interval '1 s' / p.rate))
            + $2 * interval '1 s' / p.rate
    where p.id = $1";

/// Release what rate, windows, canaries and breakers allow now. `began` is when the run did.
pub async fn release(db: &Db, plan: Uuid, began: Micros) -> Result<Released, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(ALLOWED).bind(plan).bind(STEP).persistent(false).fetch_one(&mut *tx).await?;
        let mut step = Released { state: row.try_get(0)?, ..Released::default() };
        let allowed: i32 = row.try_get(1)?;
        if step.state != "running" {
            return Ok(step);
        }
        sqlx::query(JUDGED).bind(plan).persistent(false).execute(&mut *tx).await?;
        let mut numbers: Vec<i32> = Vec::new();
        if allowed > 0 {
            let query = sqlx::query(PICKED).bind(plan).bind(allowed).bind(WINDOW).persistent(false);
            for row in query.fetch_all(&mut *tx).await? {
                numbers.push(row.try_get(0)?);
            }
        }
        if !numbers.is_empty() {
            for sql in [MADE, LOCKED] {
                sqlx::query(sql).bind(plan).bind(&numbers).persistent(false).execute(&mut *tx).await?;
            }
            let query = sqlx::query(OPENED).bind(plan).bind(&numbers).persistent(false);
            let row = query.fetch_one(&mut *tx).await?;
            (step.released, step.skipped) = (row.try_get(0)?, row.try_get(1)?);
        }
        let query = sqlx::query(PACED).bind(plan).bind(step.released as f64).persistent(false);
        query.execute(&mut *tx).await?;
        let row = sqlx::query(LEFT).bind(plan).bind(began).persistent(false).fetch_one(tx).await?;
        (step.outstanding, step.has_more) = (row.try_get(0)?, row.try_get(1)?);
        Ok(step)
    })
    .await
}
