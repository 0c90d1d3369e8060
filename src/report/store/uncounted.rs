//! The part of the window that nobody has counted yet, read from the attempts: the newest first, day by day, as far as
//! there is time. A look that shows most of it and says what is missing is worth more than none.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::Surroundings;
use super::along::Along;
use super::hours::{HOUR, Stretch};
use super::line::Line;
use super::pieces::bounds;
use crate::clock::Micros;

/// How stretches are read, whatever fits the table and them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    shape: Shape,
    along: Along,
    /// There is `date_bin`: plain arithmetic, since PostgreSQL 14.
    has_bin: bool,
}

/// To group by the hour costs a fifth of all, and an end that is joined more than one that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One stretch without end, of the begun hour and of the one before it at most.
    Newest,
    /// One stretch of one hour that is over.
    Hour,
    /// Any stretches.
    Mixed,
}

pub fn how(around: &Surroundings, stretches: &[Stretch]) -> How {
    let is_later = matches!(*stretches, [(from, None)] if from > around.begun());
    let shape = match *stretches {
        _ if is_later || !around.finds_times() => Shape::Mixed,
        [(from, None)] if from >= around.begun() - HOUR => Shape::Newest,
        [(from, Some(until))] if from / HOUR == (until - 1) / HOUR => Shape::Hour,
        _ => Shape::Mixed,
    };
    // What is fresh would be looked at, too.
    let is_aside = (is_later || shape == Shape::Hour) && around.has_fresh && around.has_time_index;
    let along = if around.has_order && !is_aside { Along::Time } else { Along::Webhooks };
    How { shape, along, has_bin: around.server >= 140_000 }
}

/// None where the time is over before the answer is there. `begun`: the hour that is not over.
pub async fn read(
    tx: &mut PgConnection,
    how: How,
    (stretches, begun): (&[Stretch], Micros),
    remaining: Option<Duration>,
) -> Result<Option<Vec<Line>>, sqlx::Error> {
    let Some(remaining) = remaining else {
        return read_lines(tx, how, (stretches, begun)).await.map(Some);
    };
    sqlx::raw_sql("savepoint uncounted").execute(&mut *tx).await?;
    set_timeout(tx, remaining).await?;
    match read_lines(tx, how, (stretches, begun)).await {
        Err(sqlx::Error::Database(why)) if why.code().as_deref() == Some("57014") => {
            sqlx::raw_sql("rollback to savepoint uncounted").execute(tx).await?;
            Ok(None)
        }
        read => read.map(Some),
    }
}

async fn set_timeout(tx: &mut PgConnection, remaining: Duration) -> Result<(), sqlx::Error> {
    // Zero would be without end.
    let millis = remaining.as_millis().max(1).to_string();
    let set = sqlx::query("select set_config('statement_timeout', $1, true)").bind(millis).persistent(false);
    set.execute(tx).await.map(|_| ())
}

async fn read_lines(
    tx: &mut PgConnection,
    how: How,
    (stretches, begun): (&[Stretch], Micros),
) -> Result<Vec<Line>, sqlx::Error> {
    match (how.shape, stretches) {
        (Shape::Newest, [(from, _)]) => read_newest(tx, how, *from, begun).await,
        (Shape::Hour, [(from, until)]) => {
            let query = sqlx::query(how.along.texts().hour).bind(from).bind(until.map(|until| until - 1));
            let rows = query.persistent(false).fetch_all(tx).await?;
            rows.iter().map(|row| line(row, Some(from / HOUR * HOUR), row.try_get(2)?)).collect()
        }
        _ => read_mixed(tx, how, stretches).await,
    }
}

async fn read_newest(
    tx: &mut PgConnection,
    how: How,
    from: Micros,
    begun: Micros,
) -> Result<Vec<Line>, sqlx::Error> {
    let [alone, with_before] = how.along.texts().newest;
    let query = match from < begun {
        true => sqlx::query(with_before).bind(from).bind(begun),
        false => sqlx::query(alone).bind(from),
    };
    let mut lines = Vec::new();
    for row in query.persistent(false).fetch_all(&mut *tx).await? {
        let (all, before): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
        let last: Option<Micros> = row.try_get(4)?;
        lines.push(Line { last, ..line(&row, Some(begun), all - before)? });
        lines.push(line(&row, Some(begun - HOUR), before)?);
    }
    let end = begun + HOUR;
    let mut later = Vec::new();
    if lines.iter().any(|line| line.last.is_some_and(|last| last >= end)) {
        // Some clock is wrong: what lies in later hours was taken for the begun one's.
        later = read_mixed(tx, how, &[(end, None)]).await?;
        let mut misplaced: HashMap<_, i64> = HashMap::new();
        for one in &later {
            *misplaced.entry((one.webhook_id, one.status)).or_default() += one.count;
        }
        for one in lines.iter_mut().filter(|line| line.hour == Some(begun)) {
            one.count -= misplaced.get(&(one.webhook_id, one.status)).copied().unwrap_or_default();
            one.last = one.last.filter(|last| *last < end);
        }
    }
    lines.retain(|line| line.count > 0);
    lines.extend(later);
    Ok(lines)
}

async fn read_mixed(
    tx: &mut PgConnection,
    how: How,
    stretches: &[Stretch],
) -> Result<Vec<Line>, sqlx::Error> {
    let (from, last) = bounds(stretches);
    let text = how.along.texts().mixed[usize::from(how.has_bin)];
    let rows = sqlx::query(text).bind(from).bind(last).persistent(false).fetch_all(tx).await?;
    rows.iter().map(|row| line(row, row.try_get(3)?, row.try_get(2)?)).collect()
}

fn line(row: &PgRow, hour: Option<Micros>, count: i64) -> Result<Line, sqlx::Error> {
    Ok(Line { webhook_id: row.try_get(0)?, status: row.try_get(1)?, hour, count, last: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how_of(stretches: &[Stretch], change: impl Fn(&mut Surroundings)) -> (Shape, Along) {
        let mut around = Surroundings::sample();
        change(&mut around);
        let how = how(&around, stretches);
        (how.shape, how.along)
    }

    const NEWEST: Stretch = (99 * HOUR, None);
    const PAST: Stretch = (76 * HOUR + 1, Some(77 * HOUR));

    #[test]
    fn a_short_stretch_of_the_past_is_not_read_among_all_that_is_fresh() {
        let past = |has_fresh, has_time_index| {
            how_of(&[PAST], |around| (around.has_fresh, around.has_time_index) = (has_fresh, has_time_index))
        };
        assert_eq!(past(true, true), (Shape::Hour, Along::Webhooks));
        assert_eq!(past(false, true), (Shape::Hour, Along::Time));
        assert_eq!(past(true, false), (Shape::Hour, Along::Time));
        let later = (101 * HOUR, None);
        for (stretch, expected) in
            [(NEWEST, (Shape::Newest, Along::Time)), (later, (Shape::Mixed, Along::Webhooks))]
        {
            assert_eq!(how_of(&[stretch], |around| around.has_fresh = true), expected);
        }
    }

    #[test]
    fn only_what_lies_in_known_hours_is_not_grouped_by_them() {
        let (newest, past) = ((99 * HOUR - 1, None), (76 * HOUR + 1, Some(77 * HOUR + 1)));
        for stretches in [&[newest][..], &[past], &[PAST, NEWEST]] {
            assert_eq!(how_of(stretches, |_| ()), (Shape::Mixed, Along::Time), "{stretches:?}");
        }
        let unordered = |around: &mut Surroundings| around.has_order = false;
        assert_eq!(how_of(&[NEWEST], unordered), (Shape::Newest, Along::Webhooks));
        // All is read, so that it is read once.
        let lost = |around: &mut Surroundings| (around.has_order, around.has_time_index) = (false, false);
        assert_eq!(how_of(&[NEWEST], lost), (Shape::Mixed, Along::Webhooks));
    }
}
