//! What became of a plan, as it reads after a run and in `status`.

use serde_json::json;

use super::store::{Counts, PlanRow};
use crate::clock;
use crate::egress;
use crate::failure::worst;
use crate::output::{Json, Output, Page, Tone};

pub struct Replayed {
    pub plan: PlanRow,
    pub counts: Counts,
    /// After a run: the signal that ended it, and deliveries lost to a fault of ours. None: only looked at.
    pub ran: Option<(Option<u8>, usize)>,
}

/// Reasons that are listed.
const NOTES: usize = 10;

impl Replayed {
    fn not_sent(&self) -> i64 {
        self.counts.skipped + self.counts.waiting + self.counts.released
    }

    fn is_resumable(&self) -> bool {
        matches!(self.plan.state.as_str(), "running" | "paused")
            && self.counts.waiting + self.counts.released > 0
    }
}

impl Output for Replayed {
    fn text(&self, page: &mut Page) {
        let (plan, counts) = (&self.plan, &self.counts);
        if self.ran.is_none() {
            page.line(format!("plan {}", plan.id));
            let reason = plan.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            page.line(format!(
                "by {} on {}, {}{reason}",
                plan.operator,
                plan.host,
                clock::shown(plan.created_at)
            ));
            page.line(format!("chosen by {}", plan.filter));
            let attended = if plan.is_attended { ", a process is at work on it" } else { "" };
            page.line(format!("{}{attended}", plan.state));
        }
        let accepted = match &plan.to_url {
            Some(url) => format!("accepted by {} as sandbox, none counts as delivered", egress::shown(url)),
            None => "accepted by their endpoints".to_owned(),
        };
        let parts = [
            (counts.arrived, accepted),
            (counts.arrived_otherwise, "not sent, they have arrived otherwise".to_owned()),
            (counts.refused, "refused".to_owned()),
            (counts.unreachable, "unreachable".to_owned()),
            (counts.due, "still due, left to webhook retry".to_owned()),
            (self.not_sent(), "not sent".to_owned()),
        ];
        let told: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        page.line(format!("{} in the plan: {}", plan.items, told.join(", ")));
        for note in counts.notes.iter().take(NOTES) {
            let tone = if note.arrived { Tone::Plain } else { Tone::Warn };
            let times = if note.items > 0 { format!("{} × ", note.items) } else { String::new() };
            page.toned(format!("  {times}{}", note.text), tone);
        }
        if counts.notes.len() > NOTES {
            page.line(format!("  and {} more reasons: --json", counts.notes.len() - NOTES));
        }
        if self.is_resumable() {
            page.line("to go on:");
            page.line(format!("  hookyard webhook replay resume {}", plan.id));
        } else if plan.state == "planned" {
            page.line("to send exactly these:");
            page.line(format!("  hookyard webhook replay --apply {}", plan.id));
        }
    }

    fn json(&self) -> Json {
        let (plan, counts) = (&self.plan, &self.counts);
        Json::One(json!({
            "plan_id": plan.id.to_string(),
            "state": plan.state,
            "attended": plan.is_attended,
            "operator": plan.operator,
            "host": plan.host,
            "reason": plan.reason,
            "filter": serde_json::from_str::<serde_json::Value>(&plan.filter).unwrap_or_default(),
            "created_at": clock::shown(plan.created_at),
            "started_at": plan.started_at.map(clock::shown),
            "finished_at": plan.finished_at.map(clock::shown),
            "to": plan.to_url.as_deref().map(egress::shown),
            "rate": plan.rate,
            "canary": plan.canary,
            "items": plan.items,
            "left_out": plan.left_out,
            "accepted": counts.arrived,
            "arrived_otherwise": counts.arrived_otherwise,
            "refused": counts.refused,
            "unreachable": counts.unreachable,
            "still_due": counts.due,
            "not_sent": self.not_sent(),
            "resume": self.is_resumable().then(|| format!("hookyard webhook replay resume {}", plan.id)),
            "notes": counts.notes.iter().map(|note| json!({
                "text": note.text,
                "items": note.items,
                "arrived": note.arrived,
            })).collect::<Vec<_>>(),
        }))
    }

    fn verdict(&self) -> u8 {
        let Some((signal, panicked)) = self.ran else { return 0 };
        if panicked > 0 {
            return 70;
        }
        let arrived = self.counts.arrived + self.counts.arrived_otherwise;
        signal.unwrap_or_else(|| worst(0, u8::from(arrived < self.plan.items)))
    }
}
