//! What is held, and what may go next. Pure: it sees no clock, no socket and no database.
//!
//! A claimed delivery *waits* in the lane of its endpoint, is *reserved* (about to be named in the run's record, so
//! that a crash is told from a wait), is *named*, is *sent*, and stays *unrecorded* until its outcome is durable.
//! Lanes take turns, so that a slow endpoint holds its own lane only.

use std::collections::{HashMap, HashSet, VecDeque};

use uuid::Uuid;

use super::super::delivery::Claimed;

/// How many may be on the wire, and how many sent and not yet durable.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub concurrency: usize,
    pub per_endpoint: usize,
    pub in_flight: usize,
}

/// This part of what may be in flight is named ahead, if that is more than goes at once.
const AHEAD: usize = 4;

/// A suspect goes at the latest after so many others.
const SUSPECT_EVERY: usize = 1000;

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Claimed>,
    /// Reserved, named or sent.
    out: usize,
    queued: bool,
}

pub struct Desk {
    limits: Limits,
    lanes: HashMap<Uuid, Lane>,
    /// Lanes that may go, each once.
    turns: VecDeque<Uuid>,
    /// Deliveries that were on the wire when a run died go one at a time, so that one that kills runs is found, and
    /// after the others, so that what merely was there when a run was killed is not there the next time.
    suspects: VecDeque<Claimed>,
    since_suspect: usize,
    suspect_out: Option<Uuid>,
    reserved: VecDeque<Claimed>,
    named: VecDeque<Claimed>,
    /// Reserved, named, sent or unrecorded: what the run's record names.
    exposed: HashSet<Uuid>,
    waiting: usize,
    sent: usize,
}

impl Desk {
    pub fn new(limits: Limits) -> Desk {
        Desk {
            limits,
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            suspects: VecDeque::new(),
            since_suspect: 0,
            suspect_out: None,
            reserved: VecDeque::new(),
            named: VecDeque::new(),
            exposed: HashSet::new(),
            waiting: 0,
            sent: 0,
        }
    }

    /// Take a claimed delivery in.
    pub fn hold(&mut self, claimed: Claimed) {
        self.waiting += 1;
        if claimed.interruptions > 0 {
            self.suspects.push_back(claimed);
            return;
        }
        let webhook = claimed.webhook_id;
        self.lanes.entry(webhook).or_default().waiting.push_back(claimed);
        self.queue(webhook);
    }

    fn queue(&mut self, webhook: Uuid) {
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        if !lane.queued && !lane.waiting.is_empty() && lane.out < self.limits.per_endpoint {
            lane.queued = true;
            self.turns.push_back(webhook);
        }
    }

    /// Choose what is to be named in the run's record next. Nothing while enough is ready already, so that one write
    /// names many.
    pub fn reserve(&mut self) -> Vec<Uuid> {
        let ready = self.reserved.len() + self.named.len();
        let ahead = self.limits.concurrency.max(self.limits.in_flight / AHEAD);
        if ready * 2 > ahead {
            return Vec::new();
        }
        let room = self.limits.in_flight.saturating_sub(self.exposed.len()).min(ahead - ready);
        let mut chosen = Vec::new();
        while chosen.len() < room {
            let Some(claimed) = self.choose() else { break };
            self.exposed.insert(claimed.id);
            self.waiting -= 1;
            chosen.push(claimed.id);
            self.reserved.push_back(claimed);
        }
        chosen
    }

    /// The run's record names what was reserved.
    pub fn named(&mut self) {
        self.named.append(&mut self.reserved);
    }

    fn choose(&mut self) -> Option<Claimed> {
        self.since_suspect += 1;
        if self.since_suspect >= SUSPECT_EVERY
            && let Some(suspect) = self.choose_suspect()
        {
            return Some(suspect);
        }
        while let Some(webhook) = self.turns.pop_front() {
            let Some(lane) = self.lanes.get_mut(&webhook) else { continue };
            lane.queued = false;
            // A lane can have been emptied since it was queued.
            let Some(claimed) = lane.waiting.pop_front() else { continue };
            lane.out += 1;
            self.queue(webhook);
            return Some(claimed);
        }
        self.choose_suspect()
    }

    fn choose_suspect(&mut self) -> Option<Claimed> {
        if self.suspect_out.is_some() {
            return None;
        }
        let at = self.suspects.iter().position(|suspect| self.has_room(suspect.webhook_id))?;
        let suspect = self.suspects.remove(at)?;
        self.since_suspect = 0;
        self.suspect_out = Some(suspect.id);
        self.lanes.entry(suspect.webhook_id).or_default().out += 1;
        Some(suspect)
    }

    fn has_room(&self, webhook: Uuid) -> bool {
        self.lanes.get(&webhook).is_none_or(|lane| lane.out < self.limits.per_endpoint)
    }

    /// The next to send of what the record names.
    pub fn next(&mut self) -> Option<Claimed> {
        if self.sent >= self.limits.concurrency {
            return None;
        }
        let claimed = self.named.pop_front()?;
        self.sent += 1;
        Some(claimed)
    }

    /// Its request is over; the outcome is not yet durable.
    pub fn answered(&mut self, webhook: Uuid) {
        self.sent -= 1;
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            lane.out -= 1;
            if lane.out == 0 && lane.waiting.is_empty() {
                self.lanes.remove(&webhook);
            }
        }
        self.queue(webhook);
    }

    /// Its outcome is durable, or somebody else's business.
    pub fn recorded(&mut self, id: Uuid) {
        self.exposed.remove(&id);
        if self.suspect_out == Some(id) {
            self.suspect_out = None;
        }
    }

    /// Give up what was not sent, for another run to take.
    pub fn drop_unsent(&mut self) -> Vec<Uuid> {
        let mut unsent: Vec<Uuid> = Vec::new();
        for lane in self.lanes.values_mut() {
            unsent.extend(lane.waiting.drain(..).map(|claimed| claimed.id));
        }
        unsent.extend(self.suspects.drain(..).map(|claimed| claimed.id));
        self.named();
        for claimed in std::mem::take(&mut self.named) {
            if let Some(lane) = self.lanes.get_mut(&claimed.webhook_id) {
                lane.out -= 1;
            }
            self.recorded(claimed.id);
            unsent.push(claimed.id);
        }
        self.turns.clear();
        self.lanes.values_mut().for_each(|lane| lane.queued = false);
        self.waiting = 0;
        unsent
    }

    /// Give up what waits for one endpoint: its breaker is open.
    pub fn drop_lane(&mut self, webhook: Uuid) -> Vec<Uuid> {
        let mut unsent = Vec::new();
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            unsent.extend(lane.waiting.drain(..).map(|claimed| claimed.id));
        }
        let (theirs, others): (Vec<Claimed>, Vec<Claimed>) =
            std::mem::take(&mut self.suspects).into_iter().partition(|claimed| claimed.webhook_id == webhook);
        self.suspects = others.into();
        unsent.extend(theirs.iter().map(|claimed| claimed.id));
        self.waiting -= unsent.len();
        let mut ready = Vec::new();
        for list in [&mut self.reserved, &mut self.named] {
            let (theirs, others): (Vec<Claimed>, Vec<Claimed>) =
                std::mem::take(list).into_iter().partition(|claimed| claimed.webhook_id == webhook);
            *list = others.into();
            ready.extend(theirs);
        }
        for claimed in ready {
            if let Some(lane) = self.lanes.get_mut(&webhook) {
                lane.out -= 1;
            }
            self.recorded(claimed.id);
            unsent.push(claimed.id);
        }
        unsent
    }

    /// Forget what is no longer ours, wherever it waits; returns how much that was.
    pub fn forget(&mut self, lost: &HashSet<Uuid>) -> usize {
        let before = self.waiting;
        for lane in self.lanes.values_mut() {
            lane.waiting.retain(|claimed| !lost.contains(&claimed.id));
        }
        self.suspects.retain(|claimed| !lost.contains(&claimed.id));
        self.waiting =
            self.lanes.values().map(|lane| lane.waiting.len()).sum::<usize>() + self.suspects.len();
        before - self.waiting
    }

    /// Endpoints whose lanes are full: a claim need not look at them.
    pub fn saturated(&self) -> Vec<Uuid> {
        let full = |lane: &Lane| lane.waiting.len() >= self.limits.per_endpoint;
        self.lanes.iter().filter(|(_, lane)| full(lane)).map(|(webhook, _)| *webhook).collect()
    }

    /// Every delivery under our lease.
    pub fn held(&self) -> Vec<Uuid> {
        let waiting = self.lanes.values().flat_map(|lane| lane.waiting.iter().map(|claimed| claimed.id));
        let suspects = self.suspects.iter().map(|claimed| claimed.id);
        waiting.chain(suspects).chain(self.exposed.iter().copied()).collect()
    }

    /// Endpoints with something that is still to be sent.
    pub fn endpoints(&self) -> Vec<Uuid> {
        let waiting =
            self.lanes.iter().filter(|(_, lane)| !lane.waiting.is_empty()).map(|(webhook, _)| *webhook);
        let others =
            self.suspects.iter().chain(&self.reserved).chain(&self.named).map(|claimed| claimed.webhook_id);
        let all: HashSet<Uuid> = waiting.chain(others).collect();
        all.into_iter().collect()
    }

    /// What the run's record has to name.
    pub fn exposed(&self) -> Vec<Uuid> {
        self.exposed.iter().copied().collect()
    }

    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Held and not yet sent.
    pub fn unsent(&self) -> usize {
        self.waiting + self.reserved.len() + self.named.len()
    }

    /// Nothing held at all.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0 && self.exposed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoff::INTEGRATION_LAYER;

    fn claimed(id: u128, webhook: u128, interruptions: u32) -> Claimed {
        Claimed {
            id: Uuid::from_u128(id),
            fence: 1,
            event_id: Uuid::nil(),
            webhook_id: Uuid::from_u128(webhook),
            steps: 0,
            interruptions,
            lapsed: false,
            payload: None,
            policy: INTEGRATION_LAYER,
            endpoint: None,
            failing: false,
            failures: 0,
        }
    }

    fn desk(concurrency: usize, per_endpoint: usize, in_flight: usize) -> Desk {
        Desk::new(Limits { concurrency, per_endpoint, in_flight })
    }

    #[test]
    fn endpoints_take_turns_and_none_exceeds_its_limit() {
        let mut desk = desk(8, 2, 100);
        (0..20).for_each(|n| desk.hold(claimed(n, 1, 0)));
        (20..23).for_each(|n| desk.hold(claimed(n, 2, 0)));
        let chosen = desk.reserve();
        assert_eq!(chosen.len(), 4, "two lanes of two");
        assert!(desk.next().is_none(), "not before they are named");
        desk.named();
        let webhooks: Vec<u128> =
            std::iter::from_fn(|| desk.next()).map(|claimed| claimed.webhook_id.as_u128()).collect();
        assert_eq!(webhooks, [1, 2, 1, 2]);
        assert_eq!(desk.saturated(), [Uuid::from_u128(1)]);
    }

    #[test]
    fn what_is_sent_and_not_durable_stays_within_the_window() {
        let mut desk = desk(16, 100, 5);
        (0..20).for_each(|n| desk.hold(claimed(n, 1, 0)));
        assert_eq!(desk.reserve().len(), 5);
        desk.named();
        let sent: Vec<Claimed> = std::iter::from_fn(|| desk.next()).collect();
        sent.iter().for_each(|claimed| desk.answered(claimed.webhook_id));
        assert_eq!(desk.reserve().len(), 0, "nothing more until the record is durable");
        desk.recorded(sent[0].id);
        assert_eq!(desk.reserve().len(), 1);
    }

    #[test]
    fn a_suspect_goes_alone_among_suspects() {
        let mut desk = desk(16, 10, 100);
        (0..3).for_each(|n| desk.hold(claimed(n, 1, 1)));
        (3..6).for_each(|n| desk.hold(claimed(n, 1, 0)));
        assert_eq!(desk.reserve().len(), 4, "the three others and one suspect");
        desk.named();
        let sent: Vec<Claimed> = std::iter::from_fn(|| desk.next()).collect();
        assert_eq!(sent.iter().map(|claimed| claimed.interruptions).collect::<Vec<_>>(), [0, 0, 0, 1]);
        let first = &sent[3];
        desk.answered(first.webhook_id);
        assert_eq!(desk.reserve().len(), 0);
        desk.recorded(first.id);
        assert_eq!(desk.reserve().len(), 1);
    }

    #[test]
    fn only_what_was_lost_is_forgotten_not_what_came_meanwhile() {
        let mut desk = desk(4, 2, 100);
        (0..3).for_each(|n| desk.hold(claimed(n, 1, 0)));
        let lost: HashSet<Uuid> = desk.held().into_iter().take(1).collect();
        desk.hold(claimed(9, 2, 0));
        assert_eq!(desk.forget(&lost), 1);
        assert_eq!(desk.waiting(), 3);
        assert!(desk.held().contains(&claimed(9, 2, 0).id));
    }

    #[test]
    fn what_is_given_back_is_neither_held_nor_named() {
        let mut desk = desk(4, 2, 100);
        (0..10).for_each(|n| desk.hold(claimed(n, n % 3, 0)));
        desk.reserve();
        desk.named();
        let sent = desk.next().expect("named");
        let given = desk.drop_unsent();
        assert_eq!(given.len(), 9);
        assert_eq!(desk.exposed(), [sent.id]);
        assert_eq!(desk.waiting(), 0);
        desk.answered(sent.webhook_id);
        desk.recorded(sent.id);
        assert!(desk.is_empty());
    }
}
