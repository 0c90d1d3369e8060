//! Integrations and properties beside what hookyard knows of them. Times are cut to what every decoder takes: one
//! `infinity` must not stop a run.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::super::account::Hidden;
use super::super::integration::{Circuit, Integration, Property};
use crate::db::{Db, Trouble};

/// Microseconds since 1970 of a time of either kind, infinity included.
macro_rules! micros {
    ($time:literal) => {
        concat!(
            // Both functions pass over a null.
            "case when ",
            $time,
            " is not null then (extract(epoch from least(greatest(",
            $time,
            ", '1900-01-01'), '9999-12-31')) * 1000000)::int8 end"
        )
    };
}
pub(super) use micros;

const INTEGRATIONS: &str = concat!(
    "select i.id, i.short_id::text, i.alias::text, i.soap_endpoint::text, i.user_name::text, i.password::text,
        i.server_name::text, i.database_name::text, i.platform::text, i.attachment_type::text,
        i.custom_message::text, i.poll_rate::int8,
        coalesce(i.activation_date is not null and i.deactivation_date is null, false), ",
    micros!("i.activation_date"),
    ", coalesce(a.state = 'open', false), ",
    micros!("a.opened_at"),
    ", a.opened_class, a.opened_text, coalesce(a.lease_until > now(), false)
     from yardi_integrations i
     left join hookyard.yardi_accounts a on a.integration_id = i.id
     where $1::text is null or i.short_id::text = $1 or i.id::text = lower($1)
     order by i.short_id, i.id"
);

/// All, or those with this short id or id.
pub async fn list_integrations(db: &Db, named: Option<&str>) -> Result<Vec<Integration>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(INTEGRATIONS).bind(named).persistent(false).fetch_all(tx).await?;
        rows.iter().map(integration).collect()
    })
    .await
}

fn integration(row: &PgRow) -> Result<Integration, sqlx::Error> {
    let circuit = match row.try_get::<bool, _>(14)? {
        true => Some(Circuit {
            opened_at: row.try_get::<Option<i64>, _>(15)?.unwrap_or_default(),
            class: row.try_get::<Option<String>, _>(16)?.unwrap_or_default(),
            text: row.try_get::<Option<String>, _>(17)?.unwrap_or_default(),
        }),
        false => None,
    };
    Ok(Integration {
        id: row.try_get(0)?,
        short_id: row.try_get(1)?,
        alias: row.try_get(2)?,
        endpoint: row.try_get(3)?,
        user: row.try_get(4)?,
        password: row.try_get::<Option<String>, _>(5)?.map(Hidden::new),
        server: row.try_get(6)?,
        database: row.try_get(7)?,
        platform: row.try_get(8)?,
        attachment_type: row.try_get(9)?,
        custom_message: row.try_get(10)?,
        poll_rate: row.try_get(11)?,
        active: row.try_get(12)?,
        activated_at: row.try_get(13)?,
        circuit,
        held: row.try_get(18)?,
    })
}

const PROPERTIES: &str = concat!(
    "select p.property_id, p.yardi_integration_id, p.yardi_property_id::text, q.short_id::text, q.name::text,
        p.deactivation_date is null, ",
    micros!("p.activation_date"),
    ", ",
    micros!("p.last_poll_run"),
    ", ",
    micros!("p.submit_date"),
    ", ",
    micros!("s.last_success_at"),
    ", ",
    micros!("s.last_error_at"),
    ", s.last_error, coalesce(s.failures, 0), s.last_rows, s.last_invites, s.last_entries,
        (select count(*) from hookyard.yardi_imports m where m.property_id = p.property_id and m.state = 'flagged'), ",
    micros!("now()"),
    "
     from yardi_properties p
     left join properties q on q.id = p.property_id
     left join hookyard.yardi_states s on s.property_id = p.property_id
     where p.yardi_integration_id = any ($1)
     order by p.yardi_property_id, p.property_id"
);

/// Those of these integrations, with the time by the database's clock.
pub async fn list_properties(db: &Db, integrations: &[Uuid]) -> Result<Vec<Property>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(PROPERTIES).bind(integrations).persistent(false).fetch_all(tx).await?;
        rows.iter().map(property).collect()
    })
    .await
}

fn property(row: &PgRow) -> Result<Property, sqlx::Error> {
    Ok(Property {
        id: row.try_get(0)?,
        integration_id: row.try_get(1)?,
        code: row.try_get(2)?,
        short_id: row.try_get(3)?,
        name: row.try_get(4)?,
        active: row.try_get(5)?,
        activated_at: row.try_get(6)?,
        last_poll_at: row.try_get(7)?,
        submit_at: row.try_get(8)?,
        last_success_at: row.try_get(9)?,
        last_error_at: row.try_get(10)?,
        last_error: row.try_get(11)?,
        failures: row.try_get(12)?,
        last_rows: row.try_get(13)?,
        last_invites: row.try_get(14)?,
        last_entries: row.try_get(15)?,
        flagged: row.try_get(16)?,
        now: row.try_get(17)?,
    })
}
