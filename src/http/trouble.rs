//! Why no answer came, told by the types of errors and never by their words.
//!
//! The error of the client itself is never shown: its text holds the whole URL.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::names::Unresolved;
use super::{CONNECT_LIMIT, NoAnswer, NoAnswerKind};
use crate::egress::Refusal;
use crate::output;

/// Enough for every cause we know; a certificate can name hundreds of hosts.
const LONGEST: usize = 200;

/// The first cause that is known by type, from the outside in.
pub(super) fn classify(error: &reqwest::Error) -> NoAnswer {
    let connecting = error.is_connect();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(found) = known(inner, connecting) {
            return found;
        }
        cause = inner.source();
    }
    // The limit on connecting is a type the client keeps to itself.
    if error.is_timeout() {
        return none(NoAnswerKind::Timeout, format!("no connection within {} s", CONNECT_LIMIT.as_secs()));
    }
    match connecting {
        true => none(NoAnswerKind::Refused, "no connection"),
        false => none(NoAnswerKind::Protocol, "the request could not be made"),
    }
}

pub(super) fn refused(refusal: &Refusal) -> NoAnswer {
    none(NoAnswerKind::Blocked, refusal)
}

pub(super) fn too_late(limit: Duration) -> NoAnswer {
    none(NoAnswerKind::Timeout, format!("no answer within {} s", limit.as_secs_f32()))
}

pub(super) fn unusable_status(status: u16) -> NoAnswer {
    none(NoAnswerKind::Protocol, format!("the status {status} ends no request"))
}

fn known(cause: &(dyn Error + 'static), connecting: bool) -> Option<NoAnswer> {
    if let Some(unresolved) = cause.downcast_ref::<Unresolved>() {
        let kind = match unresolved {
            Unresolved::Blocked(_) => NoAnswerKind::Blocked,
            Unresolved::Unknown | Unresolved::Silent | Unresolved::Failed(_) => NoAnswerKind::Dns,
        };
        return Some(none(kind, unresolved));
    }
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(none(NoAnswerKind::Tls, error));
    }
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return hyper(error).map(|kind| none(kind, error));
    }
    let error = cause.downcast_ref::<io::Error>()?;
    // An `io::Error` hides what it wraps from `source()`.
    if let Some(wrapped) = error.get_ref()
        && let Some(found) = known(wrapped, connecting)
    {
        return Some(found);
    }
    io(error.kind(), connecting).map(|kind| none(kind, error))
}

fn hyper(error: &hyper::Error) -> Option<NoAnswerKind> {
    if error.is_timeout() {
        Some(NoAnswerKind::Timeout)
    } else if error.is_parse() {
        Some(NoAnswerKind::Protocol)
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Some(NoAnswerKind::Reset)
    } else {
        None
    }
}

fn io(kind: io::ErrorKind, connecting: bool) -> Option<NoAnswerKind> {
    use io::ErrorKind as Io;
    match kind {
        Io::ConnectionRefused
        | Io::HostUnreachable
        | Io::NetworkUnreachable
        | Io::NetworkDown
        | Io::AddrNotAvailable
        | Io::PermissionDenied => Some(NoAnswerKind::Refused),
        Io::TimedOut => Some(NoAnswerKind::Timeout),
        // TCP alone cannot end while it connects: the far side left during the handshake of TLS.
        Io::UnexpectedEof if connecting => Some(NoAnswerKind::Tls),
        Io::ConnectionReset
        | Io::ConnectionAborted
        | Io::BrokenPipe
        | Io::NotConnected
        | Io::UnexpectedEof => Some(NoAnswerKind::Reset),
        _ => None,
    }
}

fn none(kind: NoAnswerKind, detail: impl ToString) -> NoAnswer {
    let mut detail = output::escape_line(&detail.to_string());
    if let Some((cut, _)) = detail.char_indices().nth(LONGEST) {
        detail.truncate(cut);
        detail.push('…');
    }
    NoAnswer { kind, detail }
}
