//! What is asked for, and what has gone. Pure.

use std::ops::AddAssign;
use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::Micros;

/// What is asked for, by the database's time.
#[derive(Debug)]
pub struct Plan {
    pub remove_before: Option<Micros>,
    pub erase_before: Option<Micros>,
    pub include_host: bool,
    /// False: only counts.
    pub acts: bool,
}

impl Plan {
    pub fn new(
        now: Micros,
        remove: Option<Duration>,
        erase: Option<Duration>,
        include_host: bool,
        acts: bool,
    ) -> Plan {
        let before = |age: Duration| now.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX));
        Plan { remove_before: remove.map(before), erase_before: erase.map(before), include_host, acts }
    }
}

/// Why an event stays although it is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A delivery of it is still to be attempted.
    Pending,
    /// A delivery of it ended lately.
    Recent,
    /// An unfinished replay may need it.
    Planned,
    /// Somebody else has it locked.
    Locked,
}

impl Kept {
    pub fn of(word: &str) -> Option<Kept> {
        Some(match word {
            "pending" => Kept::Pending,
            "recent" => Kept::Recent,
            "planned" => Kept::Planned,
            "locked" => Kept::Locked,
            _ => return None,
        })
    }
}

/// Rows removed or to be removed, by table; payloads erased; what stays and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    pub events: i64,
    pub deliveries: i64,
    pub attempts: i64,
    /// In webhook_delivery_attempts: hookyard's own, and the host application's.
    pub documented: i64,
    pub host: i64,
    pub alerts: i64,
    pub plans: i64,
    pub plan_items: i64,
    /// Counts of hours that count what is gone.
    pub hours: i64,
    /// Payloads erased, of events and in webhook_delivery_attempts.
    pub erased: i64,
    pub erased_documented: i64,
    pub erased_host: i64,
    /// Addresses of mails that are sent.
    pub erased_mails: i64,
    pub bytes: i64,
    pub pending: i64,
    pub recent: i64,
    pub planned: i64,
    pub locked: i64,
    /// Webhooks whose rows of the host's stay, since an unfinished replay names them.
    pub planned_webhooks: i64,
}

impl Gone {
    pub fn keep(&mut self, why: Kept) {
        *match why {
            Kept::Pending => &mut self.pending,
            Kept::Recent => &mut self.recent,
            Kept::Planned => &mut self.planned,
            Kept::Locked => &mut self.locked,
        } += 1;
    }

    pub fn rows(&self) -> i64 {
        self.events
            + self.deliveries
            + self.attempts
            + self.documented
            + self.host
            + self.alerts
            + self.plans
            + self.plan_items
            + self.hours
    }

    pub fn erasures(&self) -> i64 {
        self.erased + self.erased_documented + self.erased_host + self.erased_mails
    }

    pub fn is_nothing(&self) -> bool {
        self.rows() == 0 && self.erasures() == 0
    }

    /// `1200 rows removed, 30 payloads erased`
    pub fn brief(&self) -> String {
        format!("{} rows removed, {} payloads erased", self.rows(), self.erasures())
    }

    pub fn json(&self) -> Value {
        json!({
            "events": self.events,
            "deliveries": self.deliveries,
            "attempts": self.attempts,
            "webhook_delivery_attempts": self.documented,
            "webhook_delivery_attempts_of_host": self.host,
            "alerts": self.alerts,
            "plans": self.plans,
            "plan_items": self.plan_items,
            "hours": self.hours,
            "payloads_erased": self.erased,
            "copies_erased": self.erased_documented,
            "copies_of_host_erased": self.erased_host,
            "mail_addresses_erased": self.erased_mails,
        })
    }
}

impl AddAssign for Gone {
    fn add_assign(&mut self, more: Gone) {
        self.events += more.events;
        self.deliveries += more.deliveries;
        self.attempts += more.attempts;
        self.documented += more.documented;
        self.host += more.host;
        self.alerts += more.alerts;
        self.plans += more.plans;
        self.plan_items += more.plan_items;
        self.hours += more.hours;
        self.erased += more.erased;
        self.erased_documented += more.erased_documented;
        self.erased_host += more.erased_host;
        self.erased_mails += more.erased_mails;
        self.bytes += more.bytes;
        self.pending += more.pending;
        self.recent += more.recent;
        self.planned += more.planned;
        self.locked += more.locked;
        self.planned_webhooks += more.planned_webhooks;
    }
}
