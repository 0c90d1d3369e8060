//! `hookyard webhook list`: deliveries, newest first.

mod others;

use clap::ValueEnum;
use serde_json::json;
use uuid::Uuid;

use super::store::{self, DeliveryRow, Filter};
use super::{event, ids};
use crate::clock;
use crate::context::Context;
use crate::db::schema;
use crate::egress;
use crate::failure::Failure;
use crate::instant;
use crate::output::{Cell, Json, Output, Page, Table, Tone};
use crate::settings;
use others::Others;

/// List deliveries, newest first
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard webhook list --endpoint 0192f0c1-1111-7000-8000-000000000001\n  \
    hookyard webhook list --dead --since 24h --json | jq -r .reason")]
pub struct Args {
    /// Only deliveries in this state
    #[arg(long, value_enum, value_name = "STATE", conflicts_with_all = ["due", "dead"])]
    state: Option<State>,
    /// Only dead deliveries
    #[arg(long)]
    dead: bool,
    /// Only deliveries whose next attempt is due
    #[arg(long, conflicts_with = "dead")]
    due: bool,
    /// Only events of this type
    #[arg(long, value_name = "EVENT", value_parser = event::event_type)]
    event: Option<String>,
    /// Only deliveries to this webhook
    #[arg(long, value_name = "ID", value_parser = ids::endpoint)]
    endpoint: Option<Uuid>,
    /// Only deliveries whose last answer had this HTTP status
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(i32).range(100..=999))]
    status: Option<i32>,
    /// Only deliveries made since: 24h, yesterday, 2026-11-02, or RFC 3339 (UTC)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only deliveries made before
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// List attempts that another application made, among the newest 5000 of each webhook, instead of deliveries
    #[arg(long, conflicts_with_all = ["state", "dead", "due", "event", "after"])]
    others: bool,
    /// List at most this many
    #[arg(long, value_name = "COUNT", default_value = "1000", value_parser = settings::count)]
    limit: usize,
    /// Go on after this delivery, the last of the page before
    #[arg(long, value_name = "ID")]
    after: Option<Uuid>,
    /// Answer in CSV
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Pending,
    Delivered,
    Dead,
}

pub struct Listed {
    rows: Vec<DeliveryRow>,
}

pub async fn run(context: &Context, args: Args) -> Result<Box<dyn Output>, Failure> {
    let state = match args.state {
        Some(State::Pending) => Some("pending"),
        Some(State::Delivered) => Some("delivered"),
        Some(State::Dead) => Some("dead"),
        None => args.dead.then_some("dead"),
    };
    let instant = |text: &Option<String>, name: &str| -> Result<Option<i64>, Failure> {
        let Some(text) = text else { return Ok(None) };
        let at = instant::parse(text, context.clock.wall())
            .map_err(|why| Failure::usage(format!("{name}: {why}")))?;
        context.printer.note(&format!("{name} {}", clock::shown(at)));
        Ok(Some(at))
    };
    let limit = i64::try_from(args.limit).unwrap_or(i64::MAX);
    let filter = Filter {
        state,
        event_type: args.event.as_deref(),
        webhook: args.endpoint,
        status: args.status,
        since: instant(&args.since, "since")?,
        until: instant(&args.until, "until")?,
        due: args.due,
        after: args.after,
        limit: limit + 1,
    };
    let db = context.db().await?;
    schema::preflight(db).await?;
    if args.others {
        return Ok(Box::new(Others(store::list_others(db, &Filter { limit, ..filter }).await?)));
    }
    let mut rows = store::list_deliveries(db, &filter).await?;
    let cut = rows.len() > args.limit;
    rows.truncate(args.limit);
    if cut && let Some(last) = rows.last() {
        context
            .printer
            .note(&format!("only the newest {}; go on with --after {}", args.limit, last.delivery_id));
    }
    Ok(Box::new(Listed { rows }))
}

const HEADS: &[&str] =
    &["delivery", "state", "event", "endpoint", "attempts", "made", "next attempt", "last came to"];

fn tone(state: &str) -> Tone {
    match state {
        "delivered" => Tone::Good,
        "dead" => Tone::Bad,
        _ => Tone::Warn,
    }
}

fn next(row: &DeliveryRow) -> String {
    match row.next_attempt_at {
        _ if row.parked => "when the endpoint is active".into(),
        Some(at) => clock::shown(at),
        None => "never".into(),
    }
}

fn came_to(row: &DeliveryRow) -> String {
    let erased = row.payload_erased_at.map(|at| format!("payload erased on {}", clock::shown_day(at)));
    let parts: Vec<&str> = [row.reason.as_deref(), erased.as_deref()].into_iter().flatten().collect();
    parts.join("; ")
}

impl Output for Listed {
    fn text(&self, page: &mut Page) {
        if self.rows.is_empty() {
            page.line("no deliveries");
            return;
        }
        let mut table = Table::new(HEADS);
        for row in &self.rows {
            table.row(vec![
                row.delivery_id.to_string().into(),
                Cell::toned(&row.state, tone(&row.state)),
                (&row.event_type).into(),
                row.url.as_deref().map_or_else(|| row.webhook_id.to_string(), egress::shown).into(),
                row.attempts.to_string().into(),
                clock::shown(row.created_at).into(),
                next(row).into(),
                came_to(row).into(),
            ]);
        }
        page.table(table);
    }

    fn json(&self) -> Json {
        let line = |row: &DeliveryRow| {
            json!({
                "delivery_id": row.delivery_id.to_string(),
                "state": row.state,
                "event_id": row.event_id.to_string(),
                "event_type": row.event_type,
                "webhook_id": row.webhook_id.to_string(),
                "url": row.url.as_deref().map(egress::shown),
                "attempts": row.attempts,
                "last_status": row.last_status,
                "reason": row.reason,
                "created_at": clock::shown(row.created_at),
                "next_attempt_at": row.next_attempt_at.map(clock::shown),
                "finished_at": row.finished_at.map(clock::shown),
                "parked": row.parked,
                "payload_erased_at": row.payload_erased_at.map(clock::shown),
            })
        };
        Json::Lines(self.rows.iter().map(line).collect())
    }

    fn csv(&self) -> Option<Vec<Vec<String>>> {
        let head = [
            "delivery_id",
            "state",
            "event_id",
            "event_type",
            "webhook_id",
            "url",
            "attempts",
            "last_status",
            "reason",
            "created_at",
            "next_attempt_at",
            "finished_at",
            "payload_erased_at",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let at = |time: Option<i64>| time.map(clock::shown).unwrap_or_default();
        rows.extend(self.rows.iter().map(|row| {
            vec![
                row.delivery_id.to_string(),
                row.state.clone(),
                row.event_id.to_string(),
                row.event_type.clone(),
                row.webhook_id.to_string(),
                row.url.as_deref().map(egress::shown).unwrap_or_default(),
                row.attempts.to_string(),
                row.last_status.map(|status| status.to_string()).unwrap_or_default(),
                row.reason.clone().unwrap_or_default(),
                clock::shown(row.created_at),
                at(row.next_attempt_at),
                at(row.finished_at),
                at(row.payload_erased_at),
            ]
        }));
        Some(rows)
    }
}
