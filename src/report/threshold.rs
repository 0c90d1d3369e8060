//! Limits by name. The name says which side is bad, so that `success=95` needs no sign that a shell or a crontab would
//! eat: `success` is a least, everything else is a most.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::settings;

/// What a limit is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Percent,
    Count,
    Seconds,
    /// Multiples of a verb's usual rhythm.
    Times,
}

/// A figure that can be limited.
#[derive(Debug)]
pub struct Limit {
    pub name: &'static str,
    pub unit: Unit,
    /// Below is bad; otherwise above is.
    pub least: bool,
    /// The defaults: degraded beyond the first, failing beyond the second.
    pub warn: Option<f64>,
    pub fail: Option<f64>,
    /// It can be set for one endpoint in the configuration.
    pub per_endpoint: bool,
    pub about: &'static str,
}

const fn most(
    name: &'static str,
    unit: Unit,
    warn: Option<f64>,
    fail: Option<f64>,
    about: &'static str,
) -> Limit {
    Limit { name, unit, least: false, warn, fail, per_endpoint: false, about }
}

const fn each(limit: Limit) -> Limit {
    Limit { per_endpoint: true, ..limit }
}

use Unit::{Count, Percent, Seconds, Times};

/// Every limit with its defaults; README and help print this list.
pub const ALL: &[Limit] = &[
    Limit {
        name: "success",
        unit: Percent,
        least: true,
        warn: Some(95.0),
        fail: Some(80.0),
        per_endpoint: true,
        about: "attempts of the last 24 hours answered with 2xx, of at least 20",
    },
    each(most("oldest-due", Seconds, Some(300.0), Some(900.0), "how long the oldest due delivery waits")),
    each(most("due", Count, Some(1000.0), Some(10_000.0), "deliveries whose time has come")),
    each(most("dead", Count, Some(0.0), Some(50.0), "deliveries that died in the last 24 hours")),
    most("breakers", Count, Some(0.0), None, "endpoints whose breaker is open"),
    most("flagged", Count, Some(0.0), None, "active endpoints that answered 410"),
    most("alerts", Count, Some(0.0), None, "alerts open"),
    most(
        "stale",
        Count,
        Some(0.0),
        Some(10.0),
        "Yardi properties polled longer ago than twice their poll rate",
    ),
    most("never-polled", Count, Some(0.0), None, "active Yardi properties that were never polled"),
    most("unconverted", Count, Some(50.0), None, "Yardi invites of 7 days without an entry"),
    most("blocked", Count, Some(0.0), Some(0.0), "Yardi accounts that were refused and wait for a person"),
    most("waiting", Count, Some(100.0), None, "results not yet written back to Yardi"),
    most("unknown", Count, Some(0.0), Some(10.0), "results written to Yardi whose answer was lost"),
    most(
        "silence",
        Times,
        Some(3.0),
        Some(10.0),
        "a cron verb's silence, in its usual rhythms (and over 2 minutes)",
    ),
    most("rescued", Count, Some(0.0), None, "leases lost with a request on the wire in 24 hours"),
    most("dead-tuples", Percent, Some(30.0), None, "dead rows of a hot table, of at least 10,000"),
];

/// Limits that were set, over the defaults; none switches one off.
pub type Chosen = BTreeMap<&'static str, Option<f64>>;

pub fn find(name: &str) -> Option<&'static Limit> {
    ALL.iter().find(|limit| limit.name == name)
}

/// `success=95,oldest-due=10m,dead=0,alerts=off`
pub fn parse(text: &str) -> Result<Chosen, String> {
    let mut chosen = Chosen::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) =
            part.split_once('=').ok_or_else(|| format!("`{part}` is not of the form name=limit"))?;
        let limit = find(name).ok_or_else(|| {
            let names: Vec<_> = ALL.iter().map(|limit| limit.name).collect();
            format!("there is no limit `{name}`: choose of {}", names.join(", "))
        })?;
        let value = if value == "off" { None } else { Some(limit.value(value)?) };
        if chosen.insert(limit.name, value).is_some() {
            return Err(format!("`{name}` is given twice"));
        }
    }
    Ok(chosen)
}

/// The same, for one endpoint.
pub fn parse_per_endpoint(text: &str) -> Result<Chosen, String> {
    let chosen = parse(text)?;
    match chosen.keys().find(|name| find(name).is_some_and(|limit| !limit.per_endpoint)) {
        Some(name) => Err(format!("`{name}` is no limit of one endpoint")),
        None => Ok(chosen),
    }
}

impl Limit {
    fn value(&self, text: &str) -> Result<f64, String> {
        if self.unit == Seconds {
            return settings::duration(text).map(|length| length.as_secs_f64());
        }
        let wrong = || match self.unit {
            Percent => format!("{}: `{text}` is not a percentage from 0 to 100", self.name),
            _ => format!("{}: `{text}` is not a number from 0", self.name),
        };
        let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
        let value: f64 = text.parse().ok().filter(|_| plain).ok_or_else(wrong)?;
        if self.unit == Percent && value > 100.0 { Err(wrong()) } else { Ok(value) }
    }

    /// Whether the figure is beyond the limit.
    pub fn is_beyond(&self, figure: f64, limit: f64) -> bool {
        if self.least { figure < limit } else { figure > limit }
    }

    /// As it is typed.
    pub fn plain(&self, value: f64) -> String {
        if self.unit == Seconds { format!("{}m", value / 60.0) } else { value.to_string() }
    }

    /// The figure, or a limit, for people.
    pub fn shown(&self, figure: f64) -> String {
        match self.unit {
            Percent => format!("{figure:.1} %"),
            Count => format!("{figure:.0}"),
            Seconds => length(figure),
            Times => format!("{figure:.0} ×"),
        }
    }
}

/// The list of limits, for the help.
pub fn told() -> String {
    let default =
        |limit: &Limit, value: Option<f64>| value.map_or_else(|| "off".to_owned(), |one| limit.plain(one));
    ALL.iter()
        .map(|limit| {
            let side = if limit.least { "at least" } else { "at most" };
            let (warn, fail) = (default(limit, limit.warn), default(limit, limit.fail));
            format!("  {:<13} {side:<8} {warn}; {fail}: {}\n", limit.name, limit.about)
        })
        .collect()
}

/// A length of time in one or two words: `45 s`, `22 min`, `3 h 10 min`, `2 d 4 h`.
pub fn length(seconds: f64) -> String {
    let seconds = Duration::try_from_secs_f64(seconds.max(0.0)).map_or(u64::MAX, |length| length.as_secs());
    let two = |big: u64, unit: &str, small: u64, less: &str| match small {
        0 => format!("{big} {unit}"),
        _ => format!("{big} {unit} {small} {less}"),
    };
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_limits_is_read_or_refused() {
        let read = parse("success=95, oldest-due=10m,dead=0,due=off").expect("limits");
        let expected =
            [("dead", Some(0.0)), ("due", None), ("oldest-due", Some(600.0)), ("success", Some(95.0))];
        assert_eq!(read.into_iter().collect::<Vec<_>>(), expected);
        assert_eq!(parse("").map(|chosen| chosen.len()), Ok(0));
        for wrong in [
            "success",
            "success=",
            "success=-1",
            "success=101",
            "success=1e1",
            "success=nan",
            "success=1,success=2",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["oldest-due=10", "dead=-1", "dead=inf", "uptime=1", "dead<0", "due=0x10"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse_per_endpoint("success=99,dead=3").is_ok() && parse_per_endpoint("stale=1").is_err());
    }

    #[test]
    fn the_direction_is_part_of_the_name() {
        let beyond = |name: &str, figure| find(name).is_some_and(|limit| limit.is_beyond(figure, 10.0));
        let table =
            [("success", 9.9, true), ("success", 10.0, false), ("due", 10.0, false), ("due", 10.1, true)];
        for (name, figure, expected) in table {
            assert_eq!(beyond(name, figure), expected, "{name} {figure}");
        }
        // A default that fails before it warns would be nonsense.
        for limit in ALL {
            if let (Some(warn), Some(fail)) = (limit.warn, limit.fail) {
                assert!(!limit.is_beyond(warn, fail), "{}", limit.name);
            }
        }
    }

    #[test]
    fn lengths_read_well() {
        let table =
            [(0.0, "0 s"), (119.9, "119 s"), (1320.0, "22 min"), (7200.0, "2 h"), (11_400.0, "3 h 10 min")];
        for (seconds, text) in table {
            assert_eq!(length(seconds), text);
        }
        assert_eq!(length(190_000.0), "2 d 4 h");
    }
}
