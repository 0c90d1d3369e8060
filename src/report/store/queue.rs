//! Endpoints with what hookyard knows of them, and the queue as it stands.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::{Statements, fetch_each, joined};
use crate::egress;
use crate::report::figures::{Counts, Endpoint, Queue};
use crate::report::verdict::Level;

/// An endpoint with its URL as it stands, which the documents' queries group by and nobody may see.
#[derive(Clone)]
pub struct Found {
    pub url: Option<String>,
    /// Attempts without a time, which no window holds.
    pub undated: i64,
    pub endpoint: Endpoint,
}

const ENDPOINTS: &str = "
    select w.id, w.url::text, w.is_active,
        (extract(epoch from e.last_success_at) * 1000000)::int8,
        (extract(epoch from e.last_failure_at) * 1000000)::int8, e.last_failure,
        (extract(epoch from e.opened_at) * 1000000)::int8,
        (extract(epoch from e.gone_at) * 1000000)::int8,
        (extract(epoch from a.opened_at) * 1000000)::int8,
        (select count(*) from webhook_delivery_attempts n where n.webhook_id = w.id and n.created_at is null)
    from webhooks w
    left join hookyard.endpoints e on e.webhook_id = w.id
    left join hookyard.alerts a on a.webhook_id = w.id and a.closed_at is null
    order by w.id";

pub async fn list_endpoints(tx: &mut PgConnection) -> Result<Vec<Found>, sqlx::Error> {
    let rows = sqlx::raw_sql(ENDPOINTS).fetch_all(tx).await?;
    rows.iter()
        .map(|row| {
            let url: Option<String> = row.try_get(1)?;
            let endpoint = Endpoint {
                level: Level::Ok,
                webhook_id: row.try_get(0)?,
                url: url.as_deref().map(egress::shown),
                is_active: row.try_get(2)?,
                counts: Counts::default(),
                hours: Vec::new(),
                p50_ms: None,
                p95_ms: None,
                last_success_at: row.try_get(3)?,
                last_failure_at: row.try_get(4)?,
                last_failure: row.try_get(5)?,
                waiting: 0,
                due: 0,
                oldest_due_s: None,
                parked: 0,
                dead: 0,
                died: 0,
                breaker_open_since: row.try_get(6)?,
                gone_since: row.try_get(7)?,
                alert_since: row.try_get(8)?,
            };
            Ok(Found { url, undated: row.try_get(9)?, endpoint })
        })
        .collect()
}

/// From one endpoint with something waiting to the next along the queue's index. The oldest due one that no run holds
/// is one look; what runs hold stands before it, and that is not much.
const WAITING: &str = "
    with recursive waiting as (
        (select d.webhook_id from hookyard.deliveries d
         where d.state = 'pending' and d.parked_at is null order by d.webhook_id limit 1)
        union all
        select (select d.webhook_id from hookyard.deliveries d
                where d.state = 'pending' and d.parked_at is null and d.webhook_id > w.webhook_id
                order by d.webhook_id limit 1)
        from waiting w where w.webhook_id is not null
    )
    select w.webhook_id, n.waiting, n.due, extract(epoch from now() - o.next_attempt_at)::int8
    from waiting w
    cross join lateral (
        select count(*) as waiting, count(*) filter (where d.next_attempt_at <= now()) as due
        from hookyard.deliveries d
        where d.webhook_id = w.webhook_id and d.state = 'pending' and d.parked_at is null) n
    left join lateral (
        select d.next_attempt_at from hookyard.deliveries d
        where d.webhook_id = w.webhook_id and d.state = 'pending' and d.parked_at is null
          and d.next_attempt_at <= now() and (d.lease_until is null or d.lease_until < now())
        order by d.next_attempt_at limit 1) o on true
    where w.webhook_id is not null";

const PARKED: &str = "
    select d.webhook_id, count(*) from hookyard.deliveries d where d.parked_at is not null group by d.webhook_id";

const DEAD: &str = "
    select d.webhook_id, count(*), count(*) filter (where d.finished_at > now() - interval '24 hours')
    from hookyard.deliveries d where d.state = 'dead' group by d.webhook_id";

static ALL: Statements = Statements::new(|| joined(&[WAITING, PARKED, DEAD]));

/// The whole queue, deliveries of deleted webhooks included, and each endpoint's part of it.
#[derive(Default)]
pub struct Counted {
    queue: Queue,
    by_webhook: HashMap<Uuid, Queue>,
}

pub async fn count_queue(tx: &mut PgConnection) -> Result<Counted, sqlx::Error> {
    let mut counted = Counted::default();
    let [waiting, parked, dead] = fetch_each(tx, &ALL).await?;
    for row in waiting {
        let (waiting, due, oldest_due_s) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        counted.add(row.try_get(0)?, &Queue { waiting, due, oldest_due_s, ..Queue::default() });
    }
    for row in parked {
        counted.add(row.try_get(0)?, &Queue { parked: row.try_get(1)?, ..Queue::default() });
    }
    for row in dead {
        let (dead, died) = (row.try_get(1)?, row.try_get(2)?);
        counted.add(row.try_get(0)?, &Queue { dead, died, ..Queue::default() });
    }
    Ok(counted)
}

impl Counted {
    fn add(&mut self, webhook: Uuid, part: &Queue) {
        for sum in [&mut self.queue, self.by_webhook.entry(webhook).or_default()] {
            sum.waiting += part.waiting;
            sum.due += part.due;
            sum.oldest_due_s = sum.oldest_due_s.max(part.oldest_due_s);
            sum.parked += part.parked;
            sum.dead += part.dead;
            sum.died += part.died;
        }
    }

    /// Gives each endpoint its part, and the whole.
    pub fn shared_out(mut self, endpoints: &mut [Found]) -> Queue {
        for one in endpoints.iter_mut().map(|one| &mut one.endpoint) {
            if let Some(part) = self.by_webhook.get(&one.webhook_id) {
                (one.waiting, one.due, one.oldest_due_s) = (part.waiting, part.due, part.oldest_due_s);
                (one.parked, one.dead, one.died) = (part.parked, part.dead, part.died);
            }
            self.queue.breakers_open += i64::from(one.breaker_open_since.is_some());
            self.queue.flagged += i64::from(one.gone_since.is_some() && one.is_active == Some(true));
            self.queue.alerts_open += i64::from(one.alert_since.is_some());
        }
        self.queue
    }
}
