//! The demo's rows: an integration with one property, and the result of an applicant.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::{Db, Trouble};

const COMPANY: Uuid = Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0002);
const PROPERTY: Uuid = Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0021);
const INTEGRATION: Uuid = Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0022);

/// Made once; each demo's service has another port.
pub async fn insert_scene(db: &Db, short_id: &str, code: &str, endpoint: &str) -> Result<(), Trouble> {
    const INSERT: &str = "
        with company as (
            insert into companies (id, name, inserted_at, updated_at)
            values ($1, 'Acme Property Management', now(), now()) on conflict do nothing
        ), property as (
            insert into properties (id, name, short_id, company_id, inserted_at, updated_at)
            values ($2, 'Maple Court, on Yardi', 'MAPLE-Y', $1, now(), now()) on conflict do nothing
        ), integration as (
            insert into yardi_integrations (id, short_id, alias, soap_endpoint, user_name, password, database_name,
                server_name, platform, activation_date, poll_rate, inserted_at, updated_at)
            values ($3, $4, 'Acme on Yardi', $6, 'demo', 'demo', 'demo_live', 'sqlsrv01', 'Voyager', now(), 5, now(),
                now())
            on conflict (id) do update set soap_endpoint = excluded.soap_endpoint, updated_at = now()
        )
        insert into yardi_properties (property_id, yardi_integration_id, yardi_property_id, activation_date,
            inserted_at, updated_at)
        values ($2, $3, $5, now(), now(), now()) on conflict do nothing";
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(INSERT)
            .bind(COMPANY)
            .bind(PROPERTY)
            .bind(INTEGRATION)
            .bind(short_id)
            .bind(code)
            .bind(endpoint)
            .persistent(false)
            .execute(tx)
            .await
            .map(|_| ())
    })
    .await
}

/// The screening of one prospect comes to its end, and its report is there.
pub async fn complete_entry(db: &Db, prospect: &str, report_id: Uuid) -> Result<(), Trouble> {
    const COMPLETE: &str = "
        with completed as (
            update entries e
            set status = 'completed', result = 'CLEAN', fraud_result = 'CLEAN', income_result = 'APPROVED',
                completed_at = now() at time zone 'utc', updated_at = now() at time zone 'utc'
            from yardi_entries y
            where y.prospect_code = $1 and e.id = y.entry_id
            returning e.id, e.short_id
        )
        insert into entry_reports (id, entry_id, url, inserted_at, updated_at)
        select $2, completed.id, 'https://app.example.com/reports/' || completed.short_id, now(), now() from completed";
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(COMPLETE).bind(prospect).bind(report_id).persistent(false).execute(tx).await.map(|_| ())
    })
    .await
}

pub async fn count_invites(db: &Db, prospects: &[String]) -> Result<usize, Trouble> {
    let count = db
        .tx(async |tx: &mut PgConnection| {
            let row = sqlx::query("select count(*) from yardi_invites where prospect_code = any($1)")
                .bind(prospects)
                .persistent(false)
                .fetch_one(tx)
                .await?;
            row.try_get::<i64, _>(0)
        })
        .await?;
    Ok(usize::try_from(count).unwrap_or(0))
}
