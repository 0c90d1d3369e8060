//! The fourth part, only when asked for: one marked request, signed as always. It is no delivery: nothing is queued,
//! retried or recorded as an attempt, and both headers and payload say that it is a test.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::json;

use super::super::attempt::Outcome;
use super::super::deliver::{method, signatures};
use super::super::request;
use super::super::signer::Keys;
use super::step::{Making, Part, Step, Wrong, making};
use super::store::Webhook;
use crate::clock::{self, Micros};
use crate::context::Context;
use crate::egress;
use crate::failure::Failure;
use crate::http::{Method, Reply, Request};
use crate::signature;

/// As a replay to another receiver is marked.
const SANDBOX: HeaderName = HeaderName::from_static("hookyard-sandbox");
const TEST: HeaderName = HeaderName::from_static("hookyard-test");

pub fn test() -> Making {
    making(Part::Response, "test delivery", "the receiver takes a signed request, and says so with 2xx")
}

/// Whom the request is for.
pub enum Receiver<'a> {
    Webhook(&'a Webhook, &'a Keys),
    Url(&'a str, &'a [u8]),
}

pub async fn send(context: &Context, receiver: &Receiver<'_>, now: Micros) -> Result<Step, Failure> {
    let request = match build(context, receiver, now) {
        Ok(request) => request,
        Err(why) => return Ok(test().failed(Wrong::Blocked, why, "the steps above say what to correct")),
    };
    let began = context.clock.instant();
    let reply = context.http()?.send(request).await;
    let took = context.clock.instant().saturating_duration_since(began);
    Ok(judged(&reply, took))
}

fn judged(reply: &Reply, took: Duration) -> Step {
    match reply {
        Reply::Answered(answer) => {
            let found = format!("{} in {} ms", answer.status, took.as_millis());
            match answer.status {
                200..=299 if took > Duration::from_secs(5) => {
                    test().warned(found, "answer first and work afterwards: senders expect an answer within 5 s")
                }
                200..=299 => test().good(found),
                300..=399 => test().failed(Wrong::No, found, "configure the URL that it redirects to: redirects are not followed"),
                401 | 403 => test().failed(
                    Wrong::No,
                    found,
                    "does the receiver verify with the same secret? `hookyard webhook verify --explain` on a captured request says what differs",
                ),
                400..=499 => test().failed(
                    Wrong::No,
                    found,
                    "a receiver may refuse an event that it does not know; `hookyard webhook trigger` sends a documented one",
                ),
                _ => test().failed(Wrong::No, found, "look into the receiver's own log at this moment"),
            }
        }
        Reply::None(none) => test().failed(
            Wrong::Later,
            format!("no answer: {}: {}", none.kind.word(), none.detail),
            "try again later, and look into the receiver's own log at this moment",
        ),
    }
}

fn build(context: &Context, receiver: &Receiver<'_>, now: Micros) -> Result<Request, String> {
    let id = context.random.id(now).to_string();
    let meant_for = match receiver {
        Receiver::Webhook(webhook, _) => Some(webhook.id.to_string()),
        Receiver::Url(..) => None,
    };
    let body = json!({
        "event": "hookyard.test",
        "eventType": "hookyard.test",
        "test": true,
        "webhookId": meant_for,
        "timestamp": clock::shown(now),
    })
    .to_string();
    let seconds = now / 1_000_000;
    let (url, method, theirs, signatures) = match receiver {
        Receiver::Webhook(webhook, keys) => {
            let endpoint = &webhook.endpoint;
            let keys = keys.as_ref().map_err(Clone::clone)?;
            let shown = |outcome: Outcome| outcome.shown();
            let signatures = signatures(endpoint, keys, &id, seconds, body.as_bytes()).map_err(shown)?;
            let method = method(endpoint.method.as_deref()).map_err(shown)?;
            (endpoint.url.as_deref().unwrap_or_default(), method, endpoint.headers.as_deref(), signatures)
        }
        Receiver::Url(url, secret) => {
            let value = signature::snappt(secret, seconds, body.as_bytes())
                .and_then(|value| HeaderValue::try_from(value).ok())
                .ok_or("it cannot be signed")?;
            (*url, Method::Post, None, vec![(HeaderName::from_static(signature::SNAPPT_HEADER), value)])
        }
    };
    let target = egress::check_url(url, &context.rules()).map_err(|why| why.to_string())?;
    let agent = &context.settings.user_agent.value;
    let (mut headers, _) =
        request::headers(theirs, &id, agent, &signatures).map_err(|fault| fault.to_string())?;
    headers.push((SANDBOX, HeaderValue::from_static("true")));
    headers.push((TEST, HeaderValue::from_static("true")));
    Ok(Request { method, target, headers, body: Bytes::from(body), timeout: context.settings.timeout.value })
}
