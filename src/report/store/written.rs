//! Attempts that were counted as they were written, where the owner of the table has asked for it: of hours that nobody
//! has counted otherwise, and without a look at the attempts themselves.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::hours::HOUR;
use super::line::Line;
use super::tally::Tally;
use crate::clock::Micros;

/// From which hour on; none: something was missed.
pub async fn find_since(tx: &mut PgConnection) -> Result<Option<Micros>, sqlx::Error> {
    const SINCE: &str = "
        select (extract(epoch from hookyard.writes_counted_since(to_regclass('webhook_delivery_attempts')))
            * 1000000)::int8";
    sqlx::raw_sql(SINCE).fetch_one(tx).await?.try_get(0)
}

/// The hours of a window, the begun one included, that were counted from `since` on and not otherwise. What a wrong clock
/// puts after them is read from the attempts.
pub fn hours(since: Micros, (from, now): (Micros, Micros), counted: &[Micros]) -> Vec<Micros> {
    let first = since.max((from / HOUR + 1) * HOUR);
    (first..now).step_by(HOUR as usize).filter(|hour| !counted.contains(hour)).collect()
}

/// Adds these hours, of the look that knows that they are not counted otherwise.
pub async fn add(tx: &mut PgConnection, hours: &[Micros], tally: &mut Tally) -> Result<(), sqlx::Error> {
    const WRITTEN: &str = "
        select w.webhook_id, w.response_status, extract(epoch from w.hour)::int8 * 1000000, sum(w.attempts)::int8,
            (extract(epoch from max(w.last_at)) * 1000000)::int8
        from hookyard.written_hours w
        where w.hour between to_timestamp($1 / 1000000.0) and to_timestamp($2 / 1000000.0)
        group by w.webhook_id, w.response_status, w.hour
        having sum(w.attempts) > 0";
    let (Some(first), Some(last)) = (hours.first(), hours.last()) else { return Ok(()) };
    let query = sqlx::query(WRITTEN).bind(first).bind(last);
    for row in query.persistent(false).fetch_all(tx).await? {
        let line = Line {
            webhook_id: row.try_get(0)?,
            status: row.try_get(1)?,
            hour: row.try_get(2)?,
            count: row.try_get(3)?,
            last: row.try_get(4)?,
        };
        if line.hour.is_some_and(|hour| hours.contains(&hour)) {
            line.add_to(tally);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_hours_of_the_window_that_nobody_else_counts() {
        let h = |hours: Micros| hours * HOUR;
        let window = (h(76) + 1, h(100) + 1);
        assert_eq!(hours(h(98), window, &[h(98)]), [h(99), h(100)]);
        assert_eq!(hours(h(98), (h(76), h(100)), &[]), [h(98), h(99)], "the next begins now");
        assert!(hours(h(101), window, &[]).is_empty(), "it begins with the next hour");
        // The hour that the window begins in is not counted whole.
        assert_eq!(hours(h(1), window, &[]).first(), Some(&h(77)));
        assert_eq!(hours(h(1), (h(77), h(100)), &[]).first(), Some(&h(78)), "nor but for its first moment");
    }
}
