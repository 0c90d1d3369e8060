//! The endpoints of a plan: how they stand, and whether they can be reached now.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use super::store::{self, Chosen, Endpoint};
use crate::context::Context;
use crate::db::Db;
use crate::egress;
use crate::failure::Failure;
use crate::http::Http;

/// A plan's share of one endpoint, and what is known of the endpoint.
pub struct Part {
    pub chosen: Chosen,
    pub endpoint: Option<Endpoint>,
    /// Reached now; or why not.
    pub reached: Result<(), String>,
}

const WITHIN: Duration = Duration::from_secs(5);
const AT_ONCE: usize = 16;
/// Endpoints that are tried: the largest shares. A plan over thousands must not take minutes to print.
const TRIED: usize = 200;

/// `instead`: where all of it goes, and the endpoints are left alone.
pub async fn look(
    context: &Context,
    db: &Db,
    chosen: Vec<Chosen>,
    instead: Option<&str>,
) -> Result<Vec<Part>, Failure> {
    let webhooks: Vec<_> = chosen.iter().map(|part| part.webhook_id).collect();
    let found = store::find_endpoints(db, &webhooks).await?;
    let mut found: HashMap<_, _> =
        found.into_iter().map(|endpoint| (endpoint.webhook_id, endpoint)).collect();
    let http = if chosen.is_empty() { None } else { Some(context.http()?) };
    let parts = chosen.into_iter().enumerate().map(|(at, chosen)| {
        let endpoint = found.remove(&chosen.webhook_id);
        async move {
            let reached = match http {
                Some(_) if instead.is_some() => Err("not asked, it goes to another receiver".into()),
                Some(http) if at < TRIED => reach(http, endpoint.as_ref()).await,
                _ => Err("not tried".into()),
            };
            Part { chosen, endpoint, reached }
        }
    });
    Ok(stream::iter(parts).buffered(AT_ONCE).collect().await)
}

/// TCP and TLS only; never a request.
async fn reach(http: &Http, endpoint: Option<&Endpoint>) -> Result<(), String> {
    let url = endpoint.and_then(|endpoint| endpoint.url.as_deref());
    let url = url.ok_or_else(|| "the webhook was deleted or has no URL".to_owned())?;
    if endpoint.is_some_and(|endpoint| !endpoint.active) {
        return Err("the endpoint is inactive".into());
    }
    let target = egress::check_url(url, http.rules()).map_err(|why| why.to_string())?;
    http.probe(&target, WITHIN).await
}
