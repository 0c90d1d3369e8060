//! The catalog's facts against what is expected: findings, each with what to type.

use super::expected::{DOCUMENTED, OWN, Scope, Table, VIEW};
use super::facts::Facts;
use super::relation;
use crate::db::migrations;

/// Whether a finding stops the commands of its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Wrong,
    Noted,
}

#[derive(Clone, Debug)]
pub struct Finding {
    pub scope: Scope,
    pub weight: Weight,
    pub what: String,
    /// What to type.
    pub fix: Option<String>,
}

impl Finding {
    pub fn wrong(scope: Scope, what: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding { scope, weight: Weight::Wrong, what: what.into(), fix: Some(fix.into()) }
    }

    pub fn noted(scope: Scope, what: impl Into<String>) -> Finding {
        Finding { scope, weight: Weight::Noted, what: what.into(), fix: None }
    }

    pub fn fixed_by(mut self, fix: impl Into<String>) -> Finding {
        self.fix = Some(fix.into());
        self
    }
}

const MIGRATE: &str = "hookyard database migrate";
/// What the host application, `webhook send` and the tables' defaults call.
const FUNCTIONS: &[&str] =
    &["enqueue", "entry_payload", "insert_event", "json_or_null", "new_id", "takes_jsonb"];

/// `yardi`: whether what only the Yardi commands need is wrong where it is missing, or merely noted.
pub fn judge(facts: &Facts, yardi: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    server(facts, &mut findings);
    let complete = schema(facts, &mut findings);
    let inherited = facts.recorded.iter().flatten().any(|recorded| recorded.inherited)
        || DOCUMENTED.iter().any(|table| facts.relation(table.name, false).is_some());
    for expected in DOCUMENTED {
        match facts.relation(expected.name, false) {
            Some(found) => relation::compare(facts, expected, found, yardi, &mut findings),
            None => findings.push(absent(facts, expected, inherited)),
        }
    }
    for expected in OWN {
        match facts.relation(expected.name, true) {
            Some(found) => relation::compare(facts, expected, found, true, &mut findings),
            // A schema that is behind is one finding, not one for each table that is still to come.
            None if complete => findings.push(Finding::wrong(
                expected.scope,
                format!("table {} is missing although it was made once", expected.path()),
                "restore it from a backup, or from the file in migrations/ that makes it",
            )),
            None => {}
        }
    }
    if complete {
        functions(facts, &mut findings);
        view(facts, &mut findings);
        create_entry(facts, yardi, &mut findings);
    }
    findings
}

fn server(facts: &Facts, findings: &mut Vec<Finding>) {
    if facts.server < 130_000 {
        findings.push(Finding::wrong(
            Scope::Delivery,
            format!("the server is PostgreSQL {}; hookyard needs 13 or later", facts.server / 10_000),
            "upgrade the server",
        ));
    }
    if facts.encoding != "UTF8" {
        findings.push(Finding::wrong(
            Scope::Delivery,
            format!("the database's encoding is {}; payloads need UTF8", facts.encoding),
            "create database NEW encoding 'UTF8' template template0; then dump this one into it",
        ));
    }
}

/// True when our schema is at the version of this binary.
fn schema(facts: &Facts, findings: &mut Vec<Finding>) -> bool {
    let mut wrong = |what: String, fix: String| findings.push(Finding::wrong(Scope::Delivery, what, fix));
    match facts.schema_usage {
        None => {
            let first = format!("create schema hookyard authorization {};", facts.role);
            wrong(
                "schema hookyard is missing".into(),
                if facts.can_create {
                    MIGRATE.into()
                } else {
                    format!("as the database's owner: {first} then {MIGRATE}")
                },
            );
            return false;
        }
        Some(false) => {
            wrong(
                format!("role {} may not use schema hookyard", facts.role),
                format!("grant usage on schema hookyard to {};", facts.role),
            );
        }
        Some(true) => {}
    }
    let Some(recorded) = &facts.recorded else {
        // A table that is there but may not be read is told of with its rights.
        if facts.relation("migrations", true).is_none() {
            wrong("schema hookyard is empty: nothing was migrated yet".into(), MIGRATE.into());
        }
        return false;
    };
    if let Err(why) = migrations::refuse(recorded) {
        wrong(why.source.to_string(), why.hints.into_iter().next().unwrap_or_default());
        return false;
    }
    let missing: Vec<String> = migrations::ALL
        .iter()
        .filter(|migration| !recorded.iter().any(|one| one.version == migration.version))
        .map(migrations::Migration::title)
        .collect();
    if missing.is_empty() {
        return true;
    }
    wrong(format!("the schema is behind: {} to come", missing.join(", ")), MIGRATE.into());
    false
}

fn absent(facts: &Facts, expected: &Table, inherited: bool) -> Finding {
    if let Some(hidden) = facts.elsewhere(expected.name) {
        return Finding::wrong(
            expected.scope,
            format!(
                "table {} is in schema {}, which is not on the search path",
                expected.name, hidden.schema
            ),
            format!(
                "alter role {} in database {} set search_path = {};",
                facts.role,
                facts.database,
                facts.search_path.iter().chain([&hidden.schema]).cloned().collect::<Vec<_>>().join(", ")
            ),
        );
    }
    let what = format!("table {} is missing", expected.name);
    if inherited {
        return Finding::wrong(expected.scope, what, create(expected));
    }
    Finding::wrong(expected.scope, what, MIGRATE)
}

/// The document's table in its shortest form, for the owner of the others to make.
fn create(expected: &Table) -> String {
    let columns: Vec<String> = expected
        .columns
        .iter()
        .map(|(name, kind, nullable)| {
            format!("{name} {}{}", kind.sql(), if *nullable { "" } else { " not null" })
        })
        .collect();
    format!("create table {} ({});", expected.path(), columns.join(", "))
}

fn functions(facts: &Facts, findings: &mut Vec<Finding>) {
    for name in FUNCTIONS {
        if !facts.functions.iter().any(|one| one == name) {
            findings.push(Finding::wrong(
                Scope::Delivery,
                format!("function hookyard.{name} is missing, or {} may not execute it", facts.role),
                format!("grant execute on function hookyard.{name} to {};", facts.role),
            ));
        }
    }
}

fn view(facts: &Facts, findings: &mut Vec<Finding>) {
    if let Some(found) = facts.relation(VIEW.name, true) {
        return relation::compare(facts, &VIEW, found, true, findings);
    }
    findings.push(Finding::wrong(Scope::Entries, "view hookyard.entry_payloads is missing", view_contract()));
}

fn create_entry(facts: &Facts, yardi: bool, findings: &mut Vec<Finding>) {
    let what = match facts.create_entry {
        Some(true) => return,
        Some(false) => format!(
            "function hookyard.create_entry takes or gives something else, or {} may not execute it",
            facts.role
        ),
        None => "function hookyard.create_entry is missing".to_owned(),
    };
    let mut finding = Finding::wrong(Scope::Yardi, what, FUNCTION_CONTRACT);
    if !yardi {
        finding.weight = Weight::Noted;
    }
    findings.push(finding);
}

/// What to write where ours does not fit.
pub const FUNCTION_CONTRACT: &str = "create function hookyard.create_entry(property_id uuid, first_name text, \
     last_name text, email text, prospect_code text) returns uuid ...; which makes an entry with its applicant";

/// What to write where ours does not fit.
pub fn view_contract() -> String {
    let columns: Vec<String> =
        VIEW.columns.iter().map(|(name, kind, _)| format!("{name} {}", kind.sql())).collect();
    format!(
        "create view hookyard.entry_payloads as select ...; with one row per entry and the columns {}",
        columns.join(", ")
    )
}
