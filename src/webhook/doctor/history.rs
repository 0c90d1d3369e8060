//! The fifth part: how the endpoint stands, and what the last attempts came to, whoever made them.

use super::super::store::EndpointRow;
use super::step::{Making, Part, Step, Wrong, making};
use super::store::{Attempt, Webhook};
use crate::clock;

fn state() -> Making {
    making(Part::Database, "endpoint", "it is delivered to, and no breaker or flag stands against it")
}

fn attempts() -> Making {
    making(Part::Database, "last attempts", "the endpoint accepted what was sent to it last")
}

fn queue() -> Making {
    making(Part::Database, "queue", "nothing is left over that a person has to look after")
}

pub fn look(webhook: &Webhook, row: Option<&EndpointRow>, last: &[Attempt]) -> Vec<Step> {
    vec![standing(webhook, row), made(last), waiting(webhook, row)]
}

fn standing(webhook: &Webhook, row: Option<&EndpointRow>) -> Step {
    let events: Vec<&str> = webhook.events.iter().flatten().map(String::as_str).collect();
    if !webhook.endpoint.active {
        return state().failed(
            Wrong::Blocked,
            "the webhook is inactive: its deliveries wait, for seven days",
            "is_active is the customer's to set",
        );
    }
    if events.is_empty() {
        return state().failed(
            Wrong::Blocked,
            "the webhook lists no event, so nothing is ever sent to it",
            "list the event types in its column `events`",
        );
    }
    let subscribed = format!("active, for {}", events.join(", "));
    match row {
        Some(row) if row.gone => state().failed(
            Wrong::Blocked,
            format!("{subscribed}; it last answered 410, which says that it is gone"),
            "ask the customer for the new URL",
        ),
        Some(row) if row.open => state().failed(
            Wrong::No,
            format!("{subscribed}; its breaker is open after {} failures running", row.failures),
            "nothing: it is probed every 30 s, and one success closes the breaker",
        ),
        Some(row) if row.alert_at.is_some() => state().warned(
            format!("{subscribed}; an alert is open"),
            "the next success closes it; `hookyard webhook endpoints` shows it",
        ),
        _ => state().good(subscribed),
    }
}

fn made(last: &[Attempt]) -> Step {
    let Some(newest) = last.first() else { return attempts().skipped("none is recorded") };
    let told: Vec<String> = last.iter().map(Attempt::shown).collect();
    let at = newest.at.map_or_else(|| "at an unreadable time".to_owned(), clock::shown);
    let found = format!("{} (newest first, {at})", told.join(", "));
    if newest.accepted() {
        attempts().good(found)
    } else {
        let id = newest.id;
        attempts().failed(Wrong::No, found, format!("hookyard webhook show {id}"))
    }
}

fn waiting(webhook: &Webhook, row: Option<&EndpointRow>) -> Step {
    let Some(row) = row else { return queue().good("nothing") };
    let found = format!("{} waiting, {} parked, {} dead", row.waiting, row.parked, row.dead);
    match row.dead {
        0 => queue().good(found),
        _ => queue().warned(found, format!("hookyard webhook replay --endpoint {} --dead", webhook.id)),
    }
}
