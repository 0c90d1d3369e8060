//! Attempts as they are added up: for each endpoint all of them, its last hours one by one, and where its last success
//! and failure are; for all endpoints together every hour. What an endpoint did in a month of hours is not kept.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::queue::Found;
use crate::clock::Micros;
use crate::report::figures::Hour;

pub struct Tally {
    at: HashMap<Uuid, usize>,
    pub endpoints: Vec<Found>,
    pub own: Vec<Own>,
    /// By their beginning.
    pub hours: BTreeMap<Micros, Hour>,
    /// From here on an endpoint's hours are kept apart.
    pub recent: Micros,
}

/// Of one endpoint.
#[derive(Clone, Default)]
pub struct Own {
    pub hours: BTreeMap<Micros, Hour>,
    /// The hours of its last success and of its last failure.
    pub last: [Option<Micros>; 2],
    /// The moments themselves, and the statuses, where they are known.
    pub known: [Option<(Micros, i32)>; 2],
}

impl Tally {
    pub fn new(endpoints: Vec<Found>, recent: Micros) -> Tally {
        Tally {
            at: endpoints.iter().enumerate().map(|(at, one)| (one.endpoint.webhook_id, at)).collect(),
            own: vec![Own::default(); endpoints.len()],
            endpoints,
            hours: BTreeMap::new(),
            recent,
        }
    }

    /// One hour of all endpoints.
    pub fn add_hour(&mut self, hour: &Hour) {
        add(&mut self.hours, hour);
    }

    /// Counted hours of one endpoint.
    pub fn add_webhook(&mut self, id: Uuid, sum: &Hour, last: [Option<Micros>; 2]) {
        let Some(at) = self.at.get(&id) else { return };
        self.endpoints[*at].endpoint.counts.add(sum);
        let known = &mut self.own[*at].last;
        *known = [known[0].max(last[0]), known[1].max(last[1])];
    }

    /// The moment and the status of an endpoint's last success or failure, of those with this status.
    pub fn note_last(&mut self, id: Uuid, is_success: bool, last: (Micros, i32)) {
        let Some(at) = self.at.get(&id) else { return };
        let known = &mut self.own[*at].known[usize::from(!is_success)];
        *known = (*known).max(Some(last));
    }

    /// One hour of one endpoint.
    pub fn add_one(&mut self, id: Uuid, hour: &Hour) {
        let Some(at) = self.at.get(&id).copied() else { return };
        let has = |count: i64| (count > 0).then_some(hour.at);
        self.add_webhook(id, hour, [has(hour.successes), has(hour.failures())]);
        if hour.at >= self.recent {
            add(&mut self.own[at].hours, hour);
        }
        self.add_hour(hour);
    }
}

fn add(to: &mut BTreeMap<Micros, Hour>, hour: &Hour) {
    to.entry(hour.at).or_insert(Hour { at: hour.at, ..Hour::default() }).add(hour);
}
