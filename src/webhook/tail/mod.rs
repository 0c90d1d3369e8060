//! `hookyard webhook tail`: attempts as they are recorded, one line each. An attempt is recorded when it is over, under
//! the time at which it began: every look goes back far enough to find those, and remembers what it has told.

mod store;
mod told;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

use super::{event, ids};
use crate::clock::{self, Micros};
use crate::context::Context;
use crate::db::{Db, Trouble, schema};
use crate::failure::Failure;
use crate::instant;
use crate::output::Ended;
use crate::stop::Stop;

use store::{Filter, Line};
use told::Told;

/// Show attempts as they happen, one line each
///
/// Attempts that another application writes are shown, too. Ends with Ctrl-C, or when nobody reads any longer; a
/// database that restarts is waited for. Nothing is told twice.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard webhook tail --failed\n  \
    hookyard webhook tail --since 1h --json | jq -r .reason")]
pub struct Args {
    /// Begin in the past: 1h, yesterday, 2026-11-02, or RFC 3339 (UTC)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only attempts at this webhook
    #[arg(long, value_name = "ID", value_parser = ids::endpoint)]
    endpoint: Option<Uuid>,
    /// Only attempts of events of this type
    #[arg(long, value_name = "EVENT", value_parser = event::event_type)]
    event: Option<String>,
    /// Only attempts that were answered with this HTTP status
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(i32).range(100..=999))]
    status: Option<i32>,
    /// Only attempts that were not accepted
    #[arg(long)]
    failed: bool,
}

/// Between looks, and between one that goes back all the way and the next.
const EVERY: Duration = Duration::from_millis(500);
const ALL_THE_WAY: u32 = 10;
/// How far the other looks go back: commits of the last moments.
const SHORT: Micros = 5_000_000;
/// Longer than an attempt's own limit: recording may wait for a database that is away.
const SLACK: Micros = 90_000_000;

pub async fn run(context: &Context, args: Args) -> Result<Ended, Failure> {
    let mut stop = Stop::listen()?;
    let db = context.db().await?;
    schema::preflight(db).await?;
    let since = match &args.since {
        Some(text) => {
            let at = instant::parse(text, context.clock.wall())
                .map_err(|why| Failure::usage(format!("since: {why}")))?;
            context.printer.note(&format!("since {}", clock::shown(at)));
            at
        }
        None => store::find_now(db).await?,
    };
    let filter =
        Filter { webhook: args.endpoint, event_type: args.event, status: args.status, failed: args.failed };
    let timeout = i64::try_from(context.settings.timeout.value.as_micros()).unwrap_or(SLACK);
    let mut tail = Tail { context, filter, since, window: timeout + SLACK, told: HashMap::new() };
    tokio::select! {
        ended = tail.follow(db) => ended,
        () = stop.raised() => Ok(Ended(stop.signal())),
    }
}

struct Tail<'a> {
    context: &'a Context,
    filter: Filter,
    since: Micros,
    window: Micros,
    /// What was told, with its time, as far back as a look may go.
    told: HashMap<Uuid, Micros>,
}

impl Tail<'_> {
    async fn follow(&mut self, db: &Db) -> Result<Ended, Failure> {
        let (mut round, mut away) = (0_u32, false);
        let mut from = self.since;
        loop {
            match self.look(db, from).await {
                Ok(true) => {
                    round += 1;
                    away = false;
                }
                Ok(false) => return Ok(Ended(None)),
                Err(Stumble::Database(why)) if why.is_passing() => {
                    if !std::mem::replace(&mut away, true) {
                        self.context.printer.warn(&format!("{why}; it is waited for"));
                    }
                    // What was recorded while nobody looked is found by going back all the way.
                    round = 0;
                }
                Err(Stumble::Database(why)) => return Err(why.into()),
                Err(Stumble::Output(why)) => return Err(why),
            }
            tokio::time::sleep(EVERY).await;
            let Ok(now) = store::find_now(db).await else { continue };
            let back = if round.is_multiple_of(ALL_THE_WAY) { self.window } else { SHORT };
            from = self.since.max(now - back);
            let oldest = now - self.window;
            self.told.retain(|_, at| *at >= oldest);
        }
    }

    /// Tell what began at or after the moment and is new; false when nobody reads any longer. Both streams are read
    /// page by page and merged by time.
    async fn look(&mut self, db: &Db, from: Micros) -> Result<bool, Stumble> {
        let mut ours = Stream::new(first_id(from), from);
        let mut theirs = Stream::new(Uuid::nil(), from);
        loop {
            if ours.is_dry() {
                ours.take(store::list_ours(db, &self.filter, ours.after, from).await?);
            }
            if theirs.is_dry() {
                theirs.take(store::list_theirs(db, &self.filter, theirs.after, theirs.at).await?);
            }
            let next = match (ours.lines.front(), theirs.lines.front()) {
                (Some(a), Some(b)) if b.at < a.at => theirs.lines.pop_front(),
                (Some(_), _) => ours.lines.pop_front(),
                (None, _) => theirs.lines.pop_front(),
            };
            let Some(line) = next else { return Ok(true) };
            if self.told.insert(line.id, line.at).is_none()
                && !self.context.printer.stream(&Told(line)).map_err(Stumble::Output)?
            {
                return Ok(false);
            }
        }
    }
}

enum Stumble {
    Database(Trouble),
    Output(Failure),
}

impl From<Trouble> for Stumble {
    fn from(why: Trouble) -> Stumble {
        Stumble::Database(why)
    }
}

/// The smallest id of that moment, less a second: an attempt's id and time are taken a little apart.
fn first_id(at: Micros) -> Uuid {
    let millis = u128::try_from((at / 1000 - 1000).max(0)).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

/// A page of lines, and where the next begins.
struct Stream {
    lines: VecDeque<Line>,
    after: Uuid,
    at: Micros,
    has_more: bool,
}

impl Stream {
    fn new(after: Uuid, at: Micros) -> Stream {
        Stream { lines: VecDeque::new(), after, at, has_more: true }
    }

    fn is_dry(&self) -> bool {
        self.lines.is_empty() && self.has_more
    }

    fn take(&mut self, page: Vec<Line>) {
        self.has_more = i64::try_from(page.len()).is_ok_and(|count| count >= store::PAGE);
        if let Some(last) = page.last() {
            (self.after, self.at) = (last.id, last.at);
        }
        self.lines = page.into();
    }
}
