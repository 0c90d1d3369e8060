//! How long answers took: of counted hours from their histograms, of the time since then from the attempts.

use std::collections::{BTreeMap, HashMap};

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::hours::{Histogram, Stretch};
use super::{pieces, queue};
use crate::clock::Micros;
use crate::report::figures::{Answers, Day};

/// Of each stretch that is not counted some of the newest: beside counted hours a thousand are enough, and elsewhere five
/// thousand must do, and the number of attempts says so. Ids begin with the time of the machine that made them. By day,
/// each answer in 18 bytes: whose it is, and its step.
const REST: &str = "
    select extract(epoch from g.day)::int8 * 1000000, g.answers
    from (
        select date_trunc('day', a.started_at) as day,
            string_agg(uuid_send(a.webhook_id) || int2send(hookyard.answer_step(a.duration_us)), '') as answers
        from (
            select t.since, coalesce(t.last, 'infinity') as last,
                hookyard.first_id(t.since - interval '10 minutes') as first_id,
                coalesce(hookyard.first_id(t.last + interval '10 minutes'), 'ffffffff-ffff-ffff-ffff-ffffffffffff') as last_id
            from unnest($1::int8[], $2::int8[]) as u (since, last)
            cross join lateral (
                select to_timestamp(u.since / 1000000.0) as since, to_timestamp(u.last / 1000000.0) as last) t
            offset 0) s
        cross join lateral (
            select n.webhook_id, n.started_at, n.duration_us from hookyard.attempts n
            where n.id >= s.first_id and n.id < s.last_id and n.started_at between s.since and s.last
              and n.status is not null
            order by n.id desc limit $3) a
        group by 1) g";

#[derive(Default)]
pub struct Found {
    by_webhook: HashMap<Uuid, Histogram>,
    /// By day of UTC.
    by_day: BTreeMap<Micros, Histogram>,
}

/// Of what nobody has counted; `is_all`: nothing is.
pub async fn find_rest(tx: &mut PgConnection, left: &[Stretch], is_all: bool) -> Result<Found, sqlx::Error> {
    let mut found = Found::default();
    let (from, last) = pieces::bounds(left);
    let most: i64 = if is_all { 5000 } else { 1000 };
    let rest = sqlx::query(REST).bind(from).bind(last).bind(most).persistent(false);
    for row in rest.fetch_all(tx).await? {
        let day = found.by_day.entry(row.try_get(0)?).or_default();
        let (packed, _): (&[[u8; 18]], _) = row.try_get::<&[u8], _>(1)?.as_chunks();
        for &[webhook @ .., high, low] in packed {
            let step = i16::from_be_bytes([high, low]);
            day.add(step, 1);
            found.by_webhook.entry(Uuid::from_bytes(webhook)).or_default().add(step, 1);
        }
    }
    Ok(found)
}

impl Found {
    /// A day's counted answers of one endpoint, as `hookyard.hours` holds them.
    pub fn add_counted(&mut self, webhook: Uuid, day: Micros, answers: &[u8]) {
        self.by_webhook.entry(webhook).or_default().add_all(answers);
        self.by_day.entry(day).or_default().add_all(answers);
    }

    pub fn merge(&mut self, other: &Found) {
        for (webhook, histogram) in &other.by_webhook {
            self.by_webhook.entry(*webhook).or_default().merge(histogram);
        }
        for (day, histogram) in &other.by_day {
            self.by_day.entry(*day).or_default().merge(histogram);
        }
    }

    /// Gives each endpoint its part, and the whole.
    pub fn shared_out(self, endpoints: &mut [queue::Found]) -> Answers {
        for one in endpoints.iter_mut().map(|one| &mut one.endpoint) {
            if let Some(histogram) = self.by_webhook.get(&one.webhook_id) {
                (one.p50_ms, one.p95_ms) = (histogram.quantile(0.5), histogram.quantile(0.95));
            }
        }
        let mut all = Histogram::default();
        self.by_day.values().for_each(|histogram| all.merge(histogram));
        let day = |(at, histogram): (Micros, Histogram)| Day {
            at,
            attempts: histogram.count(),
            p50_ms: histogram.quantile(0.5),
            p95_ms: histogram.quantile(0.95),
        };
        Answers {
            attempts: all.count(),
            p50_ms: all.quantile(0.5),
            p95_ms: all.quantile(0.95),
            days: self.by_day.into_iter().filter(|(_, histogram)| histogram.count() > 0).map(day).collect(),
        }
    }
}
