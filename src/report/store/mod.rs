//! The report's own SQL, read-only. Everything is read in one transaction and so is of one moment, in the form that
//! the documents' monitoring queries give it and beside it what they pass over. Nobody else's table is written, and
//! what cannot be read is said instead of guessed.

mod answers;
mod counted;
mod failed;
mod hours;
mod queue;
mod tally;
mod tool;
mod yardi;

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::figures::{Deliveries, Health, Source, Window};
use super::verdict::Level;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// What is asked for.
pub struct Wish {
    pub window_s: i64,
    /// Every attempt counted anew.
    pub live: bool,
    /// Answers in full, personal data included.
    pub show_pii: bool,
}

/// What decides which statements fit.
struct Surroundings {
    now: Micros,
    standby: bool,
    lag_s: Option<f64>,
    server: i32,
    /// Of the tables that may be absent or closed to us, those that can be read.
    readable: Vec<String>,
    /// The documented index that finds failures by status and time.
    has_status_index: bool,
    /// The one that finds an endpoint's attempts by time; without it, whether there is anything to read past, and
    /// whether we may make it.
    has_time_index: bool,
    has_attempts: bool,
    owns_attempts: bool,
}

/// Of one moment; levels and reasons are still to be filled in.
pub async fn find_health(db: &Db, wish: &Wish) -> Result<Health, Trouble> {
    db.tx_reading(async |tx: &mut PgConnection| {
        let around = find_surroundings(tx).await?;
        let since = around.now - wish.window_s * 1_000_000;
        let mut endpoints = queue::list_endpoints(tx).await?;
        let (counted, answers) = counted::count_attempts(tx, &around, wish, &mut endpoints).await?;
        let failed = failed::list_failed(tx, &around, wish.show_pii).await?;
        let queue = queue::count_queue(tx, &mut endpoints).await?;
        let tool = tool::find_tool(tx, &around, failed.interrupted).await?;
        let yardi = yardi::find_yardi(tx, &around).await?;
        Ok(Health {
            level: Level::Ok,
            reasons: Vec::new(),
            at: around.now,
            source: Source { place: db.place().to_owned(), standby: around.standby, lag_s: around.lag_s },
            window: Window { since, seconds: wish.window_s },
            deliveries: Deliveries {
                level: Level::Ok,
                source: "webhook_delivery_attempts; queue and answer times: schema hookyard",
                counted_hours: counted.counted_hours,
                read_live: counted.read_live,
                total: counted.total,
                day: counted.day,
                undated: counted.undated,
                by_url: counted.by_url,
                endpoints: endpoints.into_iter().map(|one| one.endpoint).collect(),
                failed: failed.failed,
                hours: counted.hours,
                answers,
                queue,
            },
            yardi,
            tool,
        })
    })
    .await
}

impl Surroundings {
    fn can_read(&self, tables: &[&str]) -> bool {
        tables.iter().all(|table| self.readable.iter().any(|one| one == table))
    }
}

/// Schema hookyard itself is looked at first: without a right to it, its tables' names cannot be resolved.
const SURROUNDINGS: &str = "
    select (extract(epoch from now()) * 1000000)::int8, pg_is_in_recovery(),
        case when pg_is_in_recovery()
            then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 end,
        current_setting('server_version_num')::int4,
        (select coalesce(array_agg(t.name), '{}') from (
            select n.nspname || '.' || c.relname as name
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'hookyard' and c.relkind in ('r', 'p')
              and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
            union all
            select c.relname::text from pg_class c
            where c.relname in ('yardi_integrations', 'yardi_properties', 'yardi_entries', 'yardi_invites', 'entries',
                'properties') and pg_table_is_visible(c.oid) and has_table_privilege(c.oid, 'select')) t)::text[],
        exists (select from pg_index x where x.indrelid = to_regclass('webhook_delivery_attempts')
            and x.indisvalid and x.indisready
            and pg_get_indexdef(x.indexrelid) like '%(response_status, created_at%'),
        exists (select from pg_index x
            join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0] and a.attname = 'webhook_id'
            join pg_attribute b on b.attrelid = x.indrelid and b.attnum = x.indkey[1] and b.attname = 'created_at'
            where x.indrelid = to_regclass('webhook_delivery_attempts') and x.indisvalid and x.indpred is null),
        coalesce(pg_relation_size(to_regclass('webhook_delivery_attempts')) > 0, false),
        coalesce((select pg_has_role(c.relowner, 'usage') from pg_class c
            where c.oid = to_regclass('webhook_delivery_attempts')), false)";

async fn find_surroundings(tx: &mut PgConnection) -> Result<Surroundings, sqlx::Error> {
    let row = sqlx::query(SURROUNDINGS).persistent(false).fetch_one(tx).await?;
    Ok(Surroundings {
        now: row.try_get(0)?,
        standby: row.try_get(1)?,
        lag_s: row.try_get(2)?,
        server: row.try_get(3)?,
        readable: row.try_get(4)?,
        has_status_index: row.try_get(5)?,
        has_time_index: row.try_get(6)?,
        has_attempts: row.try_get(7)?,
        owns_attempts: row.try_get(8)?,
    })
}
