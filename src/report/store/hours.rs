//! Hours that `webhook retry` has counted, and the stretches that still have to be counted from the attempts: both
//! together are the window, and no attempt is in two of them.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::answers;
use super::tally::Tally;
use crate::clock::Micros;
use crate::report::figures::Hour;

pub const HOUR: Micros = 3_600_000_000;
pub const DAY: Micros = 24 * HOUR;

const STEPS: usize = 128;

/// How many answers took how long, in the steps of `hookyard.answer_step`.
#[derive(Clone, Debug)]
pub struct Histogram([i64; STEPS]);

impl Default for Histogram {
    fn default() -> Self {
        Histogram([0; STEPS])
    }
}

impl Histogram {
    pub fn add(&mut self, step: i16, count: i64) {
        if let Some(held) = usize::try_from(step).ok().and_then(|step| self.0.get_mut(step)) {
            *held += count;
        }
    }

    /// As `hookyard.hours` holds it: two bytes of step and four of count, again and again.
    pub fn add_all(&mut self, pairs: &[u8]) {
        for pair in pairs.chunks_exact(6) {
            let &[a, b, c, d, e, f] = pair else { continue };
            self.add(i16::from_be_bytes([a, b]), i64::from(i32::from_be_bytes([c, d, e, f])));
        }
    }

    pub fn merge(&mut self, other: &Histogram) {
        self.0.iter_mut().zip(&other.0).for_each(|(held, more)| *held += more);
    }

    pub fn count(&self) -> i64 {
        self.0.iter().sum()
    }

    /// In milliseconds, to within 8 %: the middle of the step that holds it.
    pub fn quantile(&self, part: f64) -> Option<f64> {
        let rank = (self.count() as f64 * part).ceil().max(1.0);
        let mut passed = 0.0;
        self.0.iter().enumerate().find_map(|(step, count)| {
            passed += *count as f64;
            (passed >= rank).then(|| 0.1 * ((step as f64 + 0.5) / 7.0).exp())
        })
    }
}

/// From the first moment on, up to the second; none: without end.
pub type Stretch = (Micros, Option<Micros>);

/// The last hours one by one, as they are: that is cheaper than adding them up. An hour without attempts has a row, too.
const RECENT: &str = "
    select h.webhook_id, h.attempts, h.successes, h.refused, h.failures, h.no_answer, h.answers,
        date_part('epoch', c.hour)::int8
    from hookyard.counted_hours c left join hookyard.hours h on h.hour = c.hour
    where c.hour between to_timestamp($1 / 1000000.0) and to_timestamp($2 / 1000000.0)";

/// Of what lies before them, thousands of endpoints have a million in a week: the server adds them up, and what it adds up
/// is read row by row. Of a deleted webhook only the answers' times count.
const BY_HOUR: &str = "
    select extract(epoch from h.hour)::int8 * 1000000,
        coalesce(sum(h.attempts) filter (where w.id is not null), 0)::int8,
        coalesce(sum(h.successes) filter (where w.id is not null), 0)::int8,
        coalesce(sum(h.refused) filter (where w.id is not null), 0)::int8,
        coalesce(sum(h.failures) filter (where w.id is not null), 0)::int8,
        coalesce(sum(h.no_answer) filter (where w.id is not null), 0)::int8
    from hookyard.hours h left join webhooks w on w.id = h.webhook_id
    where h.hour > to_timestamp($1 / 1000000.0) and h.hour < to_timestamp($2 / 1000000.0)
    group by h.hour";

/// The same by day of UTC, with how long answers took.
const BY_WEBHOOK: &str = "
    select h.webhook_id, sum(h.attempts)::int8, sum(h.successes)::int8, sum(h.refused)::int8, sum(h.failures)::int8,
        sum(h.no_answer)::int8, string_agg(h.answers, ''),
        extract(epoch from date_trunc('day', h.hour))::int8 * 1000000,
        (extract(epoch from max(h.hour) filter (where h.successes > 0)))::int8 * 1000000,
        (extract(epoch from max(h.hour) filter (where h.failures > 0)))::int8 * 1000000
    from hookyard.hours h
    where h.hour > to_timestamp($1 / 1000000.0) and h.hour < to_timestamp($2 / 1000000.0)
    group by h.webhook_id, date_trunc('day', h.hour)";

/// The recent hours that are counted.
#[derive(Default)]
pub struct Recent {
    /// By webhook and hour.
    pub hours: Vec<(Uuid, Hour)>,
    pub answers: answers::Found,
    /// The look that found them began before one of the hours was counted.
    pub is_early: bool,
}

/// Of the hours that are known as counted, and of no other: the look that knows them may be a moment earlier or later.
pub async fn find_recent(tx: &mut PgConnection, counted: &[Micros]) -> Result<Recent, sqlx::Error> {
    let mut recent = Recent::default();
    let (Some(first), Some(last)) = (counted.first(), counted.last()) else { return Ok(recent) };
    let mut unseen: HashSet<Micros> = counted.iter().copied().collect();
    let known = unseen.clone();
    let query = sqlx::query(RECENT).bind(first).bind(last).persistent(false);
    let mut rows = query.fetch(tx);
    while let Some(row) = rows.try_next().await? {
        let at = row.try_get::<i64, _>(7)? * 1_000_000;
        unseen.remove(&at);
        let Some(id) = row.try_get(0)? else { continue };
        if known.contains(&at) {
            recent.hours.push((id, numbers(&row, at)?));
            recent.answers.add_counted(id, at / DAY * DAY, row.try_get(6)?);
        }
    }
    recent.is_early = !unseen.is_empty();
    Ok(recent)
}

/// Adds the counted hours before them.
pub async fn add_older(
    tx: &mut PgConnection,
    since: Micros,
    tally: &mut Tally,
    answers: &mut answers::Found,
) -> Result<(), sqlx::Error> {
    let recent = tally.recent;
    let query = sqlx::query(BY_HOUR).bind(since).bind(recent).persistent(false);
    let mut rows = query.fetch(&mut *tx);
    while let Some(row) = rows.try_next().await? {
        let at: Micros = row.try_get(0)?;
        tally.add_hour(&numbers(&row, at)?);
    }
    drop(rows);
    let query = sqlx::query(BY_WEBHOOK).bind(since).bind(recent).persistent(false);
    let mut rows = query.fetch(&mut *tx);
    while let Some(row) = rows.try_next().await? {
        let id = row.try_get(0)?;
        tally.add_webhook(id, &numbers(&row, 0)?, [row.try_get(8)?, row.try_get(9)?]);
        answers.add_counted(id, row.try_get(7)?, row.try_get(6)?);
    }
    Ok(())
}

fn numbers(row: &PgRow, at: Micros) -> Result<Hour, sqlx::Error> {
    let counts = [row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?];
    Ok(hour_of(at, counts))
}

/// As the database counts: failures are all of them.
pub fn hour_of(at: Micros, [attempts, successes, refused, failures, no_answer]: [i64; 5]) -> Hour {
    let server_errors = failures - refused - no_answer;
    Hour { at, attempts, successes, refused, server_errors, no_answer, ..Hour::default() }
}

/// What of the window is not counted: later than `since`, and without end, as the documents' own queries have it.
pub fn left(since: Micros, now: Micros, counted: &[Micros]) -> Vec<Stretch> {
    let mut left = Vec::new();
    let mut from = since + 1;
    for hour in counted.iter().copied().filter(|hour| *hour > since && *hour < now) {
        if hour > from {
            left.push((from, Some(hour)));
        }
        from = hour + HOUR;
    }
    left.push((from, None));
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_of_the_window_is_counted_once() {
        let h = |hours: Micros| hours * HOUR;
        let (since, now) = (h(10) + 7, h(15) + 9);
        assert_eq!(left(since, now, &[]), [(since + 1, None)]);
        assert_eq!(left(since, now, &[h(11), h(12)]), [(since + 1, Some(h(11))), (h(13), None)]);
        assert_eq!(
            left(since, now, &[h(12), h(14)]),
            [(since + 1, Some(h(12))), (h(13), Some(h(14))), (h(15), None)]
        );
        // The hour that the window begins in is not counted whole, whatever the table says.
        assert_eq!(left(since, now, &[h(10), h(11)]), [(since + 1, Some(h(11))), (h(12), None)]);
        // A window that begins with an hour holds that hour but for its first moment.
        assert_eq!(left(h(10), now, &[h(10)]), [(h(10) + 1, None)]);
    }

    #[test]
    fn a_quantile_is_within_eight_per_cent() {
        let step = |us: f64| ((us / 100.0).ln() * 7.0).floor() as i16;
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        (1..=1000).for_each(|ms| histogram.add(step(f64::from(ms) * 1000.0), 1));
        for (part, exact) in [(0.5, 500.0), (0.95, 950.0), (0.0, 1.0)] {
            let near = histogram.quantile(part).expect("a value");
            assert!((near / exact - 1.0).abs() < 0.08, "{part}: {near}");
        }
    }
}
