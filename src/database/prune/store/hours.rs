//! Counted hours that began before the limit: they count what is gone. `webhook retry` counts what is left anew, of
//! the hours that a report can ask for.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::super::plan::Gone;
use super::GIVING_WAY;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

/// So many at once: each has a row for every endpoint that was attempted in it.
const MOST: i64 = 6;

/// Where nothing has gone, only those that no report asks for any longer.
macro_rules! old_hours {
    () => {
        "select c.hour from hookyard.counted_hours c
         where c.hour < least(to_timestamp($1 / 1000000.0),
             case when $2 then 'infinity' else now() - interval '35 days' end)"
    };
}

pub async fn count_hours(db: &Db, before: Micros, has_gone: bool) -> Result<Gone, Trouble> {
    const COUNTED: &str =
        concat!("select count(*) from hookyard.hours h where h.hour = any (array(", old_hours!(), "))");
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(COUNTED).bind(before).bind(has_gone).persistent(false).fetch_one(tx).await?;
        hours(row.try_get(0)?)
    })
    .await
}

/// The lock of `hookyard.count_hours`: an hour that is being counted would be left with half of its rows.
const ALONE: &str = "select pg_advisory_xact_lock(20212)";

/// The oldest after that moment; what went, and the last of them.
pub async fn delete_hours(
    db: &Db,
    before: Micros,
    has_gone: bool,
    after: Micros,
) -> Result<(Gone, Option<Micros>), Trouble> {
    const REMOVED: &str = concat!(
        "with old as materialized (",
        old_hours!(),
        "   and c.hour > to_timestamp($3 / 1000000.0) order by c.hour limit $4
        ), hours as (
            delete from hookyard.hours x where x.hour = any (array(select o.hour from old o)) returning x.hour
        ), counted as (
            delete from hookyard.counted_hours x where x.hour = any (array(select o.hour from old o))
        )
        select (select count(*) from hours), (select (extract(epoch from max(o.hour)) * 1000000)::int8 from old o)"
    );
    db.tx(async |tx: &mut PgConnection| {
        sqlx::raw_sql(GIVING_WAY).execute(&mut *tx).await?;
        sqlx::raw_sql(ALONE).execute(&mut *tx).await?;
        let query = sqlx::query(REMOVED).bind(before).bind(has_gone).bind(after).bind(MOST);
        let row = query.persistent(false).fetch_one(tx).await?;
        Ok((hours(row.try_get(0)?)?, row.try_get(1)?))
    })
    .await
}

fn hours(hours: i64) -> Result<Gone, sqlx::Error> {
    Ok(Gone { hours, bytes: 110 * hours, ..Gone::default() })
}
