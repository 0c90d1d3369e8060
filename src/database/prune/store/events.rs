//! Events with their deliveries, attempts and documented rows: looked through oldest first, judged under lock, removed
//! or erased as one.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::super::plan::{Gone, Kept};
use super::GIVING_WAY;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// What a walk does, and along which index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Remove events whose payload is there.
    Remove,
    /// Remove events whose payload is erased.
    RemoveErased,
    Erase,
}

/// Where a walk has come to: by age, then by id.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    at: Micros,
    id: Uuid,
}

impl Cursor {
    /// Long before hookyard.
    pub const BEGINNING: Cursor = Cursor { at: 0, id: Uuid::nil() };
}

/// What a step of a walk needs.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub pass: Pass,
    pub before: Micros,
    /// What is older is removed in this run: it need not be erased as well.
    pub remove_before: Option<Micros>,
    pub after: Cursor,
    /// Events to look at.
    pub most: i64,
    /// Rows to touch in one transaction; one event goes as a whole, however many it has.
    pub rows: i64,
}

/// One step of a walk.
pub struct Stretch {
    pub gone: Gone,
    /// Where to go on; none at the end.
    pub next: Option<Cursor>,
}

macro_rules! seen {
    ($erased:literal) => {
        concat!(
            "select v.id, (extract(epoch from v.created_at) * 1000000)::int8 from hookyard.events v
             where v.payload_erased_at is ",
            $erased,
            " and v.created_at < to_timestamp($1 / 1000000.0)
                and (v.created_at, v.id) > (to_timestamp($2 / 1000000.0), $3)
             order by v.created_at, v.id limit $4"
        )
    };
}
const SEEN: &str = seen!("null");
const SEEN_ERASED: &str = seen!("not null");

const LOCKED: &str = "
    select v.id from hookyard.events v where v.id = any ($1) order by v.id for update skip locked";

/// Why each event stays, if it does; under lock no delivery of it can change or come, and a plan that is stored
/// meanwhile finds it removed. An unfinished plan keeps what lies in its span of time, for its endpoints: that is more
/// than it names, and needs no look into its items.
macro_rules! judged {
    ($lock:literal) => {
        concat!(
            "with mine as materialized (
                select d.event_id, d.webhook_id, d.state, d.created_at, d.finished_at, d.attempts
                from hookyard.deliveries d where d.event_id = any ($1) order by d.id ",
            $lock,
            "), open as materialized (
                select e.webhook_id, coalesce(e.oldest_at, '-infinity') as oldest_at,
                    coalesce(e.newest_at, 'infinity') as newest_at, p.filter ? 'skipped' as of_any
                from hookyard.plans p join hookyard.plan_endpoints e on e.plan_id = p.id
                where p.state in ('planned', 'running', 'paused')
            ), stands as (
                select m.event_id, count(*) as n, bool_or(m.state = 'pending') as is_pending,
                    max(m.finished_at) as finished_at, sum(m.attempts)::int8 as attempts,
                    bool_or(exists (select from open o where o.webhook_id = m.webhook_id
                        and m.created_at between o.oldest_at and o.newest_at)) as is_planned
                from mine m group by m.event_id
            ), told as (
                select v.id, v.created_at, coalesce(s.finished_at, v.created_at) as finished_at,
                    1 + coalesce(s.n + 2 * s.attempts, 0) as rows,
                    (select count(*) from hookyard.deliveries d where d.event_id = v.id) > coalesce(s.n, 0)
                        as is_locked,
                    coalesce(s.is_pending, false) as is_pending,
                    coalesce(s.is_planned, false) or exists (select from open o where o.of_any
                        and v.created_at between o.oldest_at and o.newest_at) as is_planned
                from hookyard.events v left join stands s on s.event_id = v.id
                where v.id = any ($1)
            )
            select t.id, t.rows,
                case when t.is_locked then 'locked' when t.is_pending then 'pending'
                    when t.is_planned then 'planned'
                    when t.finished_at >= to_timestamp($2 / 1000000.0) then 'recent' else '' end,
                coalesce(t.created_at < to_timestamp($3 / 1000000.0), false),
                coalesce(t.created_at < to_timestamp($3 / 1000000.0)
                    and t.finished_at < to_timestamp($3 / 1000000.0), false)
            from told t"
        )
    };
}
const JUDGED: &str = judged!("for update skip locked");
const LOOKED_AT: &str = judged!("");

/// Our rows of these events. What a row takes beside its long columns is what is usual.
macro_rules! of_events {
    () => {
        "with d as materialized (
            select d.id from hookyard.deliveries d where d.event_id = any ($1)
        ), a as materialized (
            select a.id from hookyard.attempts a where a.delivery_id = any (array(select d.id from d))
        ), w as materialized (
            select w.id, 72 + pg_column_size(w.payload) + pg_column_size(w.response_data) as bytes
            from webhook_delivery_attempts w where w.id = any (array(select a.id from a))
        ), v as materialized (
            select v.id, 140 + pg_column_size(v.payload) as bytes from hookyard.events v where v.id = any ($1)
        )"
    };
}

macro_rules! counts {
    ($bytes:literal) => {
        concat!(
            " select (select count(*) from v), (select count(*) from d), (select count(*) from a),
                (select count(*) from w), (coalesce((select sum(v.bytes) from v), 0)
                    + coalesce((select sum(w.bytes) from w), 0)",
            $bytes,
            ")::int8"
        )
    };
}

const COUNTED: &str =
    concat!(of_events!(), counts!(" + 190 * (select count(*) from d) + 120 * (select count(*) from a)"));
const COUNTED_COPIES: &str = concat!(of_events!(), counts!(""));

const REMOVED: &str = concat!(
    of_events!(),
    ", documented as (
        delete from webhook_delivery_attempts x where x.id = any (array(select w.id from w))
    ), attempts as (
        delete from hookyard.attempts x where x.id = any (array(select a.id from a))
    ), deliveries as (
        delete from hookyard.deliveries x where x.id = any (array(select d.id from d))
    ), events as (
        delete from hookyard.events x where x.id = any ($1)
    )",
    counts!(" + 190 * (select count(*) from d) + 120 * (select count(*) from a)")
);

/// What hookyard wrote in place of an answer is no answer, and stays.
const ERASED: &str = concat!(
    of_events!(),
    ", stub as materialized (
        select jsonb_build_object('hookyard_payload_erased_at', to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')) as j
    ), documented as (
        update webhook_delivery_attempts x
        set payload = jsonb_strip_nulls(jsonb_build_object(
                'event', left(coalesce(x.payload ->> 'event', x.payload ->> 'eventType'), 255))) || s.j,
            response_data = case when x.response_status = 599 and x.response_data ? 'error' then x.response_data
                else s.j end
        from stub s where x.id = any (array(select w.id from w))
    ), events as (
        update hookyard.events x set payload = replace(s.j::text, ' ', ''), is_jsonb = true, payload_erased_at = now()
        from stub s where x.id = any ($1)
    )",
    counts!("")
);

/// Take the next step for good.
pub async fn delete_events(db: &Db, look: &Look) -> Result<Stretch, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::raw_sql(GIVING_WAY).execute(&mut *tx).await?;
        let seen = seen(tx, look).await?;
        let ids: Vec<Uuid> = seen.iter().map(|one| one.id).collect();
        let rows = sqlx::query(LOCKED).bind(&ids).persistent(false).fetch_all(&mut *tx).await?;
        let locked: Vec<Uuid> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let judged = judged(tx, JUDGED, &locked, look).await?;
        let (mut stretch, chosen) = chosen(&seen, &judged, look);
        let sql = if look.pass == Pass::Erase { ERASED } else { REMOVED };
        stretch.gone += counted(tx, sql, &chosen, look.pass).await?;
        Ok(stretch)
    })
    .await
}

/// The same without touching anything.
pub async fn count_events(db: &Db, look: &Look) -> Result<Stretch, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let seen = seen(tx, look).await?;
        let ids: Vec<Uuid> = seen.iter().map(|one| one.id).collect();
        let judged = judged(tx, LOOKED_AT, &ids, look).await?;
        let (mut stretch, chosen) = chosen(&seen, &judged, look);
        let sql = if look.pass == Pass::Erase { COUNTED_COPIES } else { COUNTED };
        stretch.gone += counted(tx, sql, &chosen, look.pass).await?;
        Ok(stretch)
    })
    .await
}

async fn seen(tx: &mut PgConnection, look: &Look) -> Result<Vec<Cursor>, sqlx::Error> {
    let sql = if look.pass == Pass::RemoveErased { SEEN_ERASED } else { SEEN };
    let query = sqlx::query(sql).bind(look.before).bind(look.after.at).bind(look.after.id).bind(look.most);
    let rows = query.persistent(false).fetch_all(tx).await?;
    rows.iter().map(|row| Ok(Cursor { id: row.try_get(0)?, at: row.try_get(1)? })).collect()
}

struct Judged {
    id: Uuid,
    rows: i64,
    kept: Option<Kept>,
    /// Old enough to be removed, by its own age and by the end of all that belongs to it.
    is_old: bool,
    is_over: bool,
}

async fn judged(
    tx: &mut PgConnection,
    sql: &'static str,
    ids: &[Uuid],
    look: &Look,
) -> Result<Vec<Judged>, sqlx::Error> {
    let query = sqlx::query(sql).bind(ids).bind(look.before).bind(look.remove_before);
    let rows = query.persistent(false).fetch_all(tx).await?;
    let one = |row: &PgRow| {
        Ok(Judged {
            id: row.try_get(0)?,
            rows: row.try_get(1)?,
            kept: Kept::of(row.try_get(2)?),
            is_old: row.try_get(3)?,
            is_over: row.try_get(4)?,
        })
    };
    rows.iter().map(one).collect()
}

/// Which of them this transaction takes: in order, until it has its rows.
fn chosen(seen: &[Cursor], judged: &[Judged], look: &Look) -> (Stretch, Vec<Uuid>) {
    let mut gone = Gone::default();
    let (mut ids, mut rows, mut last) = (Vec::new(), 0, None);
    for event in seen {
        match judged.iter().find(|one| one.id == event.id) {
            None => gone.keep(Kept::Locked),
            Some(one) => match one.kept {
                // Told of once: the pass that removes has met it already.
                Some(_) if look.pass == Pass::Erase && one.is_old => {}
                Some(why) => gone.keep(why),
                None if look.pass == Pass::Erase && one.is_over => {}
                None if rows > 0 && rows + one.rows > look.rows => {
                    return (Stretch { gone, next: last }, ids);
                }
                None => {
                    rows += one.rows;
                    ids.push(one.id);
                }
            },
        }
        last = Some(*event);
    }
    let is_full = i64::try_from(seen.len()).unwrap_or(i64::MAX) >= look.most;
    (Stretch { gone, next: last.filter(|_| is_full) }, ids)
}

async fn counted(
    tx: &mut PgConnection,
    sql: &'static str,
    ids: &[Uuid],
    pass: Pass,
) -> Result<Gone, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Gone::default());
    }
    let row = sqlx::query(sql).bind(ids).persistent(false).fetch_one(tx).await?;
    let (events, documented, bytes) = (row.try_get(0)?, row.try_get(3)?, row.try_get(4)?);
    Ok(match pass {
        Pass::Erase => Gone { erased: events, erased_documented: documented, bytes, ..Gone::default() },
        Pass::Remove | Pass::RemoveErased => Gone {
            events,
            deliveries: row.try_get(1)?,
            attempts: row.try_get(2)?,
            documented,
            bytes,
            ..Gone::default()
        },
    })
}
