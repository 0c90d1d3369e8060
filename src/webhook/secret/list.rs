//! `hookyard webhook secret list`: which secrets sign, until when, and under which key they are stored. Never a secret.

use serde_json::json;
use uuid::Uuid;

use super::super::ids;
use super::store::{self, SecretRow};
use crate::cloak;
use crate::clock;
use crate::context::Context;
use crate::db::schema;
use crate::egress;
use crate::failure::Failure;
use crate::output::{Cell, Json, Output, Page, Table, Tone};
use crate::settings;

/// List signing secrets: since when, until when, by whom; never the secret itself
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook secret list --all --json | jq .state\n  \
    at a terminal: hookyard webhook secret list")]
pub struct Args {
    /// Only this webhook's
    #[arg(value_name = "ENDPOINT", value_parser = ids::endpoint)]
    endpoint: Option<Uuid>,
    /// Also those that sign no longer
    #[arg(long)]
    all: bool,
    /// Show at most this many
    #[arg(long, value_name = "COUNT", default_value = "1000", value_parser = settings::count)]
    limit: usize,
}

pub struct Listed {
    rows: Vec<SecretRow>,
    /// Tags whose key is configured here; the first encrypts.
    tags: Vec<String>,
}

pub async fn run(context: &Context, args: Args) -> Result<Listed, Failure> {
    let db = context.db().await?;
    schema::preflight(db).await?;
    let most = i64::try_from(args.limit).unwrap_or(i64::MAX);
    let mut rows = store::list_secrets(db, args.endpoint, args.all, most + 1).await?;
    if let Some(id) = args.endpoint
        && rows.is_empty()
        && store::find_target(db, id).await?.is_none()
    {
        return Err(Failure::no(format!("webhook {id} was not found")));
    }
    if rows.len() > args.limit {
        rows.truncate(args.limit);
        context.printer.note(&format!("only {} are shown; raise --limit for more", args.limit));
    }
    Ok(Listed { rows, tags: context.settings.keys.iter().map(|key| key.tag.clone()).collect() })
}

impl SecretRow {
    fn state(&self) -> &'static str {
        match (self.retired, self.expired, self.expires_at) {
            (true, ..) => "retired",
            (_, true, _) => "expired",
            (_, _, Some(_)) => "ending",
            (_, _, None) => "active",
        }
    }

    fn tag(&self) -> Option<&str> {
        self.head.as_deref().and_then(|head| cloak::tag_of(head).ok())
    }

    fn until(&self) -> String {
        self.retired_at.or(self.expires_at).map_or_else(String::new, clock::shown)
    }
}

impl Listed {
    fn key_is_known(&self, row: &SecretRow) -> bool {
        row.tag().is_some_and(|tag| self.tags.iter().any(|known| known == tag))
    }

    fn key_is_current(&self, row: &SecretRow) -> bool {
        row.tag().is_some_and(|tag| self.tags.first().is_some_and(|first| first == tag))
    }
}

impl Output for Listed {
    fn text(&self, page: &mut Page) {
        if self.rows.is_empty() {
            page.line("no secrets");
            return;
        }
        let mut table = Table::new(&["secret", "endpoint", "url", "state", "added", "until", "by", "key"]);
        for row in &self.rows {
            let tone = match row.state() {
                "active" => Tone::Good,
                "ending" => Tone::Warn,
                _ => Tone::Dim,
            };
            let key = match row.tag() {
                Some(tag) if self.key_is_current(row) => Cell::new(tag),
                Some(tag) if self.key_is_known(row) => {
                    Cell::toned(format!("{tag} (not the first)"), Tone::Warn)
                }
                Some(tag) => Cell::toned(format!("{tag} (not configured here)"), Tone::Bad),
                None => Cell::new(""),
            };
            table.row(vec![
                row.id.to_string().into(),
                row.webhook_id.to_string().into(),
                match row.exists {
                    true => row.url.as_deref().map_or_else(|| "(none)".to_owned(), egress::shown).into(),
                    false => Cell::toned("(deleted)", Tone::Dim),
                },
                Cell::toned(row.state(), tone),
                clock::shown(row.added_at).into(),
                row.until().into(),
                format!("{}@{}", row.operator, row.host).into(),
                key,
            ]);
        }
        page.table(table);
        let movable = |row: &&SecretRow| self.key_is_known(row) && !self.key_is_current(row);
        if let (Some(first), count @ 1..) = (self.tags.first(), self.rows.iter().filter(movable).count()) {
            page.blank();
            page.line(format!(
                "{count} under another key than {first}: `hookyard webhook secret rekey` encrypts anew"
            ));
        }
    }

    fn json(&self) -> Json {
        let line = |row: &SecretRow| {
            json!({
                "secret_id": row.id.to_string(),
                "webhook_id": row.webhook_id.to_string(),
                "state": row.state(),
                "url": row.url.as_deref().map(egress::shown),
                "added_at": clock::shown(row.added_at),
                "expires_at": row.expires_at.map(clock::shown),
                "retired_at": row.retired_at.map(clock::shown),
                "operator": row.operator,
                "host": row.host,
                "command": row.command,
                "key_tag": row.tag(),
                "key_is_configured": self.key_is_known(row),
                "key_is_current": self.key_is_current(row),
            })
        };
        Json::Lines(self.rows.iter().map(line).collect())
    }
}
