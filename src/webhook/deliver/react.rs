//! Take in what came: claims, answers, records, signals, the passing of time. Nothing here waits.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use uuid::Uuid;

use super::super::alert;
use super::claim::Taken;
use super::run::{Chore, Group, HOUSE, Landed, POLL, Run};
use super::store;
use crate::clock::Anchor;
use crate::stop::Stop;

/// Until an endpoint's pace gives its next slot.
const PACED: Duration = Duration::from_millis(50);

impl Run<'_> {
    pub fn on_claimed(&mut self, taken: Taken) {
        let now = self.context.clock.instant();
        if let Some(told) = taken.now {
            self.anchor = Anchor::new(told, now);
        }
        self.tally.interrupted += taken.interrupted;
        self.tally.rescued(taken.set_aside);
        self.tally.parked += taken.parked;
        self.sender.learn(taken.secrets);
        let mut unsent = Vec::new();
        for claimed in taken.claimed {
            if self.closing || self.breaker.is_tripped(claimed.webhook_id) {
                unsent.push(claimed.id);
            } else {
                self.desk.hold(claimed);
            }
        }
        self.give_back(unsent);
        if taken.found > 0 {
            self.pause = POLL.0;
            self.next_claim = if taken.found * 2 < self.most() { now + POLL.0 } else { now };
            return;
        }
        // What an endpoint's pace holds back is due all the same: its next slot is waited for. And a claim that began
        // while outcomes were under way did not see what they changed.
        self.exhausted = self.claimed_idle && self.is_idle() && !self.options.stays() && !taken.paced;
        self.next_claim = now + if taken.paced { PACED } else { self.pause };
        self.pause = (self.pause * 2).min(POLL.1);
    }

    pub fn is_idle(&self) -> bool {
        self.desk.is_empty() && self.finished.is_empty() && self.record.is_none()
    }

    pub fn on_landed(&mut self, landed: Landed) {
        let (mut next, mut unsent) = (Some(landed), Vec::new());
        while let Some((id, webhook, sent)) = next {
            self.desk.answered(webhook);
            match sent {
                Some(sent) => {
                    if self.breaker.landed(webhook, sent.claimed.failures, &sent.outcome) {
                        unsent.extend(self.desk.drop_lane(webhook));
                    }
                    self.finished.push(*sent);
                }
                None => {
                    // Its lease ends by itself and the loss is counted, as if the process had died.
                    self.desk.recorded(id);
                    self.left_behind.push(id);
                    self.tally.panicked += 1;
                }
            }
            next = self.requests.next().now_or_never().flatten();
        }
        self.give_back(unsent);
    }

    pub fn on_recorded(&mut self, (changes, recorded): &Group) {
        let ours: HashSet<Uuid> = recorded.ours.iter().copied().collect();
        for change in changes {
            change.log();
            self.desk.recorded(change.delivery_id);
            self.tally.count(change, ours.contains(&change.delivery_id));
        }
        let mut unsent = Vec::new();
        for webhook in &recorded.open {
            self.breaker.known(*webhook);
            unsent.extend(self.desk.drop_lane(*webhook));
        }
        self.give_back(unsent);
        // Something has moved: it is worth looking again.
        self.pause = POLL.0;
    }

    pub fn on_done(&mut self, chore: &Chore) {
        match chore {
            // While the run goes on, what an open breaker gave back may be claimed and sent yet.
            Chore::GivenBack(count) if self.closing => self.tally.given_back += count,
            Chore::Died(count) => self.tally.rescued(*count),
            Chore::GivenBack(_) | Chore::Counted => {}
        }
    }

    pub fn on_signal(&mut self, stop: &Stop) {
        self.tally.signal = stop.signal();
        if self.closing {
            self.cut.notify_waiters();
        } else {
            self.close();
        }
    }

    pub fn on_time(&mut self) {
        let now = self.context.clock.instant();
        if self.ends.is_some_and(|at| now >= at) && !self.closing {
            self.close();
        }
        if self.cuts.is_some_and(|at| now >= at) {
            self.cut.notify_waiters();
        }
        if now < self.next_house {
            return;
        }
        self.next_house = now + HOUSE;
        if self.closing || !self.options.watch {
            return;
        }
        let (db, id) = (self.db, self.id);
        self.chores.push(async move { store::keep_house(db, id).await.map(Chore::Died) }.boxed_local());
        self.chores
            .push(async move { super::count_hours(db).map(|()| Ok(Chore::Counted)).await }.boxed_local());
        if self.alerts.is_none() {
            self.alerts = Some(alert::tell(self.context, alert::LIMIT).boxed_local());
        }
    }

    /// Stop claiming; what was not sent goes back at once, what is on the wire is waited for.
    fn close(&mut self) {
        self.closing = true;
        let unsent = self.desk.drop_unsent();
        self.give_back(unsent);
    }
}
