//! Attempts counted by endpoint and hour: from the hours that are counted already, and for the rest of the window along
//! the documented index, webhook by webhook. The history may hold ten million rows, of which that rest is a small part.

use std::collections::{BTreeMap, HashSet};

use sqlx::postgres::PgConnection;

use super::answers;
use super::beside::Beside;
use super::hours::{self, HOUR};
use super::last::Last;
use super::queue::Found;
use super::rest;
use super::tally::Tally;
use super::{Surroundings, Wish};
use crate::clock::{self, Micros};
use crate::egress;
use crate::report::figures::{ByUrl, Counts, Deliveries, Hour, Remark, rate};

/// What one look finds before the rest of the window is read.
pub struct Begun {
    pub tally: Tally,
    pub answers: answers::Found,
}

/// Adds the hours that are counted.
pub async fn begin(
    tx: &mut PgConnection,
    around: &Surroundings,
    wish: &Wish,
    beside: &Beside<'_>,
) -> Result<Begun, sqlx::Error> {
    let mut tally = Tally::new(beside.find_endpoints(tx).await?, around.recent());
    let mut recent = beside.find_recent(tx).await?;
    if recent.is_early {
        recent = hours::find_recent(tx, &around.recent_counted()).await?;
    }
    recent.hours.iter().for_each(|(id, hour)| tally.add_one(*id, hour));
    let mut answers = recent.answers;
    if around.counted.first().is_some_and(|hour| *hour < tally.recent) {
        hours::add_older(tx, around.since(wish), &mut tally, &mut answers).await?;
    }
    Ok(Begun { tally, answers })
}

/// All of deliveries but what is waiting and what failed. `unread`: the moment before which the rest was not read.
pub fn complete(
    around: &Surroundings,
    wish: &Wish,
    begun: Begun,
    unread: Option<Micros>,
    last: &[Last],
) -> (Deliveries, Vec<Found>) {
    let (since, hour) = (around.since(wish), around.begun());
    let Begun { tally, answers } = begun;
    let Tally { mut endpoints, own, hours, recent, .. } = tally;
    let known: HashSet<Micros> = around.known().into_iter().collect();
    let is_missing = |at| unread.is_some_and(|before| at < before) && !known.contains(&at);
    let mut attempts = Deliveries {
        counted_hours: around.counted.len(),
        read_live: if wish.live { None } else { read_live(around, (since, hour), &hours, &known) },
        missing: unread.map(|before| missing(around, wish, (since, before), &known)),
        undated: endpoints.iter().map(|one| one.undated).sum(),
        by_url: by_url(&endpoints),
        hours: full(since / HOUR * HOUR, hour, &hours, is_missing),
        ..Deliveries::default()
    };
    for (one, own) in endpoints.iter_mut().zip(&own) {
        let endpoint = &mut one.endpoint;
        endpoint.counts = endpoint.counts.rated();
        attempts.total.attempts += endpoint.counts.attempts;
        attempts.total.successes += endpoint.counts.successes;
        attempts.total.failures += endpoint.counts.failures;
        attempts.total.no_answer += endpoint.counts.no_answer;
        endpoint.hours = full(recent, hour, &own.hours, is_missing);
    }
    attempts.hours.iter().filter(|hour| hour.at >= recent).for_each(|hour| attempts.day.add(hour));
    (attempts.total, attempts.day) = (attempts.total.rated(), attempts.day.rated());
    last.iter().for_each(|one| one.tell(&mut endpoints));
    attempts.answers = answers.shared_out(&mut endpoints);
    (attempts, endpoints)
}

/// Until an hour is over for ten minutes nobody can have counted it, and a run that counts comes a little later.
const FRESH: Micros = 2 * HOUR;

/// Why more than the newest hours had to be read, and what to type.
fn read_live(
    around: &Surroundings,
    (since, begun): (Micros, Micros),
    hours: &BTreeMap<Micros, Hour>,
    known: &HashSet<Micros>,
) -> Option<Remark> {
    if !around.finds_times() {
        let what = "all attempts are read through: no index on (webhook_id, created_at)".to_owned();
        return around.has_attempts.then(|| Remark { what, to_type: index(around), hours: 0 });
    }
    let whole = hours.values().filter(|hour| hour.at > since && hour.at < begun - FRESH);
    let left: Vec<i64> = whole.filter(|hour| !known.contains(&hour.at)).map(|hour| hour.attempts).collect();
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
    known: &HashSet<Micros>,
) -> Remark {
    let all = (before - since + HOUR - 1) / HOUR;
    let hours = all - known.iter().filter(|hour| **hour > since && **hour < before).count() as i64;
    Remark {
        what: format!(
            "attempts of {hours} hours before {} are missing from these figures: they are not counted yet, and reading \
             them takes longer than {} s",
            clock::shown(before),
            rest::BUDGET.as_secs()
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
