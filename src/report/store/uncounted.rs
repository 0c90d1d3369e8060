//! The part of the window that nobody has counted yet, read from the attempts: the newest first, day by day, as far as
//! there is time. A look that shows most of it and says what is missing is worth more than none.

use std::time::{Duration, Instant};

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::Surroundings;
use super::hours::{self, DAY, HOUR, Stretch};
use super::tally::Tally;
use crate::clock::Micros;

/// Of the nine seconds that a look may take.
pub const BUDGET: Duration = Duration::from_secs(4);

/// So much is never too much.
const LITTLE: Micros = 3 * HOUR;

/// By webhook and hour. An attempt of the year infinity is counted as the document counts it, and belongs to no hour.
/// `offset 0` keeps the stretches' ends from being worked out for every attempt.
macro_rules! by_hour {
    ($attempts:expr) => {
        concat!(
            "select c.webhook_id, case when isfinite(c.hour) then extract(epoch from c.hour)::int8 * 1000000 end,
                sum(c.n)::int8,
                coalesce(sum(c.n) filter (where c.status between 200 and 299), 0)::int8,
                coalesce(sum(c.n) filter (where c.status between 400 and 499), 0)::int8,
                coalesce(sum(c.n) filter (where c.status >= 400), 0)::int8,
                coalesce(sum(c.n) filter (where c.status = 599), 0)::int8
             from (
                select to_timestamp(u.since / 1000000.0) as since,
                    coalesce(to_timestamp(u.last / 1000000.0), 'infinity') as last
                from unnest($1::int8[], $2::int8[]) as u (since, last) offset 0) s
             cross join lateral (",
            $attempts,
            ") c group by 1, c.hour"
        )
    };
}
/// Where attempts are found by their time, wherever they lie side by side.
macro_rules! along_time {
    ($hour:literal) => {
        concat!(
            "select a.webhook_id, ",
            $hour,
            " as hour, a.response_status as status, count(*) as n
             from webhook_delivery_attempts a
             where a.created_at between s.since and s.last
             group by 1, 2, 3"
        )
    };
}
/// Webhook by webhook, along the documented index.
macro_rules! along_webhooks {
    ($hour:literal) => {
        concat!(
            "select w.id as webhook_id, o.hour, o.status, o.n from webhooks w cross join lateral (
                select ",
            $hour,
            " as hour, a.response_status as status, count(*) as n
                from webhook_delivery_attempts a
                where a.webhook_id = w.id and a.created_at between s.since and s.last
                group by 1, 2) o"
        )
    };
}
/// Plain arithmetic, since 14; before, by the calendar.
macro_rules! hour {
    ($along:ident, 14) => {
        by_hour!($along!("date_bin('1 hour', a.created_at, timestamptz '2000-01-01 00:00:00Z')"))
    };
    ($along:ident, 13) => {
        by_hour!($along!("date_trunc('hour', a.created_at)"))
    };
}
const ALONG_TIME: [&str; 2] = [hour!(along_time, 13), hour!(along_time, 14)];
const ALONG_WEBHOOKS: [&str; 2] = [hour!(along_webhooks, 13), hour!(along_webhooks, 14)];

/// Adds what can be read; where not all can be, the moment before which nothing was.
pub async fn add_uncounted(
    tx: &mut PgConnection,
    around: &Surroundings,
    left: &[Stretch],
    tally: &mut Tally<'_>,
) -> Result<Option<Micros>, sqlx::Error> {
    let begun = around.now / HOUR * HOUR;
    // Without an index each day would read everything.
    let batches =
        if around.finds_times() { batches(pieces(left, begun), begun) } else { vec![left.to_vec()] };
    if around.finds_times() && length(left, begun) <= LITTLE {
        let rows = read(tx, around, left).await?;
        add(&rows, tally)?;
        return Ok(None);
    }
    let started = Instant::now();
    for (at, batch) in batches.iter().enumerate() {
        sqlx::raw_sql("savepoint uncounted").execute(&mut *tx).await?;
        set_timeout(tx, remaining(started, at)).await?;
        let rows = match read(tx, around, batch).await {
            Ok(rows) => rows,
            Err(sqlx::Error::Database(why)) if why.code().as_deref() == Some("57014") => {
                sqlx::raw_sql("rollback to savepoint uncounted").execute(&mut *tx).await?;
                let newest = batch.first().copied().unwrap_or((0, None));
                return Ok(Some(newest.1.unwrap_or(around.now)));
            }
            Err(why) => return Err(why),
        };
        add(&rows, tally)?;
    }
    sqlx::raw_sql("set local statement_timeout = '8s'").execute(tx).await?;
    Ok(None)
}

/// Tests let the time be over after so many days.
fn remaining(started: Instant, _at: usize) -> Duration {
    #[cfg(debug_assertions)]
    if crate::env::test_fault("days")
        .and_then(|days| days.parse().ok())
        .is_some_and(|days: usize| _at >= days)
    {
        return Duration::ZERO;
    }
    BUDGET.saturating_sub(started.elapsed())
}

async fn set_timeout(tx: &mut PgConnection, remaining: Duration) -> Result<(), sqlx::Error> {
    // Zero would be without end.
    let millis = remaining.as_millis().max(1).to_string();
    let set = sqlx::query("select set_config('statement_timeout', $1, true)").bind(millis).persistent(false);
    set.execute(tx).await.map(|_| ())
}

async fn read(
    tx: &mut PgConnection,
    around: &Surroundings,
    stretches: &[Stretch],
) -> Result<Vec<PgRow>, sqlx::Error> {
    let along = if around.has_order { ALONG_TIME } else { ALONG_WEBHOOKS };
    let text = along[usize::from(around.server >= 140_000)];
    let (from, last) = bounds(stretches);
    sqlx::query(text).bind(from).bind(last).persistent(false).fetch_all(tx).await
}

fn add(rows: &[PgRow], tally: &mut Tally<'_>) -> Result<(), sqlx::Error> {
    for row in rows {
        let counts = [row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?, row.try_get(6)?];
        match row.try_get(1)? {
            Some(at) => tally.add_live(row.try_get(0)?, &hours::hour_of(at, counts)),
            None => tally.add_webhook(row.try_get(0)?, &hours::hour_of(0, counts), [None, None]),
        }
    }
    Ok(())
}

/// The first and the last moment of each.
pub fn bounds(stretches: &[Stretch]) -> (Vec<Micros>, Vec<Option<Micros>>) {
    stretches.iter().map(|(from, until)| (*from, until.map(|until| until - 1))).unzip()
}

fn length(stretches: &[Stretch], begun: Micros) -> Micros {
    stretches.iter().map(|(from, until)| until.unwrap_or(begun) - from).sum()
}

/// A day long at most, the newest first.
fn pieces(left: &[Stretch], begun: Micros) -> Vec<Stretch> {
    let mut pieces = Vec::new();
    for &(from, mut until) in left.iter().rev() {
        loop {
            let cut = until.unwrap_or(begun) - DAY;
            if cut <= from {
                pieces.push((from, until));
                break;
            }
            pieces.push((cut, until));
            until = Some(cut);
        }
    }
    pieces
}

/// Short ones together.
fn batches(pieces: Vec<Stretch>, begun: Micros) -> Vec<Vec<Stretch>> {
    let mut batches: Vec<Vec<Stretch>> = Vec::new();
    for piece in pieces {
        match batches.last_mut() {
            Some(batch) if length(batch, begun) + length(&[piece], begun) <= DAY => batch.push(piece),
            _ => batches.push(vec![piece]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other_the_newest_first_and_short_stretches_go_together() {
        let h = |hours: Micros| hours * HOUR;
        let begun = h(100);
        let all = pieces(&[(h(10) + 1, Some(h(60))), (h(70), Some(h(71))), (h(98), None)], begun);
        assert_eq!(
            all,
            [
                (h(98), None),
                (h(70), Some(h(71))),
                (h(36), Some(h(60))),
                (h(12), Some(h(36))),
                (h(10) + 1, Some(h(12)))
            ]
        );
        let sizes: Vec<usize> = batches(all, begun).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
        assert_eq!(pieces(&[(h(99) + 1, None)], begun), [(h(99) + 1, None)]);
    }
}
