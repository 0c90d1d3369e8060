//! The time of a request: the text that is signed is the text that is read.

use serde::Deserialize;

use super::reason::{Reason, Refusal};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    #[default]
    Seconds,
    /// Twelve digits and more are milliseconds, fewer are seconds: senders of this kind have been seen with both.
    Milliseconds,
}

/// A point in time, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(i64);

impl Stamp {
    /// ASCII digits without a sign or a leading zero, at most fifteen.
    pub fn parse(text: &[u8], unit: Unit) -> Result<Stamp, Refusal> {
        let refuse = |why: &str| Err(Reason::MalformedTimestamp.with(format!("the timestamp {why}")));
        if text.is_empty() {
            return refuse("is empty");
        }
        if !text.iter().all(u8::is_ascii_digit) {
            return refuse("is not a whole number in ASCII digits");
        }
        if text.len() > 15 || (text.len() > 1 && text[0] == b'0') {
            return refuse("has a leading zero or more than fifteen digits");
        }
        let number = text.iter().fold(0_i64, |number, digit| number * 10 + i64::from(digit - b'0'));
        let millis = unit == Unit::Milliseconds && text.len() >= 12;
        Ok(Stamp(if millis { number } else { number * 1000 }))
    }

    pub fn seconds(self) -> i64 {
        self.0 / 1000
    }

    /// Whole seconds before `now`; negative when it lies ahead.
    pub fn age(self, now: i64) -> i64 {
        now - self.0.div_euclid(1000)
    }

    /// Fresh while the distance to `now`, either way, is below the tolerance: exactly the tolerance is refused.
    pub fn check(self, now: i64, tolerance: u32) -> Result<(), Refusal> {
        let distance = now.saturating_mul(1000).saturating_sub(self.0);
        let most = i64::from(tolerance) * 1000;
        let age = self.age(now);
        if distance >= most {
            Err(Reason::TimestampTooOld
                .with(format!("the signature is right, but {age} s old; the tolerance is {tolerance} s")))
        } else if distance <= -most {
            Err(Reason::TimestampTooNew.with(format!(
                "the signature is right, but its time is {} s ahead; the tolerance is {tolerance} s",
                age.unsigned_abs()
            )))
        } else {
            Ok(())
        }
    }
}

/// `now` as text in the scheme's unit, for signing.
pub fn text(now_millis: i64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => now_millis.div_euclid(1000).to_string(),
        Unit::Milliseconds => now_millis.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_only() {
        for wrong in ["", " 1", "+1", "-1", "1.0", "inf", "01", "1234567890123456", "١"] {
            let refusal = Stamp::parse(wrong.as_bytes(), Unit::Seconds).expect_err("refused");
            assert_eq!(refusal.reason, Reason::MalformedTimestamp, "{wrong:?}");
        }
        assert_eq!(Stamp::parse(b"1700000000", Unit::Seconds), Ok(Stamp(1_700_000_000_000)));
        assert_eq!(Stamp::parse(b"1700000000005", Unit::Milliseconds), Ok(Stamp(1_700_000_000_005)));
        assert_eq!(Stamp::parse(b"1700000000", Unit::Milliseconds), Ok(Stamp(1_700_000_000_000)));
    }

    #[test]
    fn exactly_the_tolerance_is_refused_both_ways() {
        let at = |seconds: i64| Stamp(seconds * 1000).check(1000, 300).map_err(|refusal| refusal.reason);
        assert_eq!(at(701), Ok(()));
        assert_eq!(at(700), Err(Reason::TimestampTooOld));
        assert_eq!(at(1299), Ok(()));
        assert_eq!(at(1300), Err(Reason::TimestampTooNew));
    }
}
