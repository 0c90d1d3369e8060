//! What is known of one integration and its properties.

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::db::{Db, Trouble};

pub struct Integration {
    pub id: Uuid,
    pub short_id: Option<String>,
    pub endpoint: Option<String>,
    pub user: Option<String>,
    pub server: Option<String>,
    pub database: Option<String>,
    pub platform: Option<String>,
    pub active: bool,
}

pub struct Property {
    pub code: Option<String>,
    pub active: bool,
}

/// By id or by short id; several may carry the same short id, for nothing forbids it.
pub async fn find_integrations(db: &Db, named: &str) -> Result<Vec<Integration>, Trouble> {
    const FIND: &str = "
        select id, short_id::text, soap_endpoint::text, user_name::text, server_name::text,
            database_name::text, platform::text,
            coalesce(activation_date is not null and deactivation_date is null, false) as is_active
        from yardi_integrations
        where short_id::text = $1 or id::text = lower($1)
        order by id
        limit 3";
    let rows = db
        .tx(async |connection| sqlx::query(FIND).bind(named).persistent(false).fetch_all(connection).await)
        .await?;
    let integration = |row: &PgRow| {
        Ok(Integration {
            id: row.try_get("id")?,
            short_id: row.try_get("short_id")?,
            endpoint: row.try_get("soap_endpoint")?,
            user: row.try_get("user_name")?,
            server: row.try_get("server_name")?,
            database: row.try_get("database_name")?,
            platform: row.try_get("platform")?,
            active: row.try_get("is_active")?,
        })
    };
    rows.iter()
        .map(integration)
        .collect::<Result<_, sqlx::Error>>()
        .map_err(|why| Trouble::of(why, db.place()))
}

pub async fn list_properties(db: &Db, integration: Uuid) -> Result<Vec<Property>, Trouble> {
    const LIST: &str = "
        select yardi_property_id::text, deactivation_date is null as is_active
        from yardi_properties
        where yardi_integration_id = $1
        order by yardi_property_id, property_id";
    let rows = db
        .tx(async |connection| {
            sqlx::query(LIST).bind(integration).persistent(false).fetch_all(connection).await
        })
        .await?;
    let property = |row: &PgRow| Ok(Property { code: row.try_get(0)?, active: row.try_get(1)? });
    rows.iter().map(property).collect::<Result<_, sqlx::Error>>().map_err(|why| Trouble::of(why, db.place()))
}
