//! `hookyard yardi list`: every integration and property with its state, in one look.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::integration::{Integration, Property, Standing};
use super::store::{self, Troubled};
use crate::clock;
use crate::context::Context;
use crate::db::schema;
use crate::egress;
use crate::failure::Failure;
use crate::output::{Cell, Json, Output, Page, Table, Tone};

/// Show integrations and properties: active, due, overdue, never polled, last error, circuit open, mails in trouble
///
/// A property is due once its poll_rate has passed since last_poll_run, and overdue after twice that. A poll_rate that
/// is NULL, 0 or negative counts as 15 minutes, more than 1440 as 1440.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard yardi list\n  \
    hookyard yardi list --json \\\n      | jq -r 'select(.state == \"overdue\") | .property'")]
pub struct Args {
    /// Only this integration: its short id or its id
    #[arg(long, value_name = "INTEGRATION")]
    integration: Option<String>,
}

pub struct Listed {
    integrations: Vec<Integration>,
    properties: Vec<Property>,
    mails: HashMap<Uuid, Troubled>,
}

pub async fn run(context: &Context, args: Args) -> Result<Listed, Failure> {
    let db = context.db().await?;
    schema::preflight_for_yardi(db, false).await?;
    let integrations = store::list_integrations(db, args.integration.as_deref()).await?;
    if let Some(named) = args.integration
        && integrations.is_empty()
    {
        return Err(Failure::no(format!("the integration {named} was not found")));
    }
    let ids: Vec<_> = integrations.iter().map(|integration| integration.id).collect();
    let properties = store::list_properties(db, &ids).await?;
    let mails = store::count_troubled_mails(db, &ids).await?;
    Ok(Listed { integrations, properties, mails })
}

impl Listed {
    fn of<'a>(&'a self, integration: &'a Integration) -> impl Iterator<Item = &'a Property> {
        self.properties.iter().filter(|property| property.integration_id == integration.id)
    }

    fn troubled(&self, integration: &Integration) -> Troubled {
        self.mails.get(&integration.id).copied().unwrap_or_default()
    }
}

fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::Waiting | Standing::Due => Tone::Good,
        Standing::NeverPolled | Standing::NoCode => Tone::Warn,
        Standing::Overdue | Standing::CircuitOpen => Tone::Bad,
        Standing::Inactive => Tone::Dim,
    }
}

fn at(time: Option<i64>) -> String {
    time.map_or_else(|| "never".to_owned(), clock::shown)
}

fn trouble(property: &Property) -> String {
    match (&property.last_error, property.failures) {
        (Some(error), 1..) => {
            format!("{} ({} times): {error}", at(property.last_error_at), property.failures)
        }
        _ => String::new(),
    }
}

impl Output for Listed {
    fn text(&self, page: &mut Page) {
        if self.integrations.is_empty() {
            page.line("no integrations: the table yardi_integrations is empty");
            return;
        }
        for (at, integration) in self.integrations.iter().enumerate() {
            if at > 0 {
                page.blank();
            }
            self.head(integration, page);
            self.table(integration, page);
        }
    }

    fn json(&self) -> Json {
        let mut lines = Vec::new();
        for integration in &self.integrations {
            let mut any = false;
            for property in self.of(integration) {
                lines.push(self.line(integration, Some(property)));
                any = true;
            }
            if !any {
                lines.push(self.line(integration, None));
            }
        }
        Json::Lines(lines)
    }
}

impl Listed {
    fn head(&self, integration: &Integration, page: &mut Page) {
        let rate = integration.rate();
        let state = if integration.active { "active" } else { "inactive" };
        let endpoint =
            integration.endpoint.as_deref().map_or_else(|| "no soap_endpoint".to_owned(), egress::shown);
        page.line(format!("{}: {state}, every {} minutes, {endpoint}", integration.name(), rate.minutes));
        if let Some(rule) = rate.rule {
            page.toned(format!("  {rule}"), Tone::Warn);
        }
        if let Some(circuit) = &integration.circuit {
            page.toned(
                format!(
                    "  circuit open since {}: {}: {}",
                    clock::shown(circuit.opened_at),
                    circuit.class,
                    circuit.text
                ),
                Tone::Bad,
            );
            page.line(format!(
                "  nothing is asked until `hookyard yardi check {}` succeeds",
                integration.name()
            ));
        }
        if integration.held {
            page.line("  a run is at work on it");
        }
        self.mail(integration, page);
    }

    /// Invites of which nobody has the letter for certain.
    fn mail(&self, integration: &Integration, page: &mut Page) {
        let Troubled { refused, unknown } = self.troubled(integration);
        if refused > 0 {
            page.toned(format!("  invite mails refused by the mail server: {refused}"), Tone::Bad);
        }
        if unknown > 0 {
            page.toned(
                format!("  invite mails that may have arrived, and are not sent again: {unknown}"),
                Tone::Warn,
            );
        }
        if refused + unknown > 0 {
            page.line("  hookyard.mails has the reason of each, by entry_id");
        }
    }

    fn table(&self, integration: &Integration, page: &mut Page) {
        let mut table = Table::new(&[
            "property",
            "short id",
            "name",
            "state",
            "last poll",
            "last submit",
            "invites",
            "flagged",
            "last error",
        ]);
        let mut any = false;
        for property in self.of(integration) {
            any = true;
            let standing = integration.standing(property);
            table.row(vec![
                property.label().into(),
                property.short_id.as_deref().unwrap_or("").into(),
                property.name.as_deref().unwrap_or("").into(),
                Cell::toned(standing.word(), tone(standing)),
                at(property.last_poll_at).into(),
                at(property.submit_at).into(),
                property.last_invites.map_or_else(String::new, |count| count.to_string()).into(),
                property.flagged.to_string().into(),
                Cell::toned(trouble(property), Tone::Bad),
            ]);
        }
        match any {
            true => page.table(table),
            false => page.line("  no properties"),
        }
    }

    fn line(&self, integration: &Integration, property: Option<&Property>) -> Value {
        let rate = integration.rate();
        let time = |at: Option<i64>| at.map(clock::shown);
        let mails = self.troubled(integration);
        json!({
            "integration": integration.name(),
            "integration_id": integration.id.to_string(),
            "integration_active": integration.active,
            "poll_rate": integration.poll_rate,
            "every_minutes": rate.minutes,
            "rate_rule": rate.rule,
            "circuit_open_since": integration.circuit.as_ref().map(|circuit| clock::shown(circuit.opened_at)),
            "circuit_class": integration.circuit.as_ref().map(|circuit| &circuit.class),
            "circuit_text": integration.circuit.as_ref().map(|circuit| &circuit.text),
            "property": property.map(Property::label),
            "property_id": property.map(|property| property.id.to_string()),
            "state": property.map(|property| integration.standing(property).word()),
            "last_poll_at": property.and_then(|property| time(property.last_poll_at)),
            "last_success_at": property.and_then(|property| time(property.last_success_at)),
            "last_submit_at": property.and_then(|property| time(property.submit_at)),
            "failures": property.map(|property| property.failures),
            "last_error_at": property.and_then(|property| time(property.last_error_at)),
            "last_error": property.and_then(|property| property.last_error.as_ref()),
            "last_rows": property.and_then(|property| property.last_rows),
            "last_invites": property.and_then(|property| property.last_invites),
            "last_entries": property.and_then(|property| property.last_entries),
            "flagged": property.map(|property| property.flagged),
            "integration_mails_refused": mails.refused,
            "integration_mails_unknown": mails.unknown,
        })
    }
}
