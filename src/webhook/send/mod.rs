//! `hookyard webhook send`: enqueue an event, attempt it at once, and wait for what comes of it.

mod plan;
mod told;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::deliver::{self, Scope};
use super::retry::Tuning;
use super::store::{self, Act, Fate, Wanted};
use super::{alert, event, ids};
use crate::context::Context;
use crate::db::{Db, schema};
use crate::failure::Failure;
use crate::output::Output;
use crate::stop::Stop;

/// Enqueue an event, attempt it at once and wait for the first outcome
///
/// For an entry the payload is built from the view hookyard.entry_payloads; the same event of the same entry with the
/// same payload is one event, however often it is sent: a second call prints the first one's id and exits 0. Delivery
/// is at least once. Exit 0 when every subscriber accepted, else 1: scheduled for another attempt and no subscriber
/// included.
#[derive(clap::Args)]
#[command(
    group(clap::ArgGroup::new("what").required(true).args(["entry", "payload"])),
    group(clap::ArgGroup::new("whom").args(["api_key", "webhook"])),
    after_help = "Examples:\n  \
    hookyard webhook send entry.completed --entry SNAP-12345 --dry-run\n  \
    hookyard webhook send fraud.detected --payload event.json \\\n      --api-key 0192f0c1-2222-7000-8000-000000000001 --enqueue --json"
)]
pub struct Args {
    /// Event type, as subscribers list it
    #[arg(value_name = "EVENT", value_parser = event::event_type)]
    event_type: String,
    /// The entry it is about: id or short id
    #[arg(long, value_name = "ID", conflicts_with = "whom")]
    entry: Option<String>,
    /// The payload: any JSON, sent byte for byte; `-` reads stdin
    #[arg(long, value_name = "FILE", requires = "whom")]
    payload: Option<PathBuf>,
    /// Deliver to the subscribers of this api key
    #[arg(long, value_name = "ID")]
    api_key: Option<Uuid>,
    /// Deliver to this webhook, whatever it subscribes to; repeatable
    #[arg(long, value_name = "ID", value_parser = ids::endpoint)]
    webhook: Vec<Uuid>,
    /// Name the event; the same id again is the same event
    #[arg(long, value_name = "UUID")]
    event_id: Option<Uuid>,
    /// Make a new event although the same one is there already
    #[arg(long, requires = "entry")]
    again: bool,
    /// Wait for the last outcome instead of the first
    #[arg(long, conflicts_with_all = ["enqueue", "dry_run"])]
    wait: bool,
    /// Only enqueue; `webhook retry` attempts it
    #[arg(long, conflicts_with = "dry_run")]
    enqueue: bool,
    /// Show payload, endpoints and headers; enqueue and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Show personal data in the payload
    #[arg(long, requires = "dry_run")]
    show_pii: bool,
    #[command(flatten)]
    tuning: Tuning,
}

/// What is asked for, checked.
struct Order {
    event_type: String,
    entry: Option<Uuid>,
    payload: String,
    api_key: Option<Uuid>,
    webhooks: Option<Vec<Uuid>>,
}

pub async fn run(context: &Context, args: Args) -> Result<Box<dyn Output>, Failure> {
    // Bad input is refused before anything is connected to.
    let given = args.payload.as_deref().map(read_payload).transpose()?;
    let db = context.db().await?;
    if args.entry.is_some() {
        schema::preflight_for_entries(db).await?;
    } else {
        schema::preflight(db).await?;
    }
    let order = order(db, &args, given).await?;
    if args.dry_run {
        return Ok(Box::new(plan::plan(context, &order, &args).await?));
    }
    let enqueued = enqueue(context, db, &order, &args).await?;
    let mut stop = Stop::listen()?;
    let mut interrupted = None;
    if enqueued.created && !args.enqueue {
        let options = args.tuning.options(&context.settings, Scope::Event(enqueued.event_id));
        interrupted = attempt(context, db, &options, args.wait, &mut stop).await?;
        if interrupted.is_none() {
            alert::tell(context, alert::LIMIT).await;
        }
    }
    let fates = store::find_fates(db, enqueued.event_id).await?;
    Ok(Box::new(told::Sent {
        event_id: enqueued.event_id,
        event_type: order.event_type,
        created: enqueued.created,
        enqueued_only: args.enqueue,
        interrupted,
        fates,
        allowed: context.rules().opened(),
    }))
}

fn read_payload(path: &Path) -> Result<String, Failure> {
    let named = |why: std::io::Error| {
        Failure::usage(format!("{}: {why}", path.display())).context("cannot read the payload")
    };
    let most = event::LARGEST as u64 + 1;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(named)?;
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(named)?;
    }
    event::payload(bytes).map_err(Failure::usage)
}

async fn order(db: &Db, args: &Args, given: Option<String>) -> Result<Order, Failure> {
    let event_type = args.event_type.clone();
    if let Some(text) = &args.entry {
        let entry = one_entry(text, &store::find_entries(db, text).await?)?;
        let (payload, api_key) = store::find_entry_payload(db, &event_type, entry).await?;
        return Ok(Order { event_type, entry: Some(entry), payload, api_key, webhooks: None });
    }
    let webhooks = (!args.webhook.is_empty()).then(|| args.webhook.clone());
    if let Some(webhooks) = &webhooks {
        let known = store::find_subscribers(db, &event_type, None, Some(webhooks)).await?;
        for id in webhooks {
            match known.iter().find(|webhook| webhook.webhook_id == *id) {
                None => return Err(Failure::no(format!("webhook {id} was not found"))),
                Some(webhook) if webhook.active != Some(true) => {
                    return Err(Failure::no(format!("webhook {id} is inactive"))
                        .hint("is_active is the customer's to change; hookyard sends nothing meanwhile"));
                }
                Some(_) => {}
            }
        }
    }
    let payload = given.ok_or_else(|| Failure::usage("--entry or --payload is missing"))?;
    Ok(Order { event_type, entry: None, payload, api_key: args.api_key, webhooks })
}

fn one_entry(text: &str, found: &[Uuid]) -> Result<Uuid, Failure> {
    match found {
        [entry] => Ok(*entry),
        [] => Err(Failure::no(format!("entry {text} was not found in hookyard.entry_payloads"))),
        several => {
            let failure = Failure::no(format!("{text} is the short id of several entries"));
            Err(several.iter().fold(failure, |failure, id| failure.hint(format!("--entry {id}"))))
        }
    }
}

async fn enqueue(context: &Context, db: &Db, order: &Order, args: &Args) -> Result<store::Enqueued, Failure> {
    let id = args.event_id.unwrap_or_else(|| context.random.id(context.clock.wall()));
    let wanted = match order.entry {
        Some(entry_id) => Wanted::Entry { entry_id },
        None => Wanted::Payload {
            payload: &order.payload,
            api_key_id: order.api_key,
            webhook_ids: order.webhooks.as_deref(),
        },
    };
    let host = context.host();
    let act = Act::new(
        context,
        &host,
        json!({ "event_id": id.to_string(), "event_type": order.event_type, "again": args.again }),
    );
    Ok(store::insert_event(db, &order.event_type, &wanted, id, args.again, &act).await?)
}

/// Between looks at deliveries that another run may be attempting, or that are not yet due.
const LOOK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// Run until the first outcome of each delivery is there, or the last with `wait`; gives the code of a signal that
/// ended it. What a breaker, a pace or an inactive endpoint holds back is not waited for without `wait`.
async fn attempt(
    context: &Context,
    db: &Db,
    options: &deliver::Options,
    wait: bool,
    stop: &mut Stop,
) -> Result<Option<u8>, Failure> {
    let Scope::Event(event) = options.scope else { return Ok(None) };
    let mut pause = LOOK.0;
    loop {
        let fates = store::find_fates(db, event).await?;
        let open: Vec<&Fate> = fates.iter().filter(|fate| unsettled(fate, wait)).collect();
        if open.is_empty() {
            return Ok(None);
        }
        if open.iter().any(|fate| fate.is_ours_to_attempt()) {
            let tally = deliver::deliver(context, options, stop).await?;
            if tally.panicked > 0 {
                return Err(Failure::fault("a delivery was lost to a fault in hookyard")
                    .hint("`hookyard webhook retry` attempts it again"));
            }
            if tally.signal.is_some() {
                return Ok(tally.signal);
            }
            if !tally.is_silent() {
                continue;
            }
        }
        let due = open.iter().filter_map(|fate| fate.wait_us).filter(|wait| *wait > 0).min();
        let until_due = due.map_or(pause, |micros| Duration::from_micros(micros.unsigned_abs()));
        pause = (pause * 2).min(LOOK.1);
        tokio::select! {
            () = stop.raised() => return Ok(stop.signal()),
            () = tokio::time::sleep(until_due.clamp(LOOK.0, LOOK.1)) => {}
        }
    }
}

fn unsettled(fate: &Fate, wait: bool) -> bool {
    fate.state == "pending" && (wait || (fate.attempts == 0 && !fate.parked && !fate.held_back))
}
