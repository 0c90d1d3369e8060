//! Why a request or a secret is refused: a code for programs, a sentence for people.

/// The codes are a contract: scripts compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    MissingHeader,
    MalformedHeader,
    DuplicateHeader,
    MalformedTimestamp,
    TimestampTooOld,
    TimestampTooNew,
    NoSignatureForScheme,
    MalformedSignature,
    SignatureMismatch,
    EmptySecret,
    MalformedSecret,
    SecretWhitespace,
}

impl Reason {
    pub fn code(self) -> &'static str {
        match self {
            Reason::MissingHeader => "missing_header",
            Reason::MalformedHeader => "malformed_header",
            Reason::DuplicateHeader => "duplicate_header",
            Reason::MalformedTimestamp => "malformed_timestamp",
            Reason::TimestampTooOld => "timestamp_too_old",
            Reason::TimestampTooNew => "timestamp_too_new",
            Reason::NoSignatureForScheme => "no_signature_for_scheme",
            Reason::MalformedSignature => "malformed_signature",
            Reason::SignatureMismatch => "signature_mismatch",
            Reason::EmptySecret => "empty_secret",
            Reason::MalformedSecret => "malformed_secret",
            Reason::SecretWhitespace => "secret_whitespace",
        }
    }

    pub fn with(self, detail: impl Into<String>) -> Refusal {
        Refusal { reason: self, detail: detail.into() }
    }
}

/// A refusal. The detail never holds a secret, nor what the signature should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub detail: String,
}
