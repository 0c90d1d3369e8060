//! The report's own SQL, read-only, in the form that the documents' monitoring queries give it and beside it what they
//! pass over. A statement without parameters is sent as it is: one round trip instead of two. Nobody else's table is
//! written, and what cannot be read is said instead of guessed.

mod answers;
mod counted;
mod failed;
mod hours;
mod last;
mod pieces;
mod queue;
mod rest;
mod tally;
mod tool;
mod uncounted;
mod yardi;

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Row;
use sqlx::postgres::PgConnection;

use self::hours::HOUR;
use self::rest::Rest;
use super::figures::{Deliveries, Health, Source, Window, Yardi};
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

/// Two looks side by side, each a transaction of one moment: attempts; the queue, the tool, how long answers took and
/// what failed. Yardi is for whoever is ready first. They are milliseconds apart and share no figure but the attempts that
/// nobody has counted, which both read, each other days of them. Where the server has no room for two, one waits for the
/// other.
pub async fn find_health(db: &Db, wish: &Wish) -> Result<Health, Trouble> {
    let (rest, is_yardi_taken) = (Rest::default(), AtomicBool::new(false));
    let attempts = db.tx_reading(async |tx: &mut PgConnection| {
        let around = find_surroundings(tx).await?;
        let mut begun = counted::begin(tx, &around, wish, &rest).await?;
        rest.read_all(tx).await?;
        let unread = rest.add_to(&mut begun.tally);
        let last = last::find_last(tx, &begun.tally).await?;
        Ok((around, begun, unread, last, find_yardi(tx, &is_yardi_taken).await?))
    });
    let others = db.tx_reading(async |tx: &mut PgConnection| {
        let queue = queue::count_queue(tx).await?;
        let tool = tool::find_tool(tx, wish.schema).await?;
        let answers = answers::find_answers(tx, wish).await?;
        let failed = failed::list_failed(tx, wish.live, wish.show_pii).await?;
        rest.read(tx).await?;
        Ok((queue, tool, answers, failed, find_yardi(tx, &is_yardi_taken).await?))
    });
    let ((around, begun, unread, last, yardi), (queue, mut tool, answers, failed, or_yardi)) =
        tokio::try_join!(attempts, others)?;
    let yardi = match yardi.or(or_yardi) {
        Some(yardi) => yardi,
        // Whoever had taken it began anew.
        None => db.tx_reading(yardi::find_yardi).await?,
    };
    tool.rescued = failed.interrupted;
    let (counted, mut endpoints) = counted::complete(&around, wish, begun, unread, &last);
    let answers = answers.shared_out(&mut endpoints);
    Ok(Health {
        level: Level::Ok,
        reasons: Vec::new(),
        at: around.now,
        source: Source { place: db.place().to_owned(), standby: around.standby, lag_s: around.lag_s },
        window: Window { since: around.since(wish), seconds: wish.window_s },
        deliveries: Deliveries {
            source: "webhook_delivery_attempts; queue and answer times: schema hookyard",
            queue: queue.shared_out(&mut endpoints),
            endpoints: endpoints.into_iter().map(|one| one.endpoint).collect(),
            failed: failed.failed,
            answers,
            ..counted
        },
        yardi,
        tool,
    })
}

async fn find_yardi(tx: &mut PgConnection, is_taken: &AtomicBool) -> Result<Option<Yardi>, sqlx::Error> {
    Ok(match is_taken.swap(true, Ordering::Relaxed) {
        true => None,
        false => Some(yardi::find_yardi(tx).await?),
    })
}

impl Surroundings {
    fn since(&self, wish: &Wish) -> Micros {
        self.now - wish.window_s * 1_000_000
    }

    /// The hour that is not over.
    fn begun(&self) -> Micros {
        self.now / HOUR * HOUR
    }

    /// Whether attempts of a time are found without reading all.
    fn finds_times(&self) -> bool {
        self.has_time_index || self.has_order
    }
}

/// Indexes by how they begin: their method and first columns.
const SURROUNDINGS: &str = "
    with attempts as materialized (
        select c.oid, c.relnamespace, c.relname, c.relowner from pg_class c
        where c.oid = to_regclass('webhook_delivery_attempts')
    )
    select (extract(epoch from now()) * 1000000)::int8, pg_is_in_recovery(),
        case when pg_is_in_recovery()
            then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 end,
        current_setting('server_version_num')::int4,
        coalesce((select pg_relation_size(t.oid) > 0 from attempts t), false),
        coalesce((select pg_has_role(t.relowner, 'usage') from attempts t), false),
        coalesce((select array_agg(substring(pg_get_indexdef(x.indexrelid) from ' USING (.*)'))
            from attempts t join pg_index x on x.indrelid = t.oid where x.indisvalid), '{}'),
        (select abs(s.correlation) from attempts t join pg_namespace n on n.oid = t.relnamespace
            join pg_stats s on s.schemaname = n.nspname and s.tablename = t.relname and s.attname = 'created_at')";

/// Beyond it, times of a table are in order.
const IN_ORDER: f32 = 0.9;

async fn find_surroundings(tx: &mut PgConnection) -> Result<Surroundings, sqlx::Error> {
    let row = sqlx::raw_sql(SURROUNDINGS).fetch_one(tx).await?;
    let indexes: Vec<String> = row.try_get(6)?;
    let order: Option<f32> = row.try_get(7)?;
    let has = |head: &str| indexes.iter().any(|one| one.starts_with(head) && !one.contains(" WHERE "));
    Ok(Surroundings {
        now: row.try_get(0)?,
        standby: row.try_get(1)?,
        lag_s: row.try_get(2)?,
        server: row.try_get(3)?,
        has_attempts: row.try_get(4)?,
        owns_attempts: row.try_get(5)?,
        has_order: has("brin (created_at") && order.is_some_and(|order| order > IN_ORDER),
        has_time_index: has("btree (webhook_id, created_at"),
    })
}
