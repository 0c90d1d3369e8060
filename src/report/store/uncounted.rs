//! The part of the window that nobody has counted yet, read from the attempts: the newest first, day by day, as far as
//! there is time. A look that shows most of it and says what is missing is worth more than none.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::Surroundings;
use super::hours::{HOUR, Stretch};
use super::pieces::bounds;
use crate::clock::Micros;

/// What one endpoint did in one hour, as far as it was read, with one status.
pub struct Line {
    pub webhook_id: Uuid,
    pub status: Option<i32>,
    /// None: of the year infinity.
    pub hour: Option<Micros>,
    pub count: i64,
    /// The last of them, where it is known and nothing of the kind is later.
    pub last: Option<Micros>,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Along {
    /// Attempts are found by their time, wherever they lie side by side.
    Time,
    /// By the documented index. Of one stretch all webhooks at once: each page of the table is looked at once instead of
    /// once for each of them. Of many days that would be a map of all attempts.
    Webhooks,
}

/// The moments are selected, so that the server plans for any: its statistics do not know the newest attempts, and for the
/// few that it would expect it sorts what are a hundred thousand. Of the year infinity: later than anything.
macro_rules! newest {
    ($along:literal, $before:literal) => {
        concat!(
            "select c.webhook_id, c.status, c.n, c.before,
                case when isfinite(c.last) then (extract(epoch from c.last) * 1000000)::int8 else 9223372036854775807 end
             from (
                select a.webhook_id, a.response_status as status, count(*) as n, ",
            $before,
            " as before, max(a.created_at) as last
                from webhook_delivery_attempts a
                where a.created_at between (select to_timestamp($1 / 1000000.0)) and (select timestamptz 'infinity')",
            $along,
            " group by 1, 2) c"
        )
    };
}
/// Nothing to tell apart where the begun hour is all there is.
macro_rules! newest_both {
    ($along:literal) => {
        [
            newest!($along, "0::int8"),
            newest!($along, "count(*) filter (where a.created_at < to_timestamp($2 / 1000000.0))"),
        ]
    };
}
macro_rules! hour {
    ($along:literal) => {
        concat!(
            "select a.webhook_id, a.response_status, count(*)
             from webhook_delivery_attempts a
             where a.created_at between (select to_timestamp($1 / 1000000.0)) and (select to_timestamp($2 / 1000000.0))",
            $along,
            " group by 1, 2"
        )
    };
}
/// `offset 0` keeps the stretches' ends from being worked out for every attempt. An attempt of the year infinity is counted
/// as the document counts it, and belongs to no hour.
macro_rules! mixed {
    ($webhooks:literal, $along:literal, $hour:literal) => {
        concat!(
            "select c.webhook_id, c.status, c.n,
                case when isfinite(c.hour) then extract(epoch from c.hour)::int8 * 1000000 end
             from (
                select to_timestamp(u.since / 1000000.0) as since,
                    coalesce(to_timestamp(u.last / 1000000.0), 'infinity') as last
                from unnest($1::int8[], $2::int8[]) as u (since, last) offset 0) s ",
            $webhooks,
            " cross join lateral (
                select a.webhook_id, a.response_status as status, ",
            $hour,
            " as hour, count(*) as n
                from webhook_delivery_attempts a
                where a.created_at between s.since and s.last",
            $along,
            " group by 1, 2, 3) c"
        )
    };
}
macro_rules! mixed_both {
    ($webhooks:literal, $along:literal) => {
        [
            mixed!($webhooks, $along, "date_trunc('hour', a.created_at)"),
            mixed!($webhooks, $along, "date_bin('1 hour', a.created_at, timestamptz '2000-01-01 00:00:00Z')"),
        ]
    };
}

struct Texts {
    newest: [&'static str; 2],
    hour: &'static str,
    mixed: [&'static str; 2],
}

const ALONG_TIME: Texts = Texts { newest: newest_both!(""), hour: hour!(""), mixed: mixed_both!("", "") };
const ALONG_WEBHOOKS: Texts = Texts {
    newest: newest_both!(" and a.webhook_id = any(array(select w.id from webhooks w))"),
    hour: hour!(" and a.webhook_id = any(array(select w.id from webhooks w))"),
    mixed: mixed_both!("cross join webhooks w", " and a.webhook_id = w.id"),
};

impl How {
    fn texts(self) -> &'static Texts {
        match self.along {
            Along::Time => &ALONG_TIME,
            Along::Webhooks => &ALONG_WEBHOOKS,
        }
    }
}

pub fn how(around: &Surroundings, stretches: &[Stretch]) -> How {
    let shape = match *stretches {
        _ if !around.finds_times() => Shape::Mixed,
        [(from, None)] if from >= around.begun() - HOUR => Shape::Newest,
        [(from, Some(until))] if from / HOUR == (until - 1) / HOUR => Shape::Hour,
        _ => Shape::Mixed,
    };
    // What is fresh would be looked at, too.
    let is_aside = shape == Shape::Hour && around.has_fresh && around.has_time_index;
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
            let query = sqlx::query(how.texts().hour).bind(from).bind(until.map(|until| until - 1));
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
    let [alone, with_before] = how.texts().newest;
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
    let text = how.texts().mixed[usize::from(how.has_bin)];
    let rows = sqlx::query(text).bind(from).bind(last).persistent(false).fetch_all(tx).await?;
    rows.iter().map(|row| line(row, row.try_get(3)?, row.try_get(2)?)).collect()
}

fn line(row: &PgRow, hour: Option<Micros>, count: i64) -> Result<Line, sqlx::Error> {
    Ok(Line { webhook_id: row.try_get(0)?, status: row.try_get(1)?, hour, count, last: None })
}

impl Line {
    /// Attempts, successes, refused, failures, no answer: each as the documents' own queries count it.
    pub fn counts(&self) -> [i64; 5] {
        let when = |is: fn(i32) -> bool| if self.status.is_some_and(is) { self.count } else { 0 };
        [
            self.count,
            when(|status| (200..300).contains(&status)),
            when(|status| (400..500).contains(&status)),
            when(|status| status >= 400),
            when(|status| status == 599),
        ]
    }
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
        assert_eq!(how_of(&[NEWEST], |around| around.has_fresh = true), (Shape::Newest, Along::Time));
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
