//! Attempts counted by endpoint and hour: from the hours that are counted already, and for the rest of the window along
//! the documented index, webhook by webhook. The history may hold ten million rows, of which that rest is a small part.

use std::collections::{BTreeMap, HashSet};

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::hours::{self, Counted, HOUR};
use super::queue::Found;
use super::tally::{Own, Tally};
use super::{Surroundings, Wish, answers, uncounted};
use crate::clock::{self, Micros};
use crate::egress;
use crate::report::figures::{ByUrl, Counts, Deliveries, Hour, Remark, rate};

/// Hours of an endpoint that are kept apart: the begun one and 23 before.
const HOURS: Micros = 24;

const UNDATED: &str = "
    select coalesce(sum(n.undated), 0)::int8 from webhooks w cross join lateral (
        select count(*) as undated from webhook_delivery_attempts a
        where a.webhook_id = w.id and a.created_at is null) n";

/// All of deliveries but what is waiting and what has failed for good.
pub async fn count_attempts(
    tx: &mut PgConnection,
    around: &Surroundings,
    wish: &Wish,
    endpoints: &mut [Found],
) -> Result<Deliveries, sqlx::Error> {
    let since = around.now - wish.window_s * 1_000_000;
    let begun = around.now / HOUR * HOUR;
    let recent = begun - (HOURS - 1) * HOUR;
    let mut tally = Tally::new(endpoints, recent);
    let counted = match wish.live {
        true => Counted::default(),
        false => hours::add_counted(tx, (since, around.now), &mut tally).await?,
    };
    let left = hours::left(since, around.now, &counted.hours);
    let unread = uncounted::add_uncounted(tx, around, &left, &mut tally).await?;
    let (from, last) = uncounted::bounds(&left);
    let known: HashSet<Micros> = counted.hours.iter().copied().collect();
    let is_missing = |at| unread.is_some_and(|before| at < before) && !known.contains(&at);
    let Tally { endpoints, own, hours, .. } = tally;
    let mut attempts = Deliveries {
        counted_hours: counted.hours.len(),
        read_live: if wish.live { None } else { read_live(around, (since, begun), &counted.hours, &hours) },
        missing: unread.map(|before| missing(around, wish, (since, before), &counted.hours)),
        undated: sqlx::raw_sql(UNDATED).fetch_one(&mut *tx).await?.try_get(0)?,
        by_url: by_url(endpoints),
        hours: full(since / HOUR * HOUR, begun, &hours, is_missing),
        ..Deliveries::default()
    };
    for (one, own) in endpoints.iter_mut().zip(&own) {
        let endpoint = &mut one.endpoint;
        endpoint.counts = endpoint.counts.rated();
        attempts.total.attempts += endpoint.counts.attempts;
        attempts.total.successes += endpoint.counts.successes;
        attempts.total.failures += endpoint.counts.failures;
        attempts.total.no_answer += endpoint.counts.no_answer;
        endpoint.hours = full(recent, begun, &own.hours, is_missing);
    }
    attempts.hours.iter().filter(|hour| hour.at >= recent).for_each(|hour| attempts.day.add(hour));
    (attempts.total, attempts.day) = (attempts.total.rated(), attempts.day.rated());
    find_last(tx, endpoints, &own).await?;
    attempts.answers = answers::find_answers(tx, counted, (&from, &last), endpoints).await?;
    Ok(attempts)
}

/// Until an hour is over for ten minutes nobody can have counted it, and a run that counts comes a little later.
const FRESH: Micros = 2 * HOUR;

/// Why more than the newest hours had to be read, and what to type.
fn read_live(
    around: &Surroundings,
    (since, begun): (Micros, Micros),
    counted: &[Micros],
    hours: &BTreeMap<Micros, Hour>,
) -> Option<Remark> {
    if !around.finds_times() {
        let what = "all attempts are read through: no index on (webhook_id, created_at)".to_owned();
        return around.has_attempts.then(|| Remark { what, to_type: index(around), hours: 0 });
    }
    let counted: HashSet<Micros> = counted.iter().copied().collect();
    let whole = hours.values().filter(|hour| hour.at > since && hour.at < begun - FRESH);
    let left: Vec<i64> = whole.filter(|hour| !counted.contains(&hour.at)).map(|hour| hour.attempts).collect();
    (!left.is_empty()).then(|| Remark {
        what: format!(
            "{} attempts were read one by one: {} hours are not counted yet, and each run of webhook retry counts some",
            left.iter().sum::<i64>(),
            left.len()
        ),
        to_type: "hookyard webhook retry".to_owned(),
        hours: left.len() as i64,
    })
}

fn index(around: &Surroundings) -> String {
    match around.owns_attempts {
        true => "hookyard database migrate --with-indexes".to_owned(),
        false => {
            "as the owner of the table: create index concurrently on webhook_delivery_attempts (webhook_id, \
                  created_at desc);"
                .to_owned()
        }
    }
}

/// What the figures leave out, and what to type so that the next ones do not.
fn missing(
    around: &Surroundings,
    wish: &Wish,
    (since, before): (Micros, Micros),
    counted: &[Micros],
) -> Remark {
    let all = (before - since + HOUR - 1) / HOUR;
    let hours = all - counted.iter().filter(|hour| **hour > since && **hour < before).count() as i64;
    Remark {
        what: format!(
            "attempts of {hours} hours before {} are missing from these figures: they are not counted yet, and reading \
             them takes longer than {} s",
            clock::shown(before),
            uncounted::BUDGET.as_secs()
        ),
        to_type: match (around.finds_times(), wish.live) {
            (false, _) => index(around),
            (true, true) => "hookyard report health".to_owned(),
            (true, false) => "hookyard webhook retry".to_owned(),
        },
        hours,
    }
}

/// Every hour of the stretch, the empty ones included.
fn full(
    from: Micros,
    to: Micros,
    found: &BTreeMap<Micros, Hour>,
    is_missing: impl Fn(Micros) -> bool,
) -> Vec<Hour> {
    let mut hours = Vec::new();
    let mut at = from;
    while at <= to {
        let hour = found.get(&at).copied().unwrap_or(Hour { at, ..Hour::default() });
        hours.push(Hour { is_missing: is_missing(at), ..hour });
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

async fn find_last(tx: &mut PgConnection, endpoints: &mut [Found], own: &[Own]) -> Result<(), sqlx::Error> {
    let (mut at, mut ids, mut kinds, mut hours) = (vec![], vec![], vec![], vec![]);
    for (index, (one, own)) in endpoints.iter().zip(own).enumerate() {
        for (is_success, hour) in [(true, own.last[0]), (false, own.last[1])] {
            let Some(hour) = hour else { continue };
            at.push(i32::try_from(index).unwrap_or(i32::MAX));
            ids.push(one.endpoint.webhook_id);
            kinds.push(is_success);
            hours.push(hour);
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
