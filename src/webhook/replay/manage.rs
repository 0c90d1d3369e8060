//! `hookyard webhook replay list`, `status`, `pause`, `resume` and `cancel`.

use serde_json::json;

use super::store::{self, PlanRow};
use super::told::Replayed;
use super::{Act, Pace, plan_named, ready, run};
use crate::clock;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Json, Output, Page, Table};
use crate::settings;

/// List plans, newest first
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hookyard webhook replay list\n  hookyard webhook replay list --json | jq .plan_id"
)]
pub struct ListArgs {
    /// List at most this many
    #[arg(long, value_name = "COUNT", default_value = "1000", value_parser = settings::count)]
    limit: usize,
}

/// Show how far a plan has come
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard webhook replay status 0192f0c1-3333-7000-8000-000000000001\n  \
    hookyard webhook replay status 0192f0c1-3333-7000-8000-000000000001 --json")]
pub struct StatusArgs {
    /// The plan's id, or the beginning of it
    plan: String,
}

/// Stop sending what a plan has not yet sent; resume goes on
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard webhook replay pause 0192f0c1-3333-7000-8000-000000000001 \\\n      --reason 'they are deploying'\n  \
    hookyard webhook replay pause 0192f0c1-3333-7000-8000-000000000001 --json")]
pub struct PauseArgs {
    /// The plan's id, or the beginning of it
    plan: String,
    /// Why; kept with operator, host, command and time
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Go on with a plan, on this host or another
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard webhook replay resume 0192f0c1-3333-7000-8000-000000000001 --rate 10\n  \
    hookyard webhook replay resume 0192f0c1-3333-7000-8000-000000000001 --json")]
pub struct ResumeArgs {
    /// The plan's id, or the beginning of it
    plan: String,
    #[command(flatten)]
    pace: Pace,
}

/// End a plan; what it has not sent stays as it was
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard webhook replay cancel 0192f0c1-3333-7000-8000-000000000001\n  \
    hookyard webhook replay cancel 0192f0c1-3333-7000-8000-000000000001 --json")]
pub struct CancelArgs {
    /// The plan's id, or the beginning of it
    plan: String,
    /// Why; kept with operator, host, command and time
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub async fn list(context: &Context, args: ListArgs) -> Result<Box<dyn Output>, Failure> {
    let db = ready(context).await?;
    let most = i64::try_from(args.limit).unwrap_or(i64::MAX);
    let mut plans = store::list_plans(db, most + 1).await?;
    if plans.len() > args.limit {
        plans.truncate(args.limit);
        context.printer.note(&format!("only the newest {}; raise --limit for more", args.limit));
    }
    Ok(Box::new(Listed { plans }))
}

pub async fn status(context: &Context, args: StatusArgs) -> Result<Box<dyn Output>, Failure> {
    let db = ready(context).await?;
    let id = plan_named(db, &args.plan).await?.id;
    store::settle(db, id).await?;
    store::settle_late(db, id).await?;
    let counts = store::find_counts(db, id).await?;
    Ok(Box::new(Replayed { plan: store::find_plan(db, id).await?, counts, ran: None }))
}

pub async fn pause(context: &Context, args: PauseArgs) -> Result<Box<dyn Output>, Failure> {
    change(context, &args.plan, args.reason.as_deref(), args.dry_run, "paused").await
}

pub async fn cancel(context: &Context, args: CancelArgs) -> Result<Box<dyn Output>, Failure> {
    change(context, &args.plan, args.reason.as_deref(), args.dry_run, "cancelled").await
}

pub async fn resume(context: &Context, args: ResumeArgs) -> Result<Box<dyn Output>, Failure> {
    let db = ready(context).await?;
    let plan = plan_named(db, &args.plan).await?;
    run::run(context, &plan, &args.pace, run::Entry::Resume).await
}

async fn change(
    context: &Context,
    plan: &str,
    reason: Option<&str>,
    dry_run: bool,
    state: &'static str,
) -> Result<Box<dyn Output>, Failure> {
    let db = ready(context).await?;
    let plan = plan_named(db, plan).await?;
    let id = plan.id;
    if plan.finished_at.is_some() && plan.state != state {
        return Err(Failure::no(format!("the plan is {} already: {id}", plan.state)));
    }
    if dry_run {
        context.printer.note(&format!("dry run: the plan would be {state}"));
    } else {
        let host = context.host();
        let act = Act::new(context, &host, json!({ "plan_id": id.to_string(), "reason": reason }));
        if !store::move_plan(db, id, state, &act).await? {
            return Err(Failure::no(format!("the plan has ended meanwhile: {id}")));
        }
        run::put_back(db, id).await?;
    }
    let counts = store::find_counts(db, id).await?;
    Ok(Box::new(Replayed { plan: store::find_plan(db, id).await?, counts, ran: None }))
}

struct Listed {
    plans: Vec<PlanRow>,
}

impl PlanRow {
    fn shown_state(&self) -> &str {
        match self.state.as_str() {
            "running" if !self.is_attended => "running, unattended",
            state => state,
        }
    }
}

impl Output for Listed {
    fn text(&self, page: &mut Page) {
        if self.plans.is_empty() {
            page.line("no plans");
            return;
        }
        let mut table =
            Table::new(&["plan", "state", "made", "by", "deliveries", "accepted", "not", "reason"]);
        for plan in &self.plans {
            table.row(vec![
                plan.id.to_string().into(),
                plan.shown_state().into(),
                clock::shown(plan.created_at).into(),
                (&plan.operator).into(),
                plan.items.to_string().into(),
                plan.arrived.to_string().into(),
                plan.failed.to_string().into(),
                plan.reason.as_deref().unwrap_or("").into(),
            ]);
        }
        page.table(table);
    }

    fn json(&self) -> Json {
        let line = |plan: &PlanRow| {
            json!({
                "plan_id": plan.id.to_string(),
                "state": plan.state,
                "attended": plan.is_attended,
                "created_at": clock::shown(plan.created_at),
                "operator": plan.operator,
                "host": plan.host,
                "reason": plan.reason,
                "items": plan.items,
                "left_out": plan.left_out,
                "accepted": plan.arrived,
                "not_accepted_at_once": plan.failed,
            })
        };
        Json::Lines(self.plans.iter().map(line).collect())
    }
}
