//! An integration and its properties as the tables have them, and the rules that need no asking: who is active, how
//! often, what is due, from when on.

use std::time::Duration;

use uuid::Uuid;

use super::account::Hidden;
use super::window::Window;
use crate::clock::Micros;

const MINUTE: Micros = 60_000_000;
const DAY: Micros = 24 * 60 * MINUTE;
/// Where neither a poll nor an activation says from when on.
const FIRST_WINDOW: Micros = 14 * DAY;
/// The far side's clock may be ahead of ours.
const AHEAD: Micros = 5 * MINUTE;

#[derive(Clone, Debug)]
pub struct Integration {
    pub id: Uuid,
    pub short_id: Option<String>,
    pub alias: Option<String>,
    pub endpoint: Option<String>,
    pub user: Option<String>,
    /// As it is stored.
    pub password: Option<Hidden>,
    pub server: Option<String>,
    pub database: Option<String>,
    pub platform: Option<String>,
    pub attachment_type: Option<String>,
    pub custom_message: Option<String>,
    pub poll_rate: Option<i64>,
    pub active: bool,
    pub activated_at: Option<Micros>,
    pub circuit: Option<Circuit>,
    /// Some run holds its lease.
    pub held: bool,
}

/// Why nothing is asked until a person has looked.
#[derive(Clone, Debug)]
pub struct Circuit {
    pub opened_at: Micros,
    pub class: String,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Property {
    pub id: Uuid,
    pub integration_id: Uuid,
    pub code: Option<String>,
    pub short_id: Option<String>,
    pub name: Option<String>,
    /// `deactivation_date` is NULL.
    pub active: bool,
    pub activated_at: Option<Micros>,
    pub last_poll_at: Option<Micros>,
    pub submit_at: Option<Micros>,
    pub last_success_at: Option<Micros>,
    pub last_error_at: Option<Micros>,
    pub last_error: Option<String>,
    pub failures: i32,
    pub last_rows: Option<i32>,
    pub last_invites: Option<i32>,
    pub last_entries: Option<i32>,
    pub flagged: i64,
    /// The database's time when this was read.
    pub now: Micros,
}

/// How often a property is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub minutes: i64,
    /// Why it is not what the column says.
    pub rule: Option<&'static str>,
}

impl Rate {
    /// NULL and nonsense count as a quarter of an hour, more than a day as a day.
    pub fn of(poll_rate: Option<i64>) -> Rate {
        match poll_rate {
            None => Rate { minutes: 15, rule: Some("poll_rate is NULL: 15 minutes") },
            Some(rate) if rate <= 0 => Rate { minutes: 15, rule: Some("poll_rate is 0 or less: 15 minutes") },
            Some(rate) if rate > 1440 => {
                Rate { minutes: 1440, rule: Some("poll_rate is more than a day: 1440 minutes") }
            }
            Some(minutes) => Rate { minutes, rule: None },
        }
    }

    fn micros(self) -> Micros {
        self.minutes * MINUTE
    }
}

/// How a property stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It, or its integration, is not to be polled.
    Inactive,
    /// Active, and without a code to ask for.
    NoCode,
    CircuitOpen,
    NeverPolled,
    /// Twice its rate has passed since the last poll.
    Overdue,
    Due,
    Waiting,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::Inactive => "inactive",
            Standing::NoCode => "no code",
            Standing::CircuitOpen => "circuit open",
            Standing::NeverPolled => "never polled",
            Standing::Overdue => "overdue",
            Standing::Due => "due",
            Standing::Waiting => "active",
        }
    }

    pub fn is_due(self) -> bool {
        matches!(self, Standing::NeverPolled | Standing::Overdue | Standing::Due)
    }
}

impl Integration {
    /// What people call it.
    pub fn name(&self) -> String {
        let named = [&self.short_id, &self.alias].into_iter().flatten().find(|name| !name.trim().is_empty());
        named.cloned().unwrap_or_else(|| self.id.to_string())
    }

    pub fn rate(&self) -> Rate {
        Rate::of(self.poll_rate)
    }

    pub fn standing(&self, property: &Property) -> Standing {
        if !self.active || !property.active {
            return Standing::Inactive;
        }
        if property.codes().next().is_none() {
            return Standing::NoCode;
        }
        if self.circuit.is_some() {
            return Standing::CircuitOpen;
        }
        let Some(last) = property.last_poll_at else { return Standing::NeverPolled };
        let (age, rate) = (property.now - last, self.rate().micros());
        // A stamp from the future is nobody's poll.
        if age < 0 || (rate..=2 * rate).contains(&age) {
            Standing::Due
        } else if age > 2 * rate {
            Standing::Overdue
        } else {
            Standing::Waiting
        }
    }

    /// Twice the rate, and half an hour at least.
    fn overlap(&self) -> Micros {
        (2 * self.rate().micros()).max(30 * MINUTE)
    }
}

impl Property {
    /// What people call it: Yardi's code.
    pub fn label(&self) -> String {
        if self.codes().next().is_some() {
            return self.code.as_deref().unwrap_or_default().trim().to_owned();
        }
        self.short_id.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| self.id.to_string())
    }

    /// Lists are typed with commas and blanks.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.code.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|code| !code.is_empty())
    }

    pub fn is_named(&self, text: &str) -> bool {
        let same = |one: &Option<String>| one.as_deref().is_some_and(|one| one.trim() == text);
        same(&self.code)
            || same(&self.short_id)
            || self.codes().any(|code| code == text)
            || self.id.to_string().eq_ignore_ascii_case(text)
    }
}

/// What is configured of a window.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    pub overlap: Option<Duration>,
    pub most: Duration,
    pub since: Option<Micros>,
}

/// What is asked of a property, and what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub window: Window,
    /// `last_poll_run` becomes the request's start: not where `--since` leaves a gap before it.
    pub moves_stamp: bool,
    pub notes: Vec<String>,
}

pub fn plan(integration: &Integration, property: &Property, now: Micros, reach: Reach) -> Planned {
    let mut notes = Vec::new();
    let last = match property.last_poll_at {
        Some(last) if last > now => {
            notes.push(format!(
                "last_poll_run is in the future ({}); now is taken instead",
                crate::clock::shown(last)
            ));
            Some(now)
        }
        last => last,
    };
    let overlap = reach.overlap.map_or_else(|| integration.overlap(), micros);
    let activated = property.activated_at.or(integration.activated_at);
    let from = last.or(activated.filter(|at| *at <= now)).unwrap_or(now - FIRST_WINDOW) - overlap;
    let earliest = now - micros(reach.most);
    let usual = if from < earliest {
        notes.push(format!(
            "the window would begin at {}; it begins at {}, and `--since` reaches further back",
            crate::clock::shown(from),
            crate::clock::shown(earliest)
        ));
        earliest
    } else {
        from
    };
    if last.is_none() && reach.since.is_none() {
        notes.push(format!("first import: everything since {}", crate::clock::shown(usual)));
    }
    let from = reach.since.unwrap_or(usual);
    let moves_stamp = from <= usual || last.is_some_and(|last| from <= last);
    if !moves_stamp {
        notes.push(format!(
            "last_poll_run stays: what came before {} is still to be asked for",
            crate::clock::shown(from)
        ));
    }
    Planned { window: Window { from, to: now + AHEAD }, moves_stamp, notes }
}

fn micros(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX / 4)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const NOW: Micros = 1_736_935_200_000_000;

    pub fn integration() -> Integration {
        Integration {
            id: Uuid::nil(),
            short_id: Some("ACME".into()),
            alias: None,
            endpoint: None,
            user: None,
            password: None,
            server: None,
            database: None,
            platform: None,
            attachment_type: None,
            custom_message: None,
            poll_rate: Some(15),
            active: true,
            activated_at: None,
            circuit: None,
            held: false,
        }
    }

    pub fn property() -> Property {
        Property {
            id: Uuid::nil(),
            integration_id: Uuid::nil(),
            code: Some("oakst".into()),
            short_id: None,
            name: None,
            active: true,
            activated_at: None,
            last_poll_at: None,
            submit_at: None,
            last_success_at: None,
            last_error_at: None,
            last_error: None,
            failures: 0,
            last_rows: None,
            last_invites: None,
            last_entries: None,
            flagged: 0,
            now: NOW,
        }
    }

    fn reach() -> Reach {
        Reach { overlap: None, most: Duration::from_secs(31 * 86_400), since: None }
    }

    #[test]
    fn a_rate_that_makes_no_sense_has_a_rule() {
        let table = [
            (None, 15, true),
            (Some(0), 15, true),
            (Some(-5), 15, true),
            (Some(2_147_483_647), 1440, true),
            (Some(1440), 1440, false),
            (Some(1), 1, false),
        ];
        for (rate, minutes, ruled) in table {
            let found = Rate::of(rate);
            assert_eq!((found.minutes, found.rule.is_some()), (minutes, ruled), "{rate:?}");
        }
    }

    #[test]
    fn a_property_is_due_after_its_rate_and_overdue_after_twice_that() {
        let integration = integration();
        let standing = |age: Option<i64>| {
            let last = age.map(|minutes| NOW - minutes * MINUTE);
            integration.standing(&Property { last_poll_at: last, ..property() })
        };
        assert_eq!(standing(None), Standing::NeverPolled);
        assert_eq!(standing(Some(14)), Standing::Waiting);
        assert_eq!(standing(Some(15)), Standing::Due);
        assert_eq!(standing(Some(30)), Standing::Due);
        assert_eq!(standing(Some(31)), Standing::Overdue);
        assert_eq!(standing(Some(-60)), Standing::Due, "a stamp from the future is due");
        let blank = Property { code: Some(" , ".into()), ..property() };
        assert_eq!(integration.standing(&blank), Standing::NoCode);
        let off = Integration { active: false, ..integration.clone() };
        assert_eq!(off.standing(&property()), Standing::Inactive);
    }

    #[test]
    fn a_window_reaches_back_by_the_overlap_and_no_further_than_its_bound() {
        let integration = integration();
        let from = |property: &Property, reach: Reach| {
            let planned = plan(&integration, property, NOW, reach);
            ((NOW - planned.window.from) / MINUTE, planned.moves_stamp, planned.notes.len())
        };
        let polled = |minutes: i64| Property { last_poll_at: Some(NOW - minutes * MINUTE), ..property() };
        assert_eq!(from(&polled(20), reach()), (50, true, 0), "twice the rate, half an hour");
        let letter = Reach { overlap: Some(Duration::ZERO), ..reach() };
        assert_eq!(from(&polled(20), letter), (20, true, 0));
        assert_eq!(from(&property(), letter), (14 * 24 * 60, true, 1), "a first import is announced");
        let activated = Property { activated_at: Some(NOW - 60 * MINUTE), ..property() };
        assert_eq!(from(&activated, letter), (60, true, 1));
        assert_eq!(from(&polled(2 * 365 * 24 * 60), reach()), (31 * 24 * 60, true, 1));
        assert_eq!(from(&polled(-60), letter), (0, true, 1), "the future is now");
        let since = |minutes: i64| Reach { since: Some(NOW - minutes * MINUTE), ..letter };
        assert_eq!(from(&polled(20), since(90)), (90, true, 0));
        assert_eq!(from(&polled(20), since(5)), (5, false, 1), "a gap is not stamped over");
    }
}
