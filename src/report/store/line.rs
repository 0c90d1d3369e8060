//! What one endpoint did in one hour with one status: what attempts come to, however they were read.

use uuid::Uuid;

use super::NO_ANSWER;
use super::hours;
use super::tally::Tally;
use crate::clock::Micros;

/// As far as it was read.
pub struct Line {
    pub webhook_id: Uuid,
    pub status: Option<i32>,
    /// None: of the year infinity.
    pub hour: Option<Micros>,
    pub count: i64,
    /// The last of them, where it is known and nothing of the kind is later.
    pub last: Option<Micros>,
}

impl Line {
    pub fn add_to(&self, tally: &mut Tally) {
        match self.hour {
            Some(at) => tally.add_one(self.webhook_id, &hours::hour_of(at, self.counts())),
            None => tally.add_webhook(self.webhook_id, &hours::hour_of(0, self.counts()), [None, None]),
        }
        if let (Some(is_success), Some(status), Some(when)) = (self.is_success(), self.status, self.last) {
            tally.note_last(self.webhook_id, is_success, (when, status));
        }
    }

    /// As the documents' own queries have it; a redirect is neither.
    fn is_success(&self) -> Option<bool> {
        match self.status? {
            200..300 => Some(true),
            400.. => Some(false),
            _ => None,
        }
    }

    /// Attempts, successes, refused, failures, no answer.
    fn counts(&self) -> [i64; 5] {
        let when = |is: bool| if is { self.count } else { 0 };
        [
            self.count,
            when(self.is_success() == Some(true)),
            when(self.status.is_some_and(|status| (400..500).contains(&status))),
            when(self.is_success() == Some(false)),
            when(self.status == Some(NO_ANSWER)),
        ]
    }
}
