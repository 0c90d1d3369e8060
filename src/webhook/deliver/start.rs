//! Begin whatever can begin: a claim, a name in the run's record, requests, a record, a renewal.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

use futures_util::FutureExt;
use uuid::Uuid;

use super::super::delivery::Claimed;
use super::super::store as tables;
use super::claim;
use super::record::{self, Change};
use super::run::{Chore, Group, Landed, Later, Run, SECRETS};
use super::store;
use crate::db::Trouble;

/// Deliveries claimed at once, and the most that one claim may bring.
const CLAIM: usize = 1000;
/// Nor is more claimed than so many rounds of requests: what one run only holds, another could send.
const ROUNDS: usize = 16;

impl<'a> Run<'a> {
    pub fn start_what_can_start(&mut self) {
        let now = self.context.clock.instant();
        if self.claim.is_none() && now >= self.next_claim && self.may_claim() {
            self.claimed_idle = self.is_idle();
            self.claim = Some(self.claim());
        }
        self.start_naming();
        while let Some(claimed) = self.desk.next() {
            self.tally.attempted += 1;
            self.requests.push(self.request(claimed));
        }
        if self.record.is_none() && !self.finished.is_empty() {
            self.record = Some(self.record(now));
        }
        if self.renew.is_none() && now >= self.next_renewal {
            self.start_renewing(now);
        }
        if self.secrets.is_none() && now >= self.next_secrets && self.desk.unsent() > 0 {
            self.next_secrets = now + SECRETS;
            let (db, webhooks) = (self.db, self.desk.endpoints());
            self.secrets = Some(async move { tables::find_sealed(db, &webhooks).await }.boxed_local());
        }
    }

    /// What goes on the wire next is named first: only then is a crash told from a wait.
    fn start_naming(&mut self) {
        if self.name.is_some() || self.desk.reserve().is_empty() {
            return;
        }
        let (db, id, exposed) = (self.db, self.id, self.desk.exposed());
        self.name = Some(async move { store::advance_run(db, id, &exposed).await }.boxed_local());
    }

    fn start_renewing(&mut self, now: Instant) {
        self.next_renewal = now + self.options.lease / 3;
        let held = self.desk.held();
        if held.is_empty() {
            return;
        }
        let (db, id, lease) = (self.db, self.id, self.options.lease);
        let renew = async move {
            let ours: HashSet<Uuid> = store::renew(db, id, &held, lease).await?.into_iter().collect();
            // What was claimed meanwhile was not asked for, and is not lost.
            Ok(held.into_iter().filter(|id| !ours.contains(id)).collect())
        };
        self.renew = Some(renew.boxed_local());
    }

    pub fn may_claim(&self) -> bool {
        !self.closing && !self.exhausted && self.desk.waiting() * 2 < self.most() && self.room() > 0
    }

    pub fn most(&self) -> usize {
        CLAIM.min(self.options.limits.concurrency.saturating_mul(ROUNDS))
    }

    /// How many more `--limit` allows.
    pub fn room(&self) -> usize {
        match self.options.limit {
            Some(limit) => limit.saturating_sub(self.tally.attempted + self.desk.unsent()),
            None => usize::MAX,
        }
    }

    fn claim(&self) -> Later<'a, Result<claim::Taken, Trouble>> {
        let wish = claim::Wish {
            run: self.id,
            limit: self.most().min(self.room()),
            excluded: self.desk.saturated().into_iter().chain(self.breaker.tripped()).collect(),
            held: self.desk.held(),
            now: self.anchor.at(self.context.clock.instant()),
        };
        let (context, db, options) = (self.context, self.db, self.options);
        async move { claim::claim(db, &context.random, options, wish).await }.boxed_local()
    }

    fn request(&self, claimed: Claimed) -> Later<'a, Landed> {
        let (sender, anchor, cut) = (self.sender, self.anchor, Rc::clone(&self.cut));
        let (id, webhook) = (claimed.id, claimed.webhook_id);
        async move {
            let sent = AssertUnwindSafe(sender.send(claimed, anchor, &cut)).catch_unwind().await;
            (id, webhook, sent.ok().map(Box::new))
        }
        .boxed_local()
    }

    fn record(&mut self, now: Instant) -> Later<'a, Result<Group, Trouble>> {
        let group = std::mem::take(&mut self.finished);
        let changes: Vec<Change> =
            group.iter().map(|sent| record::change(sent, &self.context.random)).collect();
        let health = self.watcher.health(&group, now);
        let (db, id) = (self.db, self.id);
        async move {
            let recorded = record::record(db, id, &changes, health).await?;
            Ok((changes, recorded))
        }
        .boxed_local()
    }

    /// Give leases back, so that another run can take them at once.
    pub fn give_back(&mut self, unsent: Vec<Uuid>) {
        if unsent.is_empty() {
            return;
        }
        let (db, id) = (self.db, self.id);
        let release = async move { store::release(db, id, &unsent).await.map(Chore::GivenBack) };
        self.chores.push(release.boxed_local());
    }
}
