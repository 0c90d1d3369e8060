//! `hookyard config`: what is in force, and from where.

use serde_json::json;

use crate::context::Context;
use crate::env;
use crate::failure::Failure;
use crate::output::{Cell, Json, Output, Page, Table, Tone};
use crate::settings::{KeySource, Origin, OwnScheme, Set, Settings};

/// Show the settings in force and where each comes from
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  hookyard config\n  hookyard config --json | jq .settings")]
pub struct Args {}

pub struct Configured {
    file: Option<String>,
    rows: Vec<Row>,
    keys: Vec<KeySource>,
    schemes: Vec<OwnScheme>,
}

struct Row {
    name: String,
    value: String,
    origin: Origin,
}

pub fn run(context: &Context, _args: &Args) -> Result<Box<dyn Output>, Failure> {
    let settings = &context.settings;
    Ok(Box::new(Configured {
        file: settings.file.as_ref().map(|path| path.display().to_string()),
        rows: rows(settings),
        keys: settings.keys.clone(),
        schemes: settings.schemes.clone(),
    }))
}

fn rows(settings: &Settings) -> Vec<Row> {
    let seconds = |set: &Set<std::time::Duration>| format!("{:?}", set.value);
    let mut rows = vec![
        maybe("database", settings.database.as_ref().map(|set| (set.value.to_string(), &set.origin)), "none"),
        maybe(
            "report_database",
            settings.report_database.as_ref().map(|set| (set.value.to_string(), &set.origin)),
            "the same",
        ),
        row("allow_egress", list(&settings.allow_egress.value), &settings.allow_egress.origin),
        row("allow_http", settings.allow_http.value.to_string(), &settings.allow_http.origin),
        maybe(
            "ca_file",
            settings.ca_file.as_ref().map(|set| (set.value.display().to_string(), &set.origin)),
            "none",
        ),
        maybe("alert_url", settings.alert_url.as_ref().map(|set| ("***".to_owned(), &set.origin)), "none"),
        row("concurrency", settings.concurrency.value.to_string(), &settings.concurrency.origin),
        row("per_endpoint", settings.per_endpoint.value.to_string(), &settings.per_endpoint.origin),
        row("in_flight", settings.in_flight.value.to_string(), &settings.in_flight.origin),
        row("lease", seconds(&settings.lease), &settings.lease.origin),
        row("timeout", seconds(&settings.timeout), &settings.timeout.origin),
        row("policy", settings.policy.value.name.to_owned(), &settings.policy.origin),
        row("user_agent", settings.user_agent.value.clone(), &settings.user_agent.origin),
        row("plaid_url", settings.plaid.url.value.clone(), &settings.plaid.url.origin),
        maybe(
            "plaid_client_id",
            settings.plaid.client_id.as_ref().map(|set| (set.value.clone(), &set.origin)),
            "none",
        ),
        maybe(
            "plaid_secret",
            match (&settings.plaid.secret, &settings.plaid.secret_file) {
                (Some(secret), _) => Some(("***".to_owned(), &secret.origin)),
                (None, Some(file)) => Some((format!("in {}", file.value.display()), &file.origin)),
                (None, None) => None,
            },
            "none",
        ),
        row("operator", settings.operator.value.clone(), &settings.operator.origin),
        maybe(
            "pg_bin",
            settings.pg_bin.as_ref().map(|set| (set.value.display().to_string(), &set.origin)),
            "searched",
        ),
        maybe("smtp_url", settings.smtp_url.as_ref().map(|set| (set.value.to_string(), &set.origin)), "none"),
        text("mail_from", settings.mail_from.as_ref()),
        text("mail_reply_to", settings.mail_reply_to.as_ref()),
        row("mail_subject", settings.mail_subject.value.clone(), &settings.mail_subject.origin),
        text("invite_url", settings.invite_url.as_ref()),
        row(
            "yardi_concurrency",
            settings.yardi_concurrency.value.to_string(),
            &settings.yardi_concurrency.origin,
        ),
        row("yardi_lease", seconds(&settings.yardi_lease), &settings.yardi_lease.origin),
        row(
            "submit_window",
            format!("{} days", settings.submit_window.value.as_secs() / 86_400),
            &settings.submit_window.origin,
        ),
        row("targets", named(&settings.targets.value), &settings.targets.origin),
    ];
    rows.extend(yardi(settings));
    rows
}

/// `[yardi]` and its sections, as the file has them.
fn yardi(settings: &Settings) -> Vec<Row> {
    let origin = Origin::File(settings.file.clone().unwrap_or_default());
    let all = std::iter::once((String::new(), &settings.yardi.all));
    let sections = settings.yardi.sections.iter().map(|(name, section)| (format!("{name}."), section));
    all.chain(sections)
        .flat_map(|(name, section)| {
            section.shown().into_iter().map(move |(key, value)| (format!("yardi.{name}{key}"), value))
        })
        .map(|(name, value)| Row { name, value, origin: origin.clone() })
        .collect()
}

fn text(name: &'static str, set: Option<&Set<String>>) -> Row {
    maybe(name, set.map(|set| (set.value.clone(), &set.origin)), "none")
}

fn row(name: &'static str, value: String, origin: &Origin) -> Row {
    Row { name: name.to_owned(), value, origin: origin.clone() }
}

fn maybe(name: &'static str, set: Option<(String, &Origin)>, otherwise: &str) -> Row {
    match set {
        Some((value, origin)) => row(name, value, origin),
        None => row(name, otherwise.to_owned(), &Origin::Default),
    }
}

/// The first key of the list encrypts.
fn purpose(at: usize) -> &'static str {
    if at == 0 { "encrypting" } else { "decrypting only" }
}

fn list(networks: &[ipnet::IpNet]) -> String {
    if networks.is_empty() {
        return "none".into();
    }
    networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn named(targets: &std::collections::BTreeMap<String, crate::secret::SafeUrl>) -> String {
    if targets.is_empty() {
        return "none".into();
    }
    targets.iter().map(|(name, url)| format!("{name} {url}")).collect::<Vec<_>>().join(", ")
}

impl Configured {
    /// File and line.
    fn place(&self, scheme: &OwnScheme) -> String {
        let file = self.file.as_deref().unwrap_or_default();
        match scheme.line {
            Some(line) => format!("{file}:{line}"),
            None => file.to_owned(),
        }
    }
}

impl Output for Configured {
    fn text(&self, page: &mut Page) {
        let mut table = Table::new(&["setting", "value", "from"]);
        for row in &self.rows {
            let tone = if row.origin == Origin::Default { Tone::Dim } else { Tone::Plain };
            table.row(vec![
                row.name.as_str().into(),
                Cell::new(&row.value),
                Cell::toned(row.origin.to_string(), tone),
            ]);
        }
        page.table(table);
        page.blank();
        if !self.keys.is_empty() {
            let mut table = Table::new(&["key", "for", "from"]);
            for (at, key) in self.keys.iter().enumerate() {
                table.row(vec![Cell::new(&key.tag), purpose(at).into(), Cell::new(key.place.to_string())]);
            }
            page.table(table);
            page.blank();
        }
        if !self.schemes.is_empty() {
            let mut table = Table::new(&["own scheme", "header", "from"]);
            for scheme in &self.schemes {
                table.row(vec![
                    Cell::new(&scheme.name),
                    Cell::new(scheme.header.as_deref().unwrap_or("in the body")),
                    Cell::new(self.place(scheme)),
                ]);
            }
            page.table(table);
            page.blank();
        }
        match &self.file {
            Some(file) => page.line(format!("configuration file: {file}")),
            None => page.line("configuration file: none"),
        }
    }

    fn json(&self) -> Json {
        let settings: serde_json::Map<String, serde_json::Value> = self
            .rows
            .iter()
            .map(|row| (row.name.clone(), json!({ "value": row.value, "from": row.origin.to_string() })))
            .collect();
        let keys: Vec<_> = (self.keys.iter().enumerate())
            .map(|(at, key)| json!({ "tag": key.tag, "for": purpose(at), "from": key.place.to_string() }))
            .collect();
        let schemes: Vec<_> = (self.schemes.iter())
            .map(|one| json!({ "scheme": one.name, "header": one.header, "from": self.place(one) }))
            .collect();
        let variables: Vec<_> = env::DOCUMENTED.iter().map(|(name, _)| name).collect();
        Json::One(
            json!({ "file": self.file, "settings": settings, "keys": keys, "schemes": schemes, "variables": variables }),
        )
    }
}
