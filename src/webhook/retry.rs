//! `hookyard webhook retry`: the cron verb. Safe to overlap on any number of processes and hosts: work is shared by
//! leases.

use std::time::Duration;

use serde_json::json;

use super::alert;
use super::deliver::{self, Limits, Options, Scope, Tally};
use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::output::{Json, Output, Page};
use crate::settings::{self, Settings};
use crate::stop::Stop;

/// Attempt every delivery that is due
///
/// Delivery is at least once: an endpoint may see an event twice, always under the same webhook-id. An attempt is
/// never early; run from cron it may be late, so retry policies with delays of seconds need `--watch`. An endpoint's
/// Retry-After puts the next attempt off by at most an hour. Nothing due is no output and exit 0; exit 1 when a
/// delivery died in this run.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    * * * * *  hookyard webhook retry --max-runtime 55s     # crontab\n  \
    hookyard webhook retry --watch -v")]
pub struct Args {
    #[command(flatten)]
    pub tuning: Tuning,
    /// Attempt at most this many deliveries
    #[arg(long, value_name = "COUNT", value_parser = settings::count)]
    limit: Option<usize>,
    /// Stop claiming after this long; requests on the wire then have 4 s
    #[arg(long, value_name = "TIME", value_parser = settings::duration)]
    max_runtime: Option<Duration>,
    /// Stay, and attempt what becomes due
    #[arg(long)]
    watch: bool,
}

/// How hard to work; each has a setting of the same name.
#[derive(clap::Args, Default)]
pub struct Tuning {
    /// Requests at once [default: 64]
    #[arg(long, value_name = "COUNT", value_parser = settings::count)]
    concurrency: Option<usize>,
    /// Requests at once to one endpoint, per process [default: 10]
    #[arg(long, value_name = "COUNT", value_parser = settings::count)]
    per_endpoint: Option<usize>,
    /// Requests sent and not yet recorded: what a crash can repeat, at most [default: 512]
    #[arg(long, value_name = "COUNT", value_parser = settings::count)]
    in_flight: Option<usize>,
    /// How long a claimed delivery stays ours without renewal [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = settings::duration)]
    lease: Option<Duration>,
    /// Retry policy of endpoints that name none [default: integration-layer]
    #[arg(long, value_name = "NAME", value_parser = settings::policy)]
    policy: Option<&'static crate::backoff::Policy>,
}

impl Tuning {
    /// Flags over settings.
    pub fn options(&self, settings: &Settings, scope: Scope) -> Options {
        Options {
            limits: Limits {
                concurrency: self.concurrency.unwrap_or(settings.concurrency.value),
                per_endpoint: self.per_endpoint.unwrap_or(settings.per_endpoint.value),
                in_flight: self.in_flight.unwrap_or(settings.in_flight.value),
            },
            lease: self.lease.unwrap_or(settings.lease.value),
            timeout: settings.timeout.value,
            policy: self.policy.unwrap_or(settings.policy.value),
            scope,
            limit: None,
            max_runtime: None,
            watch: false,
            more: None,
        }
    }
}

/// What telling an alert gets even when a run's time is up.
const SHORTEST_ALERT: Duration = Duration::from_millis(800);

pub struct Retried {
    tally: Tally,
    /// What the egress rules were opened to.
    allowed: Option<String>,
}

pub async fn run(context: &Context, args: Args) -> Result<Retried, Failure> {
    schema::preflight(context.db().await?).await?;
    let options = Options {
        limit: args.limit,
        max_runtime: args.max_runtime,
        watch: args.watch,
        ..args.tuning.options(&context.settings, Scope::All)
    };
    let begun = context.clock.instant();
    let tally = deliver::deliver(context, &options, &mut Stop::listen()?).await?;
    // Told to end, it ends: the alerts are a later run's. Near the end of its time it keeps them short.
    if tally.signal.is_none() {
        let left = args.max_runtime.map(|most| (most + deliver::GRACE).saturating_sub(begun.elapsed()));
        let limit = left.map_or(alert::LIMIT, |left| left.clamp(SHORTEST_ALERT, alert::LIMIT));
        alert::tell(context, limit).await;
        if args.max_runtime.is_none_or(|most| begun.elapsed() < most) {
            deliver::count_hours(context.db().await?).await;
        }
    }
    Ok(Retried { tally, allowed: context.rules().opened() })
}

impl Output for Retried {
    fn text(&self, page: &mut Page) {
        self.tally.text(page);
        if let Some(allowed) = self.allowed.as_ref().filter(|_| self.tally.attempted > 0) {
            page.line(format!("allowed besides public https: {allowed}"));
        }
    }

    fn json(&self) -> Json {
        if self.tally.is_silent() {
            return Json::Lines(Vec::new());
        }
        let mut answer = self.tally.json();
        answer["allowed"] = json!(self.allowed);
        Json::One(answer)
    }

    fn verdict(&self) -> u8 {
        self.tally.verdict()
    }
}
