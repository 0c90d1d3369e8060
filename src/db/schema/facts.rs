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
#[serde(from = "Listed")]
pub struct Relation {
    pub schema: String,
    pub name: String,
    /// Found by its bare name, or ours.
    pub reachable: bool,
    pub can_delete: bool,
    pub row_security: bool,
    pub columns: Vec<Column>,
}

#[derive(Debug)]
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

/// As the catalog's statement gives it: of each column, in their order, what would be a dozen keys and words.
#[derive(Deserialize)]
struct Listed {
    schema: String,
    name: String,
    reachable: bool,
    can_delete: bool,
    row_security: bool,
    columns: Vec<String>,
    kinds: Vec<String>,
    flags: Vec<u8>,
}

impl From<Listed> for Relation {
    fn from(listed: Listed) -> Relation {
        let columns = listed.columns.into_iter().zip(listed.kinds).zip(listed.flags);
        Relation {
            schema: listed.schema,
            name: listed.name,
            reachable: listed.reachable,
            can_delete: listed.can_delete,
            row_security: listed.row_security,
            columns: columns.map(|((name, kind), flags)| Column::new(name, kind, flags)).collect(),
        }
    }
}

impl Column {
    fn new(name: String, kind: String, flags: u8) -> Column {
        let has = |bit: u8| flags >> bit & 1 == 1;
        Column {
            name,
            kind,
            not_null: has(0),
            has_default: has(1),
            can_select: has(2),
            can_insert: has(3),
            can_update: has(4),
        }
    }
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
        'encoding', current_setting('server_encoding'),
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
                'schema', r.nspname,
                'name', r.relname,
                'reachable', r.nspname = 'hookyard' or pg_table_is_visible(r.oid),
                'can_delete', has_table_privilege(r.oid, 'delete'),
                'row_security', r.relrowsecurity and row_security_active(r.oid),
                'columns', l.names, 'kinds', l.kinds, 'flags', l.flags) order by r.nspname, r.relname), '[]')
            from (
                select n.nspname, c.relname, c.oid, c.relrowsecurity, has_table_privilege(c.oid, 'select') as can_select,
                    has_table_privilege(c.oid, 'insert') as can_insert, has_table_privilege(c.oid, 'update') as can_update
                from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p', 'v', 'm', 'f') and (n.nspname = 'hookyard' or (
                    c.relname in ('webhooks', 'webhook_delivery_attempts', 'yardi_integrations', 'yardi_properties',
                        'yardi_entries', 'yardi_invites')
                    and n.nspname not in ('pg_catalog', 'information_schema')
                    and n.nspname not like 'pg\\_temp\\_%'))
                offset 0) r
            cross join lateral (
                select coalesce(array_agg(a.attname), '{}') as names,
                    coalesce(array_agg(format_type(a.base, null)), '{}') as kinds,
                    coalesce(array_agg(a.attnotnull::int
                        + (a.atthasdef or a.attidentity <> '')::int * 2
                        + (r.can_select or has_column_privilege(r.oid, a.attnum, 'select'))::int * 4
                        + (r.can_insert or has_column_privilege(r.oid, a.attnum, 'insert'))::int * 8
                        + (r.can_update or has_column_privilege(r.oid, a.attnum, 'update'))::int * 16), '{}') as flags
                from (
                    select a.*,
                        -- the server's own types are no domains
                        case when a.atttypid < 10000 then a.atttypid
                            else coalesce((select nullif(t.typbasetype, 0) from pg_type t where t.oid = a.atttypid),
                                a.atttypid) end as base
                    from pg_attribute a
                    where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                    order by a.attnum) a) l)
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
