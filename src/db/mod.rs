//! Every connection and every transaction. Works through PgBouncer in transaction mode: each statement runs in an
//! explicit short transaction, unnamed, with no session state. `Db::tx` is the one way in.

mod act;
pub mod blockers;
mod each;
pub mod embedded;
pub mod migrations;
pub mod schema;
mod trouble;

use std::cell::RefCell;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

pub use act::Act;
pub use each::{Statements, fetch_each, first, joined};
pub use trouble::{Trouble, fault};

use crate::failure::Failure;
use crate::random::Random;
use crate::settings::Database;

/// Connections per process, at most.
const CONNECTIONS: usize = 3;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a full server (53300) is waited for, and one that starts or stops (57P01 to 57P03).
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(8);
/// How long a database that went away in the middle of a run is waited for.
const PATIENCE_IN_A_RUN: Duration = Duration::from_secs(60);
const DEADLOCK_TRIES: u32 = 5;
/// A transaction that the server has not answered by then never will be: its own limit for a statement is 30 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);
/// The same for migrations, whose transactions hold many statements.
const MIGRATED_WITHIN: Duration = Duration::from_secs(600);

/// Sent as one simple query: one round trip, and nothing of it outlives the transaction. Our statements look rows up
/// by key, so no plan may fall for a scan of a table whose statistics are behind, nor compile itself first.
macro_rules! begin {
    ($more:literal) => {
        concat!(
            "begin; set local statement_timeout = '30s'; set local lock_timeout = '5s'; \
             set local idle_in_transaction_session_timeout = '60s'; set local timezone = 'UTC'; \
             set local jit = off; set local enable_seqscan = off",
            $more
        )
    };
}
const BEGIN: &str = begin!("");
const RELAXED: &str = begin!("; set local synchronous_commit = off");

/// A handful of connections to one database, made when first needed.
pub struct Db {
    options: PgConnectOptions,
    place: String,
    idle: RefCell<Vec<PgConnection>>,
    permits: Semaphore,
    random: Random,
    connected_before: RefCell<bool>,
    /// Keeps the local server alive while this value lives.
    _local: Option<embedded::Local>,
}

impl Db {
    /// `command` names the run in `pg_stat_activity`.
    pub fn new(options: PgConnectOptions, local: Option<embedded::Local>, command: &str) -> Db {
        let name = format!("hookyard/{}/{command}", env!("CARGO_PKG_VERSION"));
        let place = match options.get_socket() {
            Some(path) => path.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let options = options
            .application_name(&name)
            .statement_cache_capacity(0)
            .extra_float_digits(None)
            .disable_statement_logging();
        Db {
            options,
            place,
            idle: RefCell::new(Vec::new()),
            permits: Semaphore::new(CONNECTIONS),
            random: Random::fresh(),
            connected_before: RefCell::new(false),
            _local: local,
        }
    }

    /// host:port, or the socket's directory.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// An error of decoding, with the place.
    pub fn trouble(&self, why: sqlx::Error) -> Trouble {
        Trouble::of(why, &self.place)
    }

    /// Who we are there.
    pub fn role(&self) -> &str {
        self.options.get_username()
    }

    /// Run `work` in one short transaction. Deadlocks and serialization failures are tried again, and so is a
    /// connection that breaks, since every statement of ours can be repeated: what a first try has done is found by
    /// id or fencing token.
    pub async fn tx<T>(
        &self,
        work: impl AsyncFn(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Trouble> {
        self.tx_begun(BEGIN, ANSWER_WITHIN, work).await
    }

    /// Like `tx`, but the commit does not wait for the disk: for what may be lost in a crash of the server.
    pub async fn tx_relaxed<T>(
        &self,
        work: impl AsyncFn(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Trouble> {
        self.tx_begun(RELAXED, ANSWER_WITHIN, work).await
    }

    /// Like `tx`, with ten minutes for all of it: many statements, each with the usual limits, or one that reads a whole
    /// history and sets its own.
    pub async fn tx_long<T>(
        &self,
        work: impl AsyncFn(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Trouble> {
        self.tx_begun(BEGIN, MIGRATED_WITHIN, work).await
    }

    /// Like `tx`, but gives way to other people's locks at once: whoever queues behind a statement that changes the
    /// schema waits as long as it does. The caller tries again.
    pub async fn tx_migrating<T>(
        &self,
        work: impl AsyncFn(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Trouble> {
        const MIGRATING: &str = "begin; set local statement_timeout = '30s'; set local lock_timeout = '500ms'; \
             set local idle_in_transaction_session_timeout = '60s'; set local timezone = 'UTC'";
        self.tx_begun(MIGRATING, MIGRATED_WITHIN, work).await
    }

    /// Like `tx`, but of one moment, and read-only: a report's statements see the same rows, on a standby, too. It asks
    /// for few seconds, since whoever waits for it has a limit of his own.
    pub async fn tx_reading<T>(
        &self,
        work: impl AsyncFn(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Trouble> {
        const READING: &str = "begin isolation level repeatable read read only; set local statement_timeout = '8s'; \
             set local lock_timeout = '3s'; set local idle_in_transaction_session_timeout = '60s'; \
             set local timezone = 'UTC'; set local jit = off; set local enable_seqscan = off";
        self.tx_begun(READING, ANSWER_WITHIN, work).await
    }

    /// In [0, 1), for the caller's own waits.
    pub fn chance(&self) -> f64 {
        self.random.unit()
    }

    async fn tx_begun<T>(
        &self,
        begin: &'static str,
        within: Duration,
        work: impl AsyncFn(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Trouble> {
        let started = tokio::time::Instant::now();
        let mut tries = 0;
        loop {
            let trouble = match self.once(begin, within, &work).await {
                Ok(value) => return Ok(value),
                Err(trouble) => trouble,
            };
            tries += 1;
            let left = self.patience(&trouble).saturating_sub(started.elapsed());
            let wait = if trouble.is_conflict() && tries < DEADLOCK_TRIES {
                Duration::from_millis(5 << tries).mul_f64(self.around_one())
            } else if trouble.is_passing() && !left.is_zero() {
                Duration::from_millis((25 << tries.min(7)).min(3000)).mul_f64(self.around_one()).min(left)
            } else {
                return Err(trouble);
            };
            tracing::debug!(target: "hookyard::db", tries, "{trouble}; trying again");
            sleep(wait).await;
        }
    }

    /// One statement outside a transaction block, with its own limits: for CREATE INDEX CONCURRENTLY only.
    pub async fn alone(&self, sql: &'static str) -> Result<(), Trouble> {
        let _permit = self.permit().await?;
        let mut connection = self.connection().await?;
        let ran = sqlx::raw_sql(sql).execute(&mut connection).await;
        ran.map(|_| ()).map_err(|why| Trouble::of(why, &self.place))
    }

    fn around_one(&self) -> f64 {
        0.5 + self.random.unit()
    }

    async fn once<T>(
        &self,
        begin: &'static str,
        within: Duration,
        work: &impl AsyncFn(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Trouble> {
        let _permit = self.permit().await?;
        // Out of the pool for good: whatever is cancelled or fails in the middle never comes back half used.
        let mut connection = self.connection().await?;
        let done = async {
            if is_bare() {
                return work(&mut connection).await;
            }
            sqlx::raw_sql(begin).execute(&mut connection).await?;
            let value = work(&mut connection).await?;
            sqlx::raw_sql("commit").execute(&mut connection).await?;
            Ok(value)
        };
        let within = told("answer").unwrap_or(within);
        // A server behind a network that swallows everything says nothing, for hours if we let it.
        let Ok(done) = timeout(within, done).await else {
            return Err(Trouble::unreachable(&self.place, format!("no answer in {} s", within.as_secs())));
        };
        match done {
            Ok(value) => {
                self.idle.borrow_mut().push(connection);
                Ok(value)
            }
            Err(why) => {
                let broken = !matches!(why, sqlx::Error::Database(_));
                let trouble = Trouble::of(why, &self.place);
                if !broken && !trouble.is_passing() {
                    let rollback = sqlx::raw_sql("rollback").execute(&mut connection);
                    if matches!(timeout(CONNECT_WITHIN, rollback).await, Ok(Ok(_))) {
                        self.idle.borrow_mut().push(connection);
                    }
                }
                Err(trouble)
            }
        }
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Trouble> {
        self.permits.acquire().await.map_err(|_| Trouble::unreachable(&self.place, "the run is over"))
    }

    async fn connection(&self) -> Result<PgConnection, Trouble> {
        let idle = self.idle.borrow_mut().pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let connection = match timeout(CONNECT_WITHIN, PgConnection::connect_with(&self.options)).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(why)) => return Err(Trouble::of_connecting(why, &self.place)),
            Err(_) => return Err(Trouble::unreachable(&self.place, "no answer in 5 s")),
        };
        *self.connected_before.borrow_mut() = true;
        Ok(connection)
    }

    /// A server that refuses at the very start fails at once; one that was there a moment ago is waited for.
    fn patience(&self, trouble: &Trouble) -> Duration {
        if *self.connected_before.borrow() {
            told("patience").unwrap_or(PATIENCE_IN_A_RUN)
        } else if trouble.is_busy_server() {
            PATIENCE_AT_FIRST
        } else {
            Duration::ZERO
        }
    }
}

/// Tests shorten what takes a minute otherwise; in seconds.
#[cfg(debug_assertions)]
fn told(kind: &str) -> Option<Duration> {
    crate::env::test_fault(kind)?.parse().ok().map(Duration::from_secs)
}

#[cfg(not(debug_assertions))]
fn told(_kind: &str) -> Option<Duration> {
    None
}

/// Tests leave the transaction out, to see what it guards against: behind a pooler in transaction mode a statement's
/// parts then reach different servers.
#[cfg(debug_assertions)]
fn is_bare() -> bool {
    crate::env::test_fault("bare-statements").is_some()
}

#[cfg(not(debug_assertions))]
fn is_bare() -> bool {
    false
}

/// Options of a database as configured; the local server is started when that is the one.
pub async fn open(
    database: &Database,
    setting: impl FnOnce() -> Result<embedded::Setting, Failure>,
    command: &str,
) -> Result<(Db, Vec<String>), Failure> {
    match database {
        Database::Url(url) => {
            let options: PgConnectOptions = url
                .reveal()
                .parse()
                .map_err(|_| Failure::blocked(format!("the database URL cannot be used: {url}")))?;
            Ok((Db::new(options, None, command), Vec::new()))
        }
        Database::Embedded => {
            let mut local = embedded::ensure(&setting()?).await?;
            let notes = std::mem::take(&mut local.notes);
            let options = PgConnectOptions::new_without_pgpass()
                .socket(&local.socket_dir)
                .port(local.port)
                .username(local.user)
                .password("")
                .database("postgres");
            create_local(&options).await?;
            Ok((Db::new(options.database(LOCAL), Some(local), command), notes))
        }
    }
}

/// The database on the local server.
const LOCAL: &str = "hookyard";

/// Make it on first use; another process may do so at the same moment.
async fn create_local(options: &PgConnectOptions) -> Result<(), Failure> {
    let db = Db::new(options.clone(), None, "local");
    let asked = async |tx: &mut PgConnection| {
        let found = sqlx::query("select from pg_database where datname = $1").bind(LOCAL).persistent(false);
        Ok(found.fetch_optional(tx).await?.is_some())
    };
    if db.tx(asked).await? {
        return Ok(());
    }
    match db.alone("create database hookyard").await {
        Err(why) if !matches!(why.code(), "42P04" | "23505") => Err(why.into()),
        _ => Ok(()),
    }
}
