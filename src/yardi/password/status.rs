//! `hookyard yardi password status`: under which key each password lies, and whether it can be read.

use std::collections::BTreeMap;

use serde_json::json;

use super::Lying;
use crate::context::Context;
use crate::db::schema;
use crate::failure::{Failure, Kind};
use crate::output::{Cell, Json, Output, Page, Table, Tone};

/// Show under which key each password is stored, and whether it can be read
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard yardi password status\n  \
    hookyard yardi password status --json \\\n      | jq -r 'select(.readable | not) | .integration'")]
pub struct Args {
    /// Only this integration: its short id or its id
    #[arg(long, value_name = "INTEGRATION")]
    integration: Option<String>,
}

pub struct Shown {
    rows: Vec<(String, bool, Lying)>,
    current: Option<String>,
}

pub async fn run(context: &Context, args: Args) -> Result<Shown, Failure> {
    let db = context.db().await?;
    schema::preflight_for_yardi(db, false).await?;
    let mut rows = Vec::new();
    for integration in super::integrations(db, args.integration.as_deref()).await? {
        let section = context.settings.yardi.of(integration.short_id.as_deref());
        rows.push((integration.name(), integration.active, Lying::of(context, &section, &integration)?));
    }
    let current = context.keys()?.tag().map(str::to_owned);
    Ok(Shown { rows, current })
}

impl Output for Shown {
    fn text(&self, page: &mut Page) {
        if self.rows.is_empty() {
            page.line("no integrations: the table yardi_integrations is empty");
            return;
        }
        let mut table = Table::new(&["integration", "stored under", "what is wrong"]);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (name, _, lying) in &self.rows {
            *counts.entry(lying.word()).or_default() += 1;
            table.row(vec![
                name.as_str().into(),
                lying.word().into(),
                Cell::toned(lying.trouble().unwrap_or(""), Tone::Bad),
            ]);
        }
        page.table(table);
        page.blank();
        for (word, count) in counts {
            page.line(format!("{count} {word}"));
        }
        match &self.current {
            Some(tag) => page.line(format!("new passwords are stored under {tag}")),
            None => page.line("no key is configured: README, \"Configuration\", [[keys]]"),
        }
    }

    fn json(&self) -> Json {
        let line = |(name, active, lying): &(String, bool, Lying)| {
            json!({
                "integration": name,
                "active": active,
                "stored_under": lying.word(),
                "readable": lying.trouble().is_none() && !matches!(lying, Lying::Empty),
                "trouble": lying.trouble(),
            })
        };
        Json::Lines(self.rows.iter().map(line).collect())
    }

    fn verdict(&self) -> u8 {
        let bad = self.rows.iter().any(|(_, _, lying)| lying.trouble().is_some());
        if bad { Kind::Blocked.code() } else { 0 }
    }
}
