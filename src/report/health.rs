//! `hookyard report health`: one look, one struct, one verdict; what it is for decides the form.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::figures::Health;
use super::store::{self, Wish};
use super::threshold::{self, Chosen};
use super::told;
use super::verdict::{self, Level, Limits};
use crate::context::Context;
use crate::db::schema::{self, Weight};
use crate::failure::Failure;
use crate::output::{self, Json, Output, Page};
use crate::settings;

/// Say whether webhooks go out, Yardi comes in, and hookyard itself runs
///
/// Each section is ok, degraded or failing by limits whose names say which side is bad. Exit 0 when nothing is failing,
/// 1 when something is, 3 when the database cannot be reached or has not answered within 9 s. Nothing is written to
/// the database.
#[derive(clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// Count the endpoints' attempts over this long, from 24h to 31d
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = window)]
    window: Duration,
    /// Degraded beyond these limits, such as success=98,due=500; `name=off` for none
    #[arg(long, value_name = "LIMITS", value_parser = threshold::parse)]
    warn: Option<Chosen>,
    /// Failing beyond these limits
    #[arg(long, value_name = "LIMITS", value_parser = threshold::parse)]
    fail_on: Option<Chosen>,
    /// Count every attempt anew, also in hours that `webhook retry` has counted
    #[arg(long)]
    live: bool,
    /// Also write the report as one page that needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Show answers in full, personal data included
    #[arg(long)]
    show_pii: bool,
}

fn after_help() -> String {
    format!(
        "Limits (default of --warn, of --fail-on):\n{}\nExamples:\n  \
         hookyard report health\n  \
         hookyard report health --json --fail-on success=95,oldest-due=10m,dead=0\n  \
         */10 * * * *  hookyard report health --quiet --html /srv/www/health.html > /dev/null     # crontab",
        threshold::told()
    )
}

/// `36h`, or days: `7d`. No less than a day, since the last 24 hours are always looked at.
fn window(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    let length = match days {
        Some(days) => settings::duration(&format!("{}h", u64::from(days) * 24)),
        None => settings::duration(text),
    };
    let wrong = || format!("`{text}` is not a length of time from 24h to 31d");
    length.ok().filter(|length| *length >= Duration::from_secs(86_400)).ok_or_else(wrong)
}

impl Args {
    pub fn wants_csv(&self) -> bool {
        false
    }
}

/// Shorter than the ten seconds that monitoring gives a check.
const WITHIN: Duration = Duration::from_secs(9);

pub struct Checked {
    health: Health,
}

pub async fn run(context: &Context, args: Args) -> Result<Checked, Failure> {
    let limits = limits(context, &args)?;
    let Ok(looked) = tokio::time::timeout(WITHIN, look(context, &args)).await else {
        return Err(Failure::later(format!("the database has not answered within {} s", WITHIN.as_secs())));
    };
    let mut health = looked?;
    verdict::judge(&mut health, &limits);
    if let Some(path) = &args.html {
        output::write_file(path, told::html(&health)?.as_bytes())?;
    }
    Ok(Checked { health })
}

async fn look(context: &Context, args: &Args) -> Result<Health, Failure> {
    let db = context.report_db().await?;
    let wish = Wish {
        window_s: args.window.as_secs().try_into().unwrap_or(i64::MAX),
        live: args.live,
        show_pii: args.show_pii,
    };
    let mut health = match store::find_health(db, &wish).await {
        Ok(health) => health,
        Err(trouble) => return Err(schema::explained(db, trouble.into()).await),
    };
    // A replica, and a role that may only read, are not meant to be fit for delivering.
    if context.settings.report_database.is_none() {
        let findings = schema::inspect(db).await?.findings;
        let wrong = findings.into_iter().filter(|finding| finding.weight == Weight::Wrong);
        health.tool.schema = wrong.map(|finding| finding.what).collect();
    }
    Ok(health)
}

/// Flags over the configuration over the defaults.
fn limits(context: &Context, args: &Args) -> Result<Limits, Failure> {
    let set = &context.settings.health;
    let read = |key: &str, text: &Option<String>, parse: fn(&str) -> Result<Chosen, String>| {
        let text = text.as_deref().unwrap_or_default();
        parse(text).map_err(|why| Failure::blocked(format!("{key} in the configuration: {why}")))
    };
    let mut limits = Limits {
        warn: read("health.warn", &set.warn, threshold::parse)?,
        fail: read("health.fail_on", &set.fail_on, threshold::parse)?,
        endpoints: BTreeMap::new(),
    };
    limits.warn.extend(args.warn.iter().flatten());
    limits.fail.extend(args.fail_on.iter().flatten());
    for (id, own) in &set.endpoints {
        let key = |name| format!("health.endpoints.{id}.{name}");
        let warn = read(&key("warn"), &own.warn, threshold::parse_per_endpoint)?;
        let fail = read(&key("fail_on"), &own.fail_on, threshold::parse_per_endpoint)?;
        limits.endpoints.insert(*id, (warn, fail));
    }
    Ok(limits)
}

impl Output for Checked {
    fn text(&self, page: &mut Page) {
        told::table(&self.health, page);
    }

    fn json(&self) -> Json {
        Json::One(told::json(&self.health))
    }

    /// Degraded is a thing to know of, not an error.
    fn verdict(&self) -> u8 {
        u8::from(self.health.level == Level::Failing)
    }
}
