//! Deliver events to customers' endpoints, at least once, and say what became of each.

mod alert;
mod answer;
mod attempt;
mod captured;
mod check;
mod deliver;
mod delivery;
mod doctor;
mod endpoints;
mod event;
mod ids;
mod inputs;
mod list;
mod replay;
mod request;
mod retry;
mod schemes;
mod secret;
mod send;
mod show;
mod sign;
mod signer;
mod store;
mod tail;
mod test_event;
mod trigger;
mod verify;

use std::path::Path;

use uuid::Uuid;

use crate::backoff::Policy;
use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::output::{Output, Printer};
use crate::stop::Stop;

use deliver::Scope;

#[derive(clap::Subcommand)]
pub enum Verb {
    Send(send::Args),
    Retry(retry::Args),
    Endpoints(endpoints::Args),
    List(list::Args),
    Show(show::Args),
    Replay(Box<replay::Args>),
    Tail(tail::Args),
    /// Signing secrets of endpoints: add, rotate, list, retire, rekey
    #[command(subcommand)]
    Secret(Box<secret::Verb>),
    #[command(flatten)]
    Alone(Alone),
    Trigger(Box<trigger::Args>),
    Doctor(doctor::Args),
}

/// The verbs that need neither database nor network nor a runtime, but for a `verify` that fetches keys.
#[derive(clap::Subcommand)]
pub enum Alone {
    Schemes(schemes::Args),
    Sign(sign::Args),
    Verify(Box<verify::Args>),
    Check(check::Args),
}

impl Verb {
    pub fn wants_csv(&self) -> bool {
        matches!(self, Verb::List(args) if args.csv)
    }
}

/// The answer of a call that needs neither database nor network nor a runtime; none for the others.
pub fn run_alone(
    verb: &Verb,
    config: Option<&Path>,
    printer: &Printer,
) -> Result<Option<Box<dyn Output>>, Failure> {
    Ok(match verb {
        Verb::Alone(Alone::Schemes(args)) => Some(Box::new(schemes::run(config, args)?)),
        Verb::Alone(Alone::Sign(args)) => Some(Box::new(sign::run(config, printer, args)?)),
        Verb::Alone(Alone::Verify(args)) => match verify::run(config, printer, args)? {
            Some(verified) => Some(Box::new(verified)),
            None => None,
        },
        Verb::Alone(Alone::Check(args)) => Some(Box::new(check::run(args)?)),
        Verb::Trigger(args) => trigger::list(args)?,
        Verb::Send(_)
        | Verb::Retry(_)
        | Verb::Endpoints(_)
        | Verb::List(_)
        | Verb::Show(_)
        | Verb::Replay(_)
        | Verb::Tail(_)
        | Verb::Secret(_)
        | Verb::Doctor(_) => None,
    })
}

pub async fn run(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    schema::told_to_the_end(context, act(context, verb).await).await
}

async fn act(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    Ok(match verb {
        Verb::Send(args) => send::run(context, args).await?,
        Verb::Retry(args) => Box::new(retry::run(context, args).await?),
        Verb::Endpoints(args) => Box::new(endpoints::run(context, args).await?),
        Verb::List(args) => list::run(context, args).await?,
        Verb::Show(args) => Box::new(show::run(context, args).await?),
        Verb::Replay(args) => replay::run(context, *args).await?,
        Verb::Tail(args) => Box::new(tail::run(context, args).await?),
        Verb::Secret(verb) => secret::run(context, *verb).await?,
        Verb::Trigger(args) => trigger::run(context, *args).await?,
        Verb::Doctor(args) => Box::new(doctor::run(context, args).await?),
        Verb::Alone(Alone::Verify(args)) => Box::new(Box::pin(verify::run_fetching(context, *args)).await?),
        Verb::Alone(_) => return Err(Failure::fault("dispatched twice")),
    })
}

/// Enqueue an event of an entry for its subscribers, as the host application does.
pub async fn enqueue_entry(context: &Context, event_type: &str, entry_id: Uuid) -> Result<Uuid, Failure> {
    let wanted = store::Wanted::Entry { entry_id };
    let id = context.random.id(context.clock.wall());
    let host = context.host();
    let act = store::Act::new(
        context,
        &host,
        serde_json::json!({ "event_id": id.to_string(), "event_type": event_type }),
    );
    Ok(store::insert_event(context.db().await?, event_type, &wanted, id, false, &act).await?.event_id)
}

/// Attempt what is due of one event.
pub async fn deliver_event(context: &Context, event: Uuid, policy: &'static Policy) -> Result<(), Failure> {
    let options = retry::Tuning::default().options(&context.settings, Scope::Event(event));
    let options = deliver::Options { policy, ..options };
    deliver::deliver(context, &options, &mut Stop::listen()?).await.map(|_| ())
}

pub use replay::{Brief, replay_event};
pub use show::story;

/// Microseconds until the event's next attempt; none when every delivery has come to its end.
pub async fn next_attempt_in(context: &Context, event: Uuid) -> Result<Option<u64>, Failure> {
    let fates = store::find_fates(context.db().await?, event).await?;
    let waits = fates.iter().filter(|fate| fate.state == "pending").filter_map(|fate| fate.wait_us);
    Ok(waits.min().map(|wait| u64::try_from(wait).unwrap_or(0)))
}
