//! The only reading of time. What the database stores or compares uses the database's own clock; this one says how
//! far the machine's differs, and measures durations.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Microseconds since the Unix epoch.
pub type Micros = i64;

#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    offset: i64,
}

impl Clock {
    /// `offset` shifts the wall clock by microseconds, so that tests can have a wrong one.
    pub fn new(offset: i64) -> Self {
        Clock { offset }
    }

    /// The machine's wall clock.
    pub fn wall(&self) -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX).saturating_add(self.offset)
    }

    /// For measuring only.
    pub fn instant(&self) -> Instant {
        Instant::now()
    }
}

/// Another clock's time, carried forward by measuring: right however wrong the machine's wall clock is.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    told: Micros,
    at: Instant,
}

impl Anchor {
    pub fn new(told: Micros, at: Instant) -> Self {
        Anchor { told, at }
    }

    pub fn at(&self, instant: Instant) -> Micros {
        let passed = instant.saturating_duration_since(self.at).as_micros();
        self.told.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }
}

/// `2026-11-02`
pub fn shown_day(micros: Micros) -> String {
    shown(micros).chars().take(10).collect()
}

/// `2026-11-02T08:15:30Z`
pub fn shown(micros: Micros) -> String {
    match jiff::Timestamp::from_microsecond(micros) {
        Ok(at) => format!("{at:.0}"),
        Err(_) => "out of range".into(),
    }
}
