//! `hookyard database prune`: retention. What is old and over goes, a little at a time; payloads can go before the
//! facts of their deliveries do.

mod plan;
mod store;
mod told;
mod walk;

use std::time::Duration;

use serde_json::json;

use super::index::{self, State};
use crate::clock::shown;
use crate::context::Context;
use crate::db::{Act, Db, blockers, schema};
use crate::failure::Failure;
use crate::instant;
use crate::output::Output;
use crate::settings;
use crate::stop::Stop;

use plan::Plan;
use told::Pruned;
use walk::Walk;

/// Remove what is old, and erase old payloads
///
/// Without --yes it counts what would go, and changes nothing. An event goes with its deliveries and attempts, and with
/// what hookyard wrote of them in webhook_delivery_attempts, once all of it has ended before that age. Never what is
/// still to be attempted, nor what an unfinished replay may need. Rows that another application wrote stay unless
/// --include-host. Hours that `webhook retry` had counted go along, and are counted anew. Works in short transactions
/// beside everything else; stopped anywhere, it can simply be run again. An erased payload cannot be sent again; id,
/// times and outcomes stay.
#[derive(clap::Args)]
#[command(
    group(clap::ArgGroup::new("what").required(true).multiple(true).args(["older_than", "erase_payloads_older_than"])),
    after_help = "Examples:\n  \
    hookyard database prune --older-than 90d\n  \
    hookyard database prune --erase-payloads-older-than 30d --yes\n  \
    17 3 * * *  hookyard database prune --older-than 90d --yes --max-runtime 2h"
)]
pub struct Args {
    /// Remove what ended longer ago: 90d, 12w; at least 7d, since a repeated event is known by what is kept
    #[arg(long, value_name = "AGE", value_parser = instant::age)]
    older_than: Option<Duration>,
    /// Erase payloads and answers of what ended longer ago; at least 1d
    #[arg(long, value_name = "AGE", value_parser = instant::age)]
    erase_payloads_older_than: Option<Duration>,
    /// Also rows of webhook_delivery_attempts that another application wrote
    #[arg(long)]
    include_host: bool,
    /// Do it
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Count, change nothing, and exit 0
    #[arg(long)]
    dry_run: bool,
    /// Stop after this long; the next run goes on
    #[arg(long, value_name = "TIME", value_parser = settings::duration, requires = "yes")]
    max_runtime: Option<Duration>,
}

const DAY: Duration = Duration::from_secs(86_400);

pub async fn run(context: &Context, args: Args) -> Result<Box<dyn Output>, Failure> {
    check(&args)?;
    let db = context.db().await?;
    match prune(context, db, &args).await {
        Ok(pruned) => Ok(Box::new(pruned)),
        Err(failure) => Err(schema::explained(db, failure).await),
    }
}

fn check(args: &Args) -> Result<(), Failure> {
    if args.older_than.is_some_and(|age| age < 7 * DAY) {
        return Err(Failure::usage("--older-than is less than 7d").hint(
            "an event that is enqueued or delivered again is known by what is kept: senders repeat for days",
        ));
    }
    if args.erase_payloads_older_than.is_some_and(|age| age < DAY) {
        return Err(Failure::usage("--erase-payloads-older-than is less than 1d"));
    }
    match (args.older_than, args.erase_payloads_older_than) {
        (Some(removed), Some(erased)) if erased >= removed => Err(Failure::usage(
            "--erase-payloads-older-than is no less than --older-than: everything it means is removed",
        )),
        _ => Ok(()),
    }
}

async fn prune(context: &Context, db: &Db, args: &Args) -> Result<Pruned, Failure> {
    schema::preflight(db).await?;
    let now = store::find_now(db).await?;
    let plan = Plan::new(now, args.older_than, args.erase_payloads_older_than, args.include_host, args.yes);
    let missing = missing(db, &plan).await?;
    if plan.acts && !missing.is_empty() {
        let failure = Failure::blocked(
            "webhook_delivery_attempts holds a copy of each attempt, and what is needed to prune it is missing",
        );
        return Err(missing.iter().fold(failure, Failure::hint));
    }
    let mut stop = Stop::listen()?;
    let host = context.host();
    let asked = json!({
        "before": plan.remove_before.map(shown),
        "erase_before": plan.erase_before.map(shown),
        "include_host": plan.include_host,
    });
    if plan.acts {
        store::insert_act(db, &Act::new(context, &host, asked.clone())).await?;
    }
    let mut walk = Walk::new(context, db, &plan, args.max_runtime, &mut stop);
    let walked = walk.all().await;
    let (gone, halted) = walk.end();
    if plan.acts && !gone.is_nothing() {
        let mut detail = asked;
        detail["removed"] = gone.json();
        store::insert_act(db, &Act::new(context, &host, detail)).await?;
    }
    if let Err(trouble) = walked {
        let failure = blockers::explained(db, trouble).await;
        return Err(if gone.is_nothing() {
            failure
        } else {
            failure.hint(format!("until then: {}; run it again", gone.brief()))
        });
    }
    Ok(Pruned { plan, gone, halted, missing, was_dry: args.dry_run, typed: typed(args) })
}

/// What only somebody else can give, each as it is typed.
async fn missing(db: &Db, plan: &Plan) -> Result<Vec<String>, Failure> {
    let rights = store::find_rights(db).await?;
    let mut missing = Vec::new();
    if plan.remove_before.is_some() && !rights.delete {
        missing.push(format!("grant delete on webhook_delivery_attempts to {};", db.role()));
    }
    if plan.erase_before.is_some() && !rights.update {
        missing.push(format!(
            "grant update (payload, response_data) on webhook_delivery_attempts to {};",
            db.role()
        ));
    }
    if plan.include_host {
        let standing = super::store::list_indexes(db).await?;
        let walked = index::ALL.iter().find(|index| index.name == "idx_webhook_delivery_attempts_webhook");
        if let Some(index) = walked.filter(|index| !matches!(index.state(&standing), State::Built)) {
            missing.push(if index.is_ours_to_build(&standing) {
                "hookyard database migrate --with-indexes".to_owned()
            } else {
                format!("as the table's owner: {};", index.create)
            });
        }
    }
    Ok(missing)
}

/// The same call, to be typed with `--yes`.
fn typed(args: &Args) -> String {
    let mut typed = "hookyard database prune".to_owned();
    let mut age = |name: &str, age: Option<Duration>| {
        if let Some(age) = age {
            typed.push_str(&format!(" {name} {}", instant::shown_age(age)));
        }
    };
    age("--older-than", args.older_than);
    age("--erase-payloads-older-than", args.erase_payloads_older_than);
    if args.include_host {
        typed.push_str(" --include-host");
    }
    typed + " --yes"
}
