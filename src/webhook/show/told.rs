//! How a timeline reads.

use serde_json::{Value, json};

use super::super::event;
use super::super::store::{EventRow, StandingRow, Subscriber};
use super::next::next;
use super::timeline::{answer, came_to};
use super::unmatched::why;
use super::{Kind, Shown};
use crate::clock;
use crate::egress;
use crate::output::{Json, Output, Page, Tone, masked};

impl Shown {
    fn payload(&self, text: &str) -> String {
        if self.show_pii { text.to_owned() } else { masked(text) }
    }

    /// Webhooks of the api key that have no delivery of the event, and why not.
    fn unmatched<'a>(
        &'a self,
        event: &'a EventRow,
        webhooks: &'a [Subscriber],
    ) -> Vec<(&'a Subscriber, String)> {
        let has = |webhook: &Subscriber| {
            self.deliveries.iter().any(|d| d.event_id == event.id && d.webhook_id == webhook.webhook_id)
        };
        webhooks
            .iter()
            .filter(|webhook| !has(webhook))
            .map(|webhook| (webhook, why(event, webhook)))
            .collect()
    }

    /// Only where all deliveries of the event are shown is a missing one telling.
    fn shows_matching(&self) -> bool {
        matches!(self.kind, Kind::Event | Kind::Entry)
    }
}

fn tone(state: &str) -> Tone {
    match state {
        "delivered" => Tone::Good,
        "dead" => Tone::Bad,
        _ => Tone::Warn,
    }
}

fn place(url: Option<&String>) -> String {
    url.map_or_else(|| "(deleted)".to_owned(), |url| egress::shown(url))
}

impl Output for Shown {
    fn text(&self, page: &mut Page) {
        page.line(format!("{} {}", self.kind.word(), self.id));
        if let Some((payload, url)) = &self.host {
            page.line(format!(
                "to {}, by another application: no delivery of hookyard's",
                place(url.as_ref())
            ));
            page.line(format!("payload: {}", self.payload(payload)));
            if let Some(at) = event::erased_at(payload.as_bytes()) {
                page.line(format!("payload erased on {}", at.chars().take(10).collect::<String>()));
            }
        }
        for (event, webhooks) in self.events.iter().zip(&self.subscribers) {
            let entry = event.entry_id.map(|id| format!(" of entry {id}")).unwrap_or_default();
            let payload = match event.payload_erased_at {
                None => self.payload(&event.payload),
                Some(at) => format!("payload erased on {}", clock::shown_day(at)),
            };
            page.line(format!("{}{entry}: {payload}", event.event_type));
            if self.shows_matching() {
                for (webhook, why) in self.unmatched(event, webhooks) {
                    let url = place(webhook.url.as_ref());
                    page.toned(format!("not to {} {url}: {why}", webhook.webhook_id), Tone::Dim);
                }
            }
        }
        if self.kind == Kind::Entry && self.events.is_empty() {
            page.line("no event of it was ever enqueued");
        }
        page.blank();
        for moment in &self.timeline {
            let at = moment.at.map_or_else(|| "(time unknown)      ".to_owned(), clock::shown);
            page.toned(format!("{at}  {:<8}{}", moment.what, moment.text), moment.tone);
        }
        for delivery in &self.deliveries {
            let (text, at) = next(delivery, self.default_policy);
            page.blank();
            page.toned(
                format!("delivery {} to {}: {}", delivery.id, place(delivery.url.as_ref()), delivery.state),
                tone(&delivery.state),
            );
            let at = at.map(|at| format!("{}: ", clock::shown(at))).unwrap_or_default();
            page.line(format!("  next: {at}{text}"));
            if let (Some(at), true) = (delivery.arrived_at, delivery.plan_id.is_some()) {
                page.line(format!("  it first arrived at {} and was replayed since", clock::shown(at)));
            }
        }
        if self.host.is_some() {
            let arrived = self.attempts.iter().any(|a| a.status.is_some_and(|s| (200..300).contains(&s)));
            page.blank();
            page.line(if arrived {
                "next: nothing: an attempt with this payload was accepted".to_owned()
            } else if self.host.as_ref().is_some_and(|(text, _)| event::erased_at(text.as_bytes()).is_some())
            {
                "next: nothing from here: the payload was erased".to_owned()
            } else {
                format!(
                    "next: the other application's to say; deliver it from here: hookyard webhook replay {}",
                    self.id
                )
            });
        }
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "kind": self.kind.word(),
            "id": self.id.to_string(),
            "payload": self.host.as_ref().map(|(payload, _)| self.payload(payload)),
            "url": self.host.as_ref().map(|(_, url)| place(url.as_ref())),
            "events": self.events.iter().zip(&self.subscribers).map(|(event, webhooks)| self.event(event, webhooks)).collect::<Vec<_>>(),
            "deliveries": self.deliveries.iter().map(|delivery| self.delivery(delivery)).collect::<Vec<_>>(),
            "attempts": self.attempts.iter().map(|attempt| json!({
                "id": attempt.id.to_string(),
                "delivery_id": attempt.delivery_id.map(|id| id.to_string()),
                "webhook_id": attempt.webhook_id.to_string(),
                "number": attempt.number,
                "outcome": attempt.outcome,
                "status": attempt.status,
                "came_to": came_to(attempt),
                "started_at": attempt.started_at.map(clock::shown),
                "duration_ms": attempt.duration_us.map(|us| us / 1000),
                "answer": answer(attempt, self.show_pii),
            })).collect::<Vec<_>>(),
            "timeline": self.timeline.iter().map(|moment| json!({
                "at": moment.at.map(clock::shown),
                "what": moment.what,
                "text": moment.text,
            })).collect::<Vec<_>>(),
        }))
    }
}

impl Shown {
    fn event(&self, event: &EventRow, webhooks: &[Subscriber]) -> Value {
        let unmatched = if self.shows_matching() { self.unmatched(event, webhooks) } else { Vec::new() };
        let erased = event.payload_erased_at;
        json!({
            "id": event.id.to_string(),
            "event_type": event.event_type,
            "created_at": clock::shown(event.created_at),
            "api_key_id": event.api_key_id.map(|id| id.to_string()),
            "entry_id": event.entry_id.map(|id| id.to_string()),
            "payload": erased.is_none().then(|| self.payload(&event.payload)),
            "payload_erased_at": erased.map(clock::shown),
            "bytes": erased.is_none().then_some(event.payload.len()),
            "not_to": unmatched.iter().map(|(webhook, why)| json!({
                "webhook_id": webhook.webhook_id.to_string(),
                "url": place(webhook.url.as_ref()),
                "why": why,
            })).collect::<Vec<_>>(),
        })
    }

    fn delivery(&self, delivery: &StandingRow) -> Value {
        let (text, at) = next(delivery, self.default_policy);
        json!({
            "id": delivery.id.to_string(),
            "event_id": delivery.event_id.to_string(),
            "webhook_id": delivery.webhook_id.to_string(),
            "url": place(delivery.url.as_ref()),
            "state": delivery.state,
            "attempts": delivery.attempts,
            "reason": delivery.reason,
            "created_at": clock::shown(delivery.created_at),
            "finished_at": delivery.finished_at.map(clock::shown),
            "arrived_at": delivery.arrived_at.map(clock::shown),
            "plan_id": delivery.plan_id.map(|id| id.to_string()),
            "next_at": at.map(clock::shown),
            "next": text,
        })
    }
}
