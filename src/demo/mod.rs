//! `hookyard demo`: the main job on real parts. A local database, a receiver on loopback, three endpoints, one event,
//! and what became of each delivery. Always the local database, whatever else is configured.

mod server;
mod store;
#[allow(dead_code, reason = "the tests make it misbehave")]
pub mod voyager;
mod yardi;

use std::time::Duration;

use ipnet::IpNet;
use serde_json::json;
use uuid::Uuid;

use crate::backoff::Policy;
use crate::context::Context;
use crate::database;
use crate::db::embedded;
use crate::failure::Failure;
use crate::output::{Cell, Json, Output, Page, Table, Tone};
use crate::settings::{Database, Origin, Set, Settings};
use crate::signature;
use crate::webhook;

use server::{Behaviour, Received, Receiver};
use store::{Attempt, Scene};

/// Show the main job on real parts: a local database, a receiver, one event to three endpoints
///
/// Starts the local database, migrates it, makes a company, an entry and three endpoints (one accepts, one fails
/// twice, one refuses), sends, retries on a shortened schedule, shows the delivery that died, replays it once its
/// endpoint is mended, verifies every signature that was received, and leaves the database to explore.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  hookyard demo\n  hookyard demo --yardi\n  hookyard demo --yes --json")]
pub struct Args {
    /// Fetch PostgreSQL's binaries with the system's package manager where none are found
    #[arg(long)]
    yes: bool,
    /// Show Yardi instead: prospects in, an entry completed, its result on the guest card, nothing twice
    #[arg(long, conflicts_with = "history")]
    yardi: bool,
    /// Also make up a month of deliveries and Yardi polls, for reports to have something to show
    #[arg(long)]
    history: bool,
}

/// The default schedule with seconds for minutes and hours.
const SHORTENED: &Policy = &Policy {
    name: "demo",
    delays: &[0, 1, 1, 2, 3],
    retried: &[],
    source: "the default schedule, shortened",
};

const EVENT: &str = "entry.completed";

pub struct Shown {
    event_id: Uuid,
    short_id: String,
    attempts: Vec<Attempt>,
    /// The delivery that died, as `webhook show` tells it.
    story: Option<(Uuid, String)>,
    replayed: Option<webhook::Brief>,
    received: usize,
    verified: usize,
    place: String,
}

pub async fn run(context: &Context, args: Args) -> Result<Box<dyn Output>, Failure> {
    let settings = settings(&context.settings)?;
    let settings = if args.yardi { yardi::settings(settings) } else { settings };
    let context = Context::new(settings, context.printer.clone(), "demo".into())?;
    let consent = args.yes || asked(&context)?;
    let context = context.consenting(consent);
    let tell = |text: &str| context.printer.note(text);
    let db = context.db().await?;
    tell(&format!("local database at {}", db.place()));
    database::migrate_all(&context).await?;
    if args.yardi {
        return Ok(Box::new(yardi::run(&context).await?));
    }
    if args.history {
        store::insert_history(db).await?;
        tell("a month was made up: of customers under .example, to whom nothing is ever sent");
    }
    let receiver =
        Receiver::start().await.map_err(|why| Failure::fault(why).context("cannot listen on loopback"))?;
    let id = || context.random.id(context.clock.wall());
    let scene = Scene {
        entry_id: id(),
        applicant_id: id(),
        report_id: id(),
        short_id: format!("DEMO-{}", context.random.next() % 100_000),
    };
    let urls = Behaviour::ALL.map(|behaviour| receiver.url(behaviour));
    store::insert_scene(db, &scene, &urls).await?;
    tell(&format!("entry {} is completed; {EVENT} goes to three endpoints", scene.short_id));
    let event_id = webhook::enqueue_entry(&context, EVENT, scene.entry_id).await?;
    let policy = SHORTENED;
    for round in 1.. {
        webhook::deliver_event(&context, event_id, policy).await?;
        let Some(wait_us) = webhook::next_attempt_in(&context, event_id).await? else { break };
        tell(&format!("round {round} is over; the endpoint that failed is attempted again"));
        tokio::time::sleep(Duration::from_micros(wait_us) + Duration::from_millis(10)).await;
    }
    let attempts = store::list_attempts(db, event_id).await?;
    let dead = store::find_dead(db, event_id).await?;
    let story = match dead {
        Some(delivery) => Some((delivery, webhook::story(&context, delivery).await?)),
        None => None,
    };
    receiver.mend();
    tell("the endpoint that refused is mended; what never arrived is replayed");
    let replayed =
        webhook::replay_event(&context, event_id, "the demo's customer mended the endpoint").await?;
    let received = receiver.received();
    Ok(Box::new(Shown {
        event_id,
        short_id: scene.short_id,
        attempts,
        story,
        replayed,
        verified: received.iter().filter(|received| is_verified(received)).count(),
        received: received.len(),
        place: db.place().to_owned(),
    }))
}

/// Where no PostgreSQL is found, a person at a terminal is shown what would be typed, and asked.
fn asked(context: &Context) -> Result<bool, Failure> {
    let description = embedded::describe(&context.local()?);
    if description.proposal.is_empty() || !context.printer.can_ask() {
        return Ok(false);
    }
    context.printer.note("no PostgreSQL was found; a private copy can be fetched with:");
    description.proposal.iter().for_each(|line| context.printer.note(&format!("  {line}")));
    context.printer.ask("Type yes to do that: ")
}

/// Loopback only, and the local database only.
fn settings(given: &Settings) -> Result<Settings, Failure> {
    let loopback: IpNet = IpNet::from(std::net::IpAddr::from(std::net::Ipv4Addr::LOCALHOST));
    let origin = || Origin::Flag("demo");
    Ok(Settings {
        database: Some(Set { value: Database::Embedded, origin: origin() }),
        allow_egress: Set { value: vec![loopback], origin: origin() },
        allow_http: Set { value: true, origin: origin() },
        alert_url: None,
        ..given.clone()
    })
}

/// What a receiver does: the raw bytes, the header, the secret it shares with us.
fn is_verified(received: &Received) -> bool {
    let secret = store::API_KEY.to_string();
    received
        .signature
        .as_deref()
        .is_some_and(|header| signature::snappt_matches(secret.as_bytes(), header, &received.body))
}

impl Output for Shown {
    fn text(&self, page: &mut Page) {
        page.line(format!("event {} of entry {}", self.event_id, self.short_id));
        page.blank();
        let mut table = Table::new(&["endpoint", "attempt", "came to", "then"]);
        for attempt in &self.attempts {
            let tone = match attempt.then.as_str() {
                "delivered" => Tone::Good,
                "dead" => Tone::Bad,
                _ => Tone::Warn,
            };
            table.row(vec![
                (&attempt.endpoint).into(),
                attempt.number.to_string().into(),
                (&attempt.came_to).into(),
                Cell::toned(&attempt.then, tone),
            ]);
        }
        page.table(table);
        page.blank();
        if let Some((delivery, story)) = &self.story {
            page.line(format!("$ hookyard webhook show {delivery}"));
            story.lines().for_each(|line| page.line(format!("  {line}")));
            page.blank();
        }
        if let Some(replayed) = &self.replayed {
            page.line("the customer mends the endpoint; what never arrived is planned, then sent:");
            page.line(format!("$ hookyard webhook replay {}", self.event_id));
            page.line(format!("  {} planned, plan {}", replayed.planned, replayed.plan_id));
            page.line(format!("$ hookyard webhook replay --apply {}", replayed.plan_id));
            page.line(format!("  {} accepted by their endpoints", replayed.accepted));
            page.blank();
        }
        page.line(format!(
            "{} requests received, {} signatures verified over the bytes received",
            self.received, self.verified
        ));
        page.blank();
        page.line("Look around:");
        page.line("  hookyard --database embedded webhook list");
        page.line("  hookyard --database embedded webhook endpoints");
        page.line("  hookyard --database embedded database status");
        page.line("  hookyard --database embedded report health --html health.html");
        page.line(format!("  psql -h {} -U postgres hookyard", self.place));
        page.line("and stop the server when you are done (it stops by itself when nobody uses it):");
        page.line("  hookyard database stop");
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "event_id": self.event_id.to_string(),
            "entry": self.short_id,
            "attempts": self.attempts.iter().map(|attempt| json!({
                "endpoint": attempt.endpoint,
                "number": attempt.number,
                "came_to": attempt.came_to,
                "then": attempt.then,
            })).collect::<Vec<_>>(),
            "replayed": self.replayed.as_ref().map(|replayed| json!({
                "plan_id": replayed.plan_id.to_string(),
                "planned": replayed.planned,
                "accepted": replayed.accepted,
            })),
            "received": self.received,
            "verified": self.verified,
        }))
    }

    fn verdict(&self) -> u8 {
        u8::from(self.received == 0 || self.verified != self.received)
    }
}
