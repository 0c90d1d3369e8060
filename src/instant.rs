//! Points in time as people type them, in UTC. What cannot be meant is refused; what was understood is echoed.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::shown;

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
