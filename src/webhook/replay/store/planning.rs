//! Choosing what is to be delivered again, in one statement, however much it is. Long because that statement is one:
//! what it must know stands together.

use std::cell::Cell;

use sqlx::Postgres;
use sqlx::Row;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use uuid::Uuid;

use super::super::super::store::Act;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// What is asked for; every part of the filter may be absent.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only these: deliveries of ours, and attempts of another sender.
    pub ids: Option<(Vec<Uuid>, Vec<Uuid>)>,
    pub event_type: Option<String>,
    pub webhook: Option<Uuid>,
    pub api_key: Option<Uuid>,
    pub status: Option<i32>,
    pub since: Option<Micros>,
    pub until: Option<Micros>,
    pub dead: bool,
    pub delivered: bool,
    pub skipped: bool,
    pub max: Option<i64>,
}

/// A plan's share of one endpoint.
pub struct Chosen {
    pub webhook_id: Uuid,
    /// In the plan, and found beyond `--max`.
    pub items: i64,
    pub left_out: i64,
    pub bytes: i64,
    pub oldest_at: Option<Micros>,
    pub newest_at: Option<Micros>,
    /// JSON: how many had come to what.
    pub came_to: String,
    pub at_risk: i64,
}

/// Deliveries of ours. `$unless` adds what another sender did; `$erased` chooses those whose payload is erased.
macro_rules! ours {
    ($unless:literal, $erased:literal) => {
        concat!(
            "ours as (
                select d.id as delivery_id, null::uuid as host_attempt_id, null::uuid as event_id, d.webhook_id,
                    d.created_at as at, octet_length(v.payload)::int8 as bytes,
                    case when d.state = 'delivered' then 'accepted'
                        when d.attempts = 0 then 'not attempted'
                        when d.last_status is not null then d.last_status::text
                        else coalesce(substring(d.reason from 'no answer: [a-z]+'),
                            substring(d.reason from 'not sent: [a-z]+'), 'no answer') end as came_to,
                    exists (select from hookyard.attempts a where a.delivery_id = d.id
                        and a.outcome in ('timeout', 'reset', 'protocol', 'interrupted')) as at_risk
                from hookyard.deliveries d
                join hookyard.events v on v.id = d.event_id
                where ($1::uuid[] is null or d.id = any ($1))
                  and ($3::text is null or v.event_type = $3)
                  and ($4::uuid is null or d.webhook_id = $4)
                  and ($5::uuid is null or exists (select from webhooks w where w.id = d.webhook_id and w.api_key_id = $5))
                  and ($6::int4 is null or d.last_status = $6)
                  and ($7::int8 is null or d.created_at >= to_timestamp($7 / 1000000.0))
                  and ($8::int8 is null or d.created_at < to_timestamp($8 / 1000000.0))
                  and (not $9 or d.state = 'dead')
                  and ($10 or d.state <> 'delivered')
                  and v.payload_erased_at is ",
            $erased,
            $unless,
            ")"
        )
    };
}

/// What another sender attempted, one row for each webhook and payload, and what of it never arrived.
macro_rules! hosts {
    () => {
        "hosts as materialized (
            select w.id, w.webhook_id, jsonb_hash_extended(w.payload, 0) as hash, w.response_status,
                case when w.response_status not between 200 and 299 then w.payload end as failed_payload,
                -- a time that is missing or infinite counts as long ago: the row is chosen all the same
                coalesce(case when isfinite(w.created_at) then w.created_at end, 'epoch') as created_at,
                w.response_status between 200 and 299 as ok
            from webhook_delivery_attempts w
            where not exists (select from hookyard.attempts a where a.id = w.id)
              and not coalesce(w.payload ? 'hookyard_payload_erased_at', false)
              and ($4::uuid is null or w.webhook_id = $4)
              and ($5::uuid is null or exists (select from webhooks x where x.id = w.webhook_id and x.api_key_id = $5))
              and ($1::uuid[] is null or w.webhook_id in (
                select d.webhook_id from hookyard.deliveries d where d.id = any ($1)
                union all select x.webhook_id from webhook_delivery_attempts x where x.id = any ($2)))
              -- what is chosen failed since, so what arrived before does not matter
              and ($7::int8 is null or w.response_status not between 200 and 299
                or w.created_at >= to_timestamp($7 / 1000000.0))
        ), grouped as materialized (
            select h.webhook_id, h.hash,
                min(h.created_at) filter (where not h.ok) as failed_at,
                max(h.created_at) filter (where h.ok) as arrived_at,
                (array_agg(h.id order by h.created_at desc, h.id) filter (where not h.ok))[1] as id,
                (array_agg(h.response_status order by h.created_at desc, h.id) filter (where not h.ok))[1] as status,
                max(octet_length(h.failed_payload::text))::int8 as bytes,
                (array_agg(left(h.failed_payload ->> 'event', 255)) filter (where not h.ok))[1] as event_type,
                bool_or(h.response_status in (0, 599)) as at_risk
            from hosts h group by h.webhook_id, h.hash
        ), known as (
            select d.webhook_id, jsonb_hash_extended(case when v.is_jsonb then v.payload::jsonb end, 0) as hash
            from hookyard.deliveries d join hookyard.events v on v.id = d.event_id
            where v.is_jsonb
        ), theirs as (
            select null::uuid as delivery_id, g.id as host_attempt_id, null::uuid as event_id, g.webhook_id,
                g.failed_at as at, g.bytes, g.status::text as came_to, g.at_risk
            from grouped g
            where g.failed_at is not null
              and ($10 or g.arrived_at is null or g.arrived_at < g.failed_at)
              and not exists (select from known k where k.webhook_id = g.webhook_id and k.hash = g.hash)
              and (($1::uuid[] is null and not $9)
                or exists (select from hosts h where h.id = any ($2) and h.webhook_id = g.webhook_id and h.hash = g.hash))
              and ($3::text is null or g.event_type = $3)
              and ($4::uuid is null or g.webhook_id = $4)
              and ($5::uuid is null or exists (select from webhooks w where w.id = g.webhook_id and w.api_key_id = $5))
              and ($6::int4 is null or g.status = $6)
              and ($7::int8 is null or g.failed_at >= to_timestamp($7 / 1000000.0))
              and ($8::int8 is null or g.failed_at < to_timestamp($8 / 1000000.0))
        )"
    };
}

/// Events whose webhook was off, or not yet subscribed, when they happened.
macro_rules! missing {
    () => {
        "missing as (
            select null::uuid as delivery_id, null::uuid as host_attempt_id, v.id as event_id, w.id as webhook_id,
                v.created_at as at, octet_length(v.payload)::int8 as bytes, 'never enqueued' as came_to, false as at_risk
            from hookyard.events v
            join webhooks w on w.api_key_id = v.api_key_id and w.is_active = true
                and w.events::varchar[] @> array[v.event_type]::varchar[]
            where $11 and $1::uuid[] is null and not $9 and $6::int4 is null and v.payload_erased_at is null
              and not exists (select from hookyard.deliveries d where d.event_id = v.id and d.webhook_id = w.id)
              and ($3::text is null or v.event_type = $3)
              and ($4::uuid is null or w.id = $4)
              and ($5::uuid is null or w.api_key_id = $5)
              and ($7::int8 is null or v.created_at >= to_timestamp($7 / 1000000.0))
              and ($8::int8 is null or v.created_at < to_timestamp($8 / 1000000.0))
        )"
    };
}

/// Numbered, oldest first, and counted for each endpoint.
macro_rules! counted {
    () => {
        "numbered as materialized (
            select row_number() over (order by c.at, c.delivery_id, c.host_attempt_id, c.event_id) as number, c.*
            from chosen c
        ), parts as (
            select n.webhook_id, n.came_to, count(*) filter (where $12::int8 is null or n.number <= $12) as items,
                count(*) as found,
                sum(n.bytes) filter (where $12::int8 is null or n.number <= $12) as bytes,
                min(n.at) filter (where n.at > 'epoch' and ($12::int8 is null or n.number <= $12)) as oldest_at,
                max(n.at) filter (where n.at > 'epoch' and ($12::int8 is null or n.number <= $12)) as newest_at,
                count(*) filter (where n.at_risk and ($12::int8 is null or n.number <= $12)) as at_risk
            from numbered n group by n.webhook_id, n.came_to
        ), summary as (
            select p.webhook_id, sum(p.items)::int8 as items, sum(p.found)::int8 as found,
                coalesce(sum(p.bytes), 0)::int8 as bytes, min(p.oldest_at) as oldest_at, max(p.newest_at) as newest_at,
                coalesce(jsonb_object_agg(p.came_to, p.items) filter (where p.items > 0), '{}') as came_to,
                sum(p.at_risk)::int8 as at_risk
            from parts p group by p.webhook_id
        )"
    };
}

macro_rules! stored {
    () => {
        "stored as (
            insert into hookyard.plan_items (plan_id, number, webhook_id, delivery_id, host_attempt_id, event_id)
            select $13, n.number, n.webhook_id, n.delivery_id, n.host_attempt_id, n.event_id
            from numbered n where $12::int8 is null or n.number <= $12
        ), endpoints as (
            insert into hookyard.plan_endpoints
                (plan_id, webhook_id, state, items, bytes, oldest_at, newest_at, came_to, at_risk)
            select $13, s.webhook_id, case when $14::int4 is null then 'open' else 'canary' end, s.items, s.bytes,
                s.oldest_at, s.newest_at, s.came_to, s.at_risk
            from summary s where s.items > 0
        )"
    };
}

macro_rules! answer {
    () => {
        "select s.webhook_id, s.items, s.found - s.items, s.bytes, (extract(epoch from s.oldest_at) * 1000000)::int8,
            (extract(epoch from s.newest_at) * 1000000)::int8, s.came_to::text, s.at_risk
        from summary s order by s.items desc, s.webhook_id"
    };
}

/// Alone on the database, and beside another sender; only looked at, and stored.
macro_rules! statement {
    (alone $($stored:expr),*) => {
        concat!("with ", ours!("", "null"), ", ", missing!(), ", chosen as (select * from ours union all select * from missing), ",
            counted!(), $($stored,)* " ", answer!())
    };
    (beside $($stored:expr),*) => {
        concat!("with ", hosts!(), ", ",
            ours!(" and ($10 or not exists (select from grouped g where g.webhook_id = d.webhook_id
                and g.arrived_at >= d.created_at
                and g.hash = jsonb_hash_extended(case when v.is_jsonb then v.payload::jsonb end, 0)))", "null"),
            ", ", missing!(),
            ", chosen as (select * from ours union all select * from theirs union all select * from missing), ",
            counted!(), $($stored,)* " ", answer!())
    };
}

const LOOK_ALONE: &str = statement!(alone);
const LOOK_BESIDE: &str = statement!(beside);
const STORE_ALONE: &str = statement!(alone ", ", stored!());
const STORE_BESIDE: &str = statement!(beside ", ", stored!());

/// A set is chosen by scans and hash joins, where everything else in hookyard looks rows up by key. What another sender
/// attempted may be ten million rows: without a filter all of them are compared, and that takes minutes.
const FOR_SETS: &str =
    "set local enable_seqscan = on; set local work_mem = '64MB'; set local statement_timeout = '5min'";

fn bound<'q>(sql: &'static str, choice: &'q Choice) -> Query<'q, Postgres, PgArguments> {
    filtered(sql, choice).bind(choice.skipped).bind(choice.max)
}

fn filtered<'q>(sql: &'static str, choice: &'q Choice) -> Query<'q, Postgres, PgArguments> {
    let ids = choice.ids.as_ref();
    sqlx::query(sql)
        .bind(ids.map(|ids| &ids.0[..]))
        .bind(ids.map(|ids| &ids.1[..]))
        .bind(choice.event_type.as_deref())
        .bind(choice.webhook)
        .bind(choice.api_key)
        .bind(choice.status)
        .bind(choice.since)
        .bind(choice.until)
        .bind(choice.dead)
        .bind(choice.delivered)
        .persistent(false)
}

fn chosen(rows: &[PgRow]) -> Result<Vec<Chosen>, sqlx::Error> {
    rows.iter()
        .map(|row| {
            Ok(Chosen {
                webhook_id: row.try_get(0)?,
                items: row.try_get(1)?,
                left_out: row.try_get(2)?,
                bytes: row.try_get(3)?,
                oldest_at: row.try_get(4)?,
                newest_at: row.try_get(5)?,
                came_to: row.try_get(6)?,
                at_risk: row.try_get(7)?,
            })
        })
        .collect()
}

/// What would be chosen if its payload were still there: deliveries of ours, and what other senders attempted.
const LOOK_ERASED: &str = concat!(
    "with ",
    ours!("", "not null"),
    ", theirs as (
        select w.payload ->> 'hookyard_payload_erased_at' as erased_at from webhook_delivery_attempts w
        where w.payload ? 'hookyard_payload_erased_at' and w.response_status not between 200 and 299
          and not exists (select from hookyard.attempts a where a.id = w.id)
          and (w.id = any ($2) or ($1::uuid[] is null and not $9 and $3::text is null))
          and ($4::uuid is null or w.webhook_id = $4)
          and ($5::uuid is null or exists (select from webhooks x where x.id = w.webhook_id and x.api_key_id = $5))
          and ($6::int4 is null or w.response_status = $6)
          and ($7::int8 is null or w.created_at >= to_timestamp($7 / 1000000.0))
          and ($8::int8 is null or w.created_at < to_timestamp($8 / 1000000.0))
    )
    select (select count(*) from ours) + (select count(*) from theirs), left(greatest(
        (select to_char(max(v.payload_erased_at), 'YYYY-MM-DD') from ours o
         join hookyard.deliveries d on d.id = o.delivery_id join hookyard.events v on v.id = d.event_id),
        (select max(t.erased_at) from theirs t)), 10)"
);

/// How much is left out because its payload was erased, and on which day the last of it was.
pub async fn count_erased(db: &Db, choice: &Choice) -> Result<(i64, Option<String>), Trouble> {
    db.tx_long(async |tx: &mut PgConnection| {
        sqlx::raw_sql(FOR_SETS).execute(&mut *tx).await?;
        let row = filtered(LOOK_ERASED, choice).fetch_one(tx).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    })
    .await
}

/// Whether another application has ever delivered from here.
pub async fn has_other_senders(db: &Db) -> Result<bool, Trouble> {
    db.tx_long(async |tx: &mut PgConnection| {
        sqlx::raw_sql(FOR_SETS).execute(&mut *tx).await?;
        let row = sqlx::query(
            "select exists (select from webhook_delivery_attempts w
                where not exists (select from hookyard.attempts a where a.id = w.id))",
        )
        .persistent(false)
        .fetch_one(tx)
        .await?;
        row.try_get(0)
    })
    .await
}

/// Look, and store nothing.
pub async fn choose(db: &Db, choice: &Choice, beside: bool) -> Result<Vec<Chosen>, Trouble> {
    db.tx_long(async |tx: &mut PgConnection| {
        sqlx::raw_sql(FOR_SETS).execute(&mut *tx).await?;
        let sql = if beside { LOOK_BESIDE } else { LOOK_ALONE };
        chosen(&bound(sql, choice).fetch_all(tx).await?)
    })
    .await
}

/// What a plan is, beside what is in it.
pub struct Plan<'a> {
    pub id: Uuid,
    pub filter: &'a str,
    pub reason: Option<&'a str>,
    pub rate: Option<i32>,
    pub canary: Option<i32>,
    pub to_url: Option<&'a str>,
}

/// Freeze the set under the plan's id, and record who did.
pub async fn insert_plan(
    db: &Db,
    plan: &Plan<'_>,
    choice: &Choice,
    beside: bool,
    act: &Act<'_>,
) -> Result<Vec<Chosen>, Trouble> {
    let tried = Cell::new(false);
    db.tx_long(async |tx: &mut PgConnection| {
        if tried.replace(true) {
            // An earlier try may have come to its end although nobody heard of it; then it is done anew.
            for sql in [
                "delete from hookyard.plan_items where plan_id = $1",
                "delete from hookyard.plan_endpoints where plan_id = $1",
                "delete from hookyard.plans where id = $1",
            ] {
                sqlx::query(sql).bind(plan.id).persistent(false).execute(&mut *tx).await?;
            }
        }
        sqlx::raw_sql(FOR_SETS).execute(&mut *tx).await?;
        sqlx::query(
            "insert into hookyard.plans
                (id, operator, host, command, reason, filter, includes_delivered, rate, canary, to_url)
             values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10)",
        )
        .bind(plan.id)
        .bind(act.operator)
        .bind(act.host)
        .bind(act.command)
        .bind(plan.reason)
        .bind(plan.filter)
        .bind(choice.delivered)
        .bind(plan.rate)
        .bind(plan.canary)
        .bind(plan.to_url)
        .persistent(false)
        .execute(&mut *tx)
        .await?;
        let sql = if beside { STORE_BESIDE } else { STORE_ALONE };
        let rows = bound(sql, choice).bind(plan.id).bind(plan.canary).fetch_all(&mut *tx).await?;
        let chosen = chosen(&rows)?;
        if chosen.iter().all(|part| part.items == 0) {
            let nothing = sqlx::query("delete from hookyard.plans where id = $1").bind(plan.id);
            nothing.persistent(false).execute(tx).await?;
            return Ok(chosen);
        }
        sqlx::query("update hookyard.plans set items = $2, left_out = $3 where id = $1")
            .bind(plan.id)
            .bind(chosen.iter().map(|part| part.items).sum::<i64>())
            .bind(chosen.iter().map(|part| part.left_out).sum::<i64>())
            .persistent(false)
            .execute(&mut *tx)
            .await?;
        act.insert().execute(tx).await?;
        Ok(chosen)
    })
    .await
}

/// What a plan says of an endpoint beside its share.
pub struct Endpoint {
    pub webhook_id: Uuid,
    pub url: Option<String>,
    pub active: bool,
    pub is_open: bool,
    /// Microseconds that its last attempts took, on average.
    pub takes_us: Option<i64>,
}

pub async fn find_endpoints(db: &Db, webhooks: &[Uuid]) -> Result<Vec<Endpoint>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select i.id, w.url, coalesce(w.is_active, false), e.opened_at is not null,
                (select avg(a.duration_us)::int8
                 from (select d.id from hookyard.deliveries d where d.webhook_id = i.id order by d.id desc limit 20) d
                 join hookyard.attempts a on a.delivery_id = d.id and a.duration_us > 0)
             from unnest($1::uuid[]) as i (id)
             left join webhooks w on w.id = i.id
             left join hookyard.endpoints e on e.webhook_id = i.id",
        )
        .bind(webhooks)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Endpoint {
                    webhook_id: row.try_get(0)?,
                    url: row.try_get(1)?,
                    active: row.try_get(2)?,
                    is_open: row.try_get(3)?,
                    takes_us: row.try_get(4)?,
                })
            })
            .collect()
    })
    .await
}
