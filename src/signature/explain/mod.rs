//! Why a request was refused: a bounded search for what would have matched. It says what happened, who usually does
//! that and what to change. It never says what the signature should have been, and never makes a refusal valid.

mod bodies;
mod keys;
mod plain;
mod search;
mod shape;
mod text;
pub use text::dechunked;
mod tokens;
mod url;

use super::catalogue::{Catalogue, present};
use super::headers::Headers;
use super::jwt::Jwks;
use super::key::Ring;
use super::reason::{Reason, Refusal};
use super::scheme::{Proof, Scheme};
use super::stamp::Stamp;
use super::verify::{Check, Request, Verdict};

/// A refused request.
pub struct Case<'a> {
    pub scheme: &'a Scheme,
    pub catalogue: &'a Catalogue,
    pub headers: &'a Headers,
    pub secrets: &'a [Vec<u8>],
    /// None: too long to be kept.
    pub body: Option<&'a [u8]>,
    /// A tab of the body may have become a blank before it came here.
    pub is_blanked: bool,
    pub url: Option<&'a str>,
    pub jwks: Option<&'a Jwks>,
    pub now: i64,
    pub tolerance: u32,
    pub refusal: &'a Refusal,
    pub stamp: Option<Stamp>,
}

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub happened: String,
    pub usual: String,
    pub change: String,
}

impl Finding {
    fn new(happened: impl Into<String>, usual: impl Into<String>, change: impl Into<String>) -> Finding {
        Finding { happened: happened.into(), usual: usual.into(), change: change.into() }
    }
}

#[derive(Debug, Default)]
pub struct Explanation {
    /// What happened, all of it together.
    pub findings: Vec<Finding>,
    /// The scheme that would have matched as it stands, if there is one.
    pub variant: Option<String>,
    pub tried: usize,
    /// Whether the search stopped at its bound.
    pub cut: bool,
}

pub fn explain(case: &Case<'_>) -> Explanation {
    let mut told = Explanation::default();
    match case.refusal.reason {
        Reason::TimestampTooOld | Reason::TimestampTooNew => {
            told.findings.extend(case.stamp.map(|stamp| plain::time(case, stamp)));
            return told;
        }
        Reason::EmptySecret | Reason::MalformedSecret | Reason::SecretWhitespace => return told,
        Reason::DuplicateHeader => {
            told.findings.push(plain::duplicate());
            return told;
        }
        _ => {}
    }
    if let Some(variant) = variant(case, &mut told.tried) {
        told.findings.push(plain::variant(case.scheme, &variant));
        told.variant = Some(variant.name);
        return told;
    }
    if matches!(case.refusal.reason, Reason::MissingHeader | Reason::MalformedTimestamp) {
        told.findings.extend(shape::shape(case));
        return told;
    }
    match case.scheme.proof {
        Proof::Hmac => search::search(case, &mut told),
        Proof::Twilio => url::search(case, &mut told),
        Proof::Jwt => search::jwt(case, &mut told),
        Proof::Equality => {}
    }
    if told.findings.is_empty() {
        told.findings.extend(shape::shape(case));
        if case.is_blanked && case.scheme.covers_body() {
            told.findings.push(plain::blanks());
        }
    }
    told
}

/// Another scheme under which this request is right: the family's first, then any whose header is there.
fn variant(case: &Case<'_>, tried: &mut usize) -> Option<Scheme> {
    let mut all = case.catalogue.all();
    all.retain(|scheme| scheme.name != case.scheme.name && scheme.proof != Proof::Jwt);
    all.sort_by_key(|scheme| scheme.family != case.scheme.family);
    all.into_iter().find(|scheme| {
        let body = match case.body {
            Some(body) => body,
            None if scheme.covers_body() => return false,
            None => &[],
        };
        let here = scheme.header().is_none() || present(scheme, case.headers);
        if !here {
            return false;
        }
        *tried += 1;
        let right = |verdict: Verdict| verdict.outcome.is_ok() || verdict.stamp.is_some();
        Ring::read(scheme, case.secrets).ok().filter(|ring| !ring.keys.is_empty()).is_some_and(|ring| {
            let request =
                Request { headers: case.headers, whole: Some(body), url: case.url, jwks: case.jwks };
            Check::begin(scheme, &request, ring).is_ok_and(|mut check| {
                check.update(body);
                right(check.finish(case.now, Some(case.tolerance)))
            })
        })
    })
}
