//! What `add` and `rotate` share: check, make the secret, test it where asked to, and only then commit.
//!
//! The order is what a crash must not disturb. A generated secret is in its file before it is in force, so that none is
//! in force which nobody knows; and the test is sent, with no transaction open, before anything changes.

use std::time::Duration;

use serde_json::json;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::super::signer::Signer;
use super::super::store::{self as tables, Act};
use super::material::{Material, MaterialArgs};
use super::store::{self, Committed, NewSecret};
use super::trial;
use crate::clock::{self, Micros};
use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::output::{Json, Output, Page, Tone};
use crate::random;

/// Active at once, at most: each is one more signature in a header.
const MOST: usize = 10;

#[derive(Clone, Copy)]
pub enum Change {
    Add,
    Rotate { grace: Duration },
}

pub struct Order {
    pub webhook: Uuid,
    pub change: Change,
    pub material: MaterialArgs,
    pub send_test: bool,
    pub dry_run: bool,
}

pub struct Issued {
    webhook_id: Uuid,
    change: Change,
    /// None in a dry run.
    secret_id: Option<Uuid>,
    key_tag: String,
    /// The others that are active, and until when they sign.
    others: Vec<(Uuid, Option<Micros>)>,
    test: Option<u16>,
    /// Only where it was asked for.
    shown: Option<String>,
    file: Option<String>,
}

pub async fn issue(context: &Context, order: Order) -> Result<Issued, Failure> {
    order.material.check(order.dry_run)?;
    let db = context.db().await?;
    schema::preflight(db).await?;
    let target = store::find_target(db, order.webhook)
        .await?
        .ok_or_else(|| Failure::no(format!("webhook {} was not found", order.webhook)))?;
    let key_tag = match context.keys()?.tag() {
        Some(tag) => tag.to_owned(),
        None => {
            return Err(Failure::from(crate::cloak::Trouble::NoKey).context("the secret cannot be stored"));
        }
    };
    let active = tables::find_sealed(db, &[order.webhook]).await?.remove(&order.webhook).unwrap_or_default();
    match order.change {
        Change::Rotate { .. } if active.is_empty() => {
            return Err(Failure::no(format!("webhook {} has no secret to rotate", order.webhook))
                .hint(format!("hookyard webhook secret add {} --output FILE", order.webhook)));
        }
        _ if active.len() >= MOST => {
            return Err(Failure::no(format!("webhook {} has {MOST} active secrets already", order.webhook))
                .hint(format!("hookyard webhook secret list {}", order.webhook)));
        }
        _ => {}
    }
    let mut issued = Issued {
        webhook_id: order.webhook,
        change: order.change,
        secret_id: None,
        key_tag,
        others: active.iter().map(|sealed| (sealed.id, None)).collect(),
        test: None,
        shown: None,
        file: None,
    };
    if order.dry_run {
        return Ok(issued);
    }

    let mut material = order.material.make(context)?;
    let signer = Signer::new(context);
    let keys = signer.keys(&active);
    if let Ok(keys) = &keys
        && keys.iter().any(|key| bool::from(key.ct_eq(&material.key)))
    {
        return Err(Failure::no(format!("webhook {} has this secret already", order.webhook)));
    }
    if order.send_test {
        // What cannot be decrypted could not sign beside it either.
        let mut keys = keys.map_err(Failure::blocked)?;
        keys.insert(0, material.key.as_slice().into());
        issued.test = Some(trial::send(context, &target, &keys).await?);
        fault_before_commit();
    }

    let committed = commit(context, &order, &active, &material, issued.test).await?;
    if let Some(written) = &mut material.written {
        written.keep();
        issued.file = Some(written.path().display().to_string());
    }
    issued.shown = material.shown.then(|| String::from_utf8_lossy(material.secret.reveal()).into_owned());
    issued.secret_id = Some(committed.secret_id);
    issued.others = committed.others;
    Ok(issued)
}

async fn commit(
    context: &Context,
    order: &Order,
    active: &[super::super::delivery::Sealed],
    material: &Material,
    test: Option<u16>,
) -> Result<Committed, Failure> {
    let db = context.db().await?;
    let sealed = context.keys()?.encrypt(&material.secret, random::bytes()?)?;
    let id = context.random.id(context.clock.wall());
    let host = context.host();
    let grace = match order.change {
        Change::Add => None,
        Change::Rotate { grace } => Some(grace),
    };
    let detail = json!({
        "webhook_id": order.webhook.to_string(),
        "secret_id": id.to_string(),
        "grace_seconds": grace.map(|grace| grace.as_secs()),
        "test_status": test,
    });
    let act = Act::new(context, &host, detail);
    let known: Vec<Uuid> = active.iter().map(|sealed| sealed.id).collect();
    let new = NewSecret { id, webhook: order.webhook, sealed: &sealed, known: &known, grace };
    store::insert_secret(db, &new, &act).await?.ok_or_else(|| {
        Failure::later(format!(
            "the secrets of webhook {} were changed meanwhile; nothing is changed",
            order.webhook
        ))
        .hint(format!("hookyard webhook secret list {}", order.webhook))
    })
}

/// Tests kill the process between the test event and the commit.
#[cfg(debug_assertions)]
fn fault_before_commit() {
    if crate::env::test_fault("abort") == Some("before-secret") {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
fn fault_before_commit() {}

impl Output for Issued {
    fn text(&self, page: &mut Page) {
        let webhook = self.webhook_id;
        match self.secret_id {
            None => {
                let what = match self.change {
                    Change::Add => "one more secret would sign",
                    Change::Rotate { .. } => "a new secret would sign, and the others until their grace ends",
                };
                page.line(format!("dry run: for webhook {webhook} {what}"));
            }
            Some(id) => {
                if let Some(status) = self.test {
                    page.toned(format!("the endpoint accepted the test event: {status}"), Tone::Good);
                }
                page.line(format!("secret {id} signs for webhook {webhook} from now on"));
            }
        }
        for (id, until) in &self.others {
            let until = until.map_or(String::new(), |at| format!(" until {}", clock::shown(at)));
            page.line(format!("beside it: {id}{until}"));
        }
        if let Some(file) = &self.file {
            page.line(format!("it is in {file}, and is not shown again"));
        }
        if let Some(secret) = &self.shown {
            page.line("it is not shown again:");
            page.line(secret);
        }
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "webhook_id": self.webhook_id.to_string(),
            "secret_id": self.secret_id.map(|id| id.to_string()),
            "key_tag": self.key_tag,
            "others": self.others.iter().map(|(id, until)| json!({
                "secret_id": id.to_string(),
                "expires_at": until.map(clock::shown),
            })).collect::<Vec<_>>(),
            "test_status": self.test,
            "file": self.file,
            "secret": self.shown,
        }))
    }
}
