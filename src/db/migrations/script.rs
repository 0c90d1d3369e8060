//! The dry run: what `apply` would send, as a script that psql can run to the same end.

use super::{CREATE_ENTRY, ENTRY_PAYLOADS, Pending, SCHEMA, TABLE};

const BEGIN: &str = "begin;\nset local lock_timeout = '500ms';\nset local timezone = 'UTC';\n";

pub fn script(pending: &Pending) -> String {
    let mut script = String::new();
    if pending.schema {
        push(&mut script, "schema hookyard", &format!("{SCHEMA};"), "");
    }
    if pending.table {
        push(&mut script, "table hookyard.migrations", TABLE, "");
    }
    for (migration, inherited) in &pending.migrations {
        // A text to read, built from our own constants; what runs binds these values.
        let record = format!(
            "insert into hookyard.migrations (version, name, sha256, is_inherited)\n    values ({}, '{}', '{}', {inherited});\n",
            migration.version,
            migration.name,
            migration.sha256()
        );
        let title = migration.title();
        if *inherited {
            push(&mut script, &format!("{title}: the tables are there, so it is only recorded"), "", &record);
        } else {
            push(&mut script, &title, migration.sql, &record);
        }
    }
    if pending.view {
        push(&mut script, "view hookyard.entry_payloads", ENTRY_PAYLOADS, "");
    }
    if pending.function {
        push(&mut script, "function hookyard.create_entry", CREATE_ENTRY, "");
    }
    script
}

fn push(script: &mut String, title: &str, sql: &str, record: &str) {
    if !script.is_empty() {
        script.push('\n');
    }
    script.push_str(&format!("-- {title}\n{BEGIN}{}\n{record}commit;\n", sql.trim_end()));
}
