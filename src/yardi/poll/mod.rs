//! `hookyard yardi poll`: the cron verb that brings prospects in. One request at a time per integration, over all
//! processes and hosts; integrations side by side; rows and stamp of a property together, or neither.

mod post;
mod progress;
mod told;
mod turn;

use std::rc::Rc;

use tokio::sync::watch;
use uuid::Uuid;

use super::integration::{Integration, Property, Standing};
use super::{abreast, store};
use crate::clock::Micros;
use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::instant;
use crate::settings;
use crate::stop::Stop;
use progress::Progress;
pub use told::Polled;
use told::{Planning, Tally};
use turn::Turn;

/// Import new prospects of every property that is due
///
/// A property is due once its poll_rate has passed since last_poll_run. Its rows and the new last_poll_run are
/// committed together, and only after a complete answer that is believed. Everything that is not stored is counted with
/// its reason. Safe to overlap on any number of processes and hosts. Nothing due is no output and exit 0.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    */5 * * * *  hookyard yardi poll     # crontab\n  \
    hookyard yardi poll --integration ACME-YARDI --property oakst --force\n  \
    hookyard yardi poll --since 72h --property oakst --force --dry-run")]
pub struct Args {
    /// Only this integration: its short id or its id
    #[arg(long, value_name = "INTEGRATION")]
    integration: Option<String>,
    /// Only this property: Yardi's code, its short id or its id
    #[arg(long, value_name = "PROPERTY")]
    property: Option<String>,
    /// Poll what is not yet due as well
    #[arg(long)]
    force: bool,
    /// Ask for everything since this time, in UTC, or this long ago
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Say what would be asked, and ask and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Integrations asked side by side [default: 4]
    #[arg(long, value_name = "COUNT", value_parser = settings::count)]
    concurrency: Option<usize>,
}

impl Args {
    /// One integration, due or not.
    pub fn forced(integration: &str) -> Args {
        Args {
            integration: Some(integration.to_owned()),
            property: None,
            force: true,
            since: None,
            dry_run: false,
            concurrency: None,
        }
    }
}

/// What every integration's turn needs.
pub struct Run<'a> {
    context: &'a Context,
    id: Uuid,
    force: bool,
    since: Option<Micros>,
    property: Option<&'a str>,
    /// Named on purpose: then it is said when another run holds it.
    named: bool,
    mails: bool,
    stopping: watch::Receiver<bool>,
    progress: Progress,
}

pub async fn run(context: &Context, args: Args) -> Result<Polled, Failure> {
    let db = context.db().await?;
    let mailer = post::mailer(context)?;
    schema::preflight_for_yardi(db, mailer.is_some()).await?;
    let integrations = store::list_integrations(db, args.integration.as_deref()).await?;
    if let Some(named) = &args.integration
        && integrations.is_empty()
    {
        return Err(Failure::no(format!("the integration {named} was not found")));
    }
    let ids: Vec<Uuid> = integrations.iter().map(|integration| integration.id).collect();
    let properties = store::list_properties(db, &ids).await?;
    if let Some(named) = &args.property
        && !properties.iter().any(|property| property.is_named(named))
    {
        return Err(Failure::no(format!("the property {named} was not found"))
            .hint("`hookyard yardi list` shows every property"));
    }
    let now = properties.first().map_or_else(|| context.clock.wall(), |property| property.now);
    let since = since(context, args.since.as_deref(), now)?;
    let (stopper, stopping) = watch::channel(false);
    let run = Run {
        context,
        id: context.random.id(context.clock.wall()),
        force: args.force,
        since,
        property: args.property.as_deref(),
        named: args.integration.is_some() || args.property.is_some(),
        mails: mailer.is_some(),
        stopping,
        progress: Progress::new(&context.printer),
    };
    if args.dry_run {
        return Ok(Polled::planned(planned(&run, &integrations, &properties)?));
    }
    let most = args.concurrency.unwrap_or(context.settings.yardi_concurrency.value);
    let worth: Vec<Rc<Integration>> = integrations
        .into_iter()
        .filter(|integration| run.is_worth_a_turn(integration, &properties))
        .map(Rc::new)
        .collect();
    let mut stop = Stop::listen()?;
    let mut tally = Tally::default();
    let turns = worth.into_iter().map(|integration| Turn::take(&run, integration));
    abreast::take(turns, most, &mut stop, &stopper, |turn| tally.add(turn)).await?;
    if let Some(mailer) = &mailer
        && stop.signal().is_none()
    {
        post::send(&run, mailer, &mut tally, &mut stop).await?;
    }
    store::forget_polls(db).await?;
    tally.signal = stop.signal();
    tally.mails_are_off = mailer.is_none();
    Ok(Polled::done(tally, run.named && !args.force))
}

/// `2026-11-02T08:15:30Z`, or so long ago; what it came to is said.
fn since(context: &Context, text: Option<&str>, now: Micros) -> Result<Option<Micros>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let at = instant::parse(text, now).map_err(Failure::usage)?;
    if at > now {
        return Err(Failure::usage(format!("--since {} is in the future", crate::clock::shown(at))));
    }
    context.printer.note(&format!("since {}", crate::clock::shown(at)));
    Ok(Some(at))
}

impl Run<'_> {
    fn wants(&self, integration: &Integration, property: &Property) -> bool {
        let named = self.property.is_none_or(|named| property.is_named(named));
        let standing = integration.standing(property);
        let forced = self.force && standing == Standing::Waiting;
        named && (standing.is_due() || forced)
    }

    /// Something is due, or an open circuit keeps it from being asked.
    fn is_worth_a_turn(&self, integration: &Integration, properties: &[Property]) -> bool {
        properties.iter().filter(|property| property.integration_id == integration.id).any(|property| {
            let named = self.property.is_none_or(|named| property.is_named(named));
            let blocked = integration.standing(property) == Standing::CircuitOpen;
            self.wants(integration, property) || (named && blocked)
        })
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

fn planned(
    run: &Run<'_>,
    integrations: &[Integration],
    properties: &[Property],
) -> Result<Vec<Planning>, Failure> {
    let mut planned = Vec::new();
    for integration in integrations {
        for property in properties.iter().filter(|property| property.integration_id == integration.id) {
            if run.wants(integration, property) {
                planned.push(Planning::of(
                    integration,
                    property,
                    &turn::plan(run, integration, property, property.now),
                ));
            }
        }
    }
    Ok(planned)
}
