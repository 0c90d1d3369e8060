//! The journey of a delivery: claim → name → send → record. One loop owns all state; up to three short transactions
//! and any number of requests run beside it, and no transaction is open while a request is.
//!
//! Natural batching: what finished while the last commit ran is the next group. Nothing waits for a timer.

mod desk;
mod progress;
mod record;
mod sending;
mod stop;
mod store;
mod tally;

use std::collections::{HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, poll_fn};
use futures_util::stream::FuturesUnordered;
use tokio::sync::Notify;
use uuid::Uuid;

use desk::Desk;
use progress::Progress;
use record::{Change, Recorded, Watcher};
use sending::{Sender, Sent};
use store::{Batch, Claim};

pub use desk::Limits;
pub use sending::{method, signatures};
pub use stop::Stop;
pub use store::Scope;
pub use tally::Tally;

use super::delivery::Claimed;
use crate::backoff::Policy;
use crate::clock::Anchor;
use crate::context::Context;
use crate::db::{Db, Trouble};
use crate::failure::Failure;

/// Deliveries claimed at once, and the most that one claim may bring.
const CLAIM: usize = 1000;
/// Waits between claims that find nothing: short after work, long when idle.
const POLL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(500));
/// After `--max-runtime`, requests on the wire have this long.
const GRACE: Duration = Duration::from_secs(4);
const HOUSE: Duration = Duration::from_secs(5);

/// How a run goes about it.
#[derive(Clone, Debug)]
pub struct Options {
    pub limits: Limits,
    pub lease: Duration,
    pub timeout: Duration,
    pub policy: &'static Policy,
    pub scope: Scope,
    /// Deliveries attempted, at most.
    pub limit: Option<usize>,
    pub max_runtime: Option<Duration>,
    /// Stay when nothing is due.
    pub watch: bool,
}

type Later<'a, T> = LocalBoxFuture<'a, T>;

/// A request that is over, or the panic that ended it.
type Landed = (Uuid, Uuid, Result<Sent, ()>);

struct Run<'a> {
    context: &'a Context,
    db: &'a Db,
    sender: &'a Sender<'a>,
    options: &'a Options,
    id: Uuid,
    anchor: Anchor,
    desk: Desk,
    watcher: Watcher,
    tally: Tally,
    finished: Vec<Sent>,
    claim: Option<Later<'a, Result<Batch, Trouble>>>,
    name: Option<Later<'a, Result<(), Trouble>>>,
    record: Option<Later<'a, Result<(Vec<Change>, Recorded), Trouble>>>,
    renew: Option<Later<'a, Result<Vec<Uuid>, Trouble>>>,
    requests: FuturesUnordered<Later<'a, Landed>>,
    /// What ended while the loop was attending to something else.
    missed: VecDeque<Woke>,
    cut: std::rc::Rc<Notify>,
    closing: bool,
    /// The claim under way leaves no endpoint out, and nothing was held when it began.
    claims_all: bool,
    exhausted: bool,
    left_behind: Vec<Uuid>,
    next_claim: Instant,
    pause: Duration,
    next_renewal: Instant,
    next_house: Instant,
    ends: Option<Instant>,
    cuts: Option<Instant>,
}

/// What the loop woke up for.
enum Woke {
    Claimed(Result<Batch, Trouble>),
    Named(Result<(), Trouble>),
    Recorded(Result<(Vec<Change>, Recorded), Trouble>),
    Renewed(Result<Vec<Uuid>, Trouble>),
    Landed(Landed),
    Signal,
    Time,
}

/// Deliver what is due until nothing is, or until told to stop.
pub async fn deliver(context: &Context, options: &Options, stop: &mut Stop) -> Result<Tally, Failure> {
    let (db, http) = (context.db().await?, context.http()?);
    let sender = Sender::new(db, http, &context.settings.user_agent.value, options.timeout);
    let id = context.random.id(context.clock.wall());
    let now = begin(context, db, id).await?;
    let start = context.clock.instant();
    let mut run = Run {
        context,
        db,
        sender: &sender,
        options,
        id,
        anchor: Anchor::new(now, start),
        desk: Desk::new(options.limits),
        watcher: Watcher::default(),
        tally: Tally::default(),
        finished: Vec::new(),
        claim: None,
        name: None,
        record: None,
        renew: None,
        requests: FuturesUnordered::new(),
        missed: VecDeque::new(),
        cut: std::rc::Rc::default(),
        closing: false,
        claims_all: false,
        exhausted: false,
        left_behind: Vec::new(),
        next_claim: start,
        pause: POLL.0,
        next_renewal: start + options.lease / 3,
        next_house: start + HOUSE,
        ends: options.max_runtime.map(|most| start + most),
        cuts: options.max_runtime.map(|most| start + most + GRACE),
    };
    let ran = run.go(stop).await;
    let (tally, left_behind) = (std::mem::take(&mut run.tally), std::mem::take(&mut run.left_behind));
    drop(run);
    ran?;
    store::finish_run(db, id, &left_behind).await?;
    Ok(tally)
}

async fn begin(context: &Context, db: &Db, id: Uuid) -> Result<i64, Failure> {
    let host = context.host();
    let identity = store::Identity {
        id,
        command: &context.command,
        host: &host,
        operator: &context.settings.operator.value,
    };
    let now = store::begin_run(db, &identity).await?;
    store::keep_house(db).await?;
    let apart = (context.clock.wall() - now) / 1_000_000;
    if apart.abs() > 30 {
        context.printer.warn(&format!(
            "this machine's clock is {} s {} the database's; due times and signatures follow the database's",
            apart.abs(),
            if apart > 0 { "ahead of" } else { "behind" }
        ));
    }
    Ok(now)
}

impl<'a> Run<'a> {
    async fn go(&mut self, stop: &mut Stop) -> Result<(), Failure> {
        let mut progress = Progress::new(&self.context.printer);
        loop {
            let woke = match self.missed.pop_front() {
                Some(woke) => woke,
                None => {
                    self.start_what_can_start();
                    progress.show(&self.tally, self.requests.len());
                    if self.is_over() {
                        return Ok(());
                    }
                    self.wait(stop).await
                }
            };
            match woke {
                Woke::Claimed(batch) => self.on_claimed(batch?).await?,
                Woke::Named(named) => named?,
                Woke::Recorded(recorded) => {
                    let (changes, recorded) = recorded?;
                    self.on_recorded(&changes, &recorded).await?;
                }
                Woke::Renewed(ours) => self.on_renewed(ours?),
                Woke::Landed(landed) => self.on_landed(landed),
                Woke::Signal => self.on_signal(stop).await?,
                Woke::Time => self.on_time().await?,
            }
        }
    }

    /// Nothing is left to do, nor to wait for: the end, or all that `--limit` allows is done.
    fn is_over(&self) -> bool {
        let at_rest = self.claim.is_none()
            && self.name.is_none()
            && self.record.is_none()
            && self.requests.is_empty()
            && self.finished.is_empty()
            && self.missed.is_empty();
        at_rest && self.desk.is_empty() && (self.closing || self.exhausted || self.room() == 0)
    }

    fn start_what_can_start(&mut self) {
        let now = self.context.clock.instant();
        if self.claim.is_none() && self.wants_claim(now) {
            self.claims_all = self.desk.is_empty();
            self.claim = Some(self.claim());
        }
        if self.name.is_none() {
            let chosen = self.desk.reserve();
            if !chosen.is_empty() {
                let exposed = self.desk.exposed();
                let (db, id) = (self.db, self.id);
                self.name = Some(async move { store::advance_run(db, id, &exposed).await }.boxed_local());
            }
        }
        if self.name.is_none() {
            while let Some(claimed) = self.desk.next() {
                self.tally.attempted += 1;
                self.requests.push(self.request(claimed));
            }
        }
        if self.record.is_none() && !self.finished.is_empty() {
            self.record = Some(self.record(now));
        }
        if self.renew.is_none() && now >= self.next_renewal {
            self.next_renewal = now + self.options.lease / 3;
            let held = self.desk.held();
            if !held.is_empty() {
                let (db, id, lease) = (self.db, self.id, self.options.lease);
                self.renew = Some(async move { store::renew(db, id, &held, lease).await }.boxed_local());
            }
        }
    }

    fn wants_claim(&self, now: Instant) -> bool {
        now >= self.next_claim && self.may_claim()
    }

    fn may_claim(&self) -> bool {
        !self.closing && !self.exhausted && self.desk.waiting() * 2 < CLAIM && self.room() > 0
    }

    /// How many more `--limit` allows.
    fn room(&self) -> usize {
        match self.options.limit {
            Some(limit) => limit.saturating_sub(self.tally.attempted + self.desk.unsent()),
            None => usize::MAX,
        }
    }

    fn claim(&self) -> Later<'a, Result<Batch, Trouble>> {
        let (db, id, options) = (self.db, self.id, self.options);
        let limit = CLAIM.min(self.room());
        let (excluded, held) = (self.desk.saturated(), self.desk.held());
        async move {
            let before = db.breaks();
            let claim = Claim {
                run: id,
                scope: options.scope,
                limit,
                lease: options.lease,
                excluded: &excluded,
                default_policy: options.policy,
            };
            let batch = store::claim_due(db, &claim).await?;
            if db.breaks() != before {
                // The broken try may have claimed rows that we never heard of.
                let known: Vec<Uuid> =
                    held.into_iter().chain(batch.claimed.iter().map(|claimed| claimed.id)).collect();
                store::release_unknown(db, id, &known).await?;
            }
            Ok(batch)
        }
        .boxed_local()
    }

    fn request(&self, claimed: Claimed) -> Later<'a, Landed> {
        let (sender, anchor, cut) = (self.sender, self.anchor, std::rc::Rc::clone(&self.cut));
        let (id, webhook) = (claimed.id, claimed.webhook_id);
        async move {
            let sent = AssertUnwindSafe(sender.send(claimed, anchor, &cut)).catch_unwind().await;
            (id, webhook, sent.map_err(|_| ()))
        }
        .boxed_local()
    }

    fn record(&mut self, now: Instant) -> Later<'a, Result<(Vec<Change>, Recorded), Trouble>> {
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

    async fn wait(&mut self, stop: &mut Stop) -> Woke {
        let wake = self.next_wake();
        let timer = tokio::time::sleep_until(wake.into());
        tokio::select! {
            biased;
            () = stop.raised() => Woke::Signal,
            done = ready(&mut self.record) => Woke::Recorded(done),
            done = ready(&mut self.name) => Woke::Named(done),
            Some(landed) = self.requests.next(), if !self.requests.is_empty() => Woke::Landed(landed),
            done = ready(&mut self.claim) => Woke::Claimed(done),
            done = ready(&mut self.renew) => Woke::Renewed(done),
            () = timer => Woke::Time,
        }
    }

    /// Wait for something short while the transactions and requests that run beside the loop go on: they hold
    /// connections that `work` may be waiting for, so the two would stop each other for ever.
    async fn attend<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(value) = work.as_mut().poll(cx) {
                return Poll::Ready(value);
            }
            let missed = &mut self.missed;
            missed.extend(ended(&mut self.record, cx).map(Woke::Recorded));
            missed.extend(ended(&mut self.name, cx).map(Woke::Named));
            missed.extend(ended(&mut self.claim, cx).map(Woke::Claimed));
            missed.extend(ended(&mut self.renew, cx).map(Woke::Renewed));
            while let Poll::Ready(Some(landed)) = self.requests.poll_next_unpin(cx) {
                missed.push_back(Woke::Landed(landed));
            }
            Poll::Pending
        })
        .await
    }

    fn next_wake(&self) -> Instant {
        let claim = (self.claim.is_none() && self.may_claim()).then_some(self.next_claim);
        let ends = if self.closing { self.cuts } else { self.ends };
        [claim, ends, Some(self.next_renewal), Some(self.next_house)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.next_house)
    }

    async fn on_claimed(&mut self, batch: Batch) -> Result<(), Failure> {
        let now = self.context.clock.instant();
        if let Some(told) = batch.now {
            self.anchor = Anchor::new(told, now);
        }
        let found = batch.claimed.len();
        if self.closing {
            let unsent: Vec<Uuid> = batch.claimed.iter().map(|claimed| claimed.id).collect();
            return self.give_back(&unsent).await;
        }
        self.take_in(batch.claimed).await?;
        if found > 0 {
            self.pause = POLL.0;
            self.next_claim = if found * 2 < CLAIM { now + POLL.0 } else { now };
            return Ok(());
        }
        self.next_claim = now + self.pause;
        self.pause = (self.pause * 2).min(POLL.1);
        let idle = self.desk.is_empty() && self.finished.is_empty() && self.record.is_none();
        if idle && !self.claims_all {
            // What it left out has been delivered meanwhile, and more may be due there.
            self.next_claim = now;
        } else if idle && !self.options.watch {
            // What an endpoint's pace holds back is due all the same: wait for its next slot.
            let paced =
                self.options.scope == Scope::All && self.attend(store::find_outlook(self.db)).await?.paced;
            self.exhausted = !paced;
            self.next_claim = now + Duration::from_millis(50);
        }
        Ok(())
    }

    /// Sort what was claimed: owed interruptions are written first, inactive endpoints' deliveries are set aside.
    async fn take_in(&mut self, claimed: Vec<Claimed>) -> Result<(), Failure> {
        let inactive = |claimed: &Claimed| claimed.endpoint.as_ref().is_some_and(|endpoint| !endpoint.active);
        let lapsed: Vec<&Claimed> = claimed.iter().filter(|claimed| claimed.lapsed).collect();
        let mut set_aside: Vec<Uuid> = Vec::new();
        if !lapsed.is_empty() {
            let now = self.anchor.at(self.context.clock.instant());
            let attempts: Vec<Uuid> = lapsed.iter().map(|_| self.context.random.id(now)).collect();
            let owed = store::finish_interrupted(self.db, self.id, &lapsed, &attempts);
            set_aside = self.attend(owed).await?;
            self.tally.interrupted += lapsed.len();
            self.tally.rescued(set_aside.len());
        }
        let parked: Vec<Uuid> =
            claimed.iter().filter(|c| inactive(c) && !set_aside.contains(&c.id)).map(|c| c.id).collect();
        if !parked.is_empty() {
            self.attend(store::park(self.db, self.id, &parked)).await?;
            self.tally.parked += parked.len();
        }
        for claimed in claimed {
            if !inactive(&claimed) && !set_aside.contains(&claimed.id) {
                self.desk.hold(claimed);
            }
        }
        Ok(())
    }

    fn on_landed(&mut self, landed: Landed) {
        let mut next = Some(landed);
        while let Some((id, webhook, sent)) = next {
            self.desk.answered(webhook);
            match sent {
                Ok(sent) => self.finished.push(sent),
                Err(()) => {
                    // Its lease ends by itself and the loss is counted, as if the process had died.
                    self.desk.recorded(id);
                    self.left_behind.push(id);
                    self.tally.panicked += 1;
                }
            }
            next = self.requests.next().now_or_never().flatten();
        }
    }

    async fn on_recorded(&mut self, changes: &[Change], recorded: &Recorded) -> Result<(), Failure> {
        let ours: HashSet<Uuid> = recorded.ours.iter().copied().collect();
        for change in changes {
            self.desk.recorded(change.delivery_id);
            self.tally.count(change, ours.contains(&change.delivery_id));
        }
        let mut unsent = Vec::new();
        for webhook in &recorded.open {
            unsent.extend(self.desk.drop_lane(*webhook));
        }
        self.give_back(&unsent).await?;
        // Something has moved: it is worth looking again.
        self.pause = POLL.0;
        Ok(())
    }

    fn on_renewed(&mut self, ours: Vec<Uuid>) {
        let ours: HashSet<Uuid> = ours.into_iter().collect();
        self.tally.taken_over += self.desk.forget(&ours);
    }

    async fn on_signal(&mut self, stop: &Stop) -> Result<(), Failure> {
        self.tally.signal = stop.signal();
        if self.closing {
            self.cut.notify_waiters();
            return Ok(());
        }
        self.close().await
    }

    async fn on_time(&mut self) -> Result<(), Failure> {
        let now = self.context.clock.instant();
        if self.ends.is_some_and(|at| now >= at) && !self.closing {
            self.close().await?;
        }
        if self.cuts.is_some_and(|at| now >= at) {
            self.cut.notify_waiters();
        }
        if now >= self.next_house {
            self.next_house = now + HOUSE;
            if !self.closing && self.options.watch {
                self.attend(store::keep_house(self.db)).await?;
                self.attend(super::alert::tell(self.context)).await;
            }
        }
        Ok(())
    }

    /// Stop claiming; what was not sent goes back at once, what is on the wire is waited for.
    async fn close(&mut self) -> Result<(), Failure> {
        self.closing = true;
        let unsent = self.desk.drop_unsent();
        self.give_back(&unsent).await
    }

    async fn give_back(&mut self, unsent: &[Uuid]) -> Result<(), Failure> {
        if !unsent.is_empty() {
            self.attend(store::release(self.db, self.id, unsent)).await?;
        }
        Ok(())
    }
}

/// The future's result once it is there; for ever pending while there is none.
async fn ready<T>(slot: &mut Option<Later<'_, T>>) -> T {
    poll_fn(|cx| ended(slot, cx).map_or(Poll::Pending, Poll::Ready)).await
}

/// The future's result if it is there; the slot is empty then.
fn ended<T>(slot: &mut Option<Later<'_, T>>, cx: &mut std::task::Context<'_>) -> Option<T> {
    match slot.as_mut()?.poll_unpin(cx) {
        Poll::Ready(value) => {
            *slot = None;
            Some(value)
        }
        Poll::Pending => None,
    }
}
