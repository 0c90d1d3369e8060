//! The journey of a delivery: claim → name → send → record. One loop owns all state; up to three short transactions
//! and any number of requests run beside it, and no transaction is open while a request is.
//!
//! Natural batching: what finished while the last commit ran is the next group. Nothing waits for a timer.

mod breaker;
mod desk;
mod progress;
mod record;
mod sending;
mod stop;
mod store;
mod tally;

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, poll_fn};
use futures_util::stream::FuturesUnordered;
use tokio::sync::Notify;
use uuid::Uuid;

use breaker::Breaker;
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
/// Nor is more claimed than so many rounds of requests: what one run only holds, another could send.
const ROUNDS: usize = 16;
/// Waits between claims that find nothing: short after work, long when idle.
const POLL: (Duration, Duration) = (Duration::from_millis(3), Duration::from_millis(500));
/// After `--max-runtime`, requests on the wire have this long.
pub const GRACE: Duration = Duration::from_secs(4);
const HOUSE: Duration = Duration::from_secs(5);
/// How long a commit whose connection is gone may take at the server.
const ECHO: Duration = Duration::from_millis(100);
/// A run that fails has this long to give its leases back.
const FAREWELL: Duration = Duration::from_secs(2);

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
    /// Stay as well while this says that more is on its way.
    pub more: Option<std::rc::Rc<std::cell::Cell<bool>>>,
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
    breaker: Breaker,
    tally: Tally,
    finished: Vec<Sent>,
    claim: Option<Later<'a, Result<Batch, Trouble>>>,
    name: Option<Later<'a, Result<(), Trouble>>>,
    record: Option<Later<'a, Result<(Vec<Change>, Recorded), Trouble>>>,
    renew: Option<Later<'a, Result<Vec<Uuid>, Trouble>>>,
    /// Alerts being told: beside the rest, since an alert URL that hangs must not cost a lease.
    alerts: Option<Later<'a, ()>>,
    requests: FuturesUnordered<Later<'a, Landed>>,
    cut: std::rc::Rc<Notify>,
    closing: bool,
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
    Told,
    Signal,
    Time,
}

/// Deliver what is due until nothing is, or until told to stop.
pub async fn deliver(context: &Context, options: &Options, stop: &mut Stop) -> Result<Tally, Failure> {
    let (db, http) = (context.db().await?, context.http()?);
    let sender = Sender::new(db, http, &context.settings.user_agent.value, options.timeout);
    let id = context.random.id(context.clock.wall());
    let (now, died) = begin(context, db, id).await?;
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
        breaker: Breaker::default(),
        tally: Tally::default(),
        finished: Vec::new(),
        claim: None,
        name: None,
        record: None,
        renew: None,
        alerts: None,
        requests: FuturesUnordered::new(),
        cut: std::rc::Rc::default(),
        closing: false,
        exhausted: false,
        left_behind: Vec::new(),
        next_claim: start,
        pause: POLL.0,
        next_renewal: start + options.lease / 3,
        next_house: start + HOUSE,
        ends: options.max_runtime.map(|most| start + most),
        cuts: options.max_runtime.map(|most| start + most + GRACE),
    };
    run.tally.rescued(died);
    let ran = run.go(stop).await;
    let (tally, left_behind) = (std::mem::take(&mut run.tally), std::mem::take(&mut run.left_behind));
    let unsent = run.desk.drop_unsent();
    drop(run);
    if let Err(failure) = ran {
        // What was on the wire is found by the run's record; what was not need not wait for its lease to end.
        let _ = tokio::time::timeout(FAREWELL, store::release(db, id, &unsent)).await;
        return Err(failure);
    }
    store::finish_run(db, id, &left_behind).await?;
    Ok(tally)
}

/// The database's time, and how many deliveries had waited too long for an inactive endpoint.
async fn begin(context: &Context, db: &Db, id: Uuid) -> Result<(i64, usize), Failure> {
    let host = context.host();
    let identity = store::Identity {
        id,
        command: &context.command,
        host: &host,
        operator: &context.settings.operator.value,
    };
    let now = store::begin_run(db, &identity).await?;
    let died = store::keep_house(db).await?;
    let apart = (context.clock.wall() - now) / 1_000_000;
    if apart.abs() > 30 {
        context.printer.warn(&format!(
            "this machine's clock is {} s {} the database's; due times and signatures follow the database's",
            apart.abs(),
            if apart > 0 { "ahead of" } else { "behind" }
        ));
    }
    Ok((now, died))
}

impl<'a> Run<'a> {
    async fn go(&mut self, stop: &mut Stop) -> Result<(), Failure> {
        let mut progress = Progress::new(&self.context.printer, self.options.more.is_none());
        loop {
            self.start_what_can_start();
            progress.show(&self.tally, self.requests.len());
            if self.is_over() {
                return Ok(());
            }
            match self.wait(stop).await {
                Woke::Claimed(batch) => self.on_claimed(batch?).await?,
                Woke::Named(named) => named?,
                Woke::Recorded(recorded) => {
                    let (changes, recorded) = recorded?;
                    self.on_recorded(&changes, &recorded).await?;
                }
                Woke::Renewed(ours) => self.on_renewed(ours?),
                Woke::Landed(landed) => self.on_landed(landed).await?,
                Woke::Told => {}
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
            && self.finished.is_empty();
        at_rest && self.desk.is_empty() && (self.closing || self.exhausted || self.room() == 0)
    }

    fn start_what_can_start(&mut self) {
        let now = self.context.clock.instant();
        if self.claim.is_none() && self.wants_claim(now) {
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
        !self.closing && !self.exhausted && self.desk.waiting() * 2 < self.most() && self.room() > 0
    }

    fn most(&self) -> usize {
        CLAIM.min(self.options.limits.concurrency.saturating_mul(ROUNDS))
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
        let limit = self.most().min(self.room());
        let held = self.desk.held();
        let excluded: Vec<Uuid> = self.desk.saturated().into_iter().chain(self.breaker.tripped()).collect();
        async move {
            let claim = Claim {
                run: id,
                scope: options.scope,
                limit,
                lease: options.lease,
                excluded: &excluded,
                default_policy: options.policy,
            };
            loop {
                let batch = store::claim_due(db, &claim).await?;
                if !batch.unheard {
                    return Ok(batch);
                }
                // The server may be at that commit still.
                tokio::time::sleep(ECHO).await;
                let known: Vec<Uuid> =
                    held.iter().copied().chain(batch.claimed.iter().map(|claimed| claimed.id)).collect();
                store::release_unknown(db, id, &known).await?;
                if !batch.claimed.is_empty() {
                    return Ok(batch);
                }
            }
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
            () = ready(&mut self.alerts) => Woke::Told,
            () = timer => Woke::Time,
        }
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
            return self.give_back(batch.claimed.iter().map(|claimed| claimed.id).collect()).await;
        }
        self.take_in(batch.claimed).await?;
        if found > 0 {
            self.pause = POLL.0;
            self.next_claim = if found * 2 < self.most() { now + POLL.0 } else { now };
            return Ok(());
        }
        self.next_claim = now + self.pause;
        self.pause = (self.pause * 2).min(POLL.1);
        let comes = self.options.more.as_ref().is_some_and(|more| more.get());
        if !self.options.watch
            && !comes
            && self.desk.is_empty()
            && self.finished.is_empty()
            && self.record.is_none()
        {
            // What an endpoint's pace holds back is due all the same: wait for its next slot.
            let paced = self.options.scope == Scope::All && store::is_paced(self.db).await?;
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
            set_aside = store::finish_interrupted(self.db, self.id, &lapsed, &attempts).await?;
            self.tally.interrupted += lapsed.len();
            self.tally.rescued(set_aside.len());
        }
        let parked: Vec<Uuid> =
            claimed.iter().filter(|c| inactive(c) && !set_aside.contains(&c.id)).map(|c| c.id).collect();
        if !parked.is_empty() {
            store::park(self.db, self.id, &parked).await?;
            self.tally.parked += parked.len();
        }
        let mut unsent = Vec::new();
        for claimed in claimed {
            if inactive(&claimed) || set_aside.contains(&claimed.id) {
                continue;
            }
            if self.breaker.is_tripped(claimed.webhook_id) {
                unsent.push(claimed.id);
            } else {
                self.desk.hold(claimed);
            }
        }
        self.give_back(unsent).await
    }

    async fn on_landed(&mut self, landed: Landed) -> Result<(), Failure> {
        let (mut next, mut unsent) = (Some(landed), Vec::new());
        while let Some((id, webhook, sent)) = next {
            self.desk.answered(webhook);
            match sent {
                Ok(sent) => {
                    if self.breaker.landed(webhook, sent.claimed.failures, &sent.outcome) {
                        unsent.extend(self.desk.drop_lane(webhook));
                    }
                    self.finished.push(sent);
                }
                Err(()) => {
                    // Its lease ends by itself and the loss is counted, as if the process had died.
                    self.desk.recorded(id);
                    self.left_behind.push(id);
                    self.tally.panicked += 1;
                }
            }
            next = self.requests.next().now_or_never().flatten();
        }
        self.give_back(unsent).await
    }

    async fn give_back(&self, unsent: Vec<Uuid>) -> Result<(), Failure> {
        if unsent.is_empty() {
            return Ok(());
        }
        Ok(store::release(self.db, self.id, &unsent).await?)
    }

    async fn on_recorded(&mut self, changes: &[Change], recorded: &Recorded) -> Result<(), Failure> {
        let ours: HashSet<Uuid> = recorded.ours.iter().copied().collect();
        for change in changes {
            self.desk.recorded(change.delivery_id);
            self.tally.count(change, ours.contains(&change.delivery_id));
        }
        let mut unsent = Vec::new();
        for webhook in &recorded.open {
            self.breaker.known(*webhook);
            unsent.extend(self.desk.drop_lane(*webhook));
        }
        self.give_back(unsent).await?;
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
                self.tally.rescued(store::keep_house(self.db).await?);
                if self.alerts.is_none() {
                    let told = super::alert::tell(self.context, super::alert::LIMIT);
                    self.alerts = Some(told.boxed_local());
                }
            }
        }
        Ok(())
    }

    /// Stop claiming; what was not sent goes back at once, what is on the wire is waited for.
    async fn close(&mut self) -> Result<(), Failure> {
        self.closing = true;
        let unsent = self.desk.drop_unsent();
        self.give_back(unsent).await
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
