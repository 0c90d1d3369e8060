//! `hookyard database status`: everything that is missing or wrong at once, each with what to type.

use crate::support::{Database, Hookyard, hookyard};

fn status(database: &Database) -> Hookyard {
    let version = database.value("show server_version");
    hookyard(&["database", "status"]).database(database).hiding(&version, "[version]")
}

/// What is wrong and what is noted, one per line.
fn findings(database: &Database, wrong: bool) -> Vec<String> {
    let json = hookyard(&["database", "status", "--json"]).database(database).run().json();
    let findings = json["findings"].as_array().unwrap().iter();
    findings.filter(|one| one["wrong"] == wrong).map(|one| one["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_migrated_database_is_well() {
    insta::assert_snapshot!(status(&Database::migrated()).run(), @r"
    database   [database] at [server] as postgres
    server     PostgreSQL [version], UTF8, primary
    time zone  UTC in every transaction of ours
    schema     version 15 of 15

    advice: the attempts are vacuumed seldom by default; their owner may type
      alter table webhook_delivery_attempts set (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);

    all is well
    --- stderr
    (nothing)
    --- exit 0
    ");
}

#[test]
fn an_empty_database_is_told_to_migrate() {
    insta::assert_snapshot!(status(&Database::empty()).run(), @r"
    database   [database] at [server] as postgres
    server     PostgreSQL [version], UTF8, primary
    time zone  UTC in every transaction of ours
    schema     not made

    wrong: schema hookyard is missing
      hookyard database migrate

    wrong: table webhooks is missing
      hookyard database migrate

    wrong: table webhook_delivery_attempts is missing
      hookyard database migrate

    wrong: table yardi_integrations is missing
      hookyard database migrate

    wrong: table yardi_properties is missing
      hookyard database migrate

    wrong: table yardi_entries is missing
      hookyard database migrate

    wrong: table yardi_invites is missing
      hookyard database migrate

    7 things are wrong
    --- stderr
    (nothing)
    --- exit 4
    ");
}

#[test]
fn all_that_is_missing_is_listed_at_once() {
    let database = Database::foreign_without_grants();
    database.execute(
        "create schema hookyard authorization hookyard_app;
        alter table webhooks drop column url;
        alter table webhooks alter column is_active drop default, alter column is_active type text;
        alter table webhook_delivery_attempts add column tenant_id uuid not null default gen_random_uuid();
        alter table webhook_delivery_attempts alter column tenant_id drop default;
        drop table yardi_entries;
        grant select (id, headers, events, api_key_id, inserted_at, updated_at) on webhooks to hookyard_app;
        grant select on webhook_delivery_attempts to hookyard_app;
        create schema elsewhere; alter table yardi_properties set schema elsewhere",
    );
    hookyard(&["database", "migrate"]).database(&database).run().succeeds();
    let transcript = status(&database).run();
    let (wrong, _) = transcript.stdout.split_once("noted:").unwrap();
    insta::assert_snapshot!(wrong, @r"
    database   [database] at [server] as hookyard_app
    server     PostgreSQL [version], UTF8, primary
    time zone  UTC in every transaction of ours
    schema     version 15 of 15

    wrong: column webhooks.url is missing
      alter table webhooks add column url varchar(255);

    wrong: column webhooks.is_active is text, not boolean
      alter table webhooks alter column is_active type boolean using is_active::text::boolean;

    wrong: role hookyard_app lacks select on webhooks (method, is_active)
      grant select (method, is_active) on webhooks to hookyard_app;

    wrong: role hookyard_app lacks insert on webhook_delivery_attempts
      grant insert on webhook_delivery_attempts to hookyard_app;

    wrong: column webhook_delivery_attempts.tenant_id is not in the document, not null and without default: rows of ours would be refused
      alter table webhook_delivery_attempts alter column tenant_id set default ...;

    wrong: table yardi_properties is in schema elsewhere, which is not on the search path
      alter role hookyard_app in database [database] set search_path = public, elsewhere;

    wrong: table yardi_entries is missing
      create table yardi_entries (entry_id uuid not null, prospect_code varchar(255), inserted_at timestamp not null, updated_at timestamp not null);

    wrong: view hookyard.entry_payloads is missing
      create view hookyard.entry_payloads as select ...; with one row per entry and the columns entry_id uuid, api_key_id uuid, short_id text, property_id text, result text, applicant_full_name text, applicant_email text, fraud_result text, income_result text, asset_result text, identity_result text, completed_at timestamp, report_url text
    ");
    assert_eq!(transcript.code, Some(4));
}

#[test]
fn the_foreign_database_is_well_once_its_operator_has_done_his_part() {
    let database = Database::foreign();
    hookyard(&["database", "migrate"]).database(&database).run().succeeds();
    assert_eq!(findings(&database, true), ["view hookyard.entry_payloads is missing"]);
    drop(database);
    let database = Database::foreign_migrated();
    assert_eq!(findings(&database, true), Vec::<String>::new());
    let noted = findings(&database, false);
    assert!(noted.iter().any(|what| what.contains("table oban_jobs is here")), "{noted:?}");
    assert!(
        noted.iter().any(|what| what.starts_with("4 of the 4 attempts stored last are not hookyard's")),
        "{noted:?}"
    );
    assert_eq!(noted.iter().filter(|what| what.starts_with("index idx_")).count(), 10, "{noted:?}");
}

#[test]
fn what_only_the_yardi_commands_need_is_wrong_where_they_are_used_and_noted_elsewhere() {
    let database = Database::foreign_migrated();
    let told = |wrong: bool| {
        let mut all = findings(&database, wrong);
        all.retain(|what| what.starts_with("role ") || what.contains("create_entry"));
        all.join("\n")
    };
    assert_eq!(told(true), "", "whoever delivers webhooks only needs nothing there");
    insta::assert_snapshot!(told(false), @r"
    role hookyard_app lacks select on yardi_integrations
    role hookyard_app lacks update on yardi_properties (last_poll_run, submit_date, updated_at)
    role hookyard_app lacks select on yardi_properties
    role hookyard_app lacks select, insert on yardi_entries
    role hookyard_app lacks update on yardi_invites (email, first_name, last_name, updated_at)
    role hookyard_app lacks select, insert on yardi_invites
    function hookyard.create_entry is missing
    ");
    database.execute(
        "grant select on yardi_integrations to hookyard_app;
        create function hookyard.create_entry(uuid, varchar, varchar, varchar, varchar) returns uuid
        language sql as 'select null::uuid'",
    );
    insta::assert_snapshot!(told(true), @r"
    role hookyard_app lacks update on yardi_properties (last_poll_run, submit_date, updated_at)
    role hookyard_app lacks select on yardi_properties
    role hookyard_app lacks select, insert on yardi_entries
    role hookyard_app lacks update on yardi_invites (email, first_name, last_name, updated_at)
    role hookyard_app lacks select, insert on yardi_invites
    function hookyard.create_entry takes or gives something else, or hookyard_app may not execute it
    ");
    database.execute(
        "grant select, update (last_poll_run, submit_date, updated_at) on yardi_properties to hookyard_app;
        grant select, insert on yardi_entries to hookyard_app;
        grant select, insert, update (email, first_name, last_name, updated_at) on yardi_invites to hookyard_app;
        drop function hookyard.create_entry;
        create function hookyard.create_entry(property_id uuid, first_name text, last_name text, email text,
            prospect_code text) returns uuid language sql as 'select null::uuid'",
    );
    assert_eq!((told(true), told(false)), (String::new(), String::new()));
}

#[test]
fn no_column_of_ours_can_go_unnoticed() {
    let database = Database::migrated();
    let columns = database.query_text(
        "select table_name || '.' || column_name from information_schema.columns
        where table_schema = 'hookyard' and table_name not in ('migrations', 'entry_payloads')",
    );
    database.execute(
        "do $$ declare c record; begin
            for c in select table_name, column_name from information_schema.columns
                where table_schema = 'hookyard' and table_name not in ('migrations', 'entry_payloads')
            loop
                execute format('alter table hookyard.%I rename column %I to %I', c.table_name, c.column_name,
                    c.column_name || '_was');
            end loop;
        end $$",
    );
    let mut expected: Vec<String> = columns
        .concat()
        .into_iter()
        .flatten()
        .map(|name| format!("column hookyard.{name} is missing"))
        .collect();
    let mut wrong: Vec<String> = findings(&database, true);
    wrong.retain(|what| what.starts_with("column hookyard."));
    expected.sort();
    wrong.sort();
    assert_eq!(wrong, expected);
}

#[test]
fn harmless_differences_are_noted_and_stop_nobody() {
    let database = Database::migrated();
    database.execute(
        "create function pg_temp.one(jsonb[]) returns jsonb language sql as 'select to_jsonb($1)';
        alter table webhooks alter column headers drop default, alter column headers drop not null,
            alter column headers type jsonb using pg_temp.one(headers);
        alter table webhooks alter column url type text, alter column updated_at type timestamptz",
    );
    let transcript = status(&database).run().succeeds();
    insta::assert_snapshot!(transcript.stdout, @r"
    database   [database] at [server] as postgres
    server     PostgreSQL [version], UTF8, primary
    time zone  UTC in every transaction of ours
    schema     version 15 of 15

    noted: column webhooks.url is text, not varchar(255); that serves as well

    noted: column webhooks.headers is jsonb, not jsonb[]; that serves as well

    noted: column webhooks.headers may be null and the document says it is not null

    noted: column webhooks.updated_at is timestamp with time zone, not timestamp; that serves as well

    advice: the attempts are vacuumed seldom by default; their owner may type
      alter table webhook_delivery_attempts set (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);

    all is well
    ");
}

#[test]
fn a_view_with_a_column_missing_or_of_another_type_is_wrong() {
    let database = Database::migrated();
    database.execute(
        "drop view hookyard.entry_payloads;
        create view hookyard.entry_payloads as
        select id as entry_id, id as api_key_id, short_id, property_id, result, result as applicant_full_name,
            result as applicant_email, fraud_result, income_result, asset_result, identity_result,
            completed_at::text as completed_at
        from entries",
    );
    assert_eq!(
        findings(&database, true),
        [
            "column hookyard.entry_payloads.property_id is uuid, not text",
            "column hookyard.entry_payloads.completed_at is text, not timestamp",
            "column hookyard.entry_payloads.report_url is missing",
        ]
    );
}

#[test]
fn a_view_whose_owner_may_not_read_what_it_reads_is_wrong() {
    let database = Database::foreign_migrated();
    database.execute("revoke select on folders from hookyard_app");
    let wrong = findings(&database, true);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(
        wrong[0].contains("cannot be read") && wrong[0].contains("permission denied for table folders"),
        "{wrong:?}"
    );
}

#[test]
fn an_invalid_index_is_wrong_and_a_missing_one_noted() {
    let database = Database::migrated();
    database.execute(
        "update pg_index set indisvalid = false where indexrelid = 'idx_yardi_entries_prospect'::regclass;
        drop index idx_webhooks_events_gin",
    );
    assert_eq!(findings(&database, true), ["index idx_yardi_entries_prospect is invalid"]);
    assert_eq!(findings(&database, false), ["index idx_webhooks_events_gin is missing"]);
}

#[test]
fn an_index_under_another_name_is_as_good() {
    let database = Database::migrated();
    database.execute("alter index idx_webhooks_events_gin rename to webhooks_events_index");
    assert_eq!(findings(&database, false), Vec::<String>::new());
}

#[test]
fn a_database_in_another_encoding_is_wrong() {
    let database = Database::encoded("SQL_ASCII");
    let transcript = status(&database).run();
    assert_eq!(transcript.code, Some(4), "{transcript}");
    assert!(transcript.stdout.contains("wrong: the database's encoding is SQL_ASCII"), "{transcript}");
}

#[test]
fn a_database_that_takes_no_writes_is_wrong() {
    let database = Database::migrated();
    database.execute(&format!("alter database {} set default_transaction_read_only = on", database.name()));
    assert_eq!(findings(&database, true), ["default_transaction_read_only is on: nothing can be recorded"]);
}

#[test]
fn a_lock_that_is_not_given_names_who_holds_it() {
    let database = Database::migrated();
    let mut other = database.session();
    other.execute("begin; lock table entries in access exclusive mode");
    let pid = other.pid();
    let transcript = status(&database).hiding(&format!("pid {pid} "), "pid PID ").run();
    assert_eq!(transcript.code, Some(4), "{transcript}");
    assert!(
        transcript.stdout.contains("pid PID (test, postgres) holds AccessExclusiveLock on entries"),
        "{transcript}"
    );
}

#[test]
fn without_a_database_both_ways_to_name_one_are_said() {
    insta::assert_snapshot!(hookyard(&["database", "status"]).run(), @r"
    (nothing)
    --- stderr
    error: no database is configured

    hint: set DATABASE_URL to a postgres:// URL
    hint: or add `--database embedded` for a local one that hookyard starts itself
    --- exit 4
    ");
}
