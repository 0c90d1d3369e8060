//! Rows put in the order in which things happened. Pure.

use super::super::store::{AroundRow, AttemptRow};
use super::Shown;
use crate::clock::Micros;
use crate::egress;
use crate::output::{Tone, masked};

/// One line of the timeline.
pub struct Moment {
    pub at: Option<Micros>,
    pub what: String,
    pub text: String,
    pub tone: Tone,
}

/// Characters of an answer that a line shows.
const EXCERPT: usize = 160;

pub fn of(shown: &Shown, around: Vec<AroundRow>) -> Vec<Moment> {
    let mut moments = Vec::new();
    for event in &shown.events {
        let again = if event.again { ", made again on purpose" } else { "" };
        let size = match event.payload_erased_at {
            None => format!(", {} bytes", event.payload.len()),
            Some(_) => String::new(),
        };
        let text = format!("{} enqueued{size}{again}, event {}", event.event_type, event.id);
        moments.push(Moment { at: Some(event.created_at), what: "event".into(), text, tone: Tone::Plain });
    }
    for delivery in &shown.deliveries {
        let text = format!("matched endpoint {}, delivery {}", delivery.webhook_id, delivery.id);
        moments.push(Moment { at: Some(delivery.created_at), what: "match".into(), text, tone: Tone::Plain });
        if let Some(at) = delivery.parked_at {
            let text = format!("set aside, the endpoint is inactive, delivery {}", delivery.id);
            moments.push(Moment { at: Some(at), what: "park".into(), text, tone: Tone::Warn });
        }
    }
    moments.extend(shown.attempts.iter().map(|attempt| of_attempt(attempt, shown)));
    moments.extend(around.into_iter().map(|row| Moment {
        at: Some(row.at),
        tone: if row.what == "alert" { Tone::Bad } else { Tone::Plain },
        what: row.what,
        text: row.text,
    }));
    moments.sort_by_key(|moment| moment.at);
    moments
}

fn of_attempt(attempt: &AttemptRow, shown: &Shown) -> Moment {
    let accepted = attempt.status.is_some_and(|status| (200..300).contains(&status));
    let interrupted = attempt.outcome.as_deref() == Some("interrupted");
    let came_to = came_to(attempt);
    let took = attempt.duration_us.filter(|_| !interrupted).map(|us| format!(" in {} ms", us / 1000));
    let place = shown.deliveries.iter().find(|delivery| delivery.webhook_id == attempt.webhook_id);
    let url =
        place.and_then(|delivery| delivery.url.as_deref()).map(|url| format!(" {}", egress::shown(url)));
    let answer = answer(attempt, shown.show_pii).map(|text| format!(": {text}"));
    let mark = if attempt.id == shown.id { " (the one asked for)" } else { "" };
    let number = match attempt.number {
        Some(number) => format!("attempt {number}"),
        None => "attempt of another sender".into(),
    };
    Moment {
        at: attempt.started_at,
        what: if interrupted { "rescue".into() } else { "attempt".into() },
        text: format!(
            "{number}{}: {came_to}{}{}{mark}",
            url.unwrap_or_default(),
            took.unwrap_or_default(),
            answer.unwrap_or_default()
        ),
        tone: if accepted { Tone::Good } else { Tone::Warn },
    }
}

/// No answer is never shown as a status; another sender's 599 may be a real one, so it is shown as it stands.
pub fn came_to(attempt: &AttemptRow) -> String {
    match (&attempt.outcome, attempt.status) {
        (Some(outcome), Some(status)) => format!("{status} {outcome}"),
        (Some(outcome), None) if matches!(outcome.as_str(), "blocked" | "config") => {
            attempt.reason.clone().unwrap_or_else(|| format!("not sent: {outcome}"))
        }
        (Some(outcome), None) => attempt.reason.clone().unwrap_or_else(|| format!("no answer: {outcome}")),
        (None, Some(status)) => format!("response_status {status}"),
        (None, None) => "nothing is known".into(),
    }
}

/// The beginning of the answer; what we wrote ourselves in place of one is said by the outcome already.
pub fn answer(attempt: &AttemptRow, show_pii: bool) -> Option<String> {
    let text = attempt.answer.as_deref()?;
    if attempt.outcome.is_some() && attempt.status.is_none() || text == r#"{"raw": ""}"# {
        return None;
    }
    let text = if show_pii { text.to_owned() } else { masked(text) };
    let cut: String = text.chars().take(EXCERPT).collect();
    Some(if cut.len() < text.len() { format!("{cut}…") } else { cut })
}
