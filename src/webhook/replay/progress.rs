//! How far a plan has come, while it runs: a bar on a terminal, a line every few seconds elsewhere. To stderr only.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::store::{self, PlanRow};
use crate::context::Context;
use crate::db::{Db, Trouble};

const EVERY: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(5));

pub struct Progress<'a> {
    context: &'a Context,
    plan: uuid::Uuid,
    bar: Option<ProgressBar>,
    next: Instant,
    began: Instant,
    done_at_first: i64,
}

impl<'a> Progress<'a> {
    pub fn new(context: &'a Context, plan: &PlanRow) -> Progress<'a> {
        let now = context.clock.instant();
        let bar = context.printer.shows_progress().then(|| {
            let bar = ProgressBar::new(u64::try_from(plan.items).unwrap_or(0));
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Progress {
            context,
            plan: plan.id,
            next: now + if bar.is_some() { EVERY.0 } else { EVERY.1 },
            bar,
            began: now,
            done_at_first: plan.arrived + plan.failed,
        }
    }

    pub async fn show(&mut self, db: &Db) -> Result<(), Trouble> {
        let now = self.context.clock.instant();
        if now < self.next {
            return Ok(());
        }
        self.next = now + if self.bar.is_some() { EVERY.0 } else { EVERY.1 };
        let plan = store::find_plan(db, self.plan).await?;
        let done = plan.arrived + plan.failed;
        let rate = (done - self.done_at_first) as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let left = if rate > 0.0 {
            format!(", about {:.0} s left", (plan.items - done).max(0) as f64 / rate)
        } else {
            String::new()
        };
        let text = format!("{} accepted, {} not, {rate:.0}/s{left}", plan.arrived, plan.failed);
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(done).unwrap_or(0));
                bar.set_message(text);
            }
            None => self.context.printer.note(&format!("{done} of {}: {text}", plan.items)),
        }
        Ok(())
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
