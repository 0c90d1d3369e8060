//! How long answers took: of counted hours from their histograms, of the time since then from the attempts.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt;
use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::hours::{self, Histogram};
use super::{Wish, pieces, queue};
use crate::clock::Micros;
use crate::report::figures::{Answers, Day};

/// Of each stretch that is not counted some of the newest: beside counted hours a thousand are enough, and elsewhere five
/// thousand must do, and the number of attempts says so. Ids begin with the time of the machine that made them.
const REST: &str = "
    select g.webhook_id, extract(epoch from g.day)::int8 * 1000000, g.step, g.answered
    from (
        select a.webhook_id, date_trunc('day', a.started_at) as day, hookyard.answer_step(a.duration_us) as step,
            count(*) as answered
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
        group by 1, 2, 3) g";

/// Of one endpoint on one day.
const COUNTED: &str = "
    select h.webhook_id, extract(epoch from date_trunc('day', h.hour))::int8 * 1000000, string_agg(h.answers, '')
    from hookyard.hours h
    where h.hour > to_timestamp($1 / 1000000.0) and h.hour < to_timestamp($2 / 1000000.0)
    group by h.webhook_id, date_trunc('day', h.hour)";

const NOW: &str = "select (extract(epoch from now()) * 1000000)::int8";

#[derive(Default)]
pub struct Found {
    by_webhook: HashMap<Uuid, Histogram>,
    /// By day of UTC.
    by_day: BTreeMap<Micros, Histogram>,
}

pub async fn find_answers(tx: &mut PgConnection, wish: &Wish) -> Result<Found, sqlx::Error> {
    let now: Micros = sqlx::raw_sql(NOW).fetch_one(&mut *tx).await?.try_get(0)?;
    let since = now - wish.window_s * 1_000_000;
    let mut found = Found::default();
    let mut counted = Vec::new();
    if !wish.live {
        counted = hours::list_counted(tx, (since, now)).await?;
        let query = sqlx::query(COUNTED).bind(since).bind(now).persistent(false);
        let mut rows = query.fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            let answers = row.try_get(2)?;
            found.of(row.try_get(0)?, row.try_get(1)?).for_each(|histogram| histogram.add_all(answers));
        }
    }
    let (from, last) = pieces::bounds(&hours::left(since, now, &counted));
    let most: i64 = if counted.is_empty() { 5000 } else { 1000 };
    let rest = sqlx::query(REST).bind(from).bind(last).bind(most).persistent(false);
    for row in rest.fetch_all(tx).await? {
        let (step, count) = (row.try_get(2)?, row.try_get(3)?);
        found.of(row.try_get(0)?, row.try_get(1)?).for_each(|histogram| histogram.add(step, count));
    }
    Ok(found)
}

impl Found {
    fn of(&mut self, webhook: Uuid, day: Micros) -> impl Iterator<Item = &mut Histogram> {
        [self.by_webhook.entry(webhook).or_default(), self.by_day.entry(day).or_default()].into_iter()
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
