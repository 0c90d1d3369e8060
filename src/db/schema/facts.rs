//! What the catalog says, in one statement and one round trip: everything a judgement needs, and no rows of anybody's.

use serde::Deserialize;
use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::db::fault;
use crate::db::migrations::{Recorded, recorded};

#[derive(Debug, Deserialize)]
pub struct Facts {
    pub server: i32,
    pub encoding: String,
    /// Quoted where it must be, so that advice can be typed.
    pub role: String,
    pub database: String,
    pub search_path: Vec<String>,
    /// The role may make a schema in this database.
    pub can_create: bool,
    /// None: there is no such schema.
    pub schema_usage: Option<bool>,
    pub functions: Vec<String>,
    /// `hookyard.create_entry`: none, or whether it takes and gives what it is called with.
    pub create_entry: Option<bool>,
    pub relations: Vec<Relation>,
    #[serde(skip)]
    pub recorded: Option<Vec<Recorded>>,
}

#[derive(Debug, Deserialize)]
pub struct Relation {
    pub schema: String,
    pub name: String,
    /// Found by its bare name, or ours.
    pub reachable: bool,
    pub can_delete: bool,
    pub row_security: bool,
    pub columns: Vec<Column>,
}

#[derive(Debug, Deserialize)]
pub struct Column {
    pub name: String,
    /// Without length; a domain is its base type.
    pub kind: String,
    pub not_null: bool,
    pub has_default: bool,
    pub can_select: bool,
    pub can_insert: bool,
    pub can_update: bool,
}

impl Facts {
    /// The table that a bare name reaches, or ours.
    pub fn relation(&self, name: &str, ours: bool) -> Option<&Relation> {
        self.relations
            .iter()
            .find(|one| one.reachable && one.name == name && (one.schema == "hookyard") == ours)
    }

    /// The role has been let in to the Yardi tables, so it is meant to use them.
    pub fn uses_yardi(&self) -> bool {
        self.relation("yardi_integrations", false)
            .is_some_and(|table| table.columns.iter().any(|column| column.can_select))
    }

    /// A table of that name which no bare name reaches.
    pub fn elsewhere(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|one| !one.reachable && one.name == name)
    }
}

const CATALOG: &str = "
    select json_build_object(
        'server', current_setting('server_version_num')::int,
        'encoding', (select pg_encoding_to_char(d.encoding) from pg_database d where d.datname = current_database()),
        'role', quote_ident(current_user),
        'database', quote_ident(current_database()),
        'search_path', current_schemas(false),
        'can_create', has_database_privilege(current_database(), 'create'),
        'schema_usage', (select has_schema_privilege(n.oid, 'usage') from pg_namespace n where n.nspname = 'hookyard'),
        'functions', (select coalesce(json_agg(p.proname order by p.proname), '[]')
            from pg_proc p
            where p.proname in ('enqueue', 'entry_payload', 'insert_event', 'json_or_null', 'new_id', 'takes_jsonb')
                and p.pronamespace = (select n.oid from pg_namespace n where n.nspname = 'hookyard')
                and has_function_privilege(p.oid, 'execute')),
        'create_entry', (select bool_or(coalesce(p.oid = to_regprocedure('hookyard.create_entry(uuid,text,text,text,text)'), false)
                and p.prorettype = 'uuid'::regtype and not p.proretset and has_function_privilege(p.oid, 'execute'))
            from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'hookyard' and p.proname = 'create_entry' and has_schema_privilege(n.oid, 'usage')),
        'relations', (select coalesce(json_agg(json_build_object(
                'schema', n.nspname,
                'name', c.relname,
                'reachable', n.nspname = 'hookyard' or pg_table_is_visible(c.oid),
                'can_delete', has_table_privilege(c.oid, 'delete'),
                'row_security', c.relrowsecurity and row_security_active(c.oid),
                'columns', (select coalesce(json_agg(json_build_object(
                        'name', a.attname,
                        'kind', format_type(coalesce((select nullif(t.typbasetype, 0) from pg_type t
                            where t.oid = a.atttypid), a.atttypid), null),
                        'not_null', a.attnotnull,
                        'has_default', a.atthasdef or a.attidentity <> '',
                        'can_select', has_column_privilege(c.oid, a.attnum, 'select'),
                        'can_insert', has_column_privilege(c.oid, a.attnum, 'insert'),
                        'can_update', has_column_privilege(c.oid, a.attnum, 'update')) order by a.attnum), '[]')
                    from pg_attribute a
                    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
                ) order by n.nspname, c.relname), '[]')
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'f') and (n.nspname = 'hookyard' or (
                c.relname in ('webhooks', 'webhook_delivery_attempts', 'yardi_integrations', 'yardi_properties',
                    'yardi_entries', 'yardi_invites')
                and n.nspname not in ('pg_catalog', 'information_schema')
                and n.nspname not like 'pg\\_temp\\_%')))
    )::text";

pub async fn read(connection: &mut PgConnection) -> Result<Facts, sqlx::Error> {
    let row = sqlx::raw_sql(CATALOG).fetch_one(&mut *connection).await?;
    let mut facts: Facts = serde_json::from_str(row.try_get(0)?).map_err(fault)?;
    let readable = facts.relation("migrations", true).is_some_and(|table| {
        facts.schema_usage == Some(true) && table.columns.iter().all(|one| one.can_select)
    });
    if readable {
        facts.recorded = Some(recorded(connection).await?);
    }
    Ok(facts)
}
