//! How a plan reads.

use serde_json::{Value, json};

use super::endpoints::Part;
use super::plan::Planned;
use crate::clock;
use crate::egress;
use crate::output::{Cell, Json, Output, Page, Table, Tone, counted};

const HEADS: &[&str] = &[
    "endpoint",
    "url",
    "deliveries",
    "last came to",
    "oldest",
    "newest",
    "bytes",
    "may have arrived",
    "now",
];

/// Taken for an endpoint that has answered nothing lately.
const GUESS_US: i64 = 200_000;

impl Part {
    fn url(&self) -> String {
        let url = self.endpoint.as_ref().and_then(|endpoint| endpoint.url.as_deref());
        url.map_or_else(|| "(deleted)".to_owned(), egress::shown)
    }

    /// `503: 12, no answer: timeout: 3`
    fn came_to(&self) -> String {
        let counts: serde_json::Map<String, Value> =
            serde_json::from_str(&self.chosen.came_to).unwrap_or_default();
        let parts: Vec<String> = counts.iter().map(|(what, count)| format!("{what} × {count}")).collect();
        parts.join(", ")
    }

    fn now(&self) -> (String, Tone) {
        match &self.reached {
            Ok(()) if self.endpoint.as_ref().is_some_and(|endpoint| endpoint.is_open) => {
                ("reachable, its breaker is open".into(), Tone::Warn)
            }
            Ok(()) => ("reachable".into(), Tone::Good),
            Err(why) => (why.clone(), Tone::Bad),
        }
    }
}

impl Planned {
    fn items(&self) -> i64 {
        self.parts.iter().map(|part| part.chosen.items).sum()
    }

    /// Seconds, by what the endpoints' last attempts took and what the limits allow.
    fn estimate(&self) -> i64 {
        let takes = |part: &Part| {
            part.endpoint.as_ref().and_then(|endpoint| endpoint.takes_us).unwrap_or(GUESS_US).max(1000)
        };
        let of = |count: usize| i64::try_from(count).unwrap_or(i64::MAX).max(1);
        let work: i64 = self.parts.iter().map(|part| part.chosen.items.saturating_mul(takes(part))).sum();
        let slowest = self
            .parts
            .iter()
            .map(|part| part.chosen.items.saturating_mul(takes(part)) / of(self.per_endpoint));
        let by_rate = self.rate.map_or(0, |rate| self.items().saturating_mul(1_000_000) / i64::from(rate));
        let longest = slowest.max().unwrap_or(0).max(work / of(self.concurrency)).max(by_rate);
        longest / 1_000_000 + 1
    }
}

fn shown_seconds(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

impl Output for Planned {
    fn text(&self, page: &mut Page) {
        if self.parts.is_empty() {
            page.line("nothing to replay: everything that was chosen has arrived");
            return;
        }
        let mut table = Table::new(HEADS);
        let at = |time: Option<i64>| time.map(clock::shown).unwrap_or_default();
        for part in &self.parts {
            let (now, tone) = part.now();
            table.row(vec![
                part.chosen.webhook_id.to_string().into(),
                part.url().into(),
                part.chosen.items.to_string().into(),
                part.came_to().into(),
                at(part.chosen.oldest_at).into(),
                at(part.chosen.newest_at).into(),
                part.chosen.bytes.to_string().into(),
                part.chosen.at_risk.to_string().into(),
                Cell::toned(now, tone),
            ]);
        }
        page.table(table);
        page.blank();
        let bytes: i64 = self.parts.iter().map(|part| part.chosen.bytes).sum();
        page.line(format!(
            "{} to {}, {bytes} bytes, about {}",
            counted(self.items(), "delivery", "deliveries"),
            counted(self.parts.len(), "endpoint", "endpoints"),
            shown_seconds(self.estimate())
        ));
        let at_risk: i64 = self.parts.iter().map(|part| part.chosen.at_risk).sum();
        if at_risk > 0 {
            page.toned(
                format!("{at_risk} may have arrived already: an answer was lost; they keep their webhook-id"),
                Tone::Warn,
            );
        }
        if let Some(url) = &self.to {
            let url = egress::shown(url);
            page.toned(
                format!("all of it goes to {url}, as sandbox: nothing counts as delivered"),
                Tone::Warn,
            );
        }
        for widened in &self.widened {
            page.toned(format!("on purpose: {widened}"), Tone::Warn);
        }
        if self.left_out > 0 {
            page.toned(format!("{} more were found and are left out by --max", self.left_out), Tone::Warn);
        }
        if let Some(canary) = self.canary {
            page.line(format!("{canary} to each endpoint first; where one of them fails the endpoint stops"));
        }
        match self.plan_id {
            Some(id) => {
                page.line("nothing was sent; to send exactly these:");
                page.line(format!("  hookyard webhook replay --apply {id}"));
            }
            None => page.line("dry run: nothing was stored, nothing was sent"),
        }
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "plan_id": self.plan_id.map(|id| id.to_string()),
            "dry_run": self.dry_run,
            "items": self.items(),
            "left_out": self.left_out,
            "erased": self.erased,
            "max": self.max,
            "to": self.to.as_deref().map(egress::shown),
            "canary": self.canary,
            "rate": self.rate,
            "widened": self.widened,
            "estimated_s": self.estimate(),
            "endpoints": self.parts.iter().map(|part| json!({
                "webhook_id": part.chosen.webhook_id.to_string(),
                "url": part.url(),
                "items": part.chosen.items,
                "came_to": serde_json::from_str::<Value>(&part.chosen.came_to).unwrap_or_default(),
                "oldest_at": part.chosen.oldest_at.map(clock::shown),
                "newest_at": part.chosen.newest_at.map(clock::shown),
                "bytes": part.chosen.bytes,
                "may_have_arrived": part.chosen.at_risk,
                "reachable": part.reached.is_ok(),
                "trouble": part.reached.as_ref().err(),
            })).collect::<Vec<_>>(),
        }))
    }
}
