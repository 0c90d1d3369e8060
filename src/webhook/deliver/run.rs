//! The run: all that it holds and waits for, and the loop that wakes up for whatever comes first.

use std::collections::HashSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::{LocalBoxFuture, poll_fn};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::Notify;
use uuid::Uuid;

use super::super::delivery::SealedByEndpoint;
use super::breaker::Breaker;
use super::claim::Taken;
use super::desk::Desk;
use super::progress::Progress;
use super::record::{Change, Recorded, Watcher};
use super::sending::{Sender, Sent};
use super::{GRACE, Options, Tally};
use crate::clock::{Anchor, Micros};
use crate::context::Context;
use crate::db::{Db, Trouble};
use crate::failure::Failure;
use crate::stop::Stop;

/// Waits between claims that find nothing: short after work, long when idle.
pub const POLL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(500));
/// Between rounds of house-keeping in a run that stays.
pub const HOUSE: Duration = Duration::from_secs(5);
/// Between looks at the secrets of endpoints that something waits for: what was claimed long ago is signed with the
/// secrets of now.
pub const SECRETS: Duration = Duration::from_secs(1);

/// Something under way, whose result the loop wakes up for.
pub type Later<'a, T> = LocalBoxFuture<'a, T>;

/// A request that is over: the delivery, its endpoint, and what came of it; nothing where a panic ended it.
pub type Landed = (Uuid, Uuid, Option<Box<Sent>>);

/// Outcomes, and what the database made of them.
pub type Group = (Vec<Change>, Recorded);

pub struct Run<'a> {
    pub context: &'a Context,
    pub db: &'a Db,
    pub sender: &'a Sender<'a>,
    pub options: &'a Options,
    pub id: Uuid,
    pub anchor: Anchor,
    pub desk: Desk,
    pub watcher: Watcher,
    pub breaker: Breaker,
    pub tally: Tally,
    /// Outcomes that wait for the next record.
    pub finished: Vec<Sent>,
    pub claim: Option<Later<'a, Result<Taken, Trouble>>>,
    pub name: Option<Later<'a, Result<(), Trouble>>>,
    pub record: Option<Later<'a, Result<Group, Trouble>>>,
    pub renew: Option<Later<'a, Result<HashSet<Uuid>, Trouble>>>,
    pub secrets: Option<Later<'a, Result<SealedByEndpoint, Trouble>>>,
    /// Alerts being told: beside the rest, since an alert URL that hangs must not cost a lease.
    pub alerts: Option<Later<'a, ()>>,
    /// Leases going back and house-keeping.
    pub chores: FuturesUnordered<Later<'a, Result<Chore, Trouble>>>,
    pub requests: FuturesUnordered<Later<'a, Landed>>,
    pub cut: Rc<Notify>,
    pub closing: bool,
    /// Nothing was held or under way when the claim began.
    pub claimed_idle: bool,
    /// A claim found nothing, and nothing more is expected.
    pub exhausted: bool,
    /// Deliveries that a fault of ours cost.
    pub left_behind: Vec<Uuid>,
    pub next_claim: Instant,
    pub pause: Duration,
    pub next_renewal: Instant,
    pub next_house: Instant,
    pub next_secrets: Instant,
    pub ends: Option<Instant>,
    pub cuts: Option<Instant>,
}

/// What a chore came to.
pub enum Chore {
    /// So many leases are another run's to take.
    GivenBack(usize),
    /// So many deliveries were found dead of waiting.
    Died(usize),
    Counted,
}

/// What the loop woke up for.
enum Woke {
    Claimed(Result<Taken, Trouble>),
    Named(Result<(), Trouble>),
    Recorded(Result<Group, Trouble>),
    Renewed(Result<HashSet<Uuid>, Trouble>),
    Learned(Result<SealedByEndpoint, Trouble>),
    Done(Result<Chore, Trouble>),
    Landed(Landed),
    Told,
    Signal,
    Time,
}

impl<'a> Run<'a> {
    /// `now` is the database's time at this moment.
    pub fn new(
        context: &'a Context,
        db: &'a Db,
        sender: &'a Sender<'a>,
        options: &'a Options,
        id: Uuid,
        now: Micros,
    ) -> Run<'a> {
        let start = context.clock.instant();
        Run {
            context,
            db,
            sender,
            options,
            id,
            anchor: Anchor::new(now, start),
            desk: Desk::new(options.limits),
            watcher: Watcher::default(),
            breaker: Breaker::default(),
            tally: Tally::default(),
            finished: Vec::new(),
            claim: None,
            name: None,
            record: None,
            renew: None,
            secrets: None,
            alerts: None,
            chores: FuturesUnordered::new(),
            requests: FuturesUnordered::new(),
            cut: Rc::default(),
            closing: false,
            claimed_idle: false,
            exhausted: false,
            left_behind: Vec::new(),
            next_claim: start,
            pause: POLL.0,
            next_renewal: start + options.lease / 3,
            next_house: start + HOUSE,
            next_secrets: start + SECRETS,
            ends: options.max_runtime.map(|most| start + most),
            cuts: options.max_runtime.map(|most| start + most + GRACE),
        }
    }

    pub async fn go(&mut self, stop: &mut Stop) -> Result<(), Failure> {
        let progress = Progress::new(&self.context.printer, self.options.more.is_none());
        loop {
            self.start_what_can_start();
            progress.show(&self.tally, self.requests.len());
            if self.is_over() {
                return Ok(());
            }
            match self.wait(stop).await {
                Woke::Claimed(taken) => self.on_claimed(taken?),
                Woke::Named(named) => {
                    named?;
                    self.desk.named();
                }
                Woke::Recorded(group) => self.on_recorded(&group?),
                Woke::Renewed(lost) => self.tally.taken_over += self.desk.forget(&lost?),
                Woke::Learned(secrets) => self.sender.learn(secrets?),
                Woke::Done(chore) => self.on_done(&chore?),
                Woke::Landed(landed) => self.on_landed(landed),
                Woke::Told => {}
                Woke::Signal => self.on_signal(stop),
                Woke::Time => self.on_time(),
            }
        }
    }

    /// What a run leaves: its tally, what a fault cost, and what it holds unsent.
    pub fn leave(mut self) -> (Tally, Vec<Uuid>, Vec<Uuid>) {
        let unsent = self.desk.drop_unsent();
        (self.tally, self.left_behind, unsent)
    }

    /// Nothing is left to do, nor to wait for: the end, or all that `--limit` allows is done.
    fn is_over(&self) -> bool {
        let at_rest = self.claim.is_none()
            && self.name.is_none()
            && self.record.is_none()
            && self.chores.is_empty()
            && self.requests.is_empty()
            && self.finished.is_empty();
        at_rest && self.desk.is_empty() && (self.closing || self.exhausted || self.room() == 0)
    }

    async fn wait(&mut self, stop: &mut Stop) -> Woke {
        let timer = tokio::time::sleep_until(self.next_wake().into());
        tokio::select! {
            biased;
            () = stop.raised() => Woke::Signal,
            done = ready(&mut self.record) => Woke::Recorded(done),
            done = ready(&mut self.name) => Woke::Named(done),
            Some(landed) = self.requests.next(), if !self.requests.is_empty() => Woke::Landed(landed),
            done = ready(&mut self.claim) => Woke::Claimed(done),
            Some(done) = self.chores.next(), if !self.chores.is_empty() => Woke::Done(done),
            done = ready(&mut self.renew) => Woke::Renewed(done),
            done = ready(&mut self.secrets) => Woke::Learned(done),
            () = ready(&mut self.alerts) => Woke::Told,
            () = timer => Woke::Time,
        }
    }

    fn next_wake(&self) -> Instant {
        let claim = (self.claim.is_none() && self.may_claim()).then_some(self.next_claim);
        let ends = if self.closing { self.cuts } else { self.ends };
        let secrets = (self.secrets.is_none() && self.desk.unsent() > 0).then_some(self.next_secrets);
        let all = [claim, ends, secrets, Some(self.next_renewal), Some(self.next_house)];
        all.into_iter().flatten().min().unwrap_or(self.next_house)
    }
}

/// The future's result once it is there; for ever pending while there is none.
async fn ready<T>(slot: &mut Option<Later<'_, T>>) -> T {
    let value = poll_fn(|cx| match slot.as_mut() {
        Some(future) => future.poll_unpin(cx),
        None => std::task::Poll::Pending,
    })
    .await;
    *slot = None;
    value
}
