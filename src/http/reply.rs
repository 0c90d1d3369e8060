//! What came of a request, and how much of an answer is read.

use std::pin::Pin;

use hyper::header::RETRY_AFTER;
use tokio::time::Sleep;

use super::trouble;

/// What is kept of a body; the rest is not even received.
const KEPT: usize = 64 * 1024;

/// Longer than any date or number of seconds.
const LONGEST_RETRY_AFTER: usize = 128;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A whole head arrived: its status counts, whatever becomes of the body behind it.
    Answered(Answer),
    None(NoAnswer),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200 to 599.
    pub status: u16,
    /// As it was sent; what it means is not decided here.
    pub retry_after: Option<String>,
    /// At most 64 KiB, as received.
    pub body: Vec<u8>,
    /// The body is longer than what was kept, or broke off.
    pub truncated: bool,
    /// The length declared, else the bytes seen.
    pub length: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    pub kind: NoAnswerKind,
    /// Short, for people; neither URL nor secret, control characters escaped.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswerKind {
    Timeout,
    /// Nobody accepts there, or no way leads there.
    Refused,
    Dns,
    Tls,
    /// A connection that broke before the head was complete.
    Reset,
    /// Never dialled: [`crate::egress`] refused an address.
    Blocked,
    /// Something arrived that is not HTTP as we speak it.
    Protocol,
}

impl NoAnswerKind {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            NoAnswerKind::Timeout => "timeout",
            NoAnswerKind::Refused => "refused",
            NoAnswerKind::Dns => "dns",
            NoAnswerKind::Tls => "tls",
            NoAnswerKind::Reset => "reset",
            NoAnswerKind::Blocked => "blocked",
            NoAnswerKind::Protocol => "protocol",
        }
    }
}

/// Read the body behind a head, until its end, the cap or the deadline, whichever comes first. Dropping the
/// response before its end closes the connection, so that an endless body costs nothing further.
pub(super) async fn read(mut response: reqwest::Response, mut deadline: Pin<&mut Sleep>) -> Reply {
    let status = response.status().as_u16();
    if !(200..=599).contains(&status) {
        return Reply::None(trouble::unusable_status(status));
    }
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .filter(|text| text.len() <= LONGEST_RETRY_AFTER)
        .map(str::to_owned);
    let declared = response.content_length();
    let mut body = Vec::new();
    let mut seen = 0_u64;
    let whole = loop {
        let chunk = tokio::select! {
            biased;
            chunk = response.chunk() => chunk,
            () = &mut deadline => break false,
        };
        let Ok(chunk) = chunk else { break false };
        let Some(chunk) = chunk else { break true };
        seen += chunk.len() as u64;
        let room = KEPT - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            break false;
        }
    };
    Reply::Answered(Answer { status, retry_after, body, truncated: !whole, length: declared.unwrap_or(seen) })
}
