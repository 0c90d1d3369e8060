//! One alert per outage of an endpoint: a row, and a POST to the alert URL that is repeated by later runs until it is
//! answered with 2xx.

use std::time::Duration;

use futures_util::future::join_all;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::store::{self, Alert};
use crate::context::Context;
use crate::egress;
use crate::failure::Failure;
use crate::http::{Http, Method, Reply, Request};

/// Alerts told by one run, at most: the others' turn comes with the next.
const AT_ONCE: i32 = 20;

/// The longest that telling may take, where nothing shortens it further.
pub const LIMIT: Duration = Duration::from_secs(10);

/// Tell what is still untold. A failure to tell never fails the run: the row stays and says so.
pub async fn tell(context: &Context, limit: Duration) {
    if let Err(why) = tell_all(context, limit).await {
        context.printer.warn(&format!("alerts wait for the next run: {:#}", why.source));
    }
}

async fn tell_all(context: &Context, limit: Duration) -> Result<(), Failure> {
    let Some(url) = &context.settings.alert_url else { return Ok(()) };
    let db = context.db().await?;
    let alerts = store::claim_alerts(db, AT_ONCE).await?;
    if alerts.is_empty() {
        return Ok(());
    }
    let http = context.http()?;
    let limit = limit.min(context.settings.timeout.value);
    let posts = alerts.iter().map(|alert| post(http, url.value.reveal(), alert, limit));
    let replies = join_all(posts).await;
    let mut troubles: Vec<String> = Vec::new();
    for (alert, reply) in alerts.iter().zip(replies) {
        let trouble = match reply? {
            Reply::Answered(answer) if (200..300).contains(&answer.status) => {
                store::finish_alert(db, alert.id).await?;
                tracing::info!(target: "hookyard::alert", "the outage of endpoint {} is told", alert.webhook_id);
                continue;
            }
            Reply::Answered(answer) => format!("the alert URL answered {}; it is tried again", answer.status),
            Reply::None(none) => {
                format!("the alert URL gave no answer ({}); it is tried again", none.kind.word())
            }
        };
        if !troubles.contains(&trouble) {
            context.printer.warn(&trouble);
            troubles.push(trouble);
        }
    }
    Ok(())
}

async fn post(http: &Http, url: &str, alert: &Alert, timeout: Duration) -> Result<Reply, Failure> {
    let target = egress::check_url(url, http.rules())
        .map_err(|why| Failure::blocked(why.to_string()).context("the alert URL cannot be used"))?;
    let request = Request {
        method: Method::Post,
        target,
        headers: vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body: Bytes::from(json!({ "text": text(alert) }).to_string()),
        timeout,
    };
    Ok(http.send(request).await)
}

/// The facts, the api key id among them, so that the customer can be told.
fn text(alert: &Alert) -> String {
    let url = alert.url.as_deref().map_or_else(|| "a deleted webhook".to_owned(), egress::shown);
    format!(
        "Webhook endpoint {} ({url}, api key {}) does not receive: delivery {} is dead ({}). {} of its deliveries are \
         dead, {} wait. Replay them when it is well again.",
        alert.webhook_id,
        alert.api_key_id.as_deref().unwrap_or("unknown"),
        alert.delivery_id,
        alert.reason,
        alert.dead,
        alert.waiting
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_names_endpoint_and_api_key_and_no_token() {
        let id = uuid::Uuid::from_u128;
        let told = text(&Alert {
            id: id(1),
            webhook_id: id(2),
            delivery_id: id(3),
            url: Some("https://u:hunter2@crm.example/in?token=hunter3".into()),
            api_key_id: Some(id(4).to_string()),
            reason: "schedule used up: 503".into(),
            dead: 3,
            waiting: 40,
        });
        assert!(
            told.contains(&id(2).to_string())
                && told.contains(&id(4).to_string())
                && told.contains("crm.example")
        );
        assert!(!told.contains("hunter"));
    }
}
