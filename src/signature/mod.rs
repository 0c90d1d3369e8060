//! Signatures: a scheme is data, and signing, verifying and explaining are pure functions of scheme, secrets, headers,
//! bytes and a time that is handed in. No clock, no file, no network; chance only where ECDSA needs it, as an argument.
//!
//! The delivery engine signs with [`snappt()`] and [`standard()`], which stay single HMACs without a scheme to look up.

#[cfg(test)]
mod cases;
mod catalogue;
mod digest;
mod ed25519;
mod encoding;
pub mod explain;
mod headers;
mod jwt;
mod key;
mod presented;
mod reason;
mod scheme;
mod sign;
mod snappt;
mod stamp;
mod standard;
mod template;
mod twilio;
mod verify;

pub use catalogue::{BUILT_IN, Catalogue};
pub use explain::dechunked;
pub use headers::Headers;
pub use jwt::{Jwks, wanted_key};
pub use key::{Ring, given};
pub use reason::{Reason, Refusal};
pub use scheme::{Form, Proof, Scheme, Source};
pub use sign::{Facts, Signed, Signing};
pub use snappt::{SNAPPT_HEADER, snappt, snappt_matches};
pub use stamp::text as stamp_text;
pub use standard::{STANDARD_PREFIX, STANDARD_SIGNATURE, STANDARD_TIMESTAMP, standard, standard_key};
pub use twilio::{body_hash, claimed_hash};
pub use verify::{Check, Match, Request, Verdict};
