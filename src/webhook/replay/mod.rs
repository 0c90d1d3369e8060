//! `hookyard webhook replay`: deliver again, on purpose, exactly what never arrived. Planned first, then run; a plan
//! is frozen in the tables, shared by whoever runs it, and resumed on any host.

mod endpoints;
mod manage;
mod plan;
mod planned;
mod progress;
mod run;
mod sandbox;
mod store;
mod told;

use uuid::Uuid;

use super::inputs::SecretArgs;
use super::retry::Tuning;
use super::store::{self as tables, Act};
use super::{event, ids, show};
use crate::clock;
use crate::context::Context;
use crate::db::{Db, schema};
use crate::failure::Failure;
use crate::instant;
use crate::output::Output;

/// Deliver again what never arrived: plan it, then run the plan
///
/// Chosen by ids, or by filter; the set is what never arrived: no later success for that event and endpoint, attempts
/// of other applications included. Without --yes it is planned and printed, and nothing is sent; --apply runs exactly
/// that set. A replay opens the delivery again under its own id: an endpoint may see an event twice, always under the
/// same webhook-id. Each is attempted once now; what fails then is left to the retry schedule. Exit 1 when anything in
/// the plan did not arrive.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
    hookyard webhook replay --dead --since 24h\n  \
    hookyard webhook replay --apply 0192f0c1-3333-7000-8000-000000000001 --rate 20\n  \
    hookyard webhook replay 0192f0c1-1111-7000-8000-000000000001 --yes\n  \
    hookyard webhook replay 0192f0c1 --yes --include-delivered \\\n      --to https://staging.example/in --secret-file staging.secret"
)]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    call: Call,
}

#[derive(clap::Subcommand)]
enum Verb {
    List(manage::ListArgs),
    Status(manage::StatusArgs),
    Pause(manage::PauseArgs),
    Resume(manage::ResumeArgs),
    Cancel(manage::CancelArgs),
}

#[derive(clap::Args, Default)]
pub struct Call {
    /// Events, deliveries, attempts or entries, by id or the beginning of one
    #[arg(value_name = "ID", conflicts_with_all = ["apply", "all"])]
    ids: Vec<String>,
    /// Run exactly this plan
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["yes", "dry_run", "all", "max", "canary"])]
    apply: Option<String>,
    /// Plan and run at once
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Print the plan and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Choose everything that never arrived
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    filter: Filter,
    /// Also what has arrived already
    #[arg(long, conflicts_with = "apply")]
    include_delivered: bool,
    /// Also events of a time when an endpoint was off or not yet subscribed
    #[arg(long, conflicts_with = "apply")]
    skipped: bool,
    /// Choose at most so many, the oldest
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i64).range(1..=100_000_000))]
    max: Option<i64>,
    /// Send so many to each endpoint first; one whose canaries fail stops
    #[arg(
        long,
        value_name = "COUNT",
        value_parser = clap::value_parser!(i32).range(1..=100_000),
        help_heading = "Running it"
    )]
    canary: Option<i32>,
    /// Send to this URL instead, signed with a secret of its own and marked as sandbox; nothing counts as delivered
    #[arg(long, value_name = "URL", conflicts_with_all = ["apply", "canary"], help_heading = "Running it")]
    to: Option<String>,
    #[command(flatten)]
    pace: Pace,
}

#[derive(clap::Args, Default)]
#[command(next_help_heading = "Filter")]
struct Filter {
    /// Only what happened since: 24h, yesterday, 2026-11-02, or RFC 3339 (UTC)
    #[arg(long, value_name = "TIME", conflicts_with_all = ["ids", "apply"])]
    since: Option<String>,
    /// Only what happened before
    #[arg(long, value_name = "TIME", conflicts_with_all = ["ids", "apply"])]
    until: Option<String>,
    /// Only to this webhook
    #[arg(long, value_name = "ID", value_parser = ids::endpoint, conflicts_with = "apply")]
    endpoint: Option<Uuid>,
    /// Only to webhooks of this api key
    #[arg(long, value_name = "ID", conflicts_with = "apply")]
    api_key: Option<Uuid>,
    /// Only events of this type
    #[arg(long, value_name = "EVENT", value_parser = event::event_type, conflicts_with_all = ["ids", "apply"])]
    event: Option<String>,
    /// Only what was last answered with this HTTP status
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(i32).range(100..=999), conflicts_with_all = ["ids", "apply"])]
    status: Option<i32>,
    /// Only deliveries that are dead
    #[arg(long, conflicts_with_all = ["ids", "apply"])]
    dead: bool,
}

/// How it is run, and why; kept with the plan.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Running it")]
struct Pace {
    /// Send at most so many a second, over all processes that run the plan
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i32).range(1..=100_000))]
    rate: Option<i32>,
    /// Why; kept with operator, host, command and time
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    tuning: Tuning,
    #[command(flatten)]
    secrets: SecretArgs,
}

pub async fn run(context: &Context, args: Args) -> Result<Box<dyn Output>, Failure> {
    match args.verb {
        None => call(context, args.call).await,
        Some(Verb::List(args)) => manage::list(context, args).await,
        Some(Verb::Status(args)) => manage::status(context, args).await,
        Some(Verb::Pause(args)) => manage::pause(context, args).await,
        Some(Verb::Resume(args)) => manage::resume(context, args).await,
        Some(Verb::Cancel(args)) => manage::cancel(context, args).await,
    }
}

async fn call(context: &Context, call: Call) -> Result<Box<dyn Output>, Failure> {
    if let Some(text) = &call.apply {
        let db = ready(context).await?;
        let plan = plan_named(db, text).await?;
        return run::run(context, &plan, &call.pace, run::Entry::Apply).await;
    }
    if call.ids.is_empty() && !call.all && call.filter.is_empty() {
        return Err(Failure::usage("neither ids nor a filter: nothing says what is to be replayed")
            .hint("--all chooses everything that never arrived"));
    }
    let filter = call.filter.read(context)?;
    let db = ready(context).await?;
    let planned = plan::plan(context, db, &call, filter).await?;
    match planned.plan_id {
        Some(id) if call.yes => {
            context.printer.note(&format!("plan {id}"));
            run::run(context, &store::find_plan(db, id).await?, &call.pace, run::Entry::Apply).await
        }
        _ => Ok(Box::new(planned)),
    }
}

/// What a replay of one event came to: the plan, what was planned, what arrived.
pub struct Brief {
    pub plan_id: Uuid,
    pub planned: i64,
    pub accepted: i64,
}

/// Plan and run what never arrived of one event; none when all has.
pub async fn replay_event(context: &Context, event: Uuid, reason: &str) -> Result<Option<Brief>, Failure> {
    let db = ready(context).await?;
    let pace = Pace { reason: Some(reason.to_owned()), ..Pace::default() };
    let call = Call { ids: vec![event.to_string()], pace, ..Call::default() };
    let planned = plan::plan(context, db, &call, store::Choice::default()).await?;
    let Some(plan_id) = planned.plan_id else { return Ok(None) };
    let plan = store::find_plan(db, plan_id).await?;
    let replayed = run::attend(context, &plan, &call.pace, run::Entry::Apply).await?;
    Ok(Some(Brief { plan_id, planned: plan.items, accepted: replayed.counts.arrived }))
}

async fn ready(context: &Context) -> Result<&Db, Failure> {
    let db = context.db().await?;
    schema::preflight(db).await?;
    Ok(db)
}

/// A plan by its id, or the beginning of it.
async fn plan_named(db: &Db, text: &str) -> Result<store::PlanRow, Failure> {
    let found = match ids::beginning(text) {
        Some((low, high)) => store::find_plans(db, low, high).await?,
        None => Vec::new(),
    };
    match found.as_slice() {
        [id] => Ok(store::find_plan(db, *id).await?),
        [] => {
            Err(Failure::no(format!("no plan was found under {text}")).hint("hookyard webhook replay list"))
        }
        several => {
            let failure = Failure::no(format!("{text} begins several plans"));
            Err(several.iter().fold(failure, Failure::hint))
        }
    }
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.since.is_none()
            && self.until.is_none()
            && self.endpoint.is_none()
            && self.api_key.is_none()
            && self.event.is_none()
            && self.status.is_none()
            && !self.dead
    }

    /// Times are read, and told as they were understood.
    fn read(&self, context: &Context) -> Result<store::Choice, Failure> {
        let at = |text: &Option<String>, name: &str| -> Result<Option<i64>, Failure> {
            let Some(text) = text else { return Ok(None) };
            let at = instant::parse(text, context.clock.wall())
                .map_err(|why| Failure::usage(format!("{name}: {why}")))?;
            context.printer.note(&format!("{name} {}", clock::shown(at)));
            Ok(Some(at))
        };
        Ok(store::Choice {
            since: at(&self.since, "since")?,
            until: at(&self.until, "until")?,
            webhook: self.endpoint,
            api_key: self.api_key,
            event_type: self.event.clone(),
            status: self.status,
            dead: self.dead,
            ..store::Choice::default()
        })
    }
}
