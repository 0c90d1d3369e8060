//! Attempts that another application wrote: along the documented index, webhook by webhook.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::super::plan::Gone;
use super::GIVING_WAY;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// Where a walk has come to in one webhook's rows.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub webhook: Uuid,
    pub at: Micros,
    pub id: Uuid,
}

/// The next webhook that has rows, whether it is still there or not; and whether an unfinished replay names it, which
/// keeps all its rows: such a plan may hold any of them.
pub async fn find_next_webhook(db: &Db, after: Uuid) -> Result<Option<(Uuid, bool)>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(
            "select w.webhook_id, exists (
                select from hookyard.plans p join hookyard.plan_endpoints e on e.plan_id = p.id
                where p.state in ('planned', 'running', 'paused') and e.webhook_id = w.webhook_id)
             from webhook_delivery_attempts w where w.webhook_id > $1 order by w.webhook_id limit 1",
        )
        .bind(after)
        .persistent(false)
        .fetch_optional(tx)
        .await?;
        row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
    })
    .await
}

/// A row without a time, or with one that is infinite, has no age and stays.
macro_rules! seen {
    () => {
        "with seen as materialized (
            select w.id, w.created_at,
                72 + pg_column_size(w.payload) + pg_column_size(w.response_data) as bytes,
                not exists (select from hookyard.attempts a where a.id = w.id)
                    and (not $7 or not coalesce(w.payload ? 'hookyard_payload_erased_at', false)) as is_meant
            from webhook_delivery_attempts w
            where w.webhook_id = $1 and w.created_at < to_timestamp($2 / 1000000.0)
                and w.created_at >= to_timestamp($3 / 1000000.0)
                and (w.created_at, w.id) > (to_timestamp($4 / 1000000.0), $5)
            order by w.created_at, w.id limit $6
        )"
    };
}

macro_rules! counts {
    () => {
        " select (select count(*) from seen s where s.is_meant),
            (select coalesce(sum(s.bytes), 0)::int8 from seen s where s.is_meant),
            (select count(*) from seen), l.id, (extract(epoch from l.created_at) * 1000000)::int8
        from (select s.id, s.created_at from seen s order by s.created_at desc, s.id desc limit 1) l"
    };
}

const COUNTED: &str = concat!(seen!(), counts!());
const REMOVED: &str = concat!(
    seen!(),
    ", gone as (
        delete from webhook_delivery_attempts x where x.id = any (array(select s.id from seen s where s.is_meant))
    )",
    counts!()
);
const ERASED: &str = concat!(
    seen!(),
    ", stub as materialized (
        select jsonb_build_object('hookyard_payload_erased_at', to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')) as j
    ), gone as (
        update webhook_delivery_attempts x set payload = jsonb_strip_nulls(jsonb_build_object(
                'event', left(coalesce(x.payload ->> 'event', x.payload ->> 'eventType'), 255))) || s.j,
            response_data = s.j
        from stub s where x.id = any (array(select s.id from seen s where s.is_meant))
    )",
    counts!()
);

/// Which rows of a webhook: from one age to the other.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: Micros,
    pub before: Micros,
    pub erases: bool,
    pub most: i64,
}

pub async fn delete_host(db: &Db, span: &Span, place: Place) -> Result<(Gone, Option<Place>), Trouble> {
    step(db, if span.erases { ERASED } else { REMOVED }, span, place).await
}

pub async fn count_host(db: &Db, span: &Span, place: Place) -> Result<(Gone, Option<Place>), Trouble> {
    step(db, COUNTED, span, place).await
}

async fn step(
    db: &Db,
    sql: &'static str,
    span: &Span,
    place: Place,
) -> Result<(Gone, Option<Place>), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::raw_sql(GIVING_WAY).execute(&mut *tx).await?;
        let row = sqlx::query(sql)
            .bind(place.webhook)
            .bind(span.before)
            .bind(span.from)
            .bind(place.at)
            .bind(place.id)
            .bind(span.most)
            .bind(span.erases)
            .persistent(false)
            .fetch_optional(tx)
            .await?;
        let Some(row) = row else { return Ok((Gone::default(), None)) };
        let (rows, bytes, seen): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let gone = if span.erases {
            Gone { erased_host: rows, bytes, ..Gone::default() }
        } else {
            Gone { host: rows, bytes, ..Gone::default() }
        };
        let next = Place { webhook: place.webhook, id: row.try_get(3)?, at: row.try_get(4)? };
        Ok((gone, (seen >= span.most).then_some(next)))
    })
    .await
}
