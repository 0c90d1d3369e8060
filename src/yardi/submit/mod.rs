//! `hookyard yardi submit`: the cron verb that writes results back. A note on a guest card may not happen twice: what
//! is to be written is recorded first, a lost answer is a third outcome, and a reading decides before anything else.

mod report;
mod result;
mod told;
mod turn;

use std::rc::Rc;

use tokio::sync::watch;
use uuid::Uuid;

use super::integration::Integration;
use super::{abreast, store};
use crate::clock::Micros;
use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::settings;
use crate::stop::Stop;
use result::Decision;
pub use result::{Candidate, Newest};
pub use told::Submitted;
use told::{Planning, Tally};
use turn::{Turn, Work};

/// Write results of completed entries back to Yardi
///
/// Every completed entry with a link, once; and once more whenever its result has changed since it was accepted.
/// submit_date moves only with an acceptance. A write whose answer was lost is unknown: the next run reads before it
/// writes. Results completed before another application's last submission are left to it. Nothing to do is no output
/// and exit 0.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    */5 * * * *  hookyard yardi submit     # crontab\n  \
    hookyard yardi submit --entry SNAP-12345\n  \
    hookyard yardi submit --integration ACME-YARDI --dry-run")]
pub struct Args {
    /// Only this entry, by its id or short id; also one that was refused before
    #[arg(long, value_name = "ENTRY")]
    entry: Option<String>,
    /// Only this integration: its short id or its id
    #[arg(long, value_name = "INTEGRATION")]
    integration: Option<String>,
    /// Say what would be written, and write and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Integrations written to side by side [default: 4]
    #[arg(long, value_name = "COUNT", value_parser = settings::count)]
    concurrency: Option<usize>,
}

impl Args {
    pub fn of(integration: &str) -> Args {
        Args { entry: None, integration: Some(integration.to_owned()), dry_run: false, concurrency: None }
    }
}

/// What every integration's turn needs.
pub struct Run<'a> {
    context: &'a Context,
    id: Uuid,
    /// A person asks for one entry.
    named: bool,
    /// Something was named, so silence would not be understood.
    spoken: bool,
    stopping: watch::Receiver<bool>,
}

const MOST: usize = 20_000;

/// What one integration is to be told.
type Share = (Rc<Integration>, Vec<Work>);

impl Run<'_> {
    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

pub async fn run(context: &Context, args: Args) -> Result<Submitted, Failure> {
    let db = context.db().await?;
    schema::preflight_for_yardi(db, true).await?;
    let integrations = store::list_integrations(db, args.integration.as_deref()).await?;
    if let Some(named) = &args.integration
        && integrations.is_empty()
    {
        return Err(Failure::no(format!("the integration {named} was not found")));
    }
    if let Some(entry) = &args.entry
        && store::find_link(db, entry).await?.is_none()
    {
        return Err(Failure::no(format!("no entry {entry} with a link to a prospect was found"))
            .hint("yardi_entries holds the links; hookyard.entry_payloads must reach the entry"));
    }
    let ids: Vec<Uuid> = integrations.iter().map(|integration| integration.id).collect();
    let within = context.settings.submit_window.value.as_secs_f64();
    let most = most();
    let mut candidates =
        store::list_candidates(db, &ids, args.entry.as_deref(), within, most.saturating_add(1)).await?;
    let is_cut = candidates.len() > most;
    candidates.truncate(most);
    let (stopper, stopping) = watch::channel(false);
    let run = Run {
        context,
        id: context.random.id(context.clock.wall()),
        named: args.entry.is_some(),
        spoken: args.entry.is_some() || args.integration.is_some(),
        stopping,
    };
    // What waits is always told; that settled results were not all compared once more, to whoever asks.
    let waits = candidates.last().is_some_and(|last| !last.is_settled());
    let is_told = is_cut && (waits || run.spoken || args.dry_run);
    let mut tally = Tally::looking_at(is_told.then_some(most));
    let works = sorted(&run, integrations, candidates, &mut tally)?;
    if args.dry_run {
        return Ok(Submitted::planned(Planning::of(&works), tally));
    }
    let most = args.concurrency.unwrap_or(context.settings.yardi_concurrency.value);
    let mut stop = Stop::listen()?;
    let turns = works.into_iter().map(|(integration, work)| Turn::take(&run, integration, work));
    abreast::take(turns, most, &mut stop, &stopper, |turn| tally.add(turn)).await?;
    tally.signal = stop.signal();
    Ok(Submitted::done(tally, run.spoken))
}

/// Entries that one run looks at, so that its memory has a bound.
#[cfg(not(debug_assertions))]
fn most() -> usize {
    MOST
}

/// Tests have no twenty thousand.
#[cfg(debug_assertions)]
fn most() -> usize {
    crate::env::test_fault("candidates").and_then(|text| text.parse().ok()).unwrap_or(MOST)
}

/// What each integration is to be told, and what is left out and why.
fn sorted(
    run: &Run<'_>,
    integrations: Vec<Integration>,
    mut candidates: Vec<Candidate>,
    tally: &mut Tally,
) -> Result<Vec<Share>, Failure> {
    let mut works = Vec::new();
    for integration in integrations {
        let section = run.context.settings.yardi.of(integration.short_id.as_deref());
        let (own, others): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|candidate| candidate.integration_id == integration.id);
        candidates = others;
        let mut work = Vec::new();
        for candidate in own {
            if !integration.active {
                tally.leave_out("the integration is not active");
                continue;
            }
            let asset = section.asset_result.unwrap_or(false);
            let values = result::values(&result::screening(&candidate, asset, Micros::default()));
            match result::decide(&candidate, &values, run.named) {
                Decision::Submit(why) => work.push(Work { candidate, values, why }),
                Decision::Done => tally.stands += 1,
                Decision::LeaveOut(why) => tally.leave_out(why),
            }
        }
        if !work.is_empty() {
            works.push((Rc::new(integration), work));
        }
    }
    Ok(works)
}
