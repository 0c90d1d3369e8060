//! Choosing what is due and taking a lease on it.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use hyper::body::Bytes;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::super::super::delivery::{Claimed, Endpoint, SealedByEndpoint};
use super::super::super::store::sealed_in;
use super::{micros, unsigned};
use crate::backoff::{self, Policy};
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// Payloads up to this size come with the claim.
const INLINE: i32 = 16 * 1024;

/// The three ways to claim: functions of migration 0012, made of one text.
const CLAIM: &str = "select * from hookyard.claim_due($1, $2, $3, $4, $5)";
const CLAIM_PLAN: &str = "select * from hookyard.claim_planned($1, $2, $3, $4, $5, $6)";
const CLAIM_EVENT: &str = "select * from hookyard.claim_of_event($1, $2, $3, $4, $5, $6)";

/// What all deliveries of an endpoint share: the columns of `webhooks`, and what is known of it.
const ENDPOINTS: &str = "
    select u.id, w.id is not null, w.url::text, w.method::text, to_jsonb(w.headers)::text,
        coalesce(w.is_active, false), w.api_key_id::text, e.policy,
        coalesce(e.failures > 0 or e.opened_at is not null or e.gone_at is not null, false), coalesce(e.failures, 0)
    from unnest($1::uuid[]) as u (id)
    left join webhooks w on w.id = u.id
    left join hookyard.endpoints e on e.webhook_id = u.id";

/// What to claim from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    Event(Uuid),
    Plan(Uuid),
}

pub struct Claim<'a> {
    pub run: Uuid,
    pub scope: Scope,
    pub limit: usize,
    pub lease: Duration,
    pub excluded: &'a [Uuid],
    pub default_policy: &'static Policy,
}

/// What was claimed, and the database's time.
#[derive(Default)]
pub struct Batch {
    pub claimed: Vec<Claimed>,
    /// The secrets of their endpoints, as they were at the claim.
    pub secrets: SealedByEndpoint,
    pub now: Option<Micros>,
    /// An earlier try had come to its commit when its connection broke: it may hold what we never heard of.
    pub unheard: bool,
}

pub async fn claim_due(db: &Db, claim: &Claim<'_>) -> Result<Batch, Trouble> {
    let limit = i32::try_from(claim.limit).unwrap_or(i32::MAX);
    let (answered, unheard) = (Cell::new(false), Cell::new(false));
    let (rows, shared, secrets) = db
        .tx_relaxed(async |tx: &mut PgConnection| {
            unheard.set(answered.get());
            let query = match claim.scope {
                Scope::All => sqlx::query(CLAIM),
                Scope::Event(_) => sqlx::query(CLAIM_EVENT),
                Scope::Plan(_) => sqlx::query(CLAIM_PLAN),
            };
            let query =
                query.bind(limit).bind(claim.excluded).bind(micros(claim.lease)).bind(claim.run).bind(INLINE);
            let query = match claim.scope {
                Scope::All => query,
                Scope::Event(id) | Scope::Plan(id) => query.bind(id),
            };
            let rows = query.persistent(false).fetch_all(&mut *tx).await?;
            let mut webhooks = Vec::with_capacity(rows.len());
            for row in &rows {
                webhooks.push(row.try_get::<Uuid, _>(3)?);
            }
            webhooks.sort_unstable();
            webhooks.dedup();
            let (shared, secrets) = match webhooks.is_empty() {
                true => (HashMap::new(), SealedByEndpoint::new()),
                false => (shared_in(tx, &webhooks).await?, sealed_in(tx, &webhooks).await?),
            };
            answered.set(true);
            Ok((rows, shared, secrets))
        })
        .await?;
    let mut batch = Batch { unheard: unheard.get(), secrets, ..Batch::default() };
    for row in &rows {
        batch.now = Some(row.try_get(9).map_err(|why| db.trouble(why))?);
        batch.claimed.push(claimed(row, &shared, claim.default_policy).map_err(|why| db.trouble(why))?);
    }
    Ok(batch)
}

struct Shared {
    endpoint: Option<Rc<Endpoint>>,
    policy: Option<&'static Policy>,
    failing: bool,
    failures: u32,
}

async fn shared_in(tx: &mut PgConnection, webhooks: &[Uuid]) -> Result<HashMap<Uuid, Shared>, sqlx::Error> {
    let rows = sqlx::query(ENDPOINTS).bind(webhooks).persistent(false).fetch_all(tx).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, shared(row)?))).collect()
}

fn shared(row: &PgRow) -> Result<Shared, sqlx::Error> {
    let exists: bool = row.try_get(1)?;
    let endpoint = if exists {
        Some(Rc::new(Endpoint {
            url: row.try_get(2)?,
            method: row.try_get(3)?,
            headers: row.try_get(4)?,
            active: row.try_get(5)?,
            api_key_id: row.try_get(6)?,
        }))
    } else {
        None
    };
    let policy = row.try_get::<Option<&str>, _>(7)?.and_then(backoff::find);
    Ok(Shared { endpoint, policy, failing: row.try_get(8)?, failures: unsigned(row.try_get(9)?) })
}

fn claimed(
    row: &PgRow,
    shared: &HashMap<Uuid, Shared>,
    default_policy: &'static Policy,
) -> Result<Claimed, sqlx::Error> {
    let webhook_id = row.try_get(3)?;
    let shared = shared.get(&webhook_id);
    // A policy that this version does not know must not stop the delivery.
    let policy = match row.try_get::<Option<&str>, _>(8)? {
        Some(own) => backoff::find(own),
        None => shared.and_then(|shared| shared.policy),
    };
    Ok(Claimed {
        id: row.try_get(0)?,
        fence: row.try_get(1)?,
        event_id: row.try_get(2)?,
        webhook_id,
        steps: unsigned(row.try_get(4)?),
        interruptions: unsigned(row.try_get(5)?),
        lapsed: row.try_get(6)?,
        payload: row.try_get::<Option<&str>, _>(7)?.map(|text| Bytes::copy_from_slice(text.as_bytes())),
        policy: policy.unwrap_or(default_policy),
        endpoint: shared.and_then(|shared| shared.endpoint.clone()),
        failing: shared.is_some_and(|shared| shared.failing),
        failures: shared.map_or(0, |shared| shared.failures),
    })
}

/// A payload too large to come with the claim.
pub async fn find_payload(db: &Db, event: Uuid) -> Result<Bytes, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query("select payload from hookyard.events where id = $1")
            .bind(event)
            .persistent(false)
            .fetch_one(tx)
            .await?;
        Ok(Bytes::copy_from_slice(row.try_get::<&str, _>(0)?.as_bytes()))
    })
    .await
}
