//! What `webhook send` answers: the event's id, and where each delivery stands.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::super::store::Fate;
use crate::egress;
use crate::output::{Cell, Json, Output, Page, Table, Tone};

pub struct Sent {
    pub event_id: Uuid,
    pub event_type: String,
    /// False when the same event was there already: nothing was sent by this call.
    pub created: bool,
    pub enqueued_only: bool,
    pub interrupted: Option<u8>,
    pub fates: Vec<Fate>,
    /// What the egress rules were opened to.
    pub allowed: Option<String>,
}

fn stands(fate: &Fate) -> (String, Tone) {
    let reason = fate.reason.as_deref().unwrap_or("not yet attempted");
    match fate.state.as_str() {
        "delivered" => (format!("accepted by the endpoint: {reason}"), Tone::Good),
        "dead" => (format!("dead: {reason}"), Tone::Bad),
        _ if fate.parked => ("waits: the endpoint is inactive".into(), Tone::Warn),
        _ if fate.held_back => (format!("waits: the endpoint is failing ({reason})"), Tone::Warn),
        _ if fate.attempts == 0 => ("enqueued".into(), Tone::Plain),
        _ => (format!("to be attempted again{}: {reason}", due(fate.wait_us)), Tone::Warn),
    }
}

fn due(wait_us: Option<i64>) -> String {
    match wait_us {
        Some(micros) if micros > 0 => {
            let wait = Duration::from_secs(micros.unsigned_abs().div_ceil(1_000_000));
            format!(" in {} s", wait.as_secs())
        }
        _ => String::new(),
    }
}

impl Output for Sent {
    fn text(&self, page: &mut Page) {
        page.line(format!("event {}", self.event_id));
        if !self.created {
            page.line("this event was there already: nothing was sent");
        }
        if self.fates.is_empty() {
            page.toned(
                format!("no active webhook of the api key subscribes to {}", self.event_type),
                Tone::Warn,
            );
            return;
        }
        let mut table = Table::new(&["delivery", "endpoint", "attempts", "stands"]);
        for fate in &self.fates {
            let (text, tone) = stands(fate);
            table.row(vec![
                fate.delivery_id.to_string().into(),
                fate.url.as_deref().map_or_else(|| fate.webhook_id.to_string(), egress::shown).into(),
                fate.attempts.to_string().into(),
                Cell::toned(text, tone),
            ]);
        }
        page.table(table);
        if let Some(allowed) = self.allowed.as_ref().filter(|_| self.created && !self.enqueued_only) {
            page.line(format!("allowed besides public https: {allowed}"));
        }
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "event_id": self.event_id.to_string(),
            "event_type": self.event_type,
            "created": self.created,
            "allowed": self.allowed,
            "deliveries": self.fates.iter().map(|fate| json!({
                "delivery_id": fate.delivery_id.to_string(),
                "webhook_id": fate.webhook_id.to_string(),
                "url": fate.url.as_deref().map(egress::shown),
                "state": fate.state,
                "attempts": fate.attempts,
                "reason": fate.reason,
                "next_attempt_in_s": fate.wait_us.map(|micros| (micros.max(0) + 999_999) / 1_000_000),
                "parked": fate.parked,
            })).collect::<Vec<_>>(),
        }))
    }

    fn verdict(&self) -> u8 {
        if let Some(code) = self.interrupted {
            return code;
        }
        let accepted = self.fates.iter().all(|fate| fate.state == "delivered");
        let done = !self.created || self.enqueued_only || accepted;
        u8::from(self.created && self.fates.is_empty() || !done)
    }
}
