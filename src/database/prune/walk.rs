//! One run of retention: step after step, as long as it may.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::plan::{Gone, Plan};
use super::store::{self, Cursor, Look, Pass, Place, Span, Stretch};
use crate::context::Context;
use crate::db::{Db, Trouble};
use crate::output::Spinner;
use crate::stop::Stop;

/// Rows touched in one transaction.
const ROWS: i64 = 1000;
/// Events looked at in one: under lock when they may go, or only counted.
const EVENTS: (i64, i64) = (250, 5000);
/// After each step it rests as long as the step took, so that others get half of the disk at least.
const REST: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));
/// Somebody else's lock is waited for so often, half a second each time.
const LOCK_TRIES: u32 = 6;

/// What ended a run before its end.
#[derive(Clone, Copy, Debug)]
pub enum Halted {
    Signal(u8),
    TimeIsUp,
}

pub struct Walk<'a> {
    context: &'a Context,
    db: &'a Db,
    plan: &'a Plan,
    until: Option<Instant>,
    stop: &'a mut Stop,
    gone: Gone,
    halted: Option<Halted>,
    spinner: Option<Spinner>,
    step_began: Instant,
}

impl<'a> Walk<'a> {
    pub fn new(
        context: &'a Context,
        db: &'a Db,
        plan: &'a Plan,
        max_runtime: Option<Duration>,
        stop: &'a mut Stop,
    ) -> Walk<'a> {
        let now = context.clock.instant();
        Walk {
            context,
            db,
            plan,
            until: max_runtime.map(|most| now + most),
            stop,
            gone: Gone::default(),
            halted: None,
            spinner: context.printer.spinner(),
            step_began: now,
        }
    }

    /// What it came to, however it ended.
    pub fn end(self) -> (Gone, Option<Halted>) {
        (self.gone, self.halted)
    }

    pub async fn all(&mut self) -> Result<(), Trouble> {
        if let Some(before) = self.plan.remove_before {
            self.events(Pass::Remove, before).await?;
            self.events(Pass::RemoveErased, before).await?;
            self.host(Span { from: 0, before, erases: false, most: ROWS }).await?;
            self.ended(before).await?;
            self.hours(before).await?;
        }
        if let Some(before) = self.plan.erase_before {
            self.events(Pass::Erase, before).await?;
            let from = self.plan.remove_before.unwrap_or(0);
            self.host(Span { from, before, erases: true, most: ROWS }).await?;
            self.mails(before).await?;
        }
        Ok(())
    }

    async fn events(&mut self, pass: Pass, before: i64) -> Result<(), Trouble> {
        let most = if self.plan.acts { EVENTS.0 } else { EVENTS.1 };
        let remove_before = self.plan.remove_before;
        let rows = if self.plan.acts { ROWS } else { i64::MAX };
        let mut look = Look { pass, before, remove_before, after: Cursor::BEGINNING, most, rows };
        while self.may_go_on().await {
            let Stretch { gone, next } = if self.plan.acts {
                giving_way(async || store::delete_events(self.db, &look).await).await?
            } else {
                store::count_events(self.db, &look).await?
            };
            self.gone += gone;
            let Some(next) = next else { return Ok(()) };
            look.after = next;
        }
        Ok(())
    }

    async fn host(&mut self, span: Span) -> Result<(), Trouble> {
        if !self.plan.include_host {
            return Ok(());
        }
        let mut after = Uuid::nil();
        while let Some((webhook, is_planned)) = store::find_next_webhook(self.db, after).await? {
            after = webhook;
            if is_planned {
                // Told of once, though two passes meet it.
                if !span.erases || self.plan.remove_before.is_none() {
                    self.gone.planned_webhooks += 1;
                }
                continue;
            }
            let mut place = Some(Place { webhook, at: 0, id: Uuid::nil() });
            while let Some(from) = place {
                if !self.may_go_on().await {
                    return Ok(());
                }
                let (gone, next) = if self.plan.acts {
                    giving_way(async || store::delete_host(self.db, &span, from).await).await?
                } else {
                    store::count_host(self.db, &span, from).await?
                };
                self.gone += gone;
                place = next;
            }
        }
        Ok(())
    }

    /// The row of a mail stays: by it nobody is written to twice.
    async fn mails(&mut self, before: i64) -> Result<(), Trouble> {
        if !self.plan.acts {
            self.gone += store::count_mails(self.db, before).await?;
            return Ok(());
        }
        let mut more = true;
        while more && self.may_go_on().await {
            let gone;
            (gone, more) = giving_way(async || store::erase_mails(self.db, before, ROWS).await).await?;
            self.gone += gone;
        }
        Ok(())
    }

    async fn ended(&mut self, before: i64) -> Result<(), Trouble> {
        if !self.plan.acts {
            self.gone += store::count_plans(self.db, before).await?;
            self.gone += store::count_alerts(self.db, before).await?;
            return Ok(());
        }
        let mut more = true;
        while more && self.may_go_on().await {
            let gone;
            (gone, more) = giving_way(async || store::delete_plans(self.db, before, ROWS).await).await?;
            self.gone += gone;
        }
        more = true;
        while more && self.may_go_on().await {
            let gone;
            (gone, more) = giving_way(async || store::delete_alerts(self.db, before, ROWS).await).await?;
            self.gone += gone;
        }
        Ok(())
    }

    /// Also by a run that was stopped: whatever has gone is counted no longer. It takes a moment.
    async fn hours(&mut self, before: i64) -> Result<(), Trouble> {
        let has_gone = self.gone.rows() > 0;
        if !self.plan.acts {
            self.gone += store::count_hours(self.db, before, has_gone).await?;
            return Ok(());
        }
        let mut after = Some(0);
        while let Some(from) = after {
            let gone;
            (gone, after) =
                giving_way(async || store::delete_hours(self.db, before, has_gone, from).await).await?;
            self.gone += gone;
        }
        Ok(())
    }

    /// Rest, and see whether a signal or the time ends it.
    async fn may_go_on(&mut self) -> bool {
        if self.halted.is_some() {
            return false;
        }
        if let Some(spinner) = &self.spinner {
            spinner.say(self.gone.brief());
        }
        let rest = match self.plan.acts {
            true => self.step_began.elapsed().clamp(REST.0, REST.1),
            false => Duration::ZERO,
        };
        tokio::select! {
            biased;
            () = self.stop.raised() => self.halted = self.stop.signal().map(Halted::Signal),
            () = tokio::time::sleep(rest) => {}
        }
        let now = self.context.clock.instant();
        if self.halted.is_none() && self.until.is_some_and(|until| now >= until) {
            self.halted = Some(Halted::TimeIsUp);
        }
        self.step_began = now;
        fault_between_steps();
        self.halted.is_none()
    }
}

/// A lock that was not given is asked for again, a little later.
async fn giving_way<T>(work: impl AsyncFn() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let mut tries = 0;
    loop {
        match work().await {
            Err(trouble) if trouble.is_lock_wait() && tries < LOCK_TRIES => tries += 1,
            done => return done,
        }
        tokio::time::sleep(REST.1).await;
    }
}

/// Tests slow it down, to stop it on its way.
#[cfg(debug_assertions)]
fn fault_between_steps() {
    if let Some(millis) = crate::env::test_fault("prune-rest").and_then(|text| text.parse().ok()) {
        std::thread::sleep(Duration::from_millis(millis));
    }
}

#[cfg(not(debug_assertions))]
fn fault_between_steps() {}
