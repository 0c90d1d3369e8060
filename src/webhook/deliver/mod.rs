//! The journey of a delivery: claim → name → send → record. One loop (`run`) owns all state; `start` begins what can
//! begin, `react` takes in what came of it. Up to three short transactions and any number of requests run beside it,
//! and no transaction is open while a request is.
//!
//! Natural batching: what finished while the last commit ran is the next group. Nothing waits for a timer. And nothing
//! in the loop itself waits for the database: a transaction that the loop waited for would stop the ones it waits
//! behind.

mod breaker;
mod claim;
mod desk;
mod progress;
mod react;
mod record;
mod run;
mod sending;
mod start;
mod store;
mod tally;

use std::time::Duration;

use uuid::Uuid;

use run::Run;
use sending::Sender;

pub use desk::Limits;
pub use sending::{method, signatures};
pub use store::Scope;
pub use tally::Tally;

use super::signer::require_keys;
use super::store as tables;
use crate::backoff::Policy;
use crate::context::Context;
use crate::db::Db;
use crate::failure::Failure;
use crate::stop::Stop;

/// After `--max-runtime`, requests on the wire have this long.
pub const GRACE: Duration = Duration::from_secs(4);
/// A run that fails has this long to give its leases back.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a run goes about it.
#[derive(Clone, Debug)]
pub struct Options {
    pub limits: Limits,
    pub lease: Duration,
    pub timeout: Duration,
    pub policy: &'static Policy,
    pub scope: Scope,
    /// Deliveries attempted, at most.
    pub limit: Option<usize>,
    pub max_runtime: Option<Duration>,
    /// Stay when nothing is due.
    pub watch: bool,
    /// Stay as well while this says that more is on its way.
    pub more: Option<std::rc::Rc<std::cell::Cell<bool>>>,
}

impl Options {
    fn stays(&self) -> bool {
        self.watch || self.more.as_ref().is_some_and(|more| more.get())
    }
}

/// Deliver what is due until nothing is, or until told to stop.
pub async fn deliver(context: &Context, options: &Options, stop: &mut Stop) -> Result<Tally, Failure> {
    let (db, http) = (context.db().await?, context.http()?);
    let event = match options.scope {
        Scope::Event(event) => Some(event),
        Scope::All | Scope::Plan(_) => None,
    };
    if tables::has_secrets(db, event).await? {
        require_keys(context)?;
    }
    let sender = Sender::new(context, db, http, options.timeout);
    let id = context.random.id(context.clock.wall());
    let (now, died) = begin(context, db, id).await?;
    tracing::info!(target: "hookyard::deliver", "run {id} begins");
    let mut run = Run::new(context, db, &sender, options, id, now);
    run.tally.rescued(died);
    let ran = run.go(stop).await;
    let (tally, left_behind, unsent) = run.leave();
    if let Err(failure) = ran {
        // What was on the wire is found by the run's record; what was not need not wait for its lease to end.
        let _ = tokio::time::timeout(FAREWELL, store::release(db, id, &unsent)).await;
        return Err(failure);
    }
    tracing::info!(target: "hookyard::deliver", "run {id} ends: {} attempted", tally.attempted);
    store::finish_run(db, id, &left_behind).await?;
    Ok(tally)
}

/// Count hours that are over for reports, which read the attempts themselves where nobody did.
pub async fn count_hours(db: &Db) {
    if let Err(why) = store::count_hours(db).await {
        tracing::debug!(target: "hookyard::db", "hours are not counted: {why}");
    }
}

/// The database's time, and how many deliveries had waited too long for an inactive endpoint.
async fn begin(context: &Context, db: &Db, id: Uuid) -> Result<(i64, usize), Failure> {
    let host = context.host();
    let identity = store::Identity {
        id,
        command: &context.command,
        host: &host,
        operator: &context.settings.operator.value,
        key_tags: context.settings.keys.iter().map(|key| key.tag.as_str()).collect(),
    };
    let now = store::begin_run(db, &identity).await?;
    let died = store::keep_house(db, id).await?;
    let apart = (context.clock.wall() - now) / 1_000_000;
    if apart.abs() > 30 {
        context.printer.warn(&format!(
            "this machine's clock is {} s {} the database's; due times and signatures follow the database's",
            apart.abs(),
            if apart > 0 { "ahead of" } else { "behind" }
        ));
    }
    Ok((now, died))
}
