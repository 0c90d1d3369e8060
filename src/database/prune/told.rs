//! How it reads.

use serde_json::json;

use super::plan::{Gone, Plan};
use super::walk::Halted;
use crate::clock::shown;
use crate::output::{Json, Output, Page, Table, Tone};

pub struct Pruned {
    pub plan: Plan,
    pub gone: Gone,
    pub halted: Option<Halted>,
    /// What somebody has to type before it can be done.
    pub missing: Vec<String>,
    /// A dry run was asked for.
    pub was_dry: bool,
    /// The call that does it.
    pub typed: String,
}

/// `12.3 MB`
fn bytes(bytes: i64) -> String {
    let bytes = bytes as f64;
    match bytes {
        0.0..1e3 => format!("{bytes} bytes"),
        1e3..1e6 => format!("{:.1} kB", bytes / 1e3),
        1e6..1e9 => format!("{:.1} MB", bytes / 1e6),
        _ => format!("{:.1} GB", bytes / 1e9),
    }
}

impl Pruned {
    /// Somebody has to decide, and nobody has.
    fn awaits_yes(&self) -> bool {
        !self.plan.acts && !self.was_dry && !self.gone.is_nothing()
    }

    fn tables(&self) -> [(&'static str, i64, i64); 10] {
        let gone = &self.gone;
        [
            ("hookyard.events", gone.events, gone.erased),
            ("hookyard.deliveries", gone.deliveries, 0),
            ("hookyard.attempts", gone.attempts, 0),
            ("webhook_delivery_attempts", gone.documented, gone.erased_documented),
            ("webhook_delivery_attempts, the host's", gone.host, gone.erased_host),
            ("hookyard.alerts", gone.alerts, 0),
            ("hookyard.plans", gone.plans, 0),
            ("hookyard.plan_items", gone.plan_items, 0),
            ("hookyard.hours", gone.hours, 0),
            ("hookyard.mails", 0, gone.erased_mails),
        ]
    }

    fn kept(&self) -> Vec<String> {
        let gone = &self.gone;
        let told = [
            (gone.pending, "with a delivery that is still to be attempted"),
            (gone.recent, "with a delivery that ended later"),
            (
                gone.planned,
                "for a replay that is not over: `hookyard webhook replay list` names it, `cancel` lets go of them",
            ),
            (gone.locked, "in somebody's transaction just now; the next run meets them again"),
        ];
        let told = told.into_iter().filter(|(count, _)| *count > 0);
        let mut lines: Vec<String> =
            told.map(|(count, why)| format!("old events kept: {count} {why}")).collect();
        if gone.planned_webhooks > 0 {
            lines.push(format!(
                "webhooks whose host attempts are kept for a replay that is not over: {}",
                gone.planned_webhooks
            ));
        }
        lines
    }
}

impl Output for Pruned {
    fn text(&self, page: &mut Page) {
        let (acts, gone) = (self.plan.acts, &self.gone);
        if let Some(halted) = self.halted {
            let why = match halted {
                Halted::Signal(_) => "interrupted",
                Halted::TimeIsUp => "stopped: its time is up",
            };
            page.toned(format!("{why}; run it again and it goes on"), Tone::Warn);
        }
        // From cron, nothing to do is nothing to say.
        if acts && gone.is_nothing() && gone.locked == 0 {
            return;
        }
        if let Some(before) = self.plan.remove_before {
            let word = if acts { "removed" } else { "to remove" };
            page.line(format!("{word}: what ended before {}", shown(before)));
        }
        if let Some(before) = self.plan.erase_before {
            let word = if acts { "payload erased" } else { "payload to erase" };
            page.line(format!("{word}: what ended before {}", shown(before)));
        }
        page.blank();
        if gone.is_nothing() {
            page.line("nothing is that old");
        } else {
            let mut table = Table::new(match acts {
                true => &["table", "rows removed", "payloads erased"],
                false => &["table", "rows to remove", "payloads to erase"],
            });
            for (name, removed, erased) in self.tables().into_iter().filter(|(_, a, b)| a + b > 0) {
                table.row(vec![name.into(), removed.to_string().into(), erased.to_string().into()]);
            }
            page.table(table);
            page.blank();
            page.line(format!(
                "about {} of rows, an estimate, {} reusable once vacuum has passed; the files do not shrink",
                bytes(gone.bytes),
                if acts { "become" } else { "would become" }
            ));
        }
        self.kept().into_iter().for_each(|line| page.line(line));
        if acts {
            return;
        }
        if !self.missing.is_empty() {
            page.blank();
            page.toned("before it can be done, somebody who may has to type:", Tone::Warn);
            self.missing.iter().for_each(|line| page.line(format!("  {line}")));
        }
        page.blank();
        if self.awaits_yes() {
            page.line("nothing was changed; to do it:");
            page.line(format!("  {}", self.typed));
        } else {
            page.line("nothing was changed");
        }
    }

    fn json(&self) -> Json {
        let gone = &self.gone;
        Json::One(json!({
            "done": self.plan.acts,
            "before": self.plan.remove_before.map(shown),
            "erase_before": self.plan.erase_before.map(shown),
            "include_host": self.plan.include_host,
            "rows": gone.json(),
            "bytes_reusable_estimated": gone.bytes,
            "kept": {
                "pending": gone.pending,
                "recent": gone.recent,
                "replay": gone.planned,
                "replay_webhooks_of_host": gone.planned_webhooks,
                "locked": gone.locked,
            },
            "missing": self.missing,
            "stopped": match self.halted {
                None => None,
                Some(Halted::Signal(_)) => Some("interrupted"),
                Some(Halted::TimeIsUp) => Some("its time is up"),
            },
        }))
    }

    fn verdict(&self) -> u8 {
        match self.halted {
            Some(Halted::Signal(code)) => code,
            _ if self.awaits_yes() => 4,
            _ => 0,
        }
    }
}
