//! Plans that have ended, with their items, alerts that are closed, and addresses of mails that are sent.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::super::plan::Gone;
use super::GIVING_WAY;
use crate::clock::Micros;
use crate::db::{Db, Trouble};

macro_rules! old_plans {
    () => {
        "select p.id from hookyard.plans p
         where p.state in ('cancelled', 'finished') and p.finished_at < to_timestamp($1 / 1000000.0)"
    };
}

const COUNTED_PLANS: &str = concat!(
    "with old as materialized (",
    old_plans!(),
    ") select (select count(*) from old),
        (select count(*) from hookyard.plan_items i where i.plan_id = any (array(select o.id from old o)))"
);

/// Items first, so many at once; a plan goes when it has none.
const REMOVED_PLANS: &str = concat!(
    "with old as materialized (",
    old_plans!(),
    "   order by p.finished_at, p.id limit 1
    ), picked as materialized (
        select i.number from hookyard.plan_items i where i.plan_id = (select o.id from old o)
        order by i.number limit $2
    ), items as (
        delete from hookyard.plan_items i
        where i.plan_id = (select o.id from old o) and i.number = any (array(select p.number from picked p))
        returning i.number
    ), is_empty as materialized (
        select (select count(*) from picked) < $2 as yes
    ), endpoints as (
        delete from hookyard.plan_endpoints e
        where e.plan_id = (select o.id from old o) and (select yes from is_empty)
    ), plans as (
        delete from hookyard.plans p
        where p.id = (select o.id from old o) and (select yes from is_empty)
        returning p.id
    )
    select (select count(*) from plans), (select count(*) from items), exists (select from old)"
);

pub async fn count_plans(db: &Db, before: Micros) -> Result<Gone, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(COUNTED_PLANS).bind(before).persistent(false).fetch_one(tx).await?;
        plans(row.try_get(0)?, row.try_get(1)?)
    })
    .await
}

/// What went, and whether there may be more.
pub async fn delete_plans(db: &Db, before: Micros, most: i64) -> Result<(Gone, bool), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::raw_sql(GIVING_WAY).execute(&mut *tx).await?;
        let query = sqlx::query(REMOVED_PLANS).bind(before).bind(most).persistent(false);
        let row = query.fetch_one(tx).await?;
        Ok((plans(row.try_get(0)?, row.try_get(1)?)?, row.try_get(2)?))
    })
    .await
}

fn plans(plans: i64, plan_items: i64) -> Result<Gone, sqlx::Error> {
    Ok(Gone { plans, plan_items, bytes: 400 * plans + 130 * plan_items, ..Gone::default() })
}

macro_rules! old_alerts {
    () => {
        "select a.id from hookyard.alerts a
         where a.closed_at < to_timestamp($1 / 1000000.0) and a.told_at is not null"
    };
}

pub async fn count_alerts(db: &Db, before: Micros) -> Result<Gone, Trouble> {
    const COUNTED: &str = concat!("select count(*) from (", old_alerts!(), ") o");
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(COUNTED).bind(before).persistent(false).fetch_one(tx).await?;
        alerts(row.try_get(0)?)
    })
    .await
}

/// Closed, and told of: what nobody has heard of stays.
pub async fn delete_alerts(db: &Db, before: Micros, most: i64) -> Result<(Gone, bool), Trouble> {
    const REMOVED: &str = concat!(
        "with gone as (delete from hookyard.alerts x where x.id = any (array(",
        old_alerts!(),
        " limit $2 for update skip locked)) returning x.id) select count(*) from gone"
    );
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(REMOVED).bind(before).bind(most).persistent(false).fetch_one(tx).await?;
        let rows: i64 = row.try_get(0)?;
        Ok((alerts(rows)?, rows >= most))
    })
    .await
}

fn alerts(alerts: i64) -> Result<Gone, sqlx::Error> {
    Ok(Gone { alerts, bytes: 200 * alerts, ..Gone::default() })
}

macro_rules! sent_mails {
    () => {
        "select m.id from hookyard.mails m
         where m.state = 'sent' and m.address <> 'erased' and m.finished_at < to_timestamp($1 / 1000000.0)"
    };
}

pub async fn count_mails(db: &Db, before: Micros) -> Result<Gone, Trouble> {
    const COUNTED: &str = concat!("select count(*) from (", sent_mails!(), ") o");
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(COUNTED).bind(before).persistent(false).fetch_one(tx).await?;
        Ok(Gone { erased_mails: row.try_get(0)?, ..Gone::default() })
    })
    .await
}

/// Whom it went to, and the words that went along.
pub async fn erase_mails(db: &Db, before: Micros, most: i64) -> Result<(Gone, bool), Trouble> {
    const ERASED: &str = concat!(
        "with gone as (update hookyard.mails x set address = 'erased', custom_message = null where x.id = any (array(",
        sent_mails!(),
        " limit $2 for update skip locked)) returning x.id) select count(*) from gone"
    );
    db.tx(async |tx: &mut PgConnection| {
        let row = sqlx::query(ERASED).bind(before).bind(most).persistent(false).fetch_one(tx).await?;
        let rows: i64 = row.try_get(0)?;
        Ok((Gone { erased_mails: rows, ..Gone::default() }, rows >= most))
    })
    .await
}
