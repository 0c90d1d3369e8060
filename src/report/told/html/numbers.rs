//! Numbers and days as they stand in the page.

use crate::clock::Micros;

pub const DAY: Micros = 86_400_000_000;

/// `12,345`
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

pub fn millis(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |ms| format!("{} ms", count(ms.round() as i64)))
}

/// `Nov 18`
pub fn day(at: Micros) -> String {
    match jiff::Timestamp::from_microsecond(at) {
        Ok(at) => at.strftime("%b %-d").to_string(),
        Err(_) => String::new(),
    }
}
