//! `webhook send --dry-run`: which endpoints and why, the payload, and the headers, masked.

use std::rc::Rc;

use serde_json::json;
use uuid::Uuid;

use super::super::deliver::{method, signatures};
use super::super::delivery::Endpoint;
use super::super::request;
use super::super::signer::{Keys, Signer};
use super::super::store::{self, Subscriber};
use super::{Args, Order};
use crate::context::Context;
use crate::egress;
use crate::failure::Failure;
use crate::output::{Json, Output, Page, Tone, masked};

pub struct Planned {
    event_type: String,
    payload: String,
    /// The same event is there: the real run would send nothing.
    already: Option<Uuid>,
    endpoints: Vec<Candidate>,
}

struct Candidate {
    webhook_id: Uuid,
    url: String,
    chosen: bool,
    why: String,
    headers: Vec<(String, String)>,
    /// What is configured and would not be sent.
    warnings: Vec<String>,
    /// What would make the attempt fail before it leaves the machine.
    trouble: Option<String>,
}

pub async fn plan(context: &Context, order: &Order, args: &Args) -> Result<Planned, Failure> {
    let db = context.db().await?;
    let webhooks = order.webhooks.as_deref();
    let subscribers = store::find_subscribers(db, &order.event_type, order.api_key, webhooks).await?;
    let already = match (args.again, args.event_id, order.entry) {
        (true, ..) => None,
        (false, None, None) => None,
        (false, id, entry) => {
            store::find_same_event(db, &order.event_type, id, entry, &order.payload).await?
        }
    };
    let ids: Vec<Uuid> = subscribers.iter().map(|subscriber| subscriber.webhook_id).collect();
    let secrets = store::find_sealed(db, &ids).await?;
    let signer = Signer::new(context);
    let candidates = subscribers
        .into_iter()
        .map(|subscriber| {
            let sealed = secrets.get(&subscriber.webhook_id).map_or(&[][..], |sealed| sealed);
            let keys = signer.keys(sealed);
            candidate(context, order, subscriber, keys)
        })
        .collect();
    Ok(Planned {
        event_type: order.event_type.clone(),
        already,
        payload: if args.show_pii { order.payload.clone() } else { masked(&order.payload) },
        endpoints: candidates,
    })
}

fn candidate(context: &Context, order: &Order, subscriber: Subscriber, keys: Keys) -> Candidate {
    let (chosen, why) = reason(order, &subscriber);
    let endpoint = Endpoint {
        url: subscriber.url,
        method: subscriber.method,
        headers: subscriber.headers,
        active: subscriber.active == Some(true),
        api_key_id: subscriber.api_key_id,
    };
    let (headers, warnings, trouble) = match keys.and_then(|keys| headers(context, order, &endpoint, &keys)) {
        Ok((headers, warnings)) => (headers, warnings, None),
        Err(why) => (Vec::new(), Vec::new(), Some(why)),
    };
    Candidate {
        webhook_id: subscriber.webhook_id,
        url: endpoint.url.as_deref().map_or_else(|| "(none)".into(), egress::shown),
        chosen,
        why,
        headers,
        warnings,
        trouble,
    }
}

fn reason(order: &Order, subscriber: &Subscriber) -> (bool, String) {
    match subscriber.active {
        Some(false) => (false, "is inactive".into()),
        None => (false, "is inactive (is_active is NULL)".into()),
        Some(true) if order.webhooks.is_some() => (true, "was named".into()),
        Some(true) if subscriber.listed => (true, format!("subscribes to {}", order.event_type)),
        Some(true) => (false, format!("does not subscribe to {}", order.event_type)),
    }
}

/// The headers as they would be sent, masked, and the warnings.
type Told = (Vec<(String, String)>, Vec<String>);

fn headers(context: &Context, order: &Order, endpoint: &Endpoint, keys: &[Rc<[u8]>]) -> Result<Told, String> {
    let shown = |outcome: super::super::attempt::Outcome| outcome.shown();
    method(endpoint.method.as_deref()).map_err(shown)?;
    let url = endpoint.url.as_deref().unwrap_or_default();
    let target = egress::check_url(url, &context.rules()).map_err(|why| why.to_string())?;
    let now = context.clock.wall() / 1_000_000;
    let agent = &context.settings.user_agent.value;
    let id = "(the event's id)";
    let signatures = signatures(endpoint, keys, id, now, order.payload.as_bytes()).map_err(shown)?;
    let (list, warnings) = request::headers(endpoint.headers.as_deref(), id, agent, &signatures)
        .map_err(|fault| fault.to_string())?;
    let hidden = |name: &String| signatures.iter().any(|(signature, _)| signature.as_str() == name);
    let mut told = request::masked(&list);
    if target.credentials().is_some() && !told.iter().any(|(name, _)| name == "authorization") {
        told.push(("authorization".into(), "***".into()));
    }
    let told = told
        .into_iter()
        .map(|(name, value)| if hidden(&name) { (name, "(signed when sent)".into()) } else { (name, value) });
    Ok((told.collect(), warnings))
}

impl Output for Planned {
    fn text(&self, page: &mut Page) {
        page.line(format!("dry run: {} is neither enqueued nor sent", self.event_type));
        if let Some(id) = self.already {
            page.toned(format!("the same event is there already: nothing would be sent: {id}"), Tone::Warn);
        }
        page.blank();
        page.line(format!("payload: {}", self.payload));
        if self.endpoints.is_empty() {
            page.blank();
            page.line("the api key has no webhook");
        }
        for endpoint in &self.endpoints {
            page.blank();
            let (word, tone) = if endpoint.chosen { ("goes to", Tone::Good) } else { ("not to", Tone::Dim) };
            page.toned(format!("{word} {} {}: it {}", endpoint.webhook_id, endpoint.url, endpoint.why), tone);
            if let Some(trouble) = &endpoint.trouble {
                page.toned(format!("  would not be sent: {trouble}"), Tone::Bad);
            } else if endpoint.chosen {
                endpoint.headers.iter().for_each(|(name, value)| page.line(format!("  {name}: {value}")));
                endpoint.warnings.iter().for_each(|why| page.toned(format!("  warning: {why}"), Tone::Warn));
            }
        }
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "event_type": self.event_type,
            // Text, since a parser would change it: 95.50 would become 95.5.
            "payload": self.payload,
            "already": self.already.map(|id| id.to_string()),
            "endpoints": self.endpoints.iter().map(|endpoint| json!({
                "webhook_id": endpoint.webhook_id.to_string(),
                "url": endpoint.url,
                "chosen": endpoint.chosen,
                "why": endpoint.why,
                "trouble": endpoint.trouble,
                "warnings": endpoint.warnings,
                "headers": endpoint.headers.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        }))
    }

    fn verdict(&self) -> u8 {
        u8::from(self.already.is_none() && !self.endpoints.iter().any(|endpoint| endpoint.chosen))
    }
}
