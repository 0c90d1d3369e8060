//! `hookyard webhook show`: all that is known of one thing, as one timeline, to what happens next and why then.

mod next;
mod timeline;
mod told;
mod unmatched;

use serde_json::json;
use uuid::Uuid;

use super::ids;
use super::store::{self, Act, AttemptRow, EventRow, Kind, StandingRow, Subscriber};
use crate::backoff::Policy;
use crate::context::Context;
use crate::db::{Db, schema};
use crate::failure::Failure;
use crate::output::{Output, Page};

use timeline::Moment;

/// Show the timeline of an event, a delivery, an attempt or an entry
///
/// From the event through matching, every attempt with status, duration and answer, lost leases, alerts, replays and
/// operators' acts, to what happens next and which rule set the time. Attempts that another application wrote are
/// shown, too. Personal data is masked.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard webhook show 0192f0c1\n  \
    hookyard webhook show SNAP-12345 --json | jq .timeline")]
pub struct Args {
    /// Id of an event, delivery, attempt or entry, or as much of its beginning as is unambiguous; an entry's short id
    id: String,
    /// Show personal data in payload and answers; this is recorded
    #[arg(long)]
    show_pii: bool,
}

/// What was found, before it is put into words.
pub struct Shown {
    kind: Kind,
    id: Uuid,
    events: Vec<EventRow>,
    /// Webhooks of the api key of each event, in the order of the events.
    subscribers: Vec<Vec<Subscriber>>,
    deliveries: Vec<StandingRow>,
    attempts: Vec<AttemptRow>,
    timeline: Vec<Moment>,
    /// Another sender's: what was sent, and where.
    host: Option<(String, Option<String>)>,
    default_policy: &'static Policy,
    show_pii: bool,
}

pub async fn run(context: &Context, args: Args) -> Result<Shown, Failure> {
    let db = context.db().await?;
    schema::preflight(db).await?;
    let (kind, id) = resolve(db, &args.id).await?;
    let mut shown = Shown {
        kind,
        id,
        events: Vec::new(),
        subscribers: Vec::new(),
        deliveries: Vec::new(),
        attempts: Vec::new(),
        timeline: Vec::new(),
        host: None,
        default_policy: context.settings.policy.value,
        show_pii: args.show_pii,
    };
    if kind == Kind::HostAttempt {
        shown.host = store::find_host_payload(db, id).await?;
        shown.attempts = store::find_host_attempts(db, id).await?;
    } else {
        gather(db, &mut shown).await?;
    }
    if args.show_pii {
        let host = context.host();
        let event = shown.events.first().map(|event| event.id.to_string());
        let detail =
            json!({ "kind": kind.word(), "id": id.to_string(), "event_id": event, "show_pii": true });
        store::insert_act(db, &Act::new(context, &host, detail)).await?;
    }
    let events: Vec<Uuid> = shown.events.iter().map(|event| event.id).collect();
    let deliveries: Vec<Uuid> = shown.deliveries.iter().map(|delivery| delivery.id).collect();
    let around = store::find_around(db, &events, &deliveries).await?;
    shown.timeline = timeline::of(&shown, around);
    Ok(shown)
}

/// The lines of `show`, for the demo.
pub async fn story(context: &Context, id: Uuid) -> Result<String, Failure> {
    let shown = run(context, Args { id: id.to_string(), show_pii: false }).await?;
    let mut page = Page::new(false, None);
    shown.text(&mut page);
    Ok(page.finish())
}

async fn gather(db: &Db, shown: &mut Shown) -> Result<(), Failure> {
    let one = match shown.kind {
        Kind::Delivery => Some(shown.id),
        Kind::Attempt => store::find_delivery_of(db, shown.id).await?,
        _ => None,
    };
    let event = match (shown.kind, one) {
        (Kind::Event, _) => Some(shown.id),
        (_, Some(delivery)) => store::find_event_of(db, delivery).await?,
        _ => None,
    };
    let ids: Vec<Uuid> = event.into_iter().collect();
    let entry = (shown.kind == Kind::Entry).then_some(shown.id);
    shown.events = store::find_events(db, &ids, entry).await?;
    let events: Vec<Uuid> = shown.events.iter().map(|event| event.id).collect();
    shown.deliveries = store::find_standing(db, &events, one).await?;
    let deliveries: Vec<Uuid> = shown.deliveries.iter().map(|delivery| delivery.id).collect();
    shown.attempts = store::find_attempts(db, &deliveries).await?;
    for event in &shown.events {
        let webhooks = match event.api_key_id {
            Some(key) => store::find_subscribers(db, &event.event_type, Some(key), None).await?,
            None => Vec::new(),
        };
        shown.subscribers.push(webhooks);
    }
    Ok(())
}

/// The one thing that the text names.
pub async fn resolve(db: &Db, text: &str) -> Result<(Kind, Uuid), Failure> {
    let mut found = match ids::beginning(text) {
        Some((low, high)) => store::find_named(db, low, high).await?,
        None => Vec::new(),
    };
    if found.is_empty() && !text.contains('\0') && text.len() <= 255 {
        // The view may be another's and not fit yet; then an entry is known by its events only.
        let entries = store::find_entries(db, text).await.unwrap_or_default();
        found = entries.into_iter().map(|id| (Kind::Entry, id)).collect();
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Failure::no(format!("nothing was found under {text}")).hint(
            "an event, a delivery, an attempt or an entry has an id; `hookyard webhook list` shows some",
        )),
        several => {
            let failure = Failure::no(format!("{text} begins several ids"));
            let shown = several.iter().take(10);
            Err(shown.fold(failure, |failure, (kind, id)| failure.hint(format!("{} {id}", kind.word()))))
        }
    }
}
