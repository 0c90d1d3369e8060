//! The fourth part, only when asked for: one marked request, signed as always, and what its answer means.

use std::time::Duration;

use super::super::signer::Keys;
use super::super::test_event;
use super::step::{Making, Part, Step, Wrong, making};
use super::store::Webhook;
use crate::clock::Micros;
use crate::context::Context;
use crate::failure::Failure;
use crate::http::Reply;

pub fn test() -> Making {
    making(Part::Response, "test delivery", "the receiver takes a signed request, and says so with 2xx")
}

/// Whom the request is for.
pub enum Receiver<'a> {
    Webhook(&'a Webhook, &'a Keys),
    Url(&'a str, &'a [u8]),
}

pub async fn send(context: &Context, receiver: &Receiver<'_>, now: Micros) -> Result<Step, Failure> {
    let built = match receiver {
        Receiver::Webhook(webhook, keys) => keys
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|keys| test_event::for_endpoint(context, webhook.id, &webhook.endpoint, keys, now)),
        Receiver::Url(url, secret) => test_event::for_url(context, url, secret, now),
    };
    let request = match built {
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
