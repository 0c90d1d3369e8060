//! hookyard itself: the runs of cron verbs, what is left of runs that died, indexes, tables that change all the time.

use std::cmp::Reverse;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use crate::db::schema::{self, Weight};
use crate::db::{Statements, fetch_each, first, joined};
use crate::report::figures::{CronVerb, HotTable, Tool, rate};
use crate::report::verdict::Level;

/// The verbs that cron runs and that enter their runs. A run that is at work is seen again and again; its last sign of
/// life counts, and its rhythm is what it was.
const VERBS: &str = "
    select v.verb, (extract(epoch from l.seen) * 1000000)::int8, l.running,
        greatest(extract(epoch from now() - l.seen), 0)::int8, l.usual,
        (select count(*) from hookyard.runs r where r.command = v.verb)
    from unnest(array['webhook retry', 'yardi poll', 'yardi submit']) as v (verb)
    cross join lateral (
        select max(n.seen) as seen, coalesce(bool_or(n.running), false) as running,
            case when count(*) >= 3
                then (percentile_disc(0.5) within group (order by n.gap))::int8 end as usual
        from (
            select greatest(r.seen_at, r.finished_at, r.started_at) as seen,
                r.finished_at is null and r.seen_at > now() - interval '2 minutes' as running,
                extract(epoch from r.started_at - lead(r.started_at) over (order by r.started_at desc)) as gap
            from (select * from hookyard.runs r where r.command = v.verb order by r.started_at desc limit 50) r) n) l
    where l.seen is not null";

const CRASHED: &str = "
    select count(*) from hookyard.runs r
    where r.finished_at is null and r.started_at > now() - interval '24 hours'
      and r.seen_at < now() - interval '2 minutes'";

/// Seldom true, and what it is about costs more to say.
const HAS_INVALID: &str = "select exists (select from pg_index x where not x.indisvalid)";

const INVALID: &str = "
    select coalesce(array_agg(x.indexrelid::regclass::text order by 1), '{}')
    from pg_index x join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
    where not x.indisvalid
      and not exists (select from pg_stat_progress_create_index p where p.index_relid = x.indexrelid)
      and (n.nspname = 'hookyard' or pg_table_is_visible(c.oid) and c.relname in ('webhooks',
          'webhook_delivery_attempts', 'yardi_integrations', 'yardi_properties', 'yardi_entries', 'yardi_invites'))";

/// A standby keeps no statistics of its own. By the functions that `pg_stat_user_tables` is made of: a view of the
/// server's is text that each new session parses, and that one is long.
const TABLES: &str = "
    select t.name, pg_table_size(c.oid), pg_stat_get_live_tuples(c.oid), pg_stat_get_dead_tuples(c.oid),
        (extract(epoch from greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)))
            * 1000000)::int8
    from unnest(array['hookyard.deliveries', 'hookyard.attempts', 'hookyard.events', 'hookyard.runs',
        'hookyard.endpoints', 'webhook_delivery_attempts']) as t (name)
    join pg_class c on c.oid = to_regclass(t.name) and c.relkind in ('r', 'p', 'm')
    where not pg_is_in_recovery()";

/// Attempts are numbered by time.
const OLDEST: &str = "
    select (extract(epoch from a.started_at) * 1000000)::int8, a.started_at < now() - interval '90 days'
    from hookyard.attempts a order by a.id limit 1";

static ALL: Statements = Statements::new(|| joined(&[VERBS, OLDEST, CRASHED, HAS_INVALID, TABLES]));

/// All but what is wrong with the schema, and how many leases were rescued, which the failures tell.
pub async fn find_tool(tx: &mut PgConnection) -> Result<Tool, sqlx::Error> {
    let [verbs, oldest, crashed, has_invalid, tables] = fetch_each(tx, &ALL).await?;
    let (oldest_attempt_at, retention_due) = match oldest.first() {
        Some(row) => (Some(row.try_get(0)?), row.try_get(1)?),
        None => (None, false),
    };
    let mut tables: Vec<HotTable> = tables.iter().map(table).collect::<Result<_, _>>()?;
    tables.sort_by_key(|one| Reverse(one.bytes));
    Ok(Tool {
        level: Level::Ok,
        source: "schema hookyard; the server's statistics",
        verbs: verbs.iter().map(verb).collect::<Result<_, _>>()?,
        rescued: 0,
        crashed: first(&crashed)?.try_get(0)?,
        schema: Vec::new(),
        invalid_indexes: match first(&has_invalid)?.try_get(0)? {
            true => sqlx::raw_sql(INVALID).fetch_one(tx).await?.try_get(0)?,
            false => Vec::new(),
        },
        tables,
        oldest_attempt_at,
        retention_due,
    })
}

pub async fn list_wrong(tx: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let findings = schema::judged(tx).await?.findings.into_iter();
    Ok(findings.filter(|one| one.weight == Weight::Wrong).map(|one| one.what).collect())
}

fn verb(row: &PgRow) -> Result<CronVerb, sqlx::Error> {
    Ok(CronVerb {
        verb: row.try_get(0)?,
        last_at: row.try_get(1)?,
        running: row.try_get(2)?,
        silent_s: row.try_get(3)?,
        usual_s: row.try_get(4)?,
        runs: row.try_get(5)?,
    })
}

fn table(row: &PgRow) -> Result<HotTable, sqlx::Error> {
    let (live, dead): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
    Ok(HotTable {
        table: row.try_get(0)?,
        bytes: row.try_get(1)?,
        live,
        dead,
        dead_rate: rate(dead, live + dead).unwrap_or_default(),
        vacuumed_at: row.try_get(4)?,
    })
}
