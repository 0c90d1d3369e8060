//! The headers of one delivery: the endpoint's own, as the customer configured them, and ours.
//!
//! A header that cannot be sent as configured stops the delivery. Dropping it would send the payload without the
//! customer's token, and nobody would learn why the far side refuses. No message repeats a value.

#[cfg(test)]
mod cases;
mod configured;

use std::fmt;

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};

use configured::Configured;

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");

/// In the order of the wire. The endpoint's own values are marked sensitive, ours are not.
pub type HeaderList = Vec<(HeaderName, HeaderValue)>;

/// What is wrong with the configuration, and which element a person has to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// `raw` is the JSON array of `{name, value}` that `webhooks.headers` holds, `None` where the column is NULL.
/// The strings are warnings: what was configured and is not sent.
pub fn headers(
    raw: Option<&str>,
    event_id: &str,
    user_agent: &str,
    signatures: &[(HeaderName, HeaderValue)],
) -> Result<(HeaderList, Vec<String>), Fault> {
    let Configured { headers: theirs, warnings } = configured::read(raw)?;
    let mut list = HeaderList::with_capacity(theirs.len() + signatures.len() + 3);
    list.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    if !theirs.iter().any(|(name, _)| *name == USER_AGENT) {
        list.push((USER_AGENT, ours("the user agent", user_agent)?));
    }
    list.push((WEBHOOK_ID, ours("the event id", event_id)?));
    for (at, (name, value)) in theirs.into_iter().enumerate() {
        if signatures.iter().any(|(signature, _)| *signature == name) {
            return Err(Fault(format!("header {} ({name}) is a signature, which is ours to set", at + 1)));
        }
        list.push((name, value));
    }
    list.extend(signatures.iter().cloned());
    Ok((list, warnings))
}

/// For people: the endpoint's own values hidden, ours as they are sent.
pub fn masked(list: &HeaderList) -> Vec<(String, String)> {
    let shown = |value: &HeaderValue| match value.is_sensitive() {
        true => "***".to_owned(),
        false => value.to_str().unwrap_or("***").to_owned(),
    };
    list.iter().map(|(name, value)| (name.to_string(), shown(value))).collect()
}

fn ours(what: &str, text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(text).map_err(|_| Fault(format!("{what} cannot stand in a header")))
}
