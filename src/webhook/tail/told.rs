//! How one attempt reads in one line.

use serde_json::json;

use super::store::Line;
use crate::clock;
use crate::egress;
use crate::output::{Json, Output, Page, Tone};

/// An attempt.
pub struct Told(pub Line);

impl Told {
    fn url(&self) -> String {
        self.0.url.as_deref().map_or_else(|| self.0.webhook_id.to_string(), egress::shown)
    }

    fn is_accepted(&self) -> bool {
        self.0.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// No answer is never shown as a status.
    fn came_to(&self) -> String {
        match (self.0.status, &self.0.reason, &self.0.outcome) {
            (Some(status), ..) => status.to_string(),
            (None, Some(reason), _) => reason.clone(),
            (None, None, outcome) => format!("no answer: {}", outcome.as_deref().unwrap_or("unknown")),
        }
    }
}

impl Output for Told {
    fn text(&self, page: &mut Page) {
        let line = &self.0;
        let took = line.duration_us.map_or_else(|| "-".to_owned(), |us| format!("{} ms", us / 1000));
        let whose = match (line.number, line.delivery_id) {
            (Some(number), Some(delivery)) => format!("attempt {number} of delivery {delivery}"),
            _ => format!("another sender's attempt {}", line.id),
        };
        let event = line.event_type.as_deref().unwrap_or("-");
        let text = format!(
            "{}  {}  {took}  {event}  {}  {whose}",
            clock::shown(line.at),
            self.came_to(),
            self.url()
        );
        let tone = if self.is_accepted() { Tone::Good } else { Tone::Bad };
        page.toned(text.replace('\n', "\\n"), tone);
    }

    fn json(&self) -> Json {
        let line = &self.0;
        Json::One(json!({
            "at": clock::shown(line.at),
            "attempt_id": line.id.to_string(),
            "delivery_id": line.delivery_id.map(|id| id.to_string()),
            "event_id": line.event_id.map(|id| id.to_string()),
            "event_type": line.event_type,
            "webhook_id": line.webhook_id.to_string(),
            "url": self.url(),
            "number": line.number,
            "outcome": line.outcome,
            "status": line.status,
            "duration_ms": line.duration_us.map(|us| us / 1000),
            "reason": line.reason,
            "by_hookyard": line.delivery_id.is_some(),
        }))
    }
}
