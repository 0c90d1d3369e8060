//! Running a plan: one task releases what it may, the engine attempts what is released. Both know nothing of each
//! other but the tables, so a crash of either is a pause.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::super::alert;
use super::super::deliver::{self, Scope, Tally};
use super::progress::Progress;
use super::store::{self, PlanRow};
use super::told::Replayed;
use super::{Act, Pace, ready, sandbox};
use crate::clock::Micros;
use crate::context::Context;
use crate::db::{Db, Trouble};
use crate::failure::Failure;
use crate::output::Output;
use crate::stop::Stop;

/// Between steps: short while something moves, long while only answers are awaited.
const PAUSE: (Duration, Duration) = (Duration::from_millis(15), Duration::from_millis(150));

/// How the operator came here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Apply,
    Resume,
}

pub async fn run(
    context: &Context,
    plan: &PlanRow,
    pace: &Pace,
    entry: Entry,
) -> Result<Box<dyn Output>, Failure> {
    Ok(Box::new(attend(context, plan, pace, entry).await?))
}

/// Work on the plan until it is done or stopped.
pub async fn attend(
    context: &Context,
    plan: &PlanRow,
    pace: &Pace,
    entry: Entry,
) -> Result<Replayed, Failure> {
    let db = ready(context).await?;
    check(plan, entry)?;
    let secret = sandbox::secret(context, plan, pace)?;
    let mut stop = Stop::listen()?;
    let host = context.host();
    let detail =
        json!({ "plan_id": plan.id.to_string(), "reason": pace.reason.as_ref().or(plan.reason.as_ref()) });
    let began = store::start_plan(db, plan.id, pace.rate, &Act::new(context, &host, detail)).await?;
    let ran = match &secret {
        Some(secret) => {
            let sent = sandbox::send_all(context, plan, pace, secret, began, &mut stop).await;
            sent.map(|(signal, ended)| {
                let mut tally = Tally::default();
                tally.signal = signal;
                (tally, ended)
            })
        }
        None => attempt(context, db, plan, pace, began, &mut stop).await,
    };
    let (tally, ended) = match ran {
        Ok(ran) => ran,
        Err(failure) => return Err(failure.hint(format!("hookyard webhook replay resume {}", plan.id))),
    };
    store::settle(db, plan.id).await?;
    store::put_back(db, plan.id).await?;
    store::settle_late(db, plan.id).await?;
    store::stop_plan(db, plan.id, ended).await?;
    if tally.signal.is_none() && secret.is_none() {
        alert::tell(context, alert::LIMIT).await;
    }
    let plan = store::find_plan(db, plan.id).await?;
    let counts = store::find_counts(db, plan.id).await?;
    Ok(Replayed { plan, counts, ran: Some((tally.signal, tally.panicked)) })
}

fn check(plan: &PlanRow, entry: Entry) -> Result<(), Failure> {
    let id = plan.id;
    match (plan.state.as_str(), entry) {
        ("planned" | "running", Entry::Apply) | ("running" | "paused", Entry::Resume) => Ok(()),
        ("planned", Entry::Resume) => Err(Failure::no(format!("the plan was never begun: {id}"))
            .hint(format!("hookyard webhook replay --apply {id}"))),
        ("paused", Entry::Apply) => Err(Failure::no(format!("the plan is paused: {id}"))
            .hint(format!("hookyard webhook replay resume {id}"))),
        (state, _) => Err(Failure::no(format!("the plan is {state}: {id}"))
            .hint(format!("hookyard webhook replay status {id}"))),
    }
}

/// What the engine did, and whether the plan came to an end of its own.
async fn attempt(
    context: &Context,
    db: &Db,
    plan: &PlanRow,
    pace: &Pace,
    began: Micros,
    stop: &mut Stop,
) -> Result<(Tally, bool), Failure> {
    let more = Rc::new(Cell::new(true));
    let mut options = pace.tuning.options(&context.settings, Scope::Plan(plan.id));
    options.more = Some(Rc::clone(&more));
    let releasing = release_all(context, db, plan, began);
    let delivering = deliver::deliver(context, &options, stop);
    tokio::pin!(releasing, delivering);
    let mut released: Option<Result<(), Trouble>> = None;
    loop {
        tokio::select! {
            biased;
            tally = &mut delivering => {
                let tally = tally?;
                let ended = tally.signal.is_none() && released.is_some();
                released.transpose()?;
                return Ok((tally, ended));
            }
            // Whatever ended it, the engine finishes what is on the wire and stops.
            done = &mut releasing, if released.is_none() => {
                more.set(false);
                released = Some(done);
            }
        }
    }
}

/// Until nothing more can be released and all that was released has come to something.
async fn release_all(context: &Context, db: &Db, plan: &PlanRow, began: Micros) -> Result<(), Trouble> {
    let mut progress = Progress::new(context, plan);
    let mut pause = PAUSE.0;
    loop {
        let settled = store::settle(db, plan.id).await?;
        let step = store::release(db, plan.id, began).await?;
        let is_over = step.outstanding == 0 && !step.has_more && step.released == 0;
        if step.state != "running" || is_over {
            return Ok(());
        }
        progress.show(db).await?;
        pause = if settled + step.released + step.skipped > 0 { PAUSE.0 } else { (pause * 2).min(PAUSE.1) };
        tokio::time::sleep(pause).await;
    }
}

/// Whoever pauses or cancels puts back what no run holds.
pub async fn put_back(db: &Db, plan: Uuid) -> Result<(), Failure> {
    store::settle(db, plan).await?;
    Ok(store::put_back(db, plan).await?)
}
