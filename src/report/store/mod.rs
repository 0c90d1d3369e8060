//! The report's own SQL, read-only, in the form that the documents' monitoring queries give it and beside it what they
//! pass over. A statement without parameters is sent as it is: one round trip instead of two. Nobody else's table is
//! written, and what cannot be read is said instead of guessed.

mod answers;
mod counted;
mod failed;
mod hours;
mod queue;
mod tally;
mod tool;
mod uncounted;
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
    /// Whether the schema is judged as well.
    pub schema: bool,
}

/// Where and when the attempts are read, and what decides which statements fit.
struct Surroundings {
    now: Micros,
    standby: bool,
    lag_s: Option<f64>,
    server: i32,
    /// An index that finds where the attempts of a time lie, and they lie mostly as they came: backfills and erased
    /// payloads mix the times of a table.
    has_order: bool,
    /// The documented index that finds an endpoint's attempts by time; without it, whether there is anything to read
    /// past, and whether we may make it.
    has_time_index: bool,
    has_attempts: bool,
    owns_attempts: bool,
}

/// Two looks side by side, each a transaction of one moment: attempts and Yardi; what failed, the queue and the tool.
/// They are milliseconds apart and share no figure. Where the server has no room for two, one waits for the other.
pub async fn find_health(db: &Db, wish: &Wish) -> Result<Health, Trouble> {
    let attempts = db.tx_reading(async |tx: &mut PgConnection| {
        let around = find_surroundings(tx).await?;
        let mut endpoints = queue::list_endpoints(tx).await?;
        let counted = counted::count_attempts(tx, &around, wish, &mut endpoints).await?;
        let yardi = yardi::find_yardi(tx).await?;
        Ok((around, endpoints, counted, yardi))
    });
    let queue = db.tx_reading(async |tx: &mut PgConnection| {
        let failed = failed::list_failed(tx, wish.show_pii).await?;
        let queue = queue::count_queue(tx).await?;
        let tool = tool::find_tool(tx, failed.interrupted, wish.schema).await?;
        Ok((failed.failed, queue, tool))
    });
    let ((around, mut endpoints, counted, yardi), (failed, queue, tool)) = tokio::try_join!(attempts, queue)?;
    Ok(Health {
        level: Level::Ok,
        reasons: Vec::new(),
        at: around.now,
        source: Source { place: db.place().to_owned(), standby: around.standby, lag_s: around.lag_s },
        window: Window { since: around.now - wish.window_s * 1_000_000, seconds: wish.window_s },
        deliveries: Deliveries {
            source: "webhook_delivery_attempts; queue and answer times: schema hookyard",
            queue: queue.shared_out(&mut endpoints),
            endpoints: endpoints.into_iter().map(|one| one.endpoint).collect(),
            failed,
            ..counted
        },
        yardi,
        tool,
    })
}

impl Surroundings {
    /// Whether attempts of a time are found without reading all.
    fn finds_times(&self) -> bool {
        self.has_time_index || self.has_order
    }
}

const SURROUNDINGS: &str = "
    select (extract(epoch from now()) * 1000000)::int8, pg_is_in_recovery(),
        case when pg_is_in_recovery()
            then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 end,
        current_setting('server_version_num')::int4,
        exists (select from pg_index x
            join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam and m.amname = 'brin'
            join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0] and a.attname = 'created_at'
            where x.indrelid = to_regclass('webhook_delivery_attempts') and x.indisvalid and x.indpred is null)
        and exists (select from pg_stats s join pg_class c on c.oid = to_regclass('webhook_delivery_attempts')
            join pg_namespace n on n.oid = c.relnamespace
            where s.schemaname = n.nspname and s.tablename = c.relname and s.attname = 'created_at'
              and abs(s.correlation) > 0.9),
        exists (select from pg_index x
            join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0] and a.attname = 'webhook_id'
            join pg_attribute b on b.attrelid = x.indrelid and b.attnum = x.indkey[1] and b.attname = 'created_at'
            where x.indrelid = to_regclass('webhook_delivery_attempts') and x.indisvalid and x.indpred is null),
        coalesce(pg_relation_size(to_regclass('webhook_delivery_attempts')) > 0, false),
        coalesce((select pg_has_role(c.relowner, 'usage') from pg_class c
            where c.oid = to_regclass('webhook_delivery_attempts')), false)";

async fn find_surroundings(tx: &mut PgConnection) -> Result<Surroundings, sqlx::Error> {
    let row = sqlx::raw_sql(SURROUNDINGS).fetch_one(tx).await?;
    Ok(Surroundings {
        now: row.try_get(0)?,
        standby: row.try_get(1)?,
        lag_s: row.try_get(2)?,
        server: row.try_get(3)?,
        has_order: row.try_get(4)?,
        has_time_index: row.try_get(5)?,
        has_attempts: row.try_get(6)?,
        owns_attempts: row.try_get(7)?,
    })
}
