//! Points in time as people type them, in UTC. What cannot be meant is refused; what was understood is echoed.

use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::clock::Micros;

/// `24h` (ago), `yesterday`, `today`, `2026-11-02`, `2026-11-02 08:15`, or RFC 3339 with a zone.
pub fn parse(text: &str, now: Micros) -> Result<Micros, String> {
    let wrong =
        || format!("`{text}` is no point in time: say 24h, yesterday, 2026-11-02 or 2026-11-02T08:15:00Z");
    let now = Timestamp::from_microsecond(now).map_err(|_| wrong())?;
    if let Ok(ago) = text.parse::<SignedDuration>() {
        return now.checked_sub(ago.abs()).map(Timestamp::as_microsecond).map_err(|_| wrong());
    }
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    let at = match text {
        "today" => start(today),
        "yesterday" => today.checked_sub(1.day()).ok().and_then(start),
        _ => text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| text.parse::<Date>().ok().filter(|_| !text.contains([':', 'T', ' '])).and_then(start))
            .or_else(|| {
                let civil: DateTime = text.parse().ok()?;
                civil.to_zoned_datetime(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
            }),
    };
    at.map(Timestamp::as_microsecond).ok_or_else(wrong)
}

fn start(date: Date) -> Option<Timestamp> {
    date.to_zoned_datetime(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// How old: `12h`, `90d`, `12w`.
pub fn age(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not an age such as 90d or 12w");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    // Ten years: older than anything that is kept.
    match number.checked_mul(hours) {
        Some(hours) if (1..=87_600).contains(&hours) => Ok(Duration::from_secs(hours * 3600)),
        _ => Err(wrong()),
    }
}

/// The same age, as it is typed.
pub fn shown_age(age: Duration) -> String {
    match age.as_secs() / 3600 {
        hours if hours % 24 == 0 => format!("{}d", hours / 24),
        hours => format!("{hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::shown;

    #[test]
    fn ages_are_hours_days_and_weeks() {
        let days = |text| age(text).map(shown_age);
        assert_eq!(days("90d").as_deref(), Ok("90d"));
        assert_eq!(days("12w").as_deref(), Ok("84d"));
        assert_eq!(days("48h").as_deref(), Ok("2d"));
        assert_eq!(days("36h").as_deref(), Ok("36h"));
        for wrong in
            ["", "d", "90", "-1d", "+1d ", "0d", "1.5d", "99999999999999999999d", "4000d", "d90", "9µ"]
        {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_utc_or_refused() {
        let now = 1_764_000_000_000_000;
        let at = |text| parse(text, now).map(shown);
        assert_eq!(shown(now), "2025-11-24T16:00:00Z");
        assert_eq!(at("24h").as_deref(), Ok("2025-11-23T16:00:00Z"));
        assert_eq!(at("yesterday").as_deref(), Ok("2025-11-23T00:00:00Z"));
        assert_eq!(at("2025-11-02").as_deref(), Ok("2025-11-02T00:00:00Z"));
        assert_eq!(at("2025-11-02 08:15").as_deref(), Ok("2025-11-02T08:15:00Z"));
        assert_eq!(at("2025-03-09T02:30:00").as_deref(), Ok("2025-03-09T02:30:00Z"));
        assert_eq!(at("2025-11-02T08:15:00-06:00").as_deref(), Ok("2025-11-02T14:15:00Z"));
        for wrong in ["2024-02-30", "soon", "", "2025-11-02T25:00", "1' OR '1'='1"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }
}
