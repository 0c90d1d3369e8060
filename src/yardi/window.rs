//! From when to when is asked, and how a far side without zones is told.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::clock::Micros;

/// Longer windows are asked for in pieces: whole histories time out.
const LONGEST: Micros = 24 * 3600 * 1_000_000;

/// A stretch of time in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Micros,
    pub to: Micros,
}

impl Window {
    /// Pieces of at most 24 hours that together cover the window, the oldest first.
    pub fn pieces(self) -> Vec<Window> {
        let mut pieces = Vec::new();
        let mut from = self.from;
        while self.to - from > LONGEST {
            pieces.push(Window { from, to: from + LONGEST });
            from += LONGEST;
        }
        pieces.push(Window { from, to: self.to.max(from) });
        pieces
    }
}

/// `2025-01-15T10:00:00Z`
pub fn utc(at: Micros) -> String {
    crate::clock::shown(at)
}

/// `2025-01-15T10:00:00` by the far side's own clock.
pub fn local(at: Micros, offset_minutes: i32) -> String {
    let shifted = at.saturating_add(i64::from(offset_minutes) * 60_000_000);
    utc(shifted).trim_end_matches('Z').to_owned()
}

/// How far the far side's local time is from UTC, to a quarter of an hour: what it says (`2025-01-15T04:00:03`) less
/// when it said so.
pub fn offset_minutes(told: &str, at: Micros) -> Option<i32> {
    let told = civil(told)?;
    let utc = Offset::UTC.to_timestamp(told).ok()?;
    let at = Timestamp::from_microsecond(at).ok()?;
    let quarters = (utc.duration_since(at).as_secs_f64() / 900.0).round();
    (quarters.abs() <= 4.0 * 15.0).then_some(quarters as i32 * 15)
}

/// ISO, with or without a zone, or as Windows writes dates: `1/15/2025 4:00:03 AM`.
fn civil(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Ok(at) = text.parse::<DateTime>() {
        return Some(at);
    }
    ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p"]
        .iter()
        .find_map(|format| DateTime::strptime(format, text).ok())
}

/// The `Date` of an HTTP answer.
pub fn http_date(text: &str) -> Option<Micros> {
    let date = jiff::fmt::rfc2822::DateTimeParser::new();
    date.parse_timestamp(text.trim()).ok().map(Timestamp::as_microsecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Micros = 1_736_935_200_000_000;

    #[test]
    fn a_long_window_is_asked_for_in_pieces_without_gaps() {
        let hour = 3600 * 1_000_000;
        let window = Window { from: AT, to: AT + 50 * hour };
        let pieces = window.pieces();
        assert_eq!(pieces.len(), 3);
        assert_eq!((pieces[0].from, pieces[2].to), (window.from, window.to));
        assert!(pieces.windows(2).all(|pair| pair[0].to == pair[1].from));
        let short = Window { from: AT, to: AT + hour };
        assert_eq!(short.pieces(), [short]);
    }

    #[test]
    fn the_far_sides_clock_is_told_from_its_answer() {
        assert_eq!(utc(AT), "2025-01-15T10:00:00Z");
        let table = [
            ("2025-01-15T04:00:03", Some(-360)),
            ("2025-01-15T10:01:10", Some(0)),
            ("2025-01-15T15:29:00.1234567", Some(330)),
            ("1/15/2025 5:00:00 AM", Some(-300)),
            ("2025-01-17T10:00:00", None),
            ("soon", None),
        ];
        for (told, expected) in table {
            assert_eq!(offset_minutes(told, AT), expected, "{told}");
        }
        assert_eq!(local(AT, -360), "2025-01-15T04:00:00");
        assert_eq!(http_date("Wed, 15 Jan 2025 10:00:00 GMT"), Some(AT));
    }
}
