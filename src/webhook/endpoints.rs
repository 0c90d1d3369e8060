//! `hookyard webhook endpoints`: every webhook with what hookyard knows of it, and the retry policy of one.

use serde_json::json;
use uuid::Uuid;

use super::ids;
use super::store::{self, Act, EndpointRow};
use crate::backoff::Policy;
use crate::clock;
use crate::context::Context;
use crate::db::schema;
use crate::egress;
use crate::failure::Failure;
use crate::output::{Cell, Json, Output, Page, Table, Tone};
use crate::settings;

/// Show endpoints: state, subscriptions, retry policy, last success and failure, backlog, breaker, alerts
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard webhook endpoints\n  \
    hookyard webhook endpoints --json | jq 'select(.dead > 0) | .url'\n  \
    hookyard webhook endpoints 0192f0c1-1111-7000-8000-000000000001 \\\n      --set-policy standard-webhooks")]
pub struct Args {
    /// Only this webhook
    #[arg(value_parser = ids::endpoint)]
    id: Option<Uuid>,
    /// Give the endpoint this retry policy; `default` takes its own away
    #[arg(long, value_name = "NAME", requires = "id", value_parser = policy_or_default)]
    set_policy: Option<Wish>,
    /// Say what would change, and change nothing
    #[arg(long, requires = "set_policy")]
    dry_run: bool,
    /// Show at most this many
    #[arg(long, value_name = "COUNT", default_value = "1000", value_parser = settings::count)]
    limit: usize,
}

#[derive(Clone, Copy)]
struct Wish(Option<&'static Policy>);

fn policy_or_default(text: &str) -> Result<Wish, String> {
    if text == "default" { Ok(Wish(None)) } else { settings::policy(text).map(|policy| Wish(Some(policy))) }
}

pub struct Endpoints {
    rows: Vec<EndpointRow>,
    default_policy: &'static str,
}

pub async fn run(context: &Context, args: Args) -> Result<Endpoints, Failure> {
    let db = context.db().await?;
    schema::preflight(db).await?;
    let most = i64::try_from(args.limit).unwrap_or(i64::MAX);
    let mut rows = store::find_endpoints(db, args.id, most + 1).await?;
    let cut = rows.len() > args.limit;
    rows.truncate(args.limit);
    if let Some(id) = args.id
        && rows.is_empty()
    {
        return Err(Failure::no(format!("webhook {id} was not found")));
    }
    if let (Some(id), Some(Wish(policy))) = (args.id, args.set_policy) {
        let name = policy.map(|policy| policy.name);
        let told = name.unwrap_or("the default");
        if args.dry_run {
            context.printer.note(&format!("dry run: the retry policy would become {told}"));
        } else {
            let host = context.host();
            let act = Act::new(context, &host, json!({ "webhook_id": id.to_string(), "policy": name }));
            store::set_policy(db, id, name, &act).await?;
            context.printer.note(&format!("the retry policy is {told} from the next attempt on"));
            rows = store::find_endpoints(db, args.id, most).await?;
        }
    }
    if cut {
        context.printer.note(&format!("only {} are shown; raise --limit for more", args.limit));
    }
    Ok(Endpoints { rows, default_policy: context.settings.policy.value.name })
}

impl EndpointRow {
    fn state(&self) -> (&'static str, Tone) {
        match self.active {
            _ if self.gone => ("gone (410)", Tone::Bad),
            _ if self.open => ("breaker open", Tone::Bad),
            Some(true) if self.paced => ("recovering", Tone::Warn),
            Some(true) if self.failures > 0 => ("failing", Tone::Warn),
            Some(true) => ("active", Tone::Good),
            Some(false) | None => ("inactive", Tone::Dim),
        }
    }

    fn alert(&self) -> String {
        match (self.alert_at, self.alert_told) {
            (None, _) => String::new(),
            (Some(at), true) => format!("since {}", clock::shown(at)),
            (Some(at), false) => format!("since {}, not yet told", clock::shown(at)),
        }
    }

    fn events(&self) -> Vec<&str> {
        self.events.iter().flatten().map(String::as_str).collect()
    }
}

impl Output for Endpoints {
    fn text(&self, page: &mut Page) {
        if self.rows.is_empty() {
            page.line("no endpoints: the table webhooks is empty");
            return;
        }
        let at = |time: Option<i64>| time.map_or_else(|| "never".to_owned(), clock::shown);
        let mut table = Table::new(&[
            "endpoint",
            "url",
            "state",
            "events",
            "policy",
            "secrets",
            "waiting",
            "parked",
            "dead",
            "last success",
            "last failure",
            "alert",
        ]);
        for row in &self.rows {
            let (state, tone) = row.state();
            table.row(vec![
                row.webhook_id.to_string().into(),
                row.url.as_deref().map_or_else(|| "(none)".to_owned(), egress::shown).into(),
                Cell::toned(state, tone),
                row.events().join(", ").into(),
                row.policy.as_deref().unwrap_or(self.default_policy).into(),
                row.secrets.to_string().into(),
                row.waiting.to_string().into(),
                row.parked.to_string().into(),
                row.dead.to_string().into(),
                at(row.last_success_at).into(),
                match &row.last_failure {
                    Some(reason) => format!("{}: {reason}", at(row.last_failure_at)).into(),
                    None => "never".into(),
                },
                Cell::toned(row.alert(), Tone::Bad),
            ]);
        }
        page.table(table);
    }

    fn json(&self) -> Json {
        let line = |row: &EndpointRow| {
            json!({
                "webhook_id": row.webhook_id.to_string(),
                "url": row.url.as_deref().map(egress::shown),
                "state": row.state().0,
                "is_active": row.active,
                "events": row.events(),
                "api_key_id": row.api_key_id,
                "policy": row.policy.as_deref().unwrap_or(self.default_policy),
                "secrets": row.secrets,
                "failures": row.failures,
                "breaker_open": row.open,
                "gone": row.gone,
                "waiting": row.waiting,
                "parked": row.parked,
                "dead": row.dead,
                "last_success_at": row.last_success_at.map(clock::shown),
                "last_failure_at": row.last_failure_at.map(clock::shown),
                "last_failure": row.last_failure,
                "alert_since": row.alert_at.map(clock::shown),
                "alert_told": row.alert_told,
            })
        };
        Json::Lines(self.rows.iter().map(line).collect())
    }
}
