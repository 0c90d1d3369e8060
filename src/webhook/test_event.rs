//! One marked event, signed as a delivery would be. It is no delivery: nothing of it is queued, retried or recorded as
//! an attempt, and headers and payload both say that it is a test.

use std::rc::Rc;

use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::json;
use uuid::Uuid;

use super::attempt::Outcome;
use super::deliver::{method, signatures};
use super::delivery::Endpoint;
use super::request;
use crate::clock::{self, Micros};
use crate::context::Context;
use crate::egress;
use crate::http::{Method, Request};
use crate::signature;

/// As a replay to another receiver is marked.
const SANDBOX: HeaderName = HeaderName::from_static("hookyard-sandbox");
const TEST: HeaderName = HeaderName::from_static("hookyard-test");

type Signatures = Vec<(HeaderName, HeaderValue)>;

/// With the endpoint's own method and headers, signed with all of these keys.
pub fn for_endpoint(
    context: &Context,
    webhook: Uuid,
    endpoint: &Endpoint,
    keys: &[Rc<[u8]>],
    now: Micros,
) -> Result<Request, String> {
    let shown = |outcome: Outcome| outcome.shown();
    let event = Event::new(context, Some(webhook), now);
    let signed =
        signatures(endpoint, keys, &event.id, now / 1_000_000, event.body.as_bytes()).map_err(shown)?;
    let method = method(endpoint.method.as_deref()).map_err(shown)?;
    let url = endpoint.url.as_deref().unwrap_or_default();
    event.request(context, url, method, endpoint.headers.as_deref(), &signed)
}

/// For a URL that is no endpoint of ours, under SNAPPT's scheme.
pub fn for_url(context: &Context, url: &str, secret: &[u8], now: Micros) -> Result<Request, String> {
    let event = Event::new(context, None, now);
    let value = signature::snappt(secret, now / 1_000_000, event.body.as_bytes())
        .and_then(|value| HeaderValue::try_from(value).ok())
        .ok_or("it cannot be signed")?;
    let signed = vec![(HeaderName::from_static(signature::SNAPPT_HEADER), value)];
    event.request(context, url, Method::Post, None, &signed)
}

struct Event {
    id: String,
    body: String,
}

impl Event {
    fn new(context: &Context, webhook: Option<Uuid>, now: Micros) -> Event {
        let body = json!({
            "event": "hookyard.test",
            "eventType": "hookyard.test",
            "test": true,
            "webhookId": webhook.map(|id| id.to_string()),
            "timestamp": clock::shown(now),
        });
        Event { id: context.random.id(now).to_string(), body: body.to_string() }
    }

    fn request(
        self,
        context: &Context,
        url: &str,
        method: Method,
        theirs: Option<&str>,
        signed: &Signatures,
    ) -> Result<Request, String> {
        let target = egress::check_url(url, &context.rules()).map_err(|why| why.to_string())?;
        let agent = &context.settings.user_agent.value;
        let (mut headers, _) =
            request::headers(theirs, &self.id, agent, signed).map_err(|fault| fault.to_string())?;
        headers.push((SANDBOX, HeaderValue::from_static("true")));
        headers.push((TEST, HeaderValue::from_static("true")));
        let timeout = context.settings.timeout.value;
        Ok(Request { method, target, headers, body: Bytes::from(self.body), timeout })
    }
}
