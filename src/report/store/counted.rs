//! Attempts counted: by endpoint and hour, failures as the document groups them, and how long answers took. Along the
//! documented indexes, webhook by webhook: the history may hold ten million rows, of which the window is a small part.

use std::collections::{BTreeMap, HashMap};

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::Surroundings;
use super::queue::Found;
use crate::clock::Micros;
use crate::egress;
use crate::output;
use crate::report::figures::{Answers, ByUrl, Counts, Day, Failed, FailedGroup, Hour, rate};

const HOUR: Micros = 3_600_000_000;
/// Hours of an endpoint that are kept apart: the begun one and 23 before.
const HOURS: Micros = 24;

pub struct Counted {
    pub total: Counts,
    pub day: Counts,
    pub undated: i64,
    pub by_url: Vec<ByUrl>,
    pub hours: Vec<Hour>,
}

/// By webhook and hour. An attempt of the year infinity is counted as the document counts it, and belongs to no hour.
macro_rules! by_hour {
    ($hour:literal) => {
        concat!(
            "select w.id, case when isfinite(c.hour) then extract(epoch from c.hour)::int8 * 1000000 end,
                c.attempts, c.successes, c.refused, c.failures, c.no_answer
             from webhooks w cross join lateral (
                select ",
            $hour,
            " as hour, count(*) as attempts,
                    count(*) filter (where a.response_status between 200 and 299) as successes,
                    count(*) filter (where a.response_status between 400 and 499) as refused,
                    count(*) filter (where a.response_status >= 400) as failures,
                    count(*) filter (where a.response_status = 599) as no_answer
                from webhook_delivery_attempts a
                where a.webhook_id = w.id and a.created_at > to_timestamp($1 / 1000000.0)
                group by 1) c"
        )
    };
}
/// Plain arithmetic, since 14; before, by the calendar.
const BY_HOUR: &str = by_hour!("date_bin('1 hour', a.created_at, timestamptz '2000-01-01 00:00:00Z')");
const BY_HOUR_13: &str = by_hour!("date_trunc('hour', a.created_at)");

const UNDATED: &str = "
    select coalesce(sum(n.undated), 0)::int8 from webhooks w cross join lateral (
        select count(*) as undated from webhook_delivery_attempts a
        where a.webhook_id = w.id and a.created_at is null) n";

pub async fn count_attempts(
    tx: &mut PgConnection,
    around: &Surroundings,
    since: Micros,
    endpoints: &mut [Found],
) -> Result<Counted, sqlx::Error> {
    let text = if around.server >= 140_000 { BY_HOUR } else { BY_HOUR_13 };
    let rows = sqlx::query(text).bind(since).persistent(false).fetch_all(&mut *tx).await?;
    let at: HashMap<Uuid, usize> =
        endpoints.iter().enumerate().map(|(at, one)| (one.endpoint.webhook_id, at)).collect();
    let begun = around.now / HOUR * HOUR;
    let recent = begun - (HOURS - 1) * HOUR;
    let mut hours: BTreeMap<Micros, Hour> = BTreeMap::new();
    let mut own: Vec<BTreeMap<Micros, Hour>> = vec![BTreeMap::new(); endpoints.len()];
    for row in &rows {
        let Some(at) = at.get(&row.try_get(0)?) else { continue };
        let (hour, failures) = hour_of(row)?;
        let counts = &mut endpoints[*at].endpoint.counts;
        counts.attempts += hour.attempts;
        counts.successes += hour.successes;
        counts.failures += failures;
        counts.no_answer += hour.no_answer;
        if row.try_get::<Option<Micros>, _>(1)?.is_some() {
            hours.entry(hour.at).or_insert(Hour { at: hour.at, ..Hour::default() }).add(&hour);
            own[*at].insert(hour.at, hour);
        }
    }
    let mut counted = Counted {
        total: Counts::default(),
        day: Counts::default(),
        undated: sqlx::query(UNDATED).persistent(false).fetch_one(&mut *tx).await?.try_get(0)?,
        by_url: by_url(endpoints),
        hours: full(since / HOUR * HOUR, begun, &hours),
    };
    for (one, own) in endpoints.iter_mut().zip(&own) {
        let endpoint = &mut one.endpoint;
        endpoint.counts = endpoint.counts.rated();
        counted.total.attempts += endpoint.counts.attempts;
        counted.total.successes += endpoint.counts.successes;
        counted.total.failures += endpoint.counts.failures;
        counted.total.no_answer += endpoint.counts.no_answer;
        endpoint.hours = full(recent, begun, own);
    }
    counted.hours.iter().filter(|hour| hour.at >= recent).for_each(|hour| counted.day.add(hour));
    (counted.total, counted.day) = (counted.total.rated(), counted.day.rated());
    find_last(tx, endpoints, &own).await?;
    Ok(counted)
}

fn hour_of(row: &PgRow) -> Result<(Hour, i64), sqlx::Error> {
    let (refused, failures, no_answer): (i64, i64, i64) = (row.try_get(4)?, row.try_get(5)?, row.try_get(6)?);
    let hour = Hour {
        at: row.try_get::<Option<Micros>, _>(1)?.unwrap_or_default(),
        attempts: row.try_get(2)?,
        successes: row.try_get(3)?,
        refused,
        server_errors: failures - refused - no_answer,
        no_answer,
    };
    Ok((hour, failures))
}

/// Every hour of the stretch, the empty ones included.
fn full(from: Micros, to: Micros, found: &BTreeMap<Micros, Hour>) -> Vec<Hour> {
    let mut hours = Vec::new();
    let mut at = from;
    while at <= to {
        hours.push(found.get(&at).copied().unwrap_or(Hour { at, ..Hour::default() }));
        at += HOUR;
    }
    hours
}

/// As the document's GROUP BY w.url does.
fn by_url(endpoints: &[Found]) -> Vec<ByUrl> {
    let mut urls: BTreeMap<&Option<String>, Counts> = BTreeMap::new();
    for one in endpoints.iter().filter(|one| one.endpoint.counts.attempts > 0) {
        let counts = urls.entry(&one.url).or_default();
        counts.attempts += one.endpoint.counts.attempts;
        counts.successes += one.endpoint.counts.successes;
        counts.failures += one.endpoint.counts.failures;
    }
    let mut rows: Vec<ByUrl> = urls
        .into_iter()
        .map(|(url, counts)| ByUrl {
            url: url.as_deref().map(egress::shown),
            total_attempts: counts.attempts,
            successes: counts.successes,
            failures: counts.failures,
            success_rate: rate(counts.successes, counts.attempts).unwrap_or_default(),
        })
        .collect();
    rows.sort_by(|a, b| a.success_rate.total_cmp(&b.success_rate));
    rows
}

/// The last success and failure of each endpoint, in the hour that is known to have one: another sender's attempts
/// count, too.
const LAST: &str = "
    select p.at, p.is_success, (extract(epoch from l.created_at) * 1000000)::int8, s.response_status,
        case when s.response_status = 599 then s.response_data -> 'error' ->> 'kind' end
    from unnest($1::int4[], $2::uuid[], $3::bool[], $4::int8[]) as p (at, webhook_id, is_success, hour)
    cross join lateral (
        select a.created_at from webhook_delivery_attempts a
        where a.webhook_id = p.webhook_id
          and a.created_at >= to_timestamp(p.hour / 1000000.0)
          and a.created_at < to_timestamp(p.hour / 1000000.0) + interval '1 hour'
          and case when p.is_success then a.response_status between 200 and 299 else a.response_status >= 400 end
        order by a.created_at desc limit 1) l
    cross join lateral (
        select a.response_status, a.response_data from webhook_delivery_attempts a
        where a.webhook_id = p.webhook_id and a.created_at = l.created_at
          and case when p.is_success then a.response_status between 200 and 299 else a.response_status >= 400 end
        limit 1) s";

async fn find_last(
    tx: &mut PgConnection,
    endpoints: &mut [Found],
    own: &[BTreeMap<Micros, Hour>],
) -> Result<(), sqlx::Error> {
    let (mut at, mut ids, mut kinds, mut hours) = (vec![], vec![], vec![], vec![]);
    for (index, (one, own)) in endpoints.iter().zip(own).enumerate() {
        for is_success in [true, false] {
            let has = |hour: &&Hour| if is_success { hour.successes > 0 } else { hour.failures() > 0 };
            let Some(hour) = own.values().rev().find(has) else { continue };
            at.push(i32::try_from(index).unwrap_or(i32::MAX));
            ids.push(one.endpoint.webhook_id);
            kinds.push(is_success);
            hours.push(hour.at);
        }
    }
    let rows =
        sqlx::query(LAST).bind(at).bind(ids).bind(kinds).bind(hours).persistent(false).fetch_all(tx).await?;
    for row in &rows {
        let at: i32 = row.try_get(0)?;
        let Some(one) = usize::try_from(at).ok().and_then(|at| endpoints.get_mut(at)) else { continue };
        let endpoint = &mut one.endpoint;
        let (when, status): (Micros, i32) = (row.try_get(2)?, row.try_get(3)?);
        if row.try_get(1)? {
            endpoint.last_success_at = endpoint.last_success_at.max(Some(when));
        } else if endpoint.last_failure_at.is_none_or(|known| known < when) {
            endpoint.last_failure_at = Some(when);
            let kind: Option<String> = row.try_get(4)?;
            endpoint.last_failure =
                Some(kind.map_or_else(|| status.to_string(), |kind| format!("no answer: {kind}")));
        }
    }
    Ok(())
}

pub struct FailedFound {
    pub failed: Failed,
    /// Attempts whose process died with them on the wire.
    pub interrupted: i64,
}

macro_rules! failed {
    ($of:literal) => {
        concat!(
            $of,
            ", grouped as materialized (
                select w.url::text, f.response_status, f.response_data, count(*) as failures
                from failed f join webhooks w on w.id = f.webhook_id
                group by w.url, f.response_status, f.response_data)
             select g.url, g.response_status, left(g.response_data::text, 4000), g.failures,
                count(*) over (), (sum(g.failures) over ())::int8,
                coalesce((sum(g.failures) filter (where g.response_status = 599
                    and g.response_data -> 'error' ->> 'kind' = 'interrupted') over ()), 0)::int8
             from grouped g order by g.failures desc, g.response_status, g.url limit 100"
        )
    };
}
/// From one status to the next along the documented index of failures.
const FAILED_BY_STATUS: &str = failed!(
    "with recursive statuses as (
        (select a.response_status as status from webhook_delivery_attempts a
         where a.response_status >= 400 order by a.response_status limit 1)
        union all
        select (select a.response_status from webhook_delivery_attempts a
                where a.response_status >= 400 and a.response_status > s.status
                order by a.response_status limit 1)
        from statuses s where s.status is not null
    ), failed as (
        select f.* from statuses s cross join lateral (
            select a.webhook_id, a.response_status, a.response_data from webhook_delivery_attempts a
            where a.response_status = s.status and a.response_status >= 400
              and a.created_at > now() - interval '24 hours') f
        where s.status is not null)"
);
/// Where that index is missing.
const FAILED_BY_WEBHOOK: &str = failed!(
    "with failed as (
        select f.* from webhooks w cross join lateral (
            select a.webhook_id, a.response_status, a.response_data from webhook_delivery_attempts a
            where a.webhook_id = w.id and a.response_status >= 400
              and a.created_at > now() - interval '24 hours') f)"
);

pub async fn list_failed(
    tx: &mut PgConnection,
    around: &Surroundings,
    show_pii: bool,
) -> Result<FailedFound, sqlx::Error> {
    let text = if around.has_status_index { FAILED_BY_STATUS } else { FAILED_BY_WEBHOOK };
    let mut found = FailedFound { failed: Failed::default(), interrupted: 0 };
    for row in sqlx::query(text).persistent(false).fetch_all(tx).await? {
        let (url, data): (Option<String>, String) = (row.try_get(0)?, row.try_get(2)?);
        found.failed.groups_found = row.try_get(4)?;
        found.failed.total = row.try_get(5)?;
        found.interrupted = row.try_get(6)?;
        found.failed.groups.push(FailedGroup {
            url: url.as_deref().map(egress::shown),
            response_status: row.try_get(1)?,
            response_data: if show_pii { data } else { output::masked(&data) },
            failures: row.try_get(3)?,
        });
    }
    Ok(found)
}

/// Of the newest attempts that hookyard made in the window: sorting all of a week's takes seconds.
const ANSWERS: &str = "
    with sample as materialized (
        select a.webhook_id, a.duration_us, date_trunc('day', a.started_at) as day
        from (select * from hookyard.attempts n order by n.id desc limit 50000) a
        where a.started_at > to_timestamp($1 / 1000000.0) and a.status is not null
    )
    select s.webhook_id, extract(epoch from s.day)::int8 * 1000000, count(*),
        percentile_disc(0.5) within group (order by s.duration_us) / 1000.0::float8,
        percentile_disc(0.95) within group (order by s.duration_us) / 1000.0::float8
    from sample s group by grouping sets ((s.webhook_id), (s.day), ())";

pub async fn find_answers(
    tx: &mut PgConnection,
    since: Micros,
    endpoints: &mut [Found],
) -> Result<Answers, sqlx::Error> {
    let mut answers = Answers::default();
    let mut of: HashMap<Uuid, (Option<f64>, Option<f64>)> = HashMap::new();
    for row in sqlx::query(ANSWERS).bind(since).persistent(false).fetch_all(tx).await? {
        let (p50_ms, p95_ms): (Option<f64>, Option<f64>) = (row.try_get(3)?, row.try_get(4)?);
        match (row.try_get::<Option<Uuid>, _>(0)?, row.try_get::<Option<Micros>, _>(1)?) {
            (Some(id), _) => drop(of.insert(id, (p50_ms, p95_ms))),
            (None, Some(at)) => answers.days.push(Day { at, attempts: row.try_get(2)?, p50_ms, p95_ms }),
            (None, None) => (answers.p50_ms, answers.p95_ms) = (p50_ms, p95_ms),
        }
    }
    answers.days.sort_by_key(|day| day.at);
    for one in endpoints {
        if let Some((p50_ms, p95_ms)) = of.get(&one.endpoint.webhook_id) {
            (one.endpoint.p50_ms, one.endpoint.p95_ms) = (*p50_ms, *p95_ms);
        }
    }
    Ok(answers)
}
