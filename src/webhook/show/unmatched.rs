//! Why a webhook has no delivery of an event. Pure.

use super::super::store::{EventRow, Subscriber};
use crate::clock::shown;

/// The past of is_active and events is kept nowhere: the reason is today's, beside what the row's own stamps say of
/// the event's time.
pub fn why(event: &EventRow, webhook: &Subscriber) -> String {
    let later = |at: Option<i64>| at.filter(|at| *at > event.created_at).map(shown);
    if let Some(at) = later(webhook.made_at) {
        return format!("it was made at {at}, after the event");
    }
    let today = match (webhook.active, webhook.listed) {
        (Some(true), true) => "it matches now, and did not when the event came",
        (Some(true), false) => "it does not list this event type",
        (Some(false), _) => "it is inactive",
        (None, _) => "it is inactive (is_active is NULL)",
    };
    match later(webhook.changed_at) {
        Some(at) => format!("{today}; its row was changed at {at}, after the event"),
        None => today.into(),
    }
}
