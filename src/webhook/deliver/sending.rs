//! One request: the endpoint's columns and the payload become bytes, signed for now, and the answer becomes an
//! outcome. No transaction and no connection is held meanwhile.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use super::super::attempt::{self, Answer, Outcome, Silence};
use super::super::delivery::{Claimed, Endpoint, SealedByEndpoint};
use super::super::signer::Signer;
use super::super::{event, request};
use super::store;
use crate::clock::{Anchor, Micros};
use crate::context::Context;
use crate::db::Db;
use crate::egress::{self, Refusal, Target};
use crate::http::{Http, Method, NoAnswerKind, Reply, Request};
use crate::signature;

/// Large payloads in memory at once, over all requests.
const LARGE: usize = 16;

/// What every request of a run shares.
pub struct Sender<'a> {
    pub db: &'a Db,
    pub http: &'a Http,
    pub user_agent: &'a str,
    pub timeout: Duration,
    large: Semaphore,
    /// What an endpoint's URL came to when it was read last. The rules judge it again before each request.
    targets: RefCell<HashMap<Uuid, (String, Target)>>,
    signer: Signer<'a>,
    /// The active secrets of every endpoint that was claimed for, none included: one that is not in here is not sent to.
    secrets: RefCell<SealedByEndpoint>,
}

/// Endpoints whose URL is remembered.
const TARGETS: usize = 4096;

/// A request that is over.
pub struct Sent {
    pub claimed: Claimed,
    pub outcome: Outcome,
    pub started_at: Micros,
    pub duration: Duration,
}

impl<'a> Sender<'a> {
    pub fn new(context: &'a Context, db: &'a Db, http: &'a Http, timeout: Duration) -> Self {
        Sender {
            db,
            http,
            user_agent: &context.settings.user_agent.value,
            timeout,
            large: Semaphore::new(LARGE),
            targets: RefCell::default(),
            signer: Signer::new(context),
            secrets: RefCell::default(),
        }
    }

    /// Take in the secrets as the database has them now.
    pub fn learn(&self, secrets: SealedByEndpoint) {
        self.secrets.borrow_mut().extend(secrets);
    }

    /// Attempt one delivery. `anchor` tells the database's time, which the signature carries.
    /// `cut` ends the wait: what is on the wire then is neither accepted nor refused.
    pub async fn send(&self, mut claimed: Claimed, anchor: Anchor, cut: &Notify) -> Sent {
        let cut = cut.notified();
        let begun = Instant::now();
        let started_at = anchor.at(begun);
        if let Some(outcome) = false_success() {
            return Sent { claimed, outcome, started_at, duration: begun.elapsed() };
        }
        let outcome = match self.prepare(&mut claimed, started_at / 1_000_000).await {
            Ok((request, _permit)) => {
                fault_before_sending(&claimed);
                tokio::select! {
                    biased;
                    reply = self.http.send(request) => outcome(reply, started_at / 1_000_000),
                    () = cut => Outcome::silent(Silence::Interrupted, "the run was told to end"),
                }
            }
            Err(outcome) => outcome,
        };
        Sent { claimed, outcome, started_at, duration: begun.elapsed() }
    }

    async fn prepare(
        &self,
        claimed: &mut Claimed,
        now: i64,
    ) -> Result<(Request, Option<tokio::sync::SemaphorePermit<'_>>), Outcome> {
        let (body, permit) = match claimed.payload.take() {
            Some(payload) => (payload, None),
            None => {
                let permit = self.large.acquire().await.ok();
                let payload = store::find_payload(self.db, claimed.event_id).await.map_err(|why| {
                    Outcome::silent(Silence::Interrupted, format!("its payload could not be read: {why}"))
                })?;
                (payload, permit)
            }
        };
        if let Some(at) = event::erased_at(&body) {
            return Err(config(format!("its payload was erased at {at}")));
        }
        let endpoint = claimed.endpoint.as_ref().ok_or_else(|| config("the webhook was deleted"))?;
        let target = self.target(claimed.webhook_id, endpoint.url.as_deref().unwrap_or_default())?;
        let keys = self.keys(claimed.webhook_id)?;
        let event_id = claimed.event_id.to_string();
        let signatures = signatures(endpoint, &keys, &event_id, now, &body)?;
        let request = build(endpoint, target, &event_id, body, &signatures, self)?;
        Ok((request, permit))
    }

    fn keys(&self, webhook: Uuid) -> Result<Vec<Rc<[u8]>>, Outcome> {
        let secrets = self.secrets.borrow().get(&webhook).cloned();
        let secrets = secrets.ok_or_else(|| config("the endpoint's secrets are not known"))?;
        self.signer.keys(&secrets).map_err(config)
    }

    fn target(&self, webhook: Uuid, url: &str) -> Result<Target, Outcome> {
        let mut targets = self.targets.borrow_mut();
        if let Some((read, target)) = targets.get(&webhook)
            && read == url
        {
            return Ok(target.clone());
        }
        let target = egress::check_url(url, self.http.rules()).map_err(|why| match &why {
            Refusal::Blocked(_) => Outcome::silent(Silence::Blocked, why.to_string()),
            Refusal::Invalid(_) => config(why.to_string()),
        })?;
        if targets.len() >= TARGETS {
            targets.clear();
        }
        targets.insert(webhook, (url.to_owned(), target.clone()));
        Ok(target)
    }
}

/// Pure but for the rules it is given.
fn build(
    endpoint: &Endpoint,
    target: Target,
    event_id: &str,
    body: Bytes,
    signatures: &[(HeaderName, HeaderValue)],
    sender: &Sender<'_>,
) -> Result<Request, Outcome> {
    let method = method(endpoint.method.as_deref())?;
    let (headers, _) = request::headers(endpoint.headers.as_deref(), event_id, sender.user_agent, signatures)
        .map_err(|fault| config(fault.to_string()))?;
    Ok(Request { method, target, headers, body, timeout: sender.timeout })
}

/// The documents say POST, typically, and allow PUT; NULL is the column's default.
pub fn method(column: Option<&str>) -> Result<Method, Outcome> {
    match column.unwrap_or("POST").trim().to_ascii_uppercase().as_str() {
        "POST" => Ok(Method::Post),
        "PUT" => Ok(Method::Put),
        _ => Err(config("the method is neither POST nor PUT")),
    }
}

/// SNAPPT's scheme, keyed by the api key id, on every delivery; Standard Webhooks besides where the endpoint has
/// secrets of its own, all of which sign.
pub fn signatures(
    endpoint: &Endpoint,
    keys: &[Rc<[u8]>],
    event_id: &str,
    now: i64,
    body: &[u8],
) -> Result<Vec<(HeaderName, HeaderValue)>, Outcome> {
    let header = |name: &'static str, value: Option<String>| {
        let value = value.and_then(|value| HeaderValue::try_from(value).ok());
        let value = value.ok_or_else(|| config("the delivery cannot be signed"))?;
        Ok((HeaderName::from_static(name), value))
    };
    let snappt = signature::snappt(endpoint.api_key_id.as_bytes(), now, body);
    let mut signatures = vec![header(signature::SNAPPT_HEADER, snappt)?];
    if !keys.is_empty() {
        let standard = signature::standard(keys.iter().map(|key| &**key), event_id, now, body);
        signatures.push(header(signature::STANDARD_TIMESTAMP, Some(now.to_string()))?);
        signatures.push(header(signature::STANDARD_SIGNATURE, standard)?);
    }
    Ok(signatures)
}

fn config(detail: impl Into<String>) -> Outcome {
    Outcome::silent(Silence::Config, detail)
}

fn outcome(reply: Reply, now: i64) -> Outcome {
    match reply {
        Reply::Answered(answer) => Outcome::Answered(Answer {
            status: answer.status,
            retry_after: answer.retry_after.and_then(|raw| attempt::retry_after(&raw, now)),
            body: answer.body,
            truncated: answer.truncated,
            length: answer.length,
        }),
        Reply::None(none) => Outcome::silent(silence(none.kind), none.detail),
    }
}

fn silence(kind: NoAnswerKind) -> Silence {
    match kind {
        NoAnswerKind::Timeout => Silence::Timeout,
        NoAnswerKind::Refused => Silence::Refused,
        NoAnswerKind::Dns => Silence::Dns,
        NoAnswerKind::Tls => Silence::Tls,
        NoAnswerKind::Reset => Silence::Reset,
        NoAnswerKind::Blocked => Silence::Blocked,
        NoAnswerKind::Protocol => Silence::Protocol,
    }
}

/// Tests let a chosen payload kill the process or panic, as a fault of ours would.
#[cfg(debug_assertions)]
fn fault_before_sending(claimed: &Claimed) {
    match crate::env::test_fault("abort") {
        Some(event) if event == claimed.event_id.to_string() => std::process::abort(),
        _ => {}
    }
    match crate::env::test_fault("panic") {
        Some(event) if event == claimed.event_id.to_string() => panic!("a fault was asked for"),
        _ => {}
    }
}

#[cfg(not(debug_assertions))]
fn fault_before_sending(_claimed: &Claimed) {}

/// Tests break the promise on purpose, to see the tests of the promise fail: success without a request.
#[cfg(debug_assertions)]
fn false_success() -> Option<Outcome> {
    crate::env::test_fault("record-first")?;
    Some(Outcome::Answered(Answer {
        status: 200,
        retry_after: None,
        body: Vec::new(),
        truncated: false,
        length: 0,
    }))
}

#[cfg(not(debug_assertions))]
fn false_success() -> Option<Outcome> {
    None
}
