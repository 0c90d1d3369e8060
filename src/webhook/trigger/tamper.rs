//! One way to break a signed request, what exactly that is, and how a receiver should refuse it. A way that a scheme
//! cannot notice is an error, not a test that passes.

use super::made::Pieces;
use crate::failure::Failure;
use crate::signature::{Form, Proof, Reason, Scheme, Source};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tamper {
    /// A field is added after signing
    Body,
    /// A newline is added after signing
    Whitespace,
    /// The signature is another one of the same length
    Signature,
    /// The signature is no signature at all
    Malformed,
    /// The signature is left out
    MissingHeader,
    /// The signature's header is there twice
    DuplicateHeader,
    /// Signed too long ago
    TimestampOld,
    /// Signed too far in the future
    TimestampFuture,
    /// The time is changed after signing
    TimestampChanged,
    /// The time is left out
    TimestampMissing,
    /// Signed with another secret
    Secret,
}

/// What was broken, and the reason of a receiver that notices.
pub struct Broken {
    pub kind: Tamper,
    pub what: String,
    pub reason: Reason,
}

impl Tamper {
    pub fn name(self) -> &'static str {
        match self {
            Tamper::Body => "body",
            Tamper::Whitespace => "whitespace",
            Tamper::Signature => "signature",
            Tamper::Malformed => "malformed",
            Tamper::MissingHeader => "missing-header",
            Tamper::DuplicateHeader => "duplicate-header",
            Tamper::TimestampOld => "timestamp-old",
            Tamper::TimestampFuture => "timestamp-future",
            Tamper::TimestampChanged => "timestamp-changed",
            Tamper::TimestampMissing => "timestamp-missing",
            Tamper::Secret => "secret",
        }
    }

    /// Seconds between now and the time that is signed: half as much again as a receiver allows.
    pub fn shift(self, scheme: &Scheme) -> i64 {
        let beyond = i64::from(scheme.tolerance) * 3 / 2;
        match self {
            Tamper::TimestampOld => -beyond,
            Tamper::TimestampFuture => beyond,
            _ => 0,
        }
    }

    /// What it comes to under this scheme; an error where nobody could notice.
    pub fn on(self, scheme: &Scheme) -> Result<Broken, Failure> {
        let name = &scheme.name;
        let place = scheme
            .header()
            .map_or_else(|| "the signature in the body".to_owned(), |name| format!("the header {name}"));
        let jwt = scheme.proof == Proof::Jwt;
        let timed = scheme.timestamp.is_some() || jwt;
        let cannot = |why: &str| Err(Failure::usage(format!("--tamper {}: `{name}` {why}", self.name())));
        let broken = |what: String, reason| Ok(Broken { kind: self, what, reason });
        match self {
            Tamper::Body | Tamper::Whitespace if !scheme.covers_body() => {
                cannot("does not cover the body, so a changed one passes")
            }
            Tamper::Body => {
                broken("a field was added to the body after it was signed".into(), Reason::SignatureMismatch)
            }
            Tamper::Whitespace => broken(
                "a newline was added to the body after it was signed".into(),
                Reason::SignatureMismatch,
            ),
            Tamper::Signature => broken(
                format!("the first sign of the signature in {place} was changed"),
                Reason::SignatureMismatch,
            ),
            Tamper::Malformed => broken(format!("{place} is `not-a-signature`"), malformed(scheme)),
            Tamper::MissingHeader => broken(format!("{place} was left out"), Reason::MissingHeader),
            Tamper::DuplicateHeader if scheme.header().is_none() => cannot("has no header of its own"),
            Tamper::DuplicateHeader => broken(format!("{place} is there twice"), Reason::DuplicateHeader),
            Tamper::TimestampOld
            | Tamper::TimestampFuture
            | Tamper::TimestampMissing
            | Tamper::TimestampChanged
                if !timed =>
            {
                cannot("states no time")
            }
            Tamper::TimestampOld => broken(
                format!("it was signed for a time {} s ago", -self.shift(scheme)),
                Reason::TimestampTooOld,
            ),
            Tamper::TimestampFuture => broken(
                format!("it was signed for a time {} s ahead", self.shift(scheme)),
                Reason::TimestampTooNew,
            ),
            Tamper::TimestampMissing | Tamper::TimestampChanged if jwt => {
                cannot("has its time inside the signed token; --tamper signature changes that")
            }
            Tamper::TimestampChanged if !scheme.covers_time() => {
                cannot("does not sign its time, so a changed one passes while it is fresh")
            }
            Tamper::TimestampChanged => broken(
                "the time was changed by a second after it was signed".into(),
                Reason::SignatureMismatch,
            ),
            Tamper::TimestampMissing => {
                let reason = match scheme.timestamp {
                    Some(Source::Item(_)) => Reason::MalformedTimestamp,
                    _ => Reason::MissingHeader,
                };
                broken("the time was left out after it was signed".into(), reason)
            }
            Tamper::Secret if jwt => {
                cannot("is signed with a private key; give another one with --secret-file")
            }
            Tamper::Secret => broken("it was signed with another secret".into(), Reason::SignatureMismatch),
        }
    }

    /// Break what was signed by this scheme.
    pub fn apply(self, scheme: &Scheme, pieces: &mut Pieces) {
        match self {
            Tamper::Body
            | Tamper::Whitespace
            | Tamper::TimestampOld
            | Tamper::TimestampFuture
            | Tamper::Secret => {}
            Tamper::Signature => {
                pieces.change(&scheme.place, |value| {
                    let start = signature(scheme, &value);
                    let other = if value[start..].starts_with('0') { "1" } else { "0" };
                    let rest = value.get(start + 1..).unwrap_or_default();
                    format!("{}{other}{rest}", &value[..start])
                });
            }
            Tamper::Malformed => pieces.change(&scheme.place, |_| "not-a-signature".into()),
            Tamper::MissingHeader => pieces.remove(&scheme.place),
            Tamper::DuplicateHeader => pieces.repeat(&scheme.place),
            Tamper::TimestampChanged => self.on_time(scheme, pieces),
            Tamper::TimestampMissing => self.on_time(scheme, pieces),
        }
    }

    fn on_time(self, scheme: &Scheme, pieces: &mut Pieces) {
        let missing = self == Tamper::TimestampMissing;
        let later = |text: String| text.parse::<i64>().map_or(text, |time| (time + 1).to_string());
        match &scheme.timestamp {
            Some(Source::Item(item)) => pieces.change(&scheme.place, |value| {
                let start = format!("{item}=");
                let parts = value.split(',').filter(|part| !(missing && part.starts_with(&start)));
                let parts = parts.map(|part| match part.strip_prefix(&start) {
                    Some(time) => format!("{start}{}", later(time.to_owned())),
                    None => part.to_owned(),
                });
                parts.collect::<Vec<_>>().join(",")
            }),
            Some(source) if missing => pieces.remove(source),
            Some(source) => pieces.change(source, later),
            None => {}
        }
    }
}

/// How a text that is no signature is refused: where it is one of a list, the list is wrong first.
fn malformed(scheme: &Scheme) -> Reason {
    match (scheme.proof, scheme.form) {
        (Proof::Equality, _) => Reason::SignatureMismatch,
        (Proof::Jwt, _) | (_, Form::Items | Form::List | Form::Groups) => Reason::MalformedHeader,
        _ => Reason::MalformedSignature,
    }
}

/// Where the first signature begins in its header's value.
fn signature(scheme: &Scheme, value: &str) -> usize {
    let after = |mark: String| value.find(&mark).map(|at| at + mark.len());
    let names = scheme.items.first().into_iter().chain(&scheme.ed25519);
    let start = match scheme.form {
        _ if scheme.proof == Proof::Jwt => value.rfind('.').map(|at| at + 1),
        Form::Plain | Form::Numbered => Some(scheme.prefix.len()),
        Form::Items | Form::Groups => names.map(|name| format!("{name}=")).find_map(after),
        Form::List => names.map(|name| format!("{name},")).find_map(after),
    };
    start.filter(|start| *start < value.len()).unwrap_or(0)
}
