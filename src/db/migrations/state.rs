//! What a database has, and what comes next: a reading, then decisions without any input or output.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::{ALL, Migration, newest};
use crate::db::Db;
use crate::failure::Failure;

/// One row of `hookyard.migrations`.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub version: i32,
    pub sha256: String,
    pub inherited: bool,
}

/// What is there.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub has_schema: bool,
    pub has_table: bool,
    pub has_view: bool,
    /// `hookyard.create_entry`, whatever it takes: a second one beside it would never be the one that is meant.
    pub has_function: bool,
    /// Any of the six documented tables, in whatever schema: then they are somebody else's.
    pub has_documented: bool,
    pub recorded: Vec<Recorded>,
}

/// What is still to be done, in order.
#[derive(Debug)]
pub struct Pending {
    pub schema: bool,
    pub table: bool,
    /// With whether it is only recorded, since its tables are inherited.
    pub migrations: Vec<(&'static Migration, bool)>,
    pub view: bool,
    pub function: bool,
}

/// Looked up in every schema: tables outside the search path are inherited all the same.
const LOOK: &str = "
    select to_regnamespace('hookyard') is not null,
        exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'hookyard' and c.relname = 'migrations'),
        exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'hookyard' and c.relname = 'entry_payloads'),
        exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'f')
                and c.relname in ('webhooks', 'webhook_delivery_attempts', 'yardi_integrations', 'yardi_properties',
                    'yardi_entries', 'yardi_invites')
                and n.nspname not in ('hookyard', 'pg_catalog', 'information_schema')
                and n.nspname not like 'pg\\_temp\\_%'),
        exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'hookyard' and p.proname = 'create_entry')";

pub async fn read(connection: &mut PgConnection) -> Result<State, sqlx::Error> {
    let row = sqlx::query(LOOK).persistent(false).fetch_one(&mut *connection).await?;
    let mut state = State {
        has_schema: row.try_get(0)?,
        has_table: row.try_get(1)?,
        has_view: row.try_get(2)?,
        has_documented: row.try_get(3)?,
        has_function: row.try_get(4)?,
        recorded: Vec::new(),
    };
    if state.has_table {
        state.recorded = recorded(connection).await?;
    }
    Ok(state)
}

/// The table must be there.
pub async fn recorded(connection: &mut PgConnection) -> Result<Vec<Recorded>, sqlx::Error> {
    const RECORDED: &str = "select version, sha256, is_inherited from hookyard.migrations order by version";
    let rows = sqlx::raw_sql(RECORDED).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            Ok(Recorded { version: row.try_get(0)?, sha256: row.try_get(1)?, inherited: row.try_get(2)? })
        })
        .collect()
}

/// What is left to do, or why this binary must not touch the database.
pub fn decide(state: &State) -> Result<Pending, Failure> {
    refuse(&state.recorded)?;
    let missing = ALL
        .iter()
        .filter(|migration| !state.recorded.iter().any(|recorded| recorded.version == migration.version));
    Ok(Pending {
        schema: !state.has_schema,
        table: !state.has_table,
        migrations: missing.map(|one| (one, one.documented && state.has_documented)).collect(),
        view: !state.has_view,
        function: !state.has_function,
    })
}

/// A newer schema and a rewritten past both need a person.
pub fn refuse(recorded: &[Recorded]) -> Result<(), Failure> {
    if let Some(newer) = recorded.iter().map(|one| one.version).max().filter(|version| *version > newest()) {
        return Err(Failure::blocked(format!(
            "the database's schema is at version {newer}, and this hookyard knows versions up to {}",
            newest()
        ))
        .hint("use the hookyard that made it, or a later one; nothing was changed"));
    }
    for migration in ALL {
        let changed =
            recorded.iter().find(|one| one.version == migration.version && one.sha256 != migration.sha256());
        if changed.is_some() {
            return Err(Failure::blocked(format!(
                "migration {} was applied in another form than this hookyard holds",
                migration.title()
            ))
            .hint("use the hookyard that made it: an applied migration is never changed")
            .hint("select version, name, sha256, applied_at from hookyard.migrations order by version"));
        }
    }
    Ok(())
}

/// What `apply` would do; reads only.
pub async fn pending(db: &Db) -> Result<Pending, Failure> {
    let state = db.tx(async |connection| read(connection).await).await?;
    decide(&state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(version: i32, sha256: String) -> Recorded {
        Recorded { version, sha256, inherited: false }
    }

    #[test]
    fn inherited_tables_are_only_recorded() {
        let pending = decide(&State { has_documented: true, ..State::default() }).expect("pending");
        let steps: Vec<_> = pending.migrations.iter().map(|(one, skip)| (one.version, *skip)).collect();
        let expected: Vec<_> = ALL.iter().map(|one| (one.version, one.documented)).collect();
        assert_eq!(steps, expected, "the documented tables are skipped, the rest is made");
    }

    #[test]
    fn a_newer_or_rewritten_past_is_refused() {
        let newer = decide(&State { recorded: vec![recorded(99, String::new())], ..State::default() });
        assert!(newer.is_err_and(|why| why.source.to_string().contains("version 99")));
        let changed = decide(&State { recorded: vec![recorded(2, "0".into())], ..State::default() });
        assert!(changed.is_err_and(|why| why.source.to_string().contains("0002_deliveries")));
    }
}
