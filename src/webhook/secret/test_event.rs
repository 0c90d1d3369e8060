//! One marked event to an endpoint, signed with the secret that is to come and with those in force. It is no delivery:
//! nothing of it is queued or retried, and the payload says that it is a test.

use std::rc::Rc;

use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::json;

use super::super::attempt::Outcome;
use super::super::deliver::{method, signatures};
use super::super::request;
use super::store::Target;
use crate::clock;
use crate::context::Context;
use crate::egress::{self, Refusal};
use crate::failure::Failure;
use crate::http::{Reply, Request};

const MARK: HeaderName = HeaderName::from_static("hookyard-test");

/// The status of an endpoint that accepts; everything else is a failure, after which nothing may have changed.
pub async fn send(context: &Context, target: &Target, keys: &[Rc<[u8]>]) -> Result<u16, Failure> {
    let request = build(context, target, keys)?;
    let untouched = "nothing is changed";
    match context.http()?.send(request).await {
        Reply::Answered(answer) if (200..300).contains(&answer.status) => Ok(answer.status),
        Reply::Answered(answer) => {
            Err(Failure::no(format!("the endpoint refused the test event: {}", answer.status))
                .context(untouched))
        }
        Reply::None(none) => Err(Failure::later(format!(
            "the test event got no answer: {}: {}",
            none.kind.word(),
            none.detail
        ))
        .context(untouched)),
    }
}

fn build(context: &Context, target: &Target, keys: &[Rc<[u8]>]) -> Result<Request, Failure> {
    let unsent =
        |outcome: Outcome| Failure::blocked(outcome.shown()).context("the test event cannot be sent");
    let endpoint = &target.endpoint;
    let url =
        egress::check_url(endpoint.url.as_deref().unwrap_or_default(), &context.rules()).map_err(|why| {
            let word = match &why {
                Refusal::Blocked(_) => "blocked",
                Refusal::Invalid(_) => "config",
            };
            Failure::blocked(format!("not sent: {word}: {why}")).context("the test event cannot be sent")
        })?;
    let id = context.random.id(target.now).to_string();
    let body = json!({
        "eventType": "hookyard.test",
        "test": true,
        "webhookId": target.webhook_id.to_string(),
        "timestamp": clock::shown(target.now),
    })
    .to_string();
    let signatures =
        signatures(endpoint, keys, &id, target.now / 1_000_000, body.as_bytes()).map_err(unsent)?;
    let agent = &context.settings.user_agent.value;
    let (mut headers, _) = request::headers(endpoint.headers.as_deref(), &id, agent, &signatures)
        .map_err(|fault| Failure::blocked(format!("not sent: config: {fault}")))?;
    headers.push((MARK, HeaderValue::from_static("true")));
    Ok(Request {
        method: method(endpoint.method.as_deref()).map_err(unsent)?,
        target: url,
        headers,
        body: Bytes::from(body),
        timeout: context.settings.timeout.value,
    })
}
