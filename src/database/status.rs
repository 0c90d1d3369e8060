//! `hookyard database status`: everything that is missing or wrong at once, each with what to type.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::index::{self, Standing, State};
use super::keys::Held;
use super::store;
use super::surroundings::{Surroundings, TUNING};
use crate::context::Context;
use crate::db::embedded;
use crate::db::schema::{self, Facts, Finding, Relation, Scope, Weight};
use crate::db::{Db, blockers, migrations};
use crate::failure::Failure;
use crate::output::{Json, Output, Page, Tone};
use crate::settings::Database;

/// Show whether the database is fit, and what to type where it is not
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hookyard database status\n  hookyard database status --json | jq '.findings[] | select(.wrong)'"
)]
pub struct Args {}

pub struct Inspected {
    place: String,
    facts: Facts,
    surroundings: Surroundings,
    findings: Vec<Finding>,
    /// The local server's own description; none for a database that is somebody else's.
    local: Vec<String>,
}

pub async fn run(context: &Context, _args: Args) -> Result<Inspected, Failure> {
    let db = context.db().await?;
    let schema::Inspection { facts, mut findings } = schema::inspect(db).await?;
    let surroundings = store::find_surroundings(db).await?;
    findings.extend(surroundings.findings());
    findings.extend(indexes(&store::list_indexes(db).await?));
    findings.extend(beyond_the_catalog(db, &facts).await);
    let tags: Vec<&str> = context.settings.keys.iter().map(|key| key.tag.as_str()).collect();
    findings.extend(by_key(db, &facts, &tags).await);
    // Wrong things first; otherwise in the order they were found.
    findings.sort_by_key(|finding| finding.weight == Weight::Noted);
    let local = match context.settings.database.as_ref().map(|set| &set.value) {
        Some(Database::Embedded) => local(&embedded::describe(&context.local()?)),
        _ => Vec::new(),
    };
    Ok(Inspected { place: db.place().to_owned(), facts, surroundings, findings, local })
}

/// What only a reading can tell. Where a right is missing that is a finding already, so trouble here adds none.
async fn beyond_the_catalog(db: &Db, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.relation("attempts", true).is_some()
        && let Ok(strangers) = store::count_strangers(db).await
    {
        findings.extend(strangers.finding());
    }
    if facts.relation("counted_writes", true).is_some()
        && let Ok(writes) = store::find_writes(db).await
    {
        findings.extend(writes.finding());
    }
    if facts.relation("entry_payloads", true).is_some()
        && let Err(trouble) = store::find_no_entry(db).await
    {
        let rights = trouble.code() == "42501";
        let why = blockers::explained(db, trouble).await;
        let fix = if rights {
            format!("grant select on TABLE to {}; for the table it names, if {0} owns the view", facts.role)
        } else {
            why.hints.join("; ")
        };
        let what = format!("view hookyard.entry_payloads cannot be read: {}", why.source);
        findings.push(Finding::wrong(Scope::Entries, what, fix));
    }
    findings
}

/// What lies under which key. A missing right is a finding already, here as well.
async fn by_key(db: &Db, facts: &Facts, tags: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.relation("secrets", true).is_some()
        && let Ok(heads) = store::count_secrets(db).await
    {
        findings.extend(Held::secrets(heads).findings(tags));
    }
    let may_read =
        |table: &Relation| table.columns.iter().any(|column| column.name == "password" && column.can_select);
    if facts.relation("yardi_integrations", false).is_some_and(may_read)
        && let Ok(heads) = store::list_password_heads(db).await
    {
        findings.extend(Held::passwords(&heads).findings(tags));
    }
    findings
}

fn indexes(standing: &[Standing]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for index in index::ALL {
        let fix = if index.is_ours_to_build(standing) {
            "hookyard database migrate --with-indexes".to_owned()
        } else {
            format!("as the table's owner: {};", index.create)
        };
        let finding = match index.state(standing) {
            State::Built | State::NoTable => continue,
            State::Missing => {
                let worth = index.worth.map(|worth| format!(": {worth}")).unwrap_or_default();
                Finding::noted(Scope::Delivery, format!("index {} is missing{worth}", index.name))
                    .fixed_by(fix)
            }
            State::Invalid => {
                let fix = if index.is_ours_to_build(standing) {
                    fix
                } else {
                    format!("as the table's owner: {}; {};", index.drop, index.create)
                };
                Finding::wrong(Scope::Delivery, format!("index {} is invalid", index.name), fix)
            }
            State::Building(pid) => {
                Finding::noted(Scope::Delivery, format!("pid {pid} is building index {}", index.name))
            }
        };
        findings.push(finding);
    }
    findings
}

impl Inspected {
    fn wrong(&self) -> usize {
        self.findings.iter().filter(|finding| finding.weight == Weight::Wrong).count()
    }

    fn version(&self) -> Option<i32> {
        self.facts.recorded.as_ref()?.iter().map(|recorded| recorded.version).max()
    }

    fn advice(&self) -> Option<&'static str> {
        let there = self.facts.relation("webhook_delivery_attempts", false).is_some();
        (there && !self.surroundings.is_tuned).then_some(TUNING)
    }

    fn summary(&self, page: &mut Page) {
        let around = &self.surroundings;
        page.line(format!("database   {} at {} as {}", self.facts.database, self.place, self.facts.role));
        let part = if around.is_standby { "standby" } else { "primary" };
        page.line(format!("server     PostgreSQL {}, {}, {part}", around.version, self.facts.encoding));
        match &around.timezone {
            Some(zone) => page
                .line(format!("time zone  UTC in every transaction of ours, whatever the default ({zone})")),
            None => page.line("time zone  UTC in every transaction of ours"),
        }
        match self.version() {
            Some(version) => page.line(format!("schema     version {version} of {}", migrations::newest())),
            None => page.line("schema     not made"),
        }
        self.local.iter().for_each(|line| page.line(format!("local      {line}")));
    }
}

/// The local server in words.
fn local(description: &embedded::Description) -> Vec<String> {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let mut lines = Vec::new();
    if let (Some(version), Some(binaries)) = (&description.version, path(&description.binaries)) {
        lines.push(format!("{version} from {binaries} ({})", description.source.unwrap_or("chosen")));
    }
    lines.extend(path(&description.data).map(|data| format!("data in {data}")));
    lines.push(format!("log in {}", description.log.display()));
    lines
}

impl Output for Inspected {
    fn text(&self, page: &mut Page) {
        self.summary(page);
        for (weight, word, tone) in
            [(Weight::Wrong, "wrong", Tone::Bad), (Weight::Noted, "noted", Tone::Warn)]
        {
            for finding in self.findings.iter().filter(|finding| finding.weight == weight) {
                page.blank();
                page.toned(format!("{word}: {}", finding.what), tone);
                if let Some(fix) = &finding.fix {
                    page.line(format!("  {fix}"));
                }
            }
        }
        if let Some(advice) = self.advice() {
            page.blank();
            page.line("advice: the attempts are vacuumed seldom by default; their owner may type");
            page.line(format!("  {advice}"));
        }
        page.blank();
        match self.wrong() {
            0 => page.toned("all is well", Tone::Good),
            1 => page.toned("1 thing is wrong", Tone::Bad),
            wrong => page.toned(format!("{wrong} things are wrong"), Tone::Bad),
        }
    }

    fn json(&self) -> Json {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|one| json!({ "wrong": one.weight == Weight::Wrong, "what": one.what, "fix": one.fix }))
            .collect();
        let around = &self.surroundings;
        Json::One(json!({
            "place": self.place,
            "database": self.facts.database,
            "role": self.facts.role,
            "server": around.version,
            "encoding": self.facts.encoding,
            "timezone_default": around.timezone,
            "standby": around.is_standby,
            "version": self.version(),
            "newest": migrations::newest(),
            "local": self.local,
            "findings": findings,
            "advice": self.advice(),
            "well": self.wrong() == 0,
        }))
    }

    fn verdict(&self) -> u8 {
        if self.wrong() == 0 { 0 } else { 4 }
    }
}
