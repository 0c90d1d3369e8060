//! The report's own SQL, read-only, in the form that the documents' monitoring queries give it and beside it what they
//! pass over. A statement without parameters is sent as it is: one round trip instead of two. Nobody else's table is
//! written, and what cannot be read is said instead of guessed.

mod along;
mod answers;
mod beside;
mod counted;
mod failed;
mod hours;
mod last;
mod line;
mod pieces;
mod queue;
mod rest;
mod tally;
mod tool;
mod uncounted;
mod written;
mod yardi;

use sqlx::Row;
use sqlx::postgres::PgConnection;

use self::beside::{Beside, Known};
use self::hours::HOUR;
use self::rest::Rest;
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

/// The status under which an attempt without an answer is recorded.
const NO_ANSWER: i32 = 599;

/// Where and when the attempts are read, and what decides which statements fit.
struct Surroundings {
    now: Micros,
    standby: bool,
    lag_s: Option<f64>,
    server: i32,
    /// An index that finds where the attempts of a time lie, and they lie mostly as they came: backfills and erased
    /// payloads mix the times of a table.
    has_order: bool,
    /// Much was written since the table was last vacuumed, and that index may not know yet where it lies: whatever time it
    /// is asked for, it names all of it.
    has_fresh: bool,
    /// The documented index that finds an endpoint's attempts by time; without it, whether there is anything to read
    /// past, and whether we may make it.
    has_time_index: bool,
    /// The documented one of failures.
    has_failed_index: bool,
    has_attempts: bool,
    owns_attempts: bool,
    /// The hours of the window that are counted, in their order.
    counted: Vec<Micros>,
    /// The others of which attempts were counted as they were written.
    written: Vec<Micros>,
}

/// Two looks side by side, each a transaction of one moment: one at the attempts, and whoever is ready at all else. They
/// are milliseconds apart and share no figure but the attempts that nobody has counted, which both read, each other
/// stretches of them. Where the server has no room for two, one waits for the other.
pub async fn find_health(db: &Db, wish: &Wish) -> Result<Health, Trouble> {
    let (rest, beside) = (Rest::default(), Beside::new(wish));
    let attempts = db.tx_reading(async |tx: &mut PgConnection| {
        let around = find_surroundings(tx, wish).await?;
        rest.offer(&around, &hours::left(around.since(wish), around.now, &around.known()));
        beside.open(Known {
            left: hours::left(around.since(wish), around.now, &around.counted),
            is_all: around.counted.is_empty(),
            has_failed_index: around.has_failed_index,
            written_since: around.written.first().copied(),
            recent: around.recent_counted(),
        });
        // The longest of all, so that nobody waits for it in the end.
        rest.read_one(tx).await?;
        let mut begun = counted::begin(tx, &around, wish, &beside).await?;
        written::add(tx, &around.written, &mut begun.tally).await?;
        rest.read_all(tx).await?;
        let unread = rest.add_to(&mut begun.tally);
        let last = last::find_last(tx, &begun.tally).await?;
        beside.read(tx).await?;
        Ok((around, begun, unread, last))
    });
    let others = db.tx_reading(async |tx: &mut PgConnection| {
        beside.read(tx).await?;
        rest.read(tx).await
    });
    let ((around, mut begun, unread, last), ()) = tokio::try_join!(attempts, others)?;
    let beside = beside.complete();
    begun.answers.merge(&beside.answers);
    let (counted, mut endpoints) = counted::complete(&around, wish, begun, unread, &last);
    Ok(Health {
        level: Level::Ok,
        reasons: Vec::new(),
        at: around.now,
        source: Source { place: db.place().to_owned(), standby: around.standby, lag_s: around.lag_s },
        window: Window { since: around.since(wish), seconds: wish.window_s },
        deliveries: Deliveries {
            source: "webhook_delivery_attempts; queue and answer times: schema hookyard",
            queue: beside.queue.shared_out(&mut endpoints),
            endpoints: endpoints.into_iter().map(|one| one.endpoint).collect(),
            failed: beside.failed.failed,
            ..counted
        },
        yardi: beside.yardi,
        tool: beside.tool,
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

    /// From here on hours are kept apart: the begun one and 23 before.
    fn recent(&self) -> Micros {
        self.begun() - 23 * HOUR
    }

    fn recent_counted(&self) -> Vec<Micros> {
        self.counted.iter().copied().filter(|hour| *hour >= self.recent()).collect()
    }

    /// The hours of which nothing is read from the attempts, in their order.
    fn known(&self) -> Vec<Micros> {
        let mut known = [&self.counted[..], &self.written].concat();
        known.sort_unstable();
        known
    }

    /// Whether attempts of a time are found without reading all.
    fn finds_times(&self) -> bool {
        self.has_time_index || self.has_order
    }
}

#[cfg(test)]
impl Surroundings {
    /// Everything where it should be, a microsecond after the hundredth hour, and nothing counted.
    fn sample() -> Surroundings {
        Surroundings {
            now: 100 * HOUR + 1,
            standby: false,
            lag_s: None,
            server: 150_000,
            has_order: true,
            has_fresh: false,
            has_time_index: true,
            has_failed_index: true,
            has_attempts: true,
            owns_attempts: true,
            counted: vec![],
            written: vec![],
        }
    }
}

/// Counted are the whole hours of the window, the empty ones included. Of each it is known whether attempts lay in the order
/// of their time when it was counted, or not.
const SURROUNDINGS: &str = "
    select (extract(epoch from now()) * 1000000)::int8, pg_is_in_recovery(),
        case when pg_is_in_recovery()
            then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 end,
        current_setting('server_version_num')::int4,
        pg_relation_size(c.oid) / current_setting('block_size')::int4, c.relpages, pg_has_role(c.relowner, 'usage'),
        array(select pg_get_indexdef(x.indexrelid) from pg_index x where x.indrelid = c.oid and x.indisvalid),
        h.counted, h.in_order,
        exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'hookyard_counts_inserted')
    from (select to_regclass('webhook_delivery_attempts') as oid) t
    left join pg_class c on c.oid = t.oid
    cross join (
        select array_agg(extract(epoch from c.hour)::int8 order by c.hour) as counted,
            array_agg(c.is_in_order order by c.hour) as in_order
        from hookyard.counted_hours c
        where c.hour > now() - $1 * interval '1 second' and c.hour < now()) h";

/// Where no counted hour knows it.
const IN_ORDER: &str = "select hookyard.attempts_in_order()";

/// Pages.
const MUCH: i64 = 1000;

async fn find_surroundings(tx: &mut PgConnection, wish: &Wish) -> Result<Surroundings, sqlx::Error> {
    let query = sqlx::query(SURROUNDINGS).bind(wish.window_s).persistent(false);
    let row = query.fetch_one(&mut *tx).await?;
    let indexes: Vec<String> = row.try_get(7)?;
    let (pages, vacuumed): (Option<i64>, Option<i32>) = (row.try_get(4)?, row.try_get(5)?);
    let pages = pages.unwrap_or_default();
    // By their method and first columns.
    let has = |head: &str| indexes.iter().any(|one| one.contains(head) && !one.contains(" WHERE "));
    let (mut counted, mut in_order): (Option<Vec<i64>>, Option<Vec<Option<bool>>>) =
        (row.try_get(8)?, row.try_get(9)?);
    if wish.live {
        (counted, in_order) = (None, None);
    }
    let mut is_in_order = in_order.and_then(|hours| hours.last().copied()).flatten();
    let has_index = has(" USING brin (created_at");
    if has_index && is_in_order.is_none() {
        is_in_order = sqlx::raw_sql(IN_ORDER).fetch_one(&mut *tx).await?.try_get(0)?;
    }
    let written_since = if row.try_get(10)? && !wish.live { written::find_since(tx).await? } else { None };
    let (now, counted): (Micros, Vec<Micros>) =
        (row.try_get(0)?, counted.into_iter().flatten().map(|hour| hour * 1_000_000).collect());
    let window = (now - wish.window_s * 1_000_000, now);
    Ok(Surroundings {
        now,
        standby: row.try_get(1)?,
        lag_s: row.try_get(2)?,
        server: row.try_get(3)?,
        has_attempts: pages > 0,
        owns_attempts: row.try_get::<Option<bool>, _>(6)? == Some(true),
        has_order: has_index && is_in_order == Some(true),
        has_fresh: pages - vacuumed.map_or(0, i64::from) > MUCH,
        has_time_index: has(" USING btree (webhook_id, created_at"),
        has_failed_index: indexes.iter().any(|one| one.contains(" USING btree (response_status, created_at")),
        written: written_since.map(|since| written::hours(since, window, &counted)).unwrap_or_default(),
        counted,
    })
}
