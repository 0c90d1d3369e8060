//! When a delivery is attempted again: named schedules as data, jitter that only adds, and Retry-After that only
//! extends. No clock, no chance and no sleep in here.

use std::time::Duration;

/// A named retry policy.
#[derive(Debug, PartialEq, Eq)]
pub struct Policy {
    pub name: &'static str,
    /// Seconds to wait after the failure before; the first attempt waits for nothing.
    pub delays: &'static [u64],
    /// Refusals (4xx) that are tried again nevertheless.
    pub retried: &'static [u16],
    pub source: &'static str,
}

/// The schedule of the integration-layer document: the default.
pub const INTEGRATION_LAYER: &Policy = &Policy {
    name: "integration-layer",
    delays: &[0, 60, 300, 900, 3600],
    retried: &[],
    source: "integration layer document: five attempts in 81 minutes",
};

pub const POLICIES: &[&Policy] = &[
    INTEGRATION_LAYER,
    &Policy {
        name: "resident-verify",
        delays: &[0, 1, 5, 15],
        retried: &[],
        source: "SNAPPT to Resident Verify: three retries within 21 seconds",
    },
    &Policy {
        name: "singlekey",
        delays: &[0, 60, 300, 1800, 7200, 43_200],
        retried: &[],
        source: "SingleKey: six attempts in 14 h 36 min",
    },
    &Policy {
        name: "standard-webhooks",
        delays: &[0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
        retried: &[408, 425, 429],
        source: "Standard Webhooks: ten attempts in three days",
    },
];

/// The longest that an endpoint's Retry-After can put the next attempt off.
pub const RETRY_AFTER_CAP: Duration = Duration::from_secs(3600);

/// The most that jitter adds to a delay.
pub const JITTER: f64 = 0.2;

pub fn find(name: &str) -> Option<&'static Policy> {
    POLICIES.iter().copied().find(|policy| policy.name == name)
}

impl Policy {
    /// The wait after `attempts` scheduled attempts have failed; `None` when the schedule is used up.
    /// `jitter` is in [0, 1).
    pub fn after(&self, attempts: u32, retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
        let planned = Duration::from_secs(*self.delays.get(usize::try_from(attempts).ok()?)?);
        let least = retry_after.map_or(planned, |asked| planned.max(asked.min(RETRY_AFTER_CAP)));
        Some(least + least.mul_f64(JITTER * jitter.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_documents_schedule() {
        let waits: Vec<_> =
            (1..=5).map(|n| INTEGRATION_LAYER.after(n, None, 0.0).map(|d| d.as_secs())).collect();
        assert_eq!(waits, [Some(60), Some(300), Some(900), Some(3600), None]);
    }

    #[test]
    fn jitter_only_adds_and_at_most_a_fifth() {
        let waits: Vec<_> =
            (0..1000).filter_map(|n| INTEGRATION_LAYER.after(1, None, f64::from(n) / 1000.0)).collect();
        assert!(waits.iter().all(|wait| (60.0..72.0).contains(&wait.as_secs_f64())));
        assert!(waits.iter().any(|wait| wait.as_secs_f64() > 71.0));
    }

    #[test]
    fn retry_after_extends_up_to_the_cap_and_never_shortens() {
        let wait =
            |asked| INTEGRATION_LAYER.after(1, Some(Duration::from_secs(asked)), 0.0).map(|d| d.as_secs());
        assert_eq!([wait(5), wait(120), wait(10_000_000)], [Some(60), Some(120), Some(3600)]);
    }
}
