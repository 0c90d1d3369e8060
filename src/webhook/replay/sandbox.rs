//! `--to URL`: the payloads go to another receiver, a laptop or a staging system, signed with a secret of its own and
//! marked as sandbox. The endpoints' own headers stay at home: their tokens are not for others.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};

use super::super::deliver::Scope;
use super::super::request;
use super::Pace;
use super::store::{self, Item, PlanRow};
use crate::clock::{Anchor, Micros};
use crate::context::Context;
use crate::egress::{self, Refusal, Target};
use crate::failure::Failure;
use crate::http::{Http, Method, Reply, Request};
use crate::signature;
use crate::stop::Stop;

/// Tells a receiver that nothing of this is meant for it in earnest.
const MARK: HeaderName = HeaderName::from_static("hookyard-sandbox");
/// The webhook that it was meant for.
const MEANT_FOR: HeaderName = HeaderName::from_static("hookyard-endpoint");
/// Sent, and not yet marked as sent, at most: what a crash sends again.
const PAGE: i64 = 100;

/// The same rules as for endpoints hold for where it may go.
pub fn target(context: &Context, url: &str) -> Result<Target, Failure> {
    egress::check_url(url, &context.rules()).map_err(|why| {
        let failure = match &why {
            Refusal::Blocked(_) => Failure::blocked(&why),
            Refusal::Invalid(_) => Failure::usage(&why),
        };
        failure.context(format!("--to {} cannot be used", egress::shown(url)))
    })
}

/// The one secret of a plan that goes elsewhere; none for one that does not.
pub fn secret(context: &Context, plan: &PlanRow, pace: &Pace) -> Result<Option<Vec<u8>>, Failure> {
    if plan.to_url.is_none() {
        return match pace.secrets.is_empty() {
            true => Ok(None),
            false => Err(Failure::usage("a secret is for --to only: deliveries are signed as always")),
        };
    }
    let mut secrets = pace.secrets.read(&context.printer)?.bytes;
    match (secrets.pop(), secrets.is_empty()) {
        (Some(secret), true) => Ok(Some(secret)),
        _ => Err(Failure::usage("a plan that goes to another receiver is signed with one secret of its own")
            .hint("--secret-file FILE, or --secret-env NAME")),
    }
}

struct Sandbox<'a> {
    http: &'a Http,
    target: Target,
    secret: &'a [u8],
    user_agent: &'a str,
    timeout: Duration,
    anchor: Anchor,
}

/// Send what waits; the signal that ended it, and whether the plan came to an end of its own.
pub async fn send_all(
    context: &Context,
    plan: &PlanRow,
    pace: &Pace,
    secret: &[u8],
    began: Micros,
    stop: &mut Stop,
) -> Result<(Option<u8>, bool), Failure> {
    let db = context.db().await?;
    let url = plan.to_url.as_deref().unwrap_or_default();
    let sandbox = Sandbox {
        http: context.http()?,
        target: target(context, url)?,
        secret,
        user_agent: &context.settings.user_agent.value,
        timeout: context.settings.timeout.value,
        anchor: Anchor::new(began, context.clock.instant()),
    };
    let limits = pace.tuning.options(&context.settings, Scope::Plan(plan.id)).limits;
    // One receiver: what holds for one endpoint holds for it.
    let at_once = limits.per_endpoint.min(limits.concurrency);
    let rate = pace.rate.or(plan.rate);
    let most = rate.map_or(PAGE, |rate| i64::from(rate).min(PAGE));
    let mut after = 0;
    loop {
        let turn = context.clock.instant();
        if store::find_plan(db, plan.id).await?.state != "running" {
            return Ok((None, false));
        }
        let items = store::list_waiting(db, plan.id, after, most).await?;
        let Some(last) = items.last() else { return Ok((None, true)) };
        after = last.number;
        let count = u32::try_from(items.len()).unwrap_or(1);
        let mut page = Box::pin(
            stream::iter(items)
                .map(|item| sandbox.send(context, item))
                .buffer_unordered(at_once)
                .collect::<Vec<_>>(),
        );
        let done = tokio::select! {
            done = &mut page => done,
            // What is on the wire is waited for; a page is short.
            () = stop.raised() => page.await,
        };
        store::finish_items(db, plan.id, &done).await?;
        if stop.signal().is_some() {
            return Ok((stop.signal(), false));
        }
        if let Some(rate) = rate {
            let due = turn + Duration::from_secs(1) * count / u32::try_from(rate).unwrap_or(1);
            tokio::select! {
                () = tokio::time::sleep_until(due.into()) => {}
                () = stop.raised() => return Ok((stop.signal(), false)),
            }
        }
    }
}

impl Sandbox<'_> {
    async fn send(&self, context: &Context, item: Item) -> (i32, &'static str, Option<String>) {
        let now = self.anchor.at(context.clock.instant()) / 1_000_000;
        let request = match self.request(&item, now) {
            Ok(request) => request,
            Err(why) => return (item.number, "skipped", Some(why)),
        };
        match self.http.send(request).await {
            Reply::Answered(answer) if (200..300).contains(&answer.status) => (item.number, "arrived", None),
            Reply::Answered(answer) => (item.number, "refused", Some(answer.status.to_string())),
            Reply::None(none) => {
                (item.number, "unreachable", Some(format!("no answer: {}", none.kind.word())))
            }
        }
    }

    fn request(&self, item: &Item, now: i64) -> Result<Request, String> {
        let payload = item.payload.as_deref().ok_or("the event was removed, or its payload erased")?;
        let id = item.event_id.map(|id| id.to_string()).unwrap_or_default();
        let signature = signature::snappt(self.secret, now, payload.as_bytes())
            .and_then(|value| HeaderValue::try_from(value).ok())
            .ok_or("it cannot be signed")?;
        let signatures = [(HeaderName::from_static(signature::SNAPPT_HEADER), signature)];
        let (mut headers, _) =
            request::headers(None, &id, self.user_agent, &signatures).map_err(|fault| fault.to_string())?;
        headers.push((MARK, HeaderValue::from_static("true")));
        let meant_for = HeaderValue::try_from(item.webhook_id.to_string()).map_err(|why| why.to_string())?;
        headers.push((MEANT_FOR, meant_for));
        Ok(Request {
            method: Method::Post,
            target: self.target.clone(),
            headers,
            body: Bytes::from(payload.to_owned()),
            timeout: self.timeout,
        })
    }
}
