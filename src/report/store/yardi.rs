//! Yardi: who was polled when, what became of invites, what hookyard still has to do. The columns are `timestamp`
//! without zone and hold UTC, so they are compared with UTC's time whatever the session's zone is.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::db::{Statements, fetch_each, first, joined};
use crate::report::figures::{Entries, Invites, Polling, Property, Yardi, YardiDay, YardiOwn, rate};

/// `poll_rate` as it counts: none or below 1 is 15 minutes, above 1440 is a day. Arithmetic is in bigint and intervals,
/// and infinity is answered before it is subtracted from. The numbers stand before each property, and alone where none
/// is in trouble.
macro_rules! polling {
    ($name:literal, $join:literal) => {
        concat!(
            "with p as (
                select yp.property_id, yp.yardi_property_id::text, yp.last_poll_run, yi.alias::text, yi.poll_rate, ",
            $name,
            " as name, yi.deactivation_date is null as active, now() at time zone 'utc' as at,
                    case when yi.poll_rate is null or yi.poll_rate <= 0 then 15 else least(yi.poll_rate, 1440) end as counted
                from yardi_properties yp
                join yardi_integrations yi on yi.id = yp.yardi_integration_id ",
            $join,
            " where yp.deactivation_date is null
            ), judged as (
                select p.*,
                    case when isfinite(p.last_poll_run) then p.at - p.last_poll_run > p.counted * interval '2 minutes'
                        else p.last_poll_run = '-infinity' end as stale,
                    case when isfinite(p.last_poll_run)
                        then p.at - p.last_poll_run > p.poll_rate::bigint * interval '2 minutes'
                        else p.last_poll_run = '-infinity' end as overdue
                from p
            ), troubled as (
                select j.* from judged j where j.active and (j.stale or j.last_poll_run is null)
                order by j.last_poll_run nulls first, j.property_id limit 100
            )
            select n.*, t.property_id, t.name, t.yardi_property_id, t.alias,
                case when isfinite(t.last_poll_run) then (extract(epoch from t.last_poll_run) * 1000000)::int8 end,
                case when isfinite(t.last_poll_run) then (extract(epoch from t.at - t.last_poll_run) / 60)::int8 end,
                t.poll_rate, t.counted
            from (
                select count(*) filter (where j.active),
                    count(*) filter (where j.active and j.stale),
                    count(*) filter (where j.active and j.last_poll_run is null),
                    count(*) filter (where j.overdue)
                from judged j) n
            left join troubled t on true
            order by t.last_poll_run nulls first, t.property_id"
        )
    };
}
/// With the property's name, wherever the host's table has one, and as the document joins it; and without that table.
const POLLING: &str = polling!("to_jsonb(h) ->> 'name'", "join properties h on h.id = yp.property_id");
const POLLING_ALONE: &str = polling!("null::text", "");

const INTEGRATIONS: &str = "select count(*) from yardi_integrations yi where yi.deactivation_date is null";

/// Invites not converted in 7 days; of 30 days all, and those converted: rows of the documents' joins.
const CONVERTED: &str = "
    select count(*) filter (where ye.entry_id is null and yi.inserted_at > (now() at time zone 'utc') - interval '7 days'),
        count(*), count(ye.entry_id)
    from yardi_invites yi left join yardi_entries ye on yi.prospect_code = ye.prospect_code
    where yi.inserted_at > (now() at time zone 'utc') - interval '30 days'";

/// Each invite once, by the day it came.
const BY_DAY: &str = "
    select case when isfinite(yi.inserted_at)
            then extract(epoch from date_trunc('day', yi.inserted_at))::int8 * 1000000 end,
        count(*),
        count(*) filter (where exists (select from yardi_entries ye where ye.prospect_code = yi.prospect_code))
    from yardi_invites yi
    where yi.inserted_at > (now() at time zone 'utc') - interval '30 days'
    group by 1 order by 1";

static ALL: Statements = Statements::new(|| joined(&[INTEGRATIONS, POLLING, CONVERTED, BY_DAY]));
static ALL_ALONE: Statements = Statements::new(|| joined(&[INTEGRATIONS, POLLING_ALONE, CONVERTED, BY_DAY]));

const ENTRIES: &str = "
    select count(*) filter (where ye.entry_id is not null), count(*)
    from entries e left join yardi_entries ye on e.id = ye.entry_id
    where e.inserted_at > (now() at time zone 'utc') - interval '30 days'";

const TABLES: [&str; 4] = ["yardi_integrations", "yardi_properties", "yardi_entries", "yardi_invites"];

/// Of the tables that may be absent or closed to us, those that can be read. The schema hookyard itself is looked at
/// first: without a right to it, its tables' names cannot be resolved.
const READABLE: &str = "
    select n.nspname || '.' || c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'hookyard' and c.relkind in ('r', 'p')
      and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
    union all
    select c.relname from pg_class c
    where c.relname in ('yardi_integrations', 'yardi_properties', 'yardi_entries', 'yardi_invites', 'entries',
        'properties') and pg_table_is_visible(c.oid) and has_table_privilege(c.oid, 'select')";

struct Readable(Vec<String>);

impl Readable {
    fn has(&self, tables: &[&str]) -> bool {
        tables.iter().all(|table| self.0.iter().any(|one| one == table))
    }
}

async fn find_readable(tx: &mut PgConnection) -> Result<Readable, sqlx::Error> {
    let rows = sqlx::raw_sql(READABLE).fetch_all(tx).await?;
    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map(Readable)
}

pub async fn find_yardi(tx: &mut PgConnection) -> Result<Yardi, sqlx::Error> {
    let readable = find_readable(tx).await?;
    let mut yardi = Yardi { source: "the documents' yardi tables, entries, properties", ..Yardi::default() };
    let closed: Vec<&str> = TABLES.into_iter().filter(|table| !readable.has(&[table])).collect();
    if !closed.is_empty() {
        yardi.not_read = Some(format!("not there, or not ours to read: {}", closed.join(", ")));
        return Ok(yardi);
    }
    let all = if readable.has(&["properties"]) { &ALL } else { &ALL_ALONE };
    let [integrations, polling, converted, by_day] = fetch_each(tx, all).await?;
    yardi.integrations = first(&integrations)?.try_get(0)?;
    (yardi.properties, yardi.polling) = polled(&polling)?;
    (yardi.invites, yardi.days) = invited(first(&converted)?, &by_day)?;
    if readable.has(&["entries"]) {
        let row = sqlx::raw_sql(ENTRIES).fetch_one(&mut *tx).await?;
        let (from_yardi, total): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        yardi.entries =
            Entries { total: Some(total), from_yardi: Some(from_yardi), rate: rate(from_yardi, total) };
    }
    if readable.has(&OWN) {
        find_own(tx, &mut yardi).await?;
    }
    Ok(yardi)
}

/// hookyard's own tables beside them, all made by one migration.
const OWN: [&str; 6] = [
    "hookyard.yardi_accounts",
    "hookyard.yardi_states",
    "hookyard.yardi_polls",
    "hookyard.yardi_imports",
    "hookyard.yardi_submissions",
    "hookyard.mails",
];

const OWN_COUNTS: &str = "
    select (select count(*) from hookyard.yardi_accounts a where a.state = 'open'),
        (select count(*) from hookyard.yardi_imports i where i.state = 'flagged'),
        (select count(*) from hookyard.yardi_submissions s where s.state = 'pending'),
        (select count(*) from hookyard.yardi_submissions s where s.state = 'unknown'),
        (select count(*) from hookyard.mails m where m.state in ('waiting', 'sending')),
        (select count(*) from hookyard.mails m
         where m.state in ('refused', 'unknown') and m.finished_at > now() - interval '7 days')";

const OWN_ERRORS: &str = "
    select s.property_id, (extract(epoch from s.last_error_at) * 1000000)::int8,
        concat_ws(': ', s.last_error_class, s.last_error)
    from hookyard.yardi_states s where s.property_id = any ($1) and s.last_error_at is not null";

const OWN_POLLS: &str = "
    select extract(epoch from date_trunc('day', p.finished_at))::int8 * 1000000, count(*),
        count(*) filter (where p.state = 'failed')
    from hookyard.yardi_polls p where p.finished_at > now() - interval '30 days' and isfinite(p.finished_at)
    group by 1";

static OWN_ALL: Statements = Statements::new(|| joined(&[OWN_COUNTS, OWN_POLLS]));

async fn find_own(tx: &mut PgConnection, yardi: &mut Yardi) -> Result<(), sqlx::Error> {
    let [counts, polls] = fetch_each(tx, &OWN_ALL).await?;
    let row = first(&counts)?;
    yardi.own = Some(YardiOwn {
        accounts_blocked: row.try_get(0)?,
        flagged: row.try_get(1)?,
        submissions_waiting: row.try_get(2)?,
        submissions_unknown: row.try_get(3)?,
        mails_waiting: row.try_get(4)?,
        mails_troubled: row.try_get(5)?,
    });
    for row in polls {
        let at = row.try_get(0)?;
        let (polls, polls_failed) = (row.try_get(1)?, row.try_get(2)?);
        match yardi.days.iter_mut().find(|day| day.at == at) {
            Some(day) => (day.polls, day.polls_failed) = (polls, polls_failed),
            None => yardi.days.push(YardiDay { at, invites: 0, converted: 0, polls, polls_failed }),
        }
    }
    yardi.days.sort_by_key(|day| day.at);
    match yardi.polling.troubled.is_empty() {
        true => Ok(()),
        false => find_errors(tx, &mut yardi.polling.troubled).await,
    }
}

async fn find_errors(tx: &mut PgConnection, troubled: &mut [Property]) -> Result<(), sqlx::Error> {
    let ids: Vec<uuid::Uuid> = troubled.iter().map(|one| one.property_id).collect();
    for row in sqlx::query(OWN_ERRORS).bind(ids).persistent(false).fetch_all(tx).await? {
        let id: uuid::Uuid = row.try_get(0)?;
        if let Some(one) = troubled.iter_mut().find(|one| one.property_id == id) {
            (one.last_error_at, one.last_error) = (row.try_get(1)?, row.try_get(2)?);
        }
    }
    Ok(())
}

/// Of how many properties.
fn polled(rows: &[PgRow]) -> Result<(i64, Polling), sqlx::Error> {
    let (mut properties, mut polling) = (0, Polling::default());
    for row in rows {
        properties = row.try_get(0)?;
        (polling.stale, polling.never) = (row.try_get(1)?, row.try_get(2)?);
        polling.overdue_documented = row.try_get(3)?;
        polling.troubled.extend(property(row)?);
    }
    Ok((properties, polling))
}

fn property(row: &PgRow) -> Result<Option<Property>, sqlx::Error> {
    let Some(property_id) = row.try_get(4)? else { return Ok(None) };
    Ok(Some(Property {
        property_id,
        name: row.try_get(5)?,
        yardi_property_id: row.try_get(6)?,
        integration: row.try_get(7)?,
        last_poll_at: row.try_get(8)?,
        minutes_since: row.try_get(9)?,
        poll_rate: row.try_get(10)?,
        poll_rate_counted: row.try_get(11)?,
        last_error_at: None,
        last_error: None,
    }))
}

fn invited(converted: &PgRow, by_day: &[PgRow]) -> Result<(Invites, Vec<YardiDay>), sqlx::Error> {
    let mut invites = Invites {
        unconverted: converted.try_get(0)?,
        documented_total: converted.try_get(1)?,
        documented_converted: converted.try_get(2)?,
        ..Invites::default()
    };
    invites.documented_rate = rate(invites.documented_converted, invites.documented_total);
    let mut days = Vec::new();
    for row in by_day {
        let (came, converted): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
        invites.total += came;
        invites.converted += converted;
        if let Some(at) = row.try_get(0)? {
            days.push(YardiDay { at, invites: came, converted, polls: None, polls_failed: None });
        }
    }
    invites.rate = rate(invites.converted, invites.total);
    Ok((invites, days))
}
