//! How long answers took: of counted hours from their histograms, of the time since then from the attempts.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::hours::{Counted, Histogram};
use super::queue::Found;
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

pub async fn find_answers(
    tx: &mut PgConnection,
    counted: Counted,
    left: (&[Micros], &[Option<Micros>]),
    endpoints: &mut [Found],
) -> Result<Answers, sqlx::Error> {
    let mut all = Histogram::default();
    let Counted { hours, mut by_webhook, mut by_day } = counted;
    let most: i64 = if hours.is_empty() { 5000 } else { 1000 };
    let rest = sqlx::query(REST).bind(left.0).bind(left.1).bind(most).persistent(false);
    for row in rest.fetch_all(tx).await? {
        let (id, day, step, count) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        by_webhook.entry(id).or_default().add(step, count);
        by_day.entry(day).or_default().add(step, count);
    }
    by_day.values().for_each(|histogram| all.merge(histogram));
    for one in endpoints {
        if let Some(histogram) = by_webhook.get(&one.endpoint.webhook_id) {
            (one.endpoint.p50_ms, one.endpoint.p95_ms) = (histogram.quantile(0.5), histogram.quantile(0.95));
        }
    }
    let day = |(at, histogram): (Micros, Histogram)| Day {
        at,
        attempts: histogram.count(),
        p50_ms: histogram.quantile(0.5),
        p95_ms: histogram.quantile(0.95),
    };
    Ok(Answers {
        attempts: all.count(),
        p50_ms: all.quantile(0.5),
        p95_ms: all.quantile(0.95),
        days: by_day.into_iter().filter(|(_, histogram)| histogram.count() > 0).map(day).collect(),
    })
}
