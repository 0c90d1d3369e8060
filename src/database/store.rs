//! The slice's SQL: indexes of the documented tables, and what `status` shows beside the schema.

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::index::{Index, Standing};
use super::surroundings::{Strangers, Surroundings};
use super::writes::Writes;
use crate::db::{Db, Trouble};

/// Every index of the documented tables. A session that reports progress on an index and holds its table is the one
/// that builds there; other roles' progress shows no more than that. A copy of this database on the same server has
/// the same oids: its locks are not ours.
pub async fn list_indexes(db: &Db) -> Result<Vec<Standing>, Trouble> {
    const LIST: &str = "
        select c.relname::text as on_table, i.relname::text as name,
            substring(pg_get_indexdef(i.oid) from ' USING (.*)$') as shape,
            coalesce(x.indisvalid and x.indisready, false) as is_valid,
            pg_has_role(c.relowner, 'usage') as ours_to_build,
            (select min(l.pid) from pg_locks l join pg_stat_progress_create_index p on p.pid = l.pid
                where l.relation = c.oid and l.granted
                    and l.database = (select oid from pg_database where datname = current_database())) as builder
        from pg_class c
        left join pg_index x on x.indrelid = c.oid
        left join pg_class i on i.oid = x.indexrelid
        where c.relkind in ('r', 'p') and pg_table_is_visible(c.oid)
            and c.relname in ('webhooks', 'webhook_delivery_attempts', 'yardi_properties', 'yardi_entries',
                'yardi_invites')";
    list(db, LIST, |row| {
        Ok(Standing {
            table: row.try_get("on_table")?,
            name: row.try_get("name")?,
            shape: row.try_get("shape")?,
            valid: row.try_get("is_valid")?,
            ours_to_build: row.try_get("ours_to_build")?,
            builder: row.try_get("builder")?,
        })
    })
    .await
}

/// Outside any transaction, as CONCURRENTLY demands.
pub async fn insert_index(db: &Db, index: &Index) -> Result<(), Trouble> {
    db.alone(index.create).await
}

pub async fn delete_index(db: &Db, index: &Index) -> Result<(), Trouble> {
    db.alone(index.drop).await
}

pub async fn find_surroundings(db: &Db) -> Result<Surroundings, Trouble> {
    const FIND: &str = "
        select current_setting('server_version') as version,
            (select substring(one from '=(.*)$') from pg_db_role_setting s cross join unnest(s.setconfig) one
                where one ilike 'timezone=%'
                    and s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
                    and s.setrole in (0, (select r.oid from pg_roles r where r.rolname = current_user))
                order by s.setrole <> 0 desc, s.setdatabase <> 0 desc limit 1) as timezone,
            pg_is_in_recovery() as is_standby,
            current_setting('default_transaction_read_only') = 'on' as is_read_only,
            coalesce((select array_to_string(c.reloptions, ',') from pg_class c
                where c.oid = to_regclass('webhook_delivery_attempts')), '') like '%autovacuum%' as is_tuned,
            exists (select from pg_class c where c.relname = 'oban_jobs' and c.relkind in ('r', 'p')) as has_oban";
    find(db, FIND, |row| {
        Ok(Surroundings {
            version: row.try_get("version")?,
            timezone: row.try_get("timezone")?,
            is_standby: row.try_get("is_standby")?,
            is_read_only: row.try_get("is_read_only")?,
            is_tuned: row.try_get("is_tuned")?,
            has_oban: row.try_get("has_oban")?,
        })
    })
    .await
}

/// Looks at the last hundred pages only: that costs the same however long the history is, as long as each of our own is
/// looked up by its key; joined, all of ours would be read. The time is read as text, since one `infinity` would stop the
/// decoding.
pub async fn count_strangers(db: &Db) -> Result<Strangers, Trouble> {
    const COUNT: &str = "
        select count(*) as looked_at,
            count(*) filter (where theirs.is_strange) as strangers,
            (max(theirs.created_at) filter (where theirs.is_strange and isfinite(theirs.created_at)))::text as latest
        from (
            select a.created_at, (select o.id from hookyard.attempts o where o.id = a.id) is null as is_strange
            from webhook_delivery_attempts a
            where a.ctid >= (select format('(%s,0)', greatest(
                pg_relation_size('webhook_delivery_attempts') / current_setting('block_size')::bigint - 100, 0))::tid)
            offset 0) theirs";
    find(db, COUNT, |row| {
        Ok(Strangers {
            looked_at: row.try_get("looked_at")?,
            count: row.try_get("strangers")?,
            latest: row.try_get("latest")?,
        })
    })
    .await
}

/// Whether attempts are counted as they are written, and how many there are in an hour.
pub async fn find_writes(db: &Db) -> Result<Writes, Trouble> {
    const FIND: &str = r"
        select hookyard.writes_counted_since(a.oid) is not null as is_counted,
            exists (select from pg_trigger t where t.tgrelid = a.oid and t.tgname like 'hookyard\_counts\_%') as is_wanted,
            coalesce((
                select max(n.attempts) from (
                    select sum(h.attempts)::int8 as attempts from hookyard.hours h
                    where h.hour > now() - interval '7 days'
                    group by h.hour) n), 0) as most
        from (select to_regclass('webhook_delivery_attempts') as oid) a";
    find(db, FIND, |row| {
        Ok(Writes {
            is_wanted: row.try_get("is_wanted")?,
            is_counted: row.try_get("is_counted")?,
            most: row.try_get("most")?,
        })
    })
    .await
}

/// Whether the view can be read to the ground: its owner needs rights on what it reads.
pub async fn find_no_entry(db: &Db) -> Result<(), Trouble> {
    const FIND: &str = "select p.entry_id from hookyard.entry_payloads p limit 0";
    db.tx(async |connection| sqlx::query(FIND).persistent(false).fetch_all(connection).await.map(|_| ()))
        .await
}

/// Stored secrets by how they begin: version, length and tag, with what follows where the tag is a very long one.
pub async fn count_secrets(db: &Db) -> Result<Vec<(Vec<u8>, i64)>, Trouble> {
    const COUNT: &str = "
        select case when octet_length(s.sealed) > 2 and get_byte(s.sealed, 1) < 128
                then substring(s.sealed for 2 + get_byte(s.sealed, 1)) else substring(s.sealed for 300) end as head,
            count(*) as held
        from hookyard.secrets s
        where s.state = 'active' and (s.expires_at is null or s.expires_at > now())
        group by 1";
    list(db, COUNT, |row| Ok((row.try_get("head")?, row.try_get("held")?))).await
}

/// How the stored passwords begin, as text: Base64, or bytes in hex. What is in neither form is not read at all.
pub async fn list_password_heads(db: &Db) -> Result<Vec<String>, Trouble> {
    const LIST: &str = r"
        select left(y.password::text, 640) as head from yardi_integrations y
        where y.password::text like 'AQ%' or y.password::text like '\\x01%'
        limit 10000";
    list(db, LIST, |row| row.try_get("head")).await
}

async fn find<T>(
    db: &Db,
    sql: &'static str,
    read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Result<T, Trouble> {
    let row = db.tx(async |tx| sqlx::query(sql).persistent(false).fetch_one(tx).await).await?;
    read(&row).map_err(|why| db.trouble(why))
}

async fn list<T>(
    db: &Db,
    sql: &'static str,
    read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, Trouble> {
    let rows = db.tx(async |tx| sqlx::query(sql).persistent(false).fetch_all(tx).await).await?;
    rows.iter().map(read).collect::<Result<_, _>>().map_err(|why| db.trouble(why))
}
