//! Applies what is missing, one transaction a step, whoever else is at it.
//!
//! The right to apply is an advisory lock that ends with the transaction. It is asked for and never waited for, so
//! that a waiting run holds nothing; what is missing is read again under it. A step that cannot get a table's lock in
//! half a second gives way, lets the writers pass, and tries again.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgConnection;
use tokio::time::{Instant, sleep};

use super::state::{self, Pending};
use super::{CREATE_ENTRY, ENTRY_PAYLOADS, Migration, SCHEMA, TABLE};
use crate::db::{Db, Trouble, blockers};
use crate::failure::Failure;

/// How long somebody else's lock, or another run's, is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a run did.
#[derive(Debug, Default)]
pub struct Applied {
    pub made: Vec<String>,
    /// Recorded without being run: the documented tables were there.
    pub inherited: bool,
    /// Why `hookyard.entry_payloads` could not be made.
    pub no_view: Option<String>,
    /// The same of `hookyard.create_entry`.
    pub no_function: Option<String>,
}

enum Step {
    Busy,
    Refused(Failure),
    Made(String),
    Inherited,
    Done,
}

pub async fn apply(db: &Db) -> Result<Applied, Failure> {
    let mut applied = Applied::default();
    let mut waiting_since = Instant::now();
    loop {
        let wanted = Seams { view: applied.no_view.is_none(), function: applied.no_function.is_none() };
        let locked = match db.tx_migrating(async |connection| step(connection, wanted).await).await {
            Ok(Step::Done) => return Ok(applied),
            Ok(Step::Refused(why)) => return Err(why),
            Ok(Step::Made(what)) => {
                applied.made.push(what);
                waiting_since = Instant::now();
                continue;
            }
            Ok(Step::Inherited) => {
                applied.inherited = true;
                continue;
            }
            Ok(Step::Busy) => None,
            Err(trouble) if trouble.is_lock_wait() => Some(trouble),
            Err(trouble) => match seam(db, &trouble, wanted).await {
                Some(Seam::View) => {
                    applied.no_view = Some(trouble.to_string());
                    continue;
                }
                Some(Seam::Function) => {
                    applied.no_function = Some(trouble.to_string());
                    continue;
                }
                None => return Err(refused(db, trouble).await),
            },
        };
        if waiting_since.elapsed() > PATIENCE {
            return Err(given_up(db, locked).await);
        }
        sleep(Duration::from_millis(50).mul_f64(1.0 + 3.0 * db.chance())).await;
    }
}

/// Which seams are still to be tried.
#[derive(Clone, Copy)]
struct Seams {
    view: bool,
    function: bool,
}

enum Seam {
    View,
    Function,
}

/// The next thing that is missing, decided and done under the lock.
async fn step(connection: &mut PgConnection, wanted: Seams) -> Result<Step, sqlx::Error> {
    const LOCK: &str = "select pg_try_advisory_xact_lock(1751873892, 1)";
    let row = sqlx::query(LOCK).persistent(false).fetch_one(&mut *connection).await?;
    if !row.try_get::<bool, _>(0)? {
        return Ok(Step::Busy);
    }
    let pending = match state::decide(&state::read(connection).await?) {
        Ok(pending) => pending,
        Err(why) => return Ok(Step::Refused(why)),
    };
    next(connection, &pending, wanted).await
}

async fn next(connection: &mut PgConnection, pending: &Pending, wanted: Seams) -> Result<Step, sqlx::Error> {
    if pending.schema {
        sqlx::raw_sql(SCHEMA).execute(connection).await?;
        return Ok(Step::Made("schema hookyard".into()));
    }
    if pending.table {
        sqlx::raw_sql(TABLE).execute(connection).await?;
        return Ok(Step::Made("table hookyard.migrations".into()));
    }
    if let Some((migration, inherited)) = pending.migrations.first() {
        if !inherited {
            sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
        }
        record(connection, migration, *inherited).await?;
        return Ok(if *inherited { Step::Inherited } else { Step::Made(migration.title()) });
    }
    if pending.view && wanted.view {
        sqlx::raw_sql(ENTRY_PAYLOADS).execute(connection).await?;
        return Ok(Step::Made("view hookyard.entry_payloads".into()));
    }
    if pending.function && wanted.function {
        sqlx::raw_sql(CREATE_ENTRY).execute(connection).await?;
        return Ok(Step::Made("function hookyard.create_entry".into()));
    }
    Ok(Step::Done)
}

async fn record(
    connection: &mut PgConnection,
    migration: &Migration,
    inherited: bool,
) -> Result<(), sqlx::Error> {
    const RECORD: &str =
        "insert into hookyard.migrations (version, name, sha256, is_inherited) values ($1, $2, $3, $4)";
    sqlx::query(RECORD)
        .persistent(false)
        .bind(migration.version)
        .bind(migration.name)
        .bind(migration.sha256())
        .bind(inherited)
        .execute(connection)
        .await?;
    Ok(())
}

/// Only the seams are left, and what the next one reads or writes looks different here: that is the operator's to
/// write.
async fn seam(db: &Db, trouble: &Trouble, wanted: Seams) -> Option<Seam> {
    if !trouble.code().starts_with("42") {
        return None;
    }
    let left = state::pending(db).await.ok().filter(|left| left.migrations.is_empty())?;
    match (left.view && wanted.view, left.function && wanted.function) {
        (true, _) => Some(Seam::View),
        (false, true) => Some(Seam::Function),
        (false, false) => None,
    }
}

async fn refused(db: &Db, trouble: Trouble) -> Failure {
    let rights = trouble.code() == "42501";
    let failure = Failure::from(trouble).context("cannot migrate the database");
    match state::pending(db).await {
        Ok(pending) if rights && pending.schema => failure
            .hint(format!("as the database's owner: create schema hookyard authorization {};", db.role())),
        // Before version 15 everybody had this right.
        Ok(_) if rights => {
            failure.hint(format!("as the owner: grant create on schema public to {};", db.role()))
        }
        _ => failure,
    }
}

async fn given_up(db: &Db, locked: Option<Trouble>) -> Failure {
    let failure = match locked {
        Some(trouble) => Failure::from(trouble),
        None => Failure::later("another `database migrate` is at work"),
    };
    let failure =
        failure.context(format!("cannot migrate the database: locked for {} s", PATIENCE.as_secs()));
    blockers::named(db, failure).await
}
