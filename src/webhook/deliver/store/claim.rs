//! Choosing what is due and taking a lease on it.

use std::cell::Cell;
use std::time::Duration;

use hyper::body::Bytes;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::super::super::delivery::{Claimed, Endpoint};
use super::{micros, unsigned};
use crate::backoff::{self, Policy};
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// Payloads up to this size come with the claim.
const INLINE: i32 = 16 * 1024;

/// Columns of a claimed delivery, for both ways of choosing one.
macro_rules! claimed_columns {
    () => {
        "select l.id, l.fence, l.event_id, l.webhook_id, l.steps, l.interruptions, p.lapsed,
            case when octet_length(v.payload) <= $5 then v.payload end,
            coalesce(l.policy, e.policy),
            w.id is not null, w.url, w.method, to_jsonb(w.headers)::text, coalesce(w.is_active, false),
            w.api_key_id::text,
            coalesce(e.failures > 0 or e.opened_at is not null or e.gone_at is not null, false),
            (extract(epoch from clock_timestamp()) * 1000000)::int8,
            coalesce(e.failures, 0)
        from leased l
        join picked p on p.id = l.id
        join hookyard.events v on v.id = l.event_id
        left join webhooks w on w.id = l.webhook_id
        left join hookyard.endpoints e on e.webhook_id = l.webhook_id"
    };
}

/// The lease, for both ways. `id = any (array(…))` keeps the plan on the primary key however large the queue is.
macro_rules! leased {
    () => {
        "leased as (
            update hookyard.deliveries d
            set lease_until = now() + $3 * interval '1 microsecond', leased_by = $4, fence = d.fence + 1,
                interruptions = d.interruptions
                    + (not d.owes_attempt and d.id = any (array(select p.id from picked p where p.lapsed)))::int,
                owes_attempt = d.id = any (array(select p.id from picked p where p.lapsed))
            where d.id = any (array(select p.id from picked p))
            returning d.id, d.fence, d.event_id, d.webhook_id, d.steps, d.interruptions, d.policy
        )"
    };
}

/// Take what is due, fairly: every endpoint with something due gets an equal share. An open breaker lets one probe
/// through every 30 s; an endpoint that has just recovered is paced, by slots that all runs share.
macro_rules! claim {
    ($of:literal) => {
        concat!(
            "with recursive waiting as (
        (select d.webhook_id from hookyard.deliveries d
         where d.state = 'pending' and d.parked_at is null", $of, " order by d.webhook_id limit 1)
        union all
        select (select d.webhook_id from hookyard.deliveries d
                where d.state = 'pending' and d.parked_at is null", $of, " and d.webhook_id > w.webhook_id
                order by d.webhook_id limit 1)
        from waiting w where w.webhook_id is not null
    ), due as materialized (
        select w.webhook_id
        from waiting w cross join lateral (
            -- order and limit, so that this stays one look into the index however much is due
            select from hookyard.deliveries d
            where d.webhook_id = w.webhook_id and d.state = 'pending' and d.parked_at is null", $of, "
              and d.next_attempt_at <= now() and (d.lease_until is null or d.lease_until < now())
            order by d.next_attempt_at limit 1) first
        where w.webhook_id is not null and w.webhook_id <> all ($2)
    ), probed as (
        update hookyard.endpoints e set probe_at = now() + interval '30 s'
        where e.opened_at is not null and e.probe_at <= now() and e.webhook_id in (select webhook_id from due)
        returning e.webhook_id
    ), paced as materialized (
        select e.webhook_id,
            -- another run's transaction may have begun after ours, and taken slots that lie ahead of our now()
            greatest(0, floor(extract(epoch from now() - greatest(e.paced_at, now() - interval '100 ms')) * 45))::int
                as slots
        from hookyard.endpoints e
        where e.paced_until > now() and e.webhook_id in (select webhook_id from due)
        for update skip locked
    ), open as (
        select u.webhook_id,
            case
                when e.opened_at is not null then 1
                when e.paced_until > now() then coalesce(s.slots, 0)
                else $1
            end as most
        from due u
        left join hookyard.endpoints e on e.webhook_id = u.webhook_id
        left join paced s on s.webhook_id = u.webhook_id
        where e.opened_at is null or u.webhook_id in (select webhook_id from probed)
    ), shared as (
        select o.webhook_id, least(o.most, greatest($1 / (count(*) over ())::int, 1)) as most
        from open o order by random()
    ), picked as materialized (
        select p.id, p.lapsed, p.webhook_id
        from shared o cross join lateral (
            select d.id, d.webhook_id,
                d.owes_attempt or d.lease_until is not null and exists (
                    select from hookyard.runs r where r.id = d.leased_by and d.id = any (r.sending)) as lapsed
            from hookyard.deliveries d
            where d.webhook_id = o.webhook_id and d.state = 'pending' and d.parked_at is null", $of, "
              and d.next_attempt_at <= now() and (d.lease_until is null or d.lease_until < now())
            order by d.next_attempt_at
            limit o.most
            for update skip locked
        ) p
        limit $1
    ), ",
    leased!(),
    ", slots as (
        update hookyard.endpoints e
        set paced_at = greatest(e.paced_at, now() - interval '100 ms') + n.taken * interval '1 s' / 45
        from (select p.webhook_id, count(*) as taken from picked p join paced s on s.webhook_id = p.webhook_id
              group by p.webhook_id) n
        where e.webhook_id = n.webhook_id
    ) ",
    claimed_columns!()
)
    };
}

const CLAIM: &str = claim!("");

/// The same of what a plan has released.
const CLAIM_PLAN: &str = claim!(" and d.plan_id = $6");

/// Take what is due of one event.
const CLAIM_EVENT: &str = concat!(
    "with picked as materialized (
        select d.id, d.webhook_id,
            d.owes_attempt or d.lease_until is not null and exists (
                select from hookyard.runs r where r.id = d.leased_by and d.id = any (r.sending)) as lapsed
        from hookyard.deliveries d
        where d.event_id = $6 and d.state = 'pending' and d.parked_at is null and d.webhook_id <> all ($2)
          and d.next_attempt_at <= now() and (d.lease_until is null or d.lease_until < now())
          and not exists (
            select from hookyard.endpoints e
            where e.webhook_id = d.webhook_id and (e.opened_at is not null or e.paced_until > now()))
        order by d.webhook_id
        limit $1
        for update skip locked
    ), ",
    leased!(),
    " ",
    claimed_columns!()
);

/// What to claim from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    Event(Uuid),
    Plan(Uuid),
}

pub struct Claim<'a> {
    pub run: Uuid,
    pub scope: Scope,
    pub limit: usize,
    pub lease: Duration,
    pub excluded: &'a [Uuid],
    pub default_policy: &'static Policy,
}

/// What was claimed, and the database's time.
#[derive(Default)]
pub struct Batch {
    pub claimed: Vec<Claimed>,
    pub now: Option<Micros>,
    /// An earlier try had come to its commit when its connection broke: it may hold what we never heard of.
    pub unheard: bool,
}

pub async fn claim_due(db: &Db, claim: &Claim<'_>) -> Result<Batch, Trouble> {
    let limit = i32::try_from(claim.limit).unwrap_or(i32::MAX);
    let (answered, unheard) = (Cell::new(false), Cell::new(false));
    let rows = db
        .tx_relaxed(async |tx: &mut PgConnection| {
            unheard.set(answered.get());
            let query = match claim.scope {
                Scope::All => sqlx::query(CLAIM),
                Scope::Event(_) => sqlx::query(CLAIM_EVENT),
                Scope::Plan(_) => sqlx::query(CLAIM_PLAN),
            };
            let query =
                query.bind(limit).bind(claim.excluded).bind(micros(claim.lease)).bind(claim.run).bind(INLINE);
            let query = match claim.scope {
                Scope::All => query,
                Scope::Event(id) | Scope::Plan(id) => query.bind(id),
            };
            let rows = query.persistent(false).fetch_all(tx).await?;
            answered.set(true);
            Ok(rows)
        })
        .await?;
    let mut batch = Batch { unheard: unheard.get(), ..Batch::default() };
    for row in &rows {
        batch.now = Some(row.try_get(16).map_err(|why| db.trouble(why))?);
        batch.claimed.push(claimed(row, claim.default_policy).map_err(|why| db.trouble(why))?);
    }
    Ok(batch)
}

fn claimed(row: &PgRow, default_policy: &'static Policy) -> Result<Claimed, sqlx::Error> {
    let exists: bool = row.try_get(9)?;
    let endpoint = if exists {
        Some(Endpoint {
            url: row.try_get(10)?,
            method: row.try_get(11)?,
            headers: row.try_get(12)?,
            active: row.try_get(13)?,
            api_key_id: row.try_get(14)?,
        })
    } else {
        None
    };
    let policy: Option<&str> = row.try_get(8)?;
    Ok(Claimed {
        id: row.try_get(0)?,
        fence: row.try_get(1)?,
        event_id: row.try_get(2)?,
        webhook_id: row.try_get(3)?,
        steps: unsigned(row.try_get(4)?),
        interruptions: unsigned(row.try_get(5)?),
        lapsed: row.try_get(6)?,
        payload: row.try_get::<Option<&str>, _>(7)?.map(|text| Bytes::copy_from_slice(text.as_bytes())),
        // A policy that this version does not know must not stop the delivery.
        policy: policy.and_then(backoff::find).unwrap_or(default_policy),
        endpoint,
        failing: row.try_get(15)?,
        failures: unsigned(row.try_get(17)?),
    })
}

/// A payload too large to come with the claim.
pub async fn find_payload(db: &Db, event: Uuid) -> Result<Bytes, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query("select payload from hookyard.events where id = $1")
            .bind(event)
            .persistent(false)
            .fetch_one(tx)
            .await?;
        Ok(Bytes::copy_from_slice(row.try_get::<&str, _>(0)?.as_bytes()))
    })
    .await
}
