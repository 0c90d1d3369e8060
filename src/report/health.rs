//! `hookyard report health`: one look, one struct, one verdict; what it is for decides the form.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::figures::Health;
use super::store::{self, Wish};
use super::threshold::{self, Chosen};
use super::told;
use super::verdict::{self, Level, Limits};
use super::watch;
use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::output::{self, Json, Output, Page};
use crate::settings;

/// Say whether webhooks go out, Yardi comes in, and hookyard itself runs
///
/// Each section is ok, degraded or failing by limits whose names say which side is bad. Exit 0 when nothing is failing,
/// 1 when something is, 3 when the database cannot be reached or has not answered within 9 s. With --nagios: 0 ok,
/// 1 degraded, 2 failing or no database, 3 for anything else, a wrong call included. Nothing is written to the database.
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
    /// Count every attempt anew, also those that are counted already
    #[arg(long)]
    live: bool,
    /// Also write the report as one page that needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Show answers in full, personal data included
    #[arg(long)]
    show_pii: bool,
    #[command(flatten)]
    form: Form,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Forms")]
struct Form {
    /// One line of at most 80 characters, and exit codes as Nagios means them
    #[arg(long, group = "form", conflicts_with = "json")]
    nagios: bool,
    /// Prometheus' text format
    #[arg(long, group = "form", conflicts_with = "json")]
    prometheus: bool,
    /// Write it to this file at one stroke, for the textfile collector; without a database it says so
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    output: Option<PathBuf>,
    /// One row for each endpoint
    #[arg(long, group = "form", conflicts_with = "json")]
    csv: bool,
    /// For an incident's channel
    #[arg(long, group = "form", conflicts_with = "json")]
    markdown: bool,
    /// Look again and again, and draw over the last look
    #[arg(long, conflicts_with = "form")]
    watch: bool,
    /// How long to wait between two looks
    #[arg(long, value_name = "TIME", default_value = "5s", requires = "watch", value_parser = settings::duration)]
    every: Duration,
}

fn after_help() -> String {
    format!(
        "Limits (default of --warn, of --fail-on):\n{}\nExamples:\n  \
         hookyard report health\n  \
         hookyard report health --watch\n  \
         hookyard report health --json --fail-on success=95,oldest-due=10m,dead=0\n  \
         * * * * *  hookyard report health --prometheus --output /srv/hookyard.prom\n  \
         */10 * * * *  hookyard report health --html /srv/health.html > /dev/null",
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
        self.form.csv
    }

    pub fn every(&self) -> Duration {
        self.form.every
    }
}

/// Shorter than the ten seconds that monitoring gives a check.
const WITHIN: Duration = Duration::from_secs(9);

pub struct Checked {
    health: Health,
    words: Words,
}

/// How the answer reads where neither JSON nor CSV is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Table,
    Nagios,
    Prometheus,
    Markdown,
    /// It went to a file.
    Silent,
}

pub async fn run(context: &Context, args: Args) -> Result<Box<dyn Output>, Failure> {
    let limits = limits(context, &args)?;
    if args.form.watch {
        return Ok(Box::new(watch::run(context, &args, &limits).await?));
    }
    let checked = check(context, &args, &limits).await;
    if let Some(path) = &args.form.output {
        let text = match &checked {
            Ok(checked) => told::prometheus(&checked.health),
            Err(_) => told::down(),
        };
        output::write_file(path, text.as_bytes())?;
        return Ok(Box::new(Checked { words: Words::Silent, ..checked? }));
    }
    Ok(Box::new(checked?))
}

/// One look, and what it is worth.
pub async fn check(context: &Context, args: &Args, limits: &Limits) -> Result<Checked, Failure> {
    let Ok(looked) = tokio::time::timeout(WITHIN, look(context, args)).await else {
        return Err(slow(Failure::later(format!(
            "the database has not answered within {} s",
            WITHIN.as_secs()
        ))));
    };
    let mut health = looked?;
    verdict::judge(&mut health, limits);
    if let Some(path) = &args.html {
        output::write_file(path, told::html(&health)?.as_bytes())?;
    }
    let form = &args.form;
    let words = match (form.nagios, form.prometheus, form.markdown) {
        (true, ..) => Words::Nagios,
        (_, true, _) => Words::Prometheus,
        (.., true) => Words::Markdown,
        _ => Words::Table,
    };
    Ok(Checked { health, words })
}

async fn look(context: &Context, args: &Args) -> Result<Health, Failure> {
    let db = context.report_db().await?;
    let wish = Wish {
        window_s: args.window.as_secs().try_into().unwrap_or(i64::MAX),
        live: args.live,
        show_pii: args.show_pii,
        // A replica, and a role that may only read, are not meant to be fit for delivering.
        schema: context.settings.report_database.is_none(),
    };
    match store::find_health(db, &wish).await {
        Ok(health) => Ok(health),
        Err(trouble) if trouble.code() == "57014" => Err(slow(trouble.into())),
        Err(trouble) => Err(schema::explained(db, trouble.into()).await),
    }
}

fn slow(failure: Failure) -> Failure {
    failure
        .hint("`hookyard database status` says which index is missing")
        .hint("`hookyard report health --window 24h` reads less")
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
        let lines = match self.words {
            Words::Table => return told::table(&self.health, page),
            Words::Silent => return,
            Words::Nagios => vec![told::nagios(&self.health)],
            Words::Prometheus => told::prometheus(&self.health).lines().map(str::to_owned).collect(),
            Words::Markdown => told::markdown(&self.health),
        };
        lines.iter().for_each(|line| page.line(line));
    }

    fn json(&self) -> Json {
        told::json(&self.health)
    }

    fn csv(&self) -> Option<Vec<Vec<String>>> {
        Some(told::csv(&self.health))
    }

    /// Degraded is a thing to know of, not an error.
    fn verdict(&self) -> u8 {
        match (self.words, self.health.level) {
            (Words::Nagios, level) => level as u8,
            (_, level) => u8::from(level == Level::Failing),
        }
    }
}
