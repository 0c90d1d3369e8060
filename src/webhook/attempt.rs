//! What one request came to. The far side's failure is data: it decides what happens next and is stored as it was.

use std::time::Duration;

/// Why there is no answer, or why nothing was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    Timeout,
    Refused,
    Dns,
    Tls,
    Reset,
    Protocol,
    /// The address rules forbid it; it never left the machine.
    Blocked,
    /// The endpoint's own configuration cannot be used; it never left the machine.
    Config,
    /// The run was cut short while the request was on the wire.
    Interrupted,
}

impl Silence {
    pub fn word(self) -> &'static str {
        match self {
            Silence::Timeout => "timeout",
            Silence::Refused => "refused",
            Silence::Dns => "dns",
            Silence::Tls => "tls",
            Silence::Reset => "reset",
            Silence::Protocol => "protocol",
            Silence::Blocked => "blocked",
            Silence::Config => "config",
            Silence::Interrupted => "interrupted",
        }
    }
}

/// What the endpoint said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub body: Vec<u8>,
    pub truncated: bool,
    /// Length of the whole answer, seen or declared.
    pub length: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered(Answer),
    Silent { kind: Silence, detail: String },
}

impl Outcome {
    pub fn silent(kind: Silence, detail: impl Into<String>) -> Self {
        Outcome::Silent { kind, detail: detail.into() }
    }

    /// The word kept with the attempt.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Silent { kind, .. } => kind.word(),
            Outcome::Answered(answer) => match answer.status {
                200..=299 => "accepted",
                300..=399 => "redirected",
                400..=499 => "rejected",
                _ => "server_error",
            },
        }
    }

    pub fn status(&self) -> Option<u16> {
        match self {
            Outcome::Answered(answer) => Some(answer.status),
            Outcome::Silent { .. } => None,
        }
    }

    pub fn accepted(&self) -> bool {
        matches!(self.status(), Some(200..=299))
    }

    /// For a person: `404`, or `no answer: timeout`, or `not sent: blocked`.
    pub fn shown(&self) -> String {
        match self {
            Outcome::Answered(answer) => answer.status.to_string(),
            Outcome::Silent { kind: kind @ (Silence::Blocked | Silence::Config), detail } => {
                format!("not sent: {}: {detail}", kind.word())
            }
            Outcome::Silent { kind, detail } if detail.is_empty() => format!("no answer: {}", kind.word()),
            Outcome::Silent { kind, detail } => format!("no answer: {}: {detail}", kind.word()),
        }
    }
}

/// Retry-After in seconds or as an HTTP date; anything else counts as none.
pub fn retry_after(raw: &str, now_seconds: i64) -> Option<Duration> {
    let raw = raw.trim();
    if let Ok(seconds) = raw.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(raw).ok()?;
    u64::try_from(at.as_second() - now_seconds).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after("120", 0), Some(Duration::from_secs(120)));
        assert_eq!(
            retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1_445_412_470),
            Some(Duration::from_secs(10))
        );
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1_945_412_470), None);
        assert_eq!(retry_after("soon", 0), None);
        assert_eq!(retry_after("-5", 0), None);
    }

    #[test]
    fn no_answer_is_never_shown_as_a_status() {
        assert_eq!(Outcome::silent(Silence::Timeout, "").shown(), "no answer: timeout");
        assert_eq!(Outcome::silent(Silence::Blocked, "loopback").shown(), "not sent: blocked: loopback");
    }
}
