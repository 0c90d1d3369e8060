//! An answer handed on piece by piece, for those that are long: it is never whole in memory, its length has a cap,
//! and the exchange's one time limit goes on running.

use std::pin::Pin;

use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};
use tokio::time::Sleep;

use super::{Bytes, NoAnswer, trouble};

/// Longer header values say nothing to us.
const LONGEST_VALUE: usize = 256;

/// A head that arrived, and the body behind it. Dropping it closes the connection.
pub struct Stream {
    response: reqwest::Response,
    deadline: Pin<Box<Sleep>>,
    left: u64,
}

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The time limit of the whole exchange.
    TooLate,
    TooLong,
    /// The connection broke.
    Broken,
}

impl Stream {
    pub(super) fn of(
        response: reqwest::Response,
        deadline: Pin<Box<Sleep>>,
        cap: u64,
    ) -> Result<Stream, NoAnswer> {
        let status = response.status().as_u16();
        if !(200..=599).contains(&status) {
            return Err(trouble::unusable_status(status));
        }
        Ok(Stream { response, deadline, left: cap })
    }

    /// 200 to 599.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub fn content_type(&self) -> Option<&str> {
        value(self.response.headers(), &CONTENT_TYPE)
    }

    pub fn content_encoding(&self) -> Option<&str> {
        value(self.response.headers(), &CONTENT_ENCODING)
    }

    pub fn date(&self) -> Option<&str> {
        value(self.response.headers(), &DATE)
    }

    pub fn retry_after(&self) -> Option<&str> {
        value(self.response.headers(), &RETRY_AFTER)
    }

    /// The next piece; none at the body's good end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Ended> {
        let chunk = tokio::select! {
            biased;
            () = &mut self.deadline => return Err(Ended::TooLate),
            chunk = self.response.chunk() => chunk,
        };
        let Some(chunk) = chunk.map_err(|_| Ended::Broken)? else { return Ok(None) };
        match self.left.checked_sub(chunk.len() as u64) {
            Some(left) => self.left = left,
            None => return Err(Ended::TooLong),
        }
        Ok(Some(chunk))
    }
}

fn value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| text.len() <= LONGEST_VALUE)
}
