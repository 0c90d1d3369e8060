//! The demo's rows: a company with an api key, a property, three webhooks, and an entry that is completed.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::db::{Db, Trouble};

pub const API_KEY: Uuid = Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0001);
const COMPANY: Uuid = Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0002);
const PROPERTY: Uuid = Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0003);
/// The integration that `history.sql` makes.
const HISTORIC: Uuid = Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0301);
const WEBHOOKS: [Uuid; 3] = [
    Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0011),
    Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0012),
    Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0013),
];

pub struct Scene {
    pub entry_id: Uuid,
    pub applicant_id: Uuid,
    pub report_id: Uuid,
    pub short_id: String,
}

const INSERT: &str = "
    with key as (
        insert into api_keys (id, name, inserted_at, updated_at) values ($1, 'demo', now(), now())
        on conflict do nothing
    ), company as (
        insert into companies (id, name, api_key_id, inserted_at, updated_at)
        values ($2, 'Acme Property Management', $1, now(), now()) on conflict do nothing
    ), property as (
        insert into properties (id, name, short_id, company_id, inserted_at, updated_at)
        values ($3, 'Maple Court', 'MAPLE', $2, now(), now()) on conflict do nothing
    ), hooks as (
        insert into webhooks (id, url, headers, events, api_key_id, inserted_at, updated_at)
        select t.id, t.url, array['{\"name\":\"Authorization\",\"value\":\"Bearer demo-token\"}'::jsonb],
            '{entry.completed}', $1, now(), now()
        from unnest($4::uuid[], $5::text[]) as t (id, url)
        on conflict (id) do update set url = excluded.url, is_active = true, updated_at = now()
    ), entry as (
        insert into entries (id, short_id, property_id, status, result, fraud_result, income_result, asset_result,
            identity_result, completed_at, inserted_at, updated_at)
        values ($6, $7, $3, 'completed', 'CLEAN', 'CLEAN', 'APPROVED', 'APPROVED', 'APPROVED', now(), now(), now())
    ), applicant as (
        insert into applicants (id, entry_id, full_name, email, inserted_at, updated_at)
        values ($8, $6, 'Jane Roe', 'jane.roe@example.com', now(), now())
    )
    insert into entry_reports (id, entry_id, url, inserted_at, updated_at)
    values ($9, $6, 'https://app.example.com/reports/' || $7, now(), now())";

pub async fn insert_scene(db: &Db, scene: &Scene, urls: &[String]) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        sqlx::query(INSERT)
            .bind(API_KEY)
            .bind(COMPANY)
            .bind(PROPERTY)
            .bind(&WEBHOOKS[..])
            .bind(urls)
            .bind(scene.entry_id)
            .bind(&scene.short_id)
            .bind(scene.applicant_id)
            .bind(scene.report_id)
            .persistent(false)
            .execute(tx)
            .await
            .map(|_| ())
    })
    .await
}

const HISTORY: &str = include_str!("history.sql");

/// A month that never was; once, however often it is asked for.
pub async fn insert_history(db: &Db) -> Result<(), Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let there =
            sqlx::query("select from yardi_integrations where id = $1").bind(HISTORIC).persistent(false);
        if there.fetch_optional(&mut *tx).await?.is_some() {
            return Ok(());
        }
        sqlx::raw_sql(HISTORY).execute(tx).await.map(|_| ())
    })
    .await
}

/// One line of what stands in the tables.
pub struct Attempt {
    pub endpoint: String,
    pub number: i32,
    pub came_to: String,
    pub then: String,
}

pub async fn list_attempts(db: &Db, event: Uuid) -> Result<Vec<Attempt>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let rows = sqlx::query(
            "select w.url, a.number, coalesce(a.status::text, 'no answer: ' || a.outcome),
                case when a.number < d.attempts then 'attempted again' else d.state end
             from hookyard.deliveries d
             join hookyard.attempts a on a.delivery_id = d.id
             join webhooks w on w.id = d.webhook_id
             where d.event_id = $1
             order by w.id, a.number",
        )
        .bind(event)
        .persistent(false)
        .fetch_all(tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Attempt {
                    endpoint: row.try_get(0)?,
                    number: row.try_get(1)?,
                    came_to: row.try_get(2)?,
                    then: row.try_get(3)?,
                })
            })
            .collect()
    })
    .await
}

/// The delivery that died.
pub async fn find_dead(db: &Db, event: Uuid) -> Result<Option<Uuid>, Trouble> {
    db.tx(async |tx: &mut PgConnection| {
        let row =
            sqlx::query("select d.id from hookyard.deliveries d where d.event_id = $1 and d.state = 'dead'")
                .bind(event)
                .persistent(false)
                .fetch_optional(tx)
                .await?;
        row.map(|row| row.try_get(0)).transpose()
    })
    .await
}
