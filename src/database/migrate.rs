//! `hookyard database migrate`: our schema made or brought up to date, whoever the other tables belong to.

use serde_json::{Value, json};

use super::build::{Built, build};
use super::index::{self, State};
use super::store;
use crate::context::Context;
use crate::db::Db;
use crate::db::migrations::{self, Applied, Pending};
use crate::db::schema::{self, Weight};
use crate::failure::Failure;
use crate::output::{Json, Output, Page, Tone};

/// Make or update hookyard's schema
///
/// On a database that has none of the six documented tables, those are made as well. On one that has them, nothing
/// outside schema hookyard is created or altered.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hookyard database migrate\n  hookyard database migrate --dry-run | less\n  hookyard database migrate --with-indexes"
)]
pub struct Args {
    /// Print the SQL that would run, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Also build the documented indexes, and one by time, that are missing or invalid, without stopping writers
    #[arg(long)]
    with_indexes: bool,
}

#[derive(Default)]
pub struct Migrated {
    /// The dry run's SQL; then nothing was done.
    script: Option<String>,
    applied: Applied,
    indexes: Vec<Built>,
    /// What is still wrong, of things that are not ours to change.
    left: Vec<String>,
}

pub async fn run(context: &Context, args: Args) -> Result<Migrated, Failure> {
    let db = context.db().await?;
    refuse_unfit(db).await?;
    if args.dry_run {
        let script = rehearse(&migrations::pending(db).await?, db, args.with_indexes).await?;
        return Ok(Migrated { script: Some(script), ..Migrated::default() });
    }
    let applied = migrations::apply(db).await?;
    let indexes = if args.with_indexes { build(context, db).await? } else { Vec::new() };
    let findings = schema::inspect(db).await?.findings;
    let left = findings.into_iter().filter(|one| one.weight == Weight::Wrong).map(|one| one.what).collect();
    Ok(Migrated { script: None, applied, indexes, left })
}

/// What no migration can mend is said before the first one runs.
async fn refuse_unfit(db: &Db) -> Result<(), Failure> {
    let facts = schema::inspect(db).await?.facts;
    if facts.encoding != "UTF8" {
        return Err(Failure::blocked(format!(
            "the database's encoding is {}; payloads need UTF8",
            facts.encoding
        ))
        .hint("create database NEW encoding 'UTF8' template template0; then dump this one into it"));
    }
    if facts.server < 130_000 {
        return Err(Failure::blocked(format!("the server is PostgreSQL {}", facts.server / 10_000))
            .hint("hookyard needs 13 or later"));
    }
    Ok(())
}

async fn rehearse(pending: &Pending, db: &Db, with_indexes: bool) -> Result<String, Failure> {
    let mut script = migrations::script(pending);
    if with_indexes {
        let standing = store::list_indexes(db).await?;
        let makes_tables = pending.migrations.iter().any(|(one, inherited)| one.documented && !inherited);
        for index in index::ALL {
            match index.state(&standing) {
                State::Missing => script.push_str(&format!("\n{};\n", index.create)),
                State::Invalid => script.push_str(&format!("\n{};\n{};\n", index.drop, index.create)),
                State::NoTable if !makes_tables => {
                    script.push_str(&format!("\n-- {}: there is no table {}\n", index.name, index.table));
                }
                State::NoTable | State::Built | State::Building(_) => {}
            }
        }
    }
    Ok(script)
}

impl Output for Migrated {
    fn text(&self, page: &mut Page) {
        if let Some(script) = &self.script {
            match script.is_empty() {
                true => page.line("-- nothing to do"),
                false => script.lines().for_each(|line| page.line(line)),
            }
            return;
        }
        for what in &self.applied.made {
            page.toned(format!("made {what}"), Tone::Good);
        }
        if self.applied.inherited {
            page.line("the documented tables were there: they are somebody else's and stay as they are");
        }
        for built in &self.indexes {
            match &built.why_not {
                None => page.toned(format!("{} {}", built.what, built.name), Tone::Good),
                Some(why) => page.toned(format!("{} {}: {why}", built.what, built.name), Tone::Warn),
            }
        }
        if let Some(why) = &self.applied.no_view {
            page.toned(format!("view hookyard.entry_payloads does not fit this database: {why}"), Tone::Warn);
            page.line(format!("  {}", schema::view_contract()));
        }
        if let Some(why) = &self.applied.no_function {
            page.toned(
                format!("function hookyard.create_entry does not fit this database: {why}"),
                Tone::Warn,
            );
            page.line(format!("  {}", schema::FUNCTION_CONTRACT));
        }
        if self.applied.made.is_empty() && self.indexes.is_empty() {
            page.line(format!("nothing to do: the schema is at version {}", migrations::newest()));
        }
        if !self.left.is_empty() {
            page.blank();
            page.line("still to be done by a person (`hookyard database status` says how):");
            self.left.iter().for_each(|what| page.line(format!("  {what}")));
        }
    }

    fn json(&self) -> Json {
        let indexes: Vec<Value> = self
            .indexes
            .iter()
            .map(|one| json!({ "name": one.name, "what": one.what, "why_not": one.why_not }))
            .collect();
        Json::One(json!({
            "dry_run": self.script.is_some(),
            "sql": self.script,
            "made": self.applied.made,
            "inherited": self.applied.inherited,
            "view_not_made": self.applied.no_view,
            "function_not_made": self.applied.no_function,
            "indexes": indexes,
            "version": migrations::newest(),
            "left": self.left,
        }))
    }

    /// What was asked for and only somebody else can do.
    fn verdict(&self) -> u8 {
        if self.indexes.iter().any(|one| one.why_not.is_some()) { 4 } else { 0 }
    }
}
