//! `webhooks.headers`: an array of `{name, value}`, read strictly.

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use serde_json::Value;

use super::{Fault, HeaderList};

const MOST_HEADERS: usize = 64;
const MOST_BYTES: usize = 16 * 1024;

/// Names that are not the endpoint's to set: they frame the request or belong to one connection, they address
/// another host behind the one that was checked, or they are what a receiver trusts us by.
const RESERVED: [&str; 17] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "snappt-signature",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
];

#[derive(Default)]
pub(super) struct Configured {
    pub headers: HeaderList,
    pub warnings: Vec<String>,
}

pub(super) fn read(raw: Option<&str>) -> Result<Configured, Fault> {
    let Some(raw) = raw else { return Ok(Configured::default()) };
    let elements = match serde_json::from_str(raw) {
        Ok(Value::Array(elements)) => elements,
        Ok(Value::Null) => return Ok(Configured::default()),
        // The text of the parser's error can repeat what it read.
        _ => return Err(Fault("headers are not a list of {name, value}".to_owned())),
    };
    if elements.len() > MOST_HEADERS {
        return Err(Fault(format!("{} headers, but at most {MOST_HEADERS} are sent", elements.len())));
    }
    let mut configured = Configured::default();
    let mut bytes = 0;
    for (at, element) in elements.iter().enumerate() {
        let at = at + 1;
        let (name, mut value) = header(at, element)?;
        bytes += name.as_str().len() + value.len() + ": \r\n".len();
        if bytes > MOST_BYTES {
            return Err(Fault(format!("headers of more than {} KiB in all", MOST_BYTES / 1024)));
        }
        if name == CONTENT_TYPE {
            if !value.as_bytes().eq_ignore_ascii_case(b"application/json") {
                configured.warnings.push(format!("header {at} (content-type) is ignored: the body is JSON"));
            }
        } else if name != USER_AGENT || !value.is_empty() {
            value.set_sensitive(true);
            configured.headers.push((name, value));
        }
    }
    Ok(configured)
}

/// `at` counts from 1. A name is repeated only once it is known to be one: until then it may be a secret that
/// somebody put into the wrong field.
fn header(at: usize, element: &Value) -> Result<(HeaderName, HeaderValue), Fault> {
    let fault = |what: &str| Fault(format!("header {at} {what}"));
    let Value::Object(element) = element else {
        return Err(fault(if element.is_null() { "is null" } else { "is not an object {name, value}" }));
    };
    let name = match element.get("name") {
        Some(Value::String(name)) => name,
        Some(_) => return Err(fault("has a name that is not text")),
        None => return Err(fault("has no name")),
    };
    let name =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault("has a name that HTTP does not allow"))?;
    let fault = |what: &str| Fault(format!("header {at} ({name}) {what}"));
    if is_reserved(name.as_str()) {
        return Err(fault("is not the endpoint's to set"));
    }
    let value = match element.get("value") {
        Some(Value::String(value)) => value,
        Some(_) => return Err(fault("has a value that is not text")),
        None => return Err(fault("has no value")),
    };
    // Outside ASCII a header has no encoding that both sides agree on, so nothing is guessed.
    let value = HeaderValue::from_str(value).ok().filter(|_| value.is_ascii());
    let value = value
        .ok_or_else(|| fault("has a value with a line end, a control character or a letter outside ASCII"))?;
    Ok((name, value))
}

/// Header names arrive here in lower case.
fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with("svix-")
}
