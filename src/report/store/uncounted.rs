//! The part of the window that nobody has counted yet, read from the attempts: the newest first, day by day, as far as
//! there is time. A look that shows most of it and says what is missing is worth more than none.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::Surroundings;
use super::hours::{HOUR, Stretch};
use super::pieces::{bounds, length};
use crate::clock::Micros;

/// What one endpoint did in one hour, as far as it was read.
pub struct Line {
    pub webhook_id: Uuid,
    /// None: of the year infinity.
    pub hour: Option<Micros>,
    /// Attempts, successes, refused, failures, no answer.
    pub counts: [i64; 5],
}

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

/// The statement that fits the table, the server and the stretches.
pub fn text(around: &Surroundings, stretches: &[Stretch]) -> &'static str {
    let is_past = stretches.iter().all(|(_, until)| until.is_some());
    let is_short = is_past && length(stretches, around.begun()) <= HOUR;
    let is_sooner = is_short && around.has_fresh && around.has_time_index;
    let along = if around.has_order && !is_sooner { ALONG_TIME } else { ALONG_WEBHOOKS };
    along[usize::from(around.server >= 140_000)]
}

/// None where the time is over before the answer is there.
pub async fn read(
    tx: &mut PgConnection,
    text: &'static str,
    stretches: &[Stretch],
    remaining: Option<Duration>,
) -> Result<Option<Vec<Line>>, sqlx::Error> {
    if let Some(remaining) = remaining {
        sqlx::raw_sql("savepoint uncounted").execute(&mut *tx).await?;
        set_timeout(tx, remaining).await?;
    }
    let (from, last) = bounds(stretches);
    match sqlx::query(text).bind(from).bind(last).persistent(false).fetch_all(&mut *tx).await {
        Ok(rows) => rows.iter().map(line).collect::<Result<_, _>>().map(Some),
        Err(sqlx::Error::Database(why)) if remaining.is_some() && why.code().as_deref() == Some("57014") => {
            sqlx::raw_sql("rollback to savepoint uncounted").execute(tx).await?;
            Ok(None)
        }
        Err(why) => Err(why),
    }
}

async fn set_timeout(tx: &mut PgConnection, remaining: Duration) -> Result<(), sqlx::Error> {
    // Zero would be without end.
    let millis = remaining.as_millis().max(1).to_string();
    let set = sqlx::query("select set_config('statement_timeout', $1, true)").bind(millis).persistent(false);
    set.execute(tx).await.map(|_| ())
}

fn line(row: &PgRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        webhook_id: row.try_get(0)?,
        hour: row.try_get(1)?,
        counts: [row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?, row.try_get(6)?],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_stretch_of_the_past_is_not_read_among_all_that_is_fresh() {
        let along_time = |has_fresh, has_time_index, stretch: Stretch| {
            let around = Surroundings { has_fresh, has_time_index, ..Surroundings::sample() };
            text(&around, &[stretch]) == ALONG_TIME[1]
        };
        let (short, long, newest) =
            ((76 * HOUR + 1, Some(77 * HOUR)), (1, Some(77 * HOUR)), (99 * HOUR, None));
        assert!(!along_time(true, true, short));
        assert!(along_time(false, true, short) && along_time(true, false, short));
        assert!(along_time(true, true, long) && along_time(true, true, newest));
    }
}
