//! `hookyard database migrate`: ours made, theirs left alone, whoever else is at it.

use std::time::Duration;

use crate::support::{Database, Hookyard, hookyard};

fn migrate(database: &Database) -> Hookyard {
    hookyard(&["database", "migrate"]).database(database)
}

/// All that can be said of every table outside our schema: definitions, owners, rights, rows.
fn theirs(database: &Database) -> String {
    fingerprint(database, "n.nspname not in ('hookyard', 'pg_catalog', 'information_schema', 'pg_toast')")
}

/// The same of every table in the database.
fn everything(database: &Database) -> String {
    fingerprint(database, "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')")
}

fn fingerprint(database: &Database, which: &str) -> String {
    let text = database.value(&format!(
        "select string_agg(line, chr(10) order by line) from (
            select concat_ws(' ', 'relation', c.oid::regclass, c.relkind, r.rolname, c.relacl, c.reloptions,
                c.relrowsecurity, c.relfilenode) as line
            from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.oid = c.relowner
            where {which}
            union all
            select concat_ws(' ', 'column', c.oid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attacl, a.attoptions)
            from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
            where a.attnum > 0 and {which}
            union all
            select concat_ws(' ', 'constraint', c.oid::regclass, k.conname, pg_get_constraintdef(k.oid))
            from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
            where {which}
            union all
            select concat_ws(' ', 'trigger', c.oid::regclass, count(*))
            from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
            where {which} group by c.oid
            union all
            select concat_ws(' ', 'index', pg_get_indexdef(c.oid))
            from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'i' and {which}
        ) lines"
    ));
    let tables = database.query_text(&format!(
        "select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and {which} order by 1"
    ));
    let rows = tables.concat().into_iter().flatten().map(|table| {
        let sum = format!("select md5(string_agg(t::text || xmin, '' order by t::text)) from {table} t");
        format!("\nrows {table} {}", database.value(&sum))
    });
    text + &rows.collect::<String>()
}

#[test]
fn an_empty_database_gets_everything_and_a_second_run_finds_nothing_to_do() {
    let database = Database::empty();
    insta::assert_snapshot!(migrate(&database).run(), @r"
    made schema hookyard
    made table hookyard.migrations
    made 0001_documented_tables
    made 0002_deliveries
    made 0003_enqueue
    made 0004_replay
    made 0005_queue
    made 0006_yardi
    made 0007_hours
    made 0008_secrets
    made 0009_retention
    made 0010_run_keys
    made 0011_attempts_by_time
    made 0012_claims
    made 0013_failed_hours
    made 0014_order
    made 0015_written_hours
    made view hookyard.entry_payloads
    made function hookyard.create_entry
    --- stderr
    (nothing)
    --- exit 0
    ");
    let before = everything(&database);
    insta::assert_snapshot!(migrate(&database).run(), @r"
    nothing to do: the schema is at version 15
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(before, everything(&database));
    assert!(
        hookyard(&["database", "status"])
            .database(&database)
            .run()
            .succeeds()
            .stdout
            .ends_with("all is well\n")
    );
}

#[test]
fn four_runs_at_once_make_it_once() {
    let database = Database::empty();
    let running: Vec<_> = (0..4).map(|_| migrate(&database).start()).collect();
    let said: String = running.into_iter().map(|run| run.finish().succeeds().stdout).collect();
    for made in [
        "0001_documented_tables",
        "0002_deliveries",
        "0003_enqueue",
        "0004_replay",
        "0005_queue",
        "0006_yardi",
        "0007_hours",
        "0008_secrets",
        "0009_retention",
        "0010_run_keys",
        "0011_attempts_by_time",
        "0012_claims",
        "0013_failed_hours",
        "0014_order",
        "0015_written_hours",
        "view hookyard.entry_payloads",
        "function hookyard.create_entry",
    ] {
        assert_eq!(said.matches(&format!("made {made}\n")).count(), 1, "{said}");
    }
    assert_eq!(
        database.value("select string_agg(version::text, ' ') from hookyard.migrations"),
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"
    );
}

#[test]
fn a_schema_newer_than_the_binary_is_refused_and_nothing_is_written() {
    let database = Database::migrated();
    database.execute(
        "insert into hookyard.migrations values (99, 'of_tomorrow', 'x', false);
        drop view hookyard.entry_payloads",
    );
    let before = everything(&database);
    insta::assert_snapshot!(migrate(&database).run(), @r"
    (nothing)
    --- stderr
    error: the database's schema is at version 99, and this hookyard knows versions up to 15

    hint: use the hookyard that made it, or a later one; nothing was changed
    --- exit 4
    ");
    assert_eq!(before, everything(&database));
}

#[test]
fn a_migration_that_was_applied_in_another_form_is_refused() {
    let database = Database::migrated();
    database.execute("update hookyard.migrations set sha256 = 'x' where version = 2");
    insta::assert_snapshot!(migrate(&database).run(), @r"
    (nothing)
    --- stderr
    error: migration 0002_deliveries was applied in another form than this hookyard holds

    hint: use the hookyard that made it: an applied migration is never changed
    hint: select version, name, sha256, applied_at from hookyard.migrations order by version
    --- exit 4
    ");
}

#[test]
fn a_dry_run_changes_nothing_and_its_script_does_the_same_as_the_run() {
    let database = Database::empty();
    let before = everything(&database);
    let script = hookyard(&["database", "migrate", "--dry-run"]).database(&database).run().succeeds().stdout;
    assert_eq!(before, everything(&database));
    assert_eq!(database.value("select to_regnamespace('hookyard') is null"), "t");
    database.session().execute(&script);
    let again = migrate(&database).run().succeeds().stdout;
    assert_eq!(again, "nothing to do: the schema is at version 15\n");
    let nothing = hookyard(&["database", "migrate", "--dry-run"]).database(&database).run().succeeds().stdout;
    assert_eq!(nothing, "-- nothing to do\n");
}

#[test]
fn a_database_of_somebody_else_stays_as_it_was() {
    let database = Database::foreign();
    let before = theirs(&database);
    insta::assert_snapshot!(migrate(&database).run(), @r"
    made table hookyard.migrations
    made 0002_deliveries
    made 0003_enqueue
    made 0004_replay
    made 0005_queue
    made 0006_yardi
    made 0007_hours
    made 0008_secrets
    made 0009_retention
    made 0010_run_keys
    made 0011_attempts_by_time
    made 0012_claims
    made 0013_failed_hours
    made 0014_order
    made 0015_written_hours
    the documented tables were there: they are somebody else's and stay as they are
    view hookyard.entry_payloads does not fit this database: the database at [server] says: column e.property_id does not exist (42703)
      create view hookyard.entry_payloads as select ...; with one row per entry and the columns entry_id uuid, api_key_id uuid, short_id text, property_id text, result text, applicant_full_name text, applicant_email text, fraud_result text, income_result text, asset_result text, identity_result text, completed_at timestamp, report_url text
    function hookyard.create_entry does not fit this database: the database at [server] says: column e.property_id does not exist (42703)
      create function hookyard.create_entry(property_id uuid, first_name text, last_name text, email text, prospect_code text) returns uuid ...; which makes an entry with its applicant

    still to be done by a person (`hookyard database status` says how):
      view hookyard.entry_payloads is missing
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(before, theirs(&database));
    insta::assert_snapshot!(migrate(&database).run(), @r"
    view hookyard.entry_payloads does not fit this database: the database at [server] says: column e.property_id does not exist (42703)
      create view hookyard.entry_payloads as select ...; with one row per entry and the columns entry_id uuid, api_key_id uuid, short_id text, property_id text, result text, applicant_full_name text, applicant_email text, fraud_result text, income_result text, asset_result text, identity_result text, completed_at timestamp, report_url text
    function hookyard.create_entry does not fit this database: the database at [server] says: column e.property_id does not exist (42703)
      create function hookyard.create_entry(property_id uuid, first_name text, last_name text, email text, prospect_code text) returns uuid ...; which makes an entry with its applicant
    nothing to do: the schema is at version 15

    still to be done by a person (`hookyard database status` says how):
      view hookyard.entry_payloads is missing
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(before, theirs(&database));
    assert_eq!(database.value("select is_inherited from hookyard.migrations where version = 1"), "t");
}

#[test]
fn a_view_that_is_there_is_never_replaced() {
    let database = Database::foreign_migrated();
    let definition = "select pg_get_viewdef('hookyard.entry_payloads') || xmin from pg_class where relname = 'entry_payloads'";
    let before = database.value(definition);
    migrate(&database).run().succeeds();
    assert_eq!(before, database.value(definition));
}

#[test]
fn a_companys_own_way_of_making_entries_is_never_replaced() {
    let database = Database::migrated();
    database.execute(
        "drop function hookyard.create_entry;
        create function hookyard.create_entry(a uuid, b varchar, c varchar, d varchar, e varchar) returns uuid
        language sql as 'select null::uuid'",
    );
    let made = migrate(&database).run().succeeds();
    assert!(made.stdout.starts_with("nothing to do"), "{made}");
    let one = "select count(*) from pg_proc where proname = 'create_entry'";
    assert_eq!(database.value(one), "1", "a second one beside it would be called instead");
}

#[test]
fn tables_outside_the_search_path_are_somebody_elses_all_the_same() {
    let database = Database::empty();
    database
        .execute("create schema platform; create table platform.yardi_entries (entry_id uuid primary key)");
    migrate(&database).run().succeeds();
    assert_eq!(database.value("select to_regclass('public.webhooks') is null"), "t");
}

#[test]
fn writers_at_work_are_neither_stopped_nor_in_the_way() {
    let database = Database::foreign();
    let mut writer = database.session_as("platform_owner");
    writer.execute(
        "begin; update webhooks set updated_at = '2024-06-01'; lock table entries in access exclusive mode",
    );
    let running = migrate(&database).start();
    // Longer than a migration waits for any lock: it gives way and comes again.
    std::thread::sleep(Duration::from_millis(1500));
    writer.execute("update yardi_entries set prospect_code = 'p1'; commit");
    let transcript = running.finish().succeeds();
    assert!(transcript.stdout.contains("made 0003_enqueue"), "{transcript}");
    assert!(transcript.stdout.contains("column e.property_id does not exist (42703)"), "{transcript}");
}

#[test]
fn a_role_that_may_not_make_the_schema_is_told_what_to_type() {
    let database = Database::foreign_without_grants();
    insta::assert_snapshot!(migrate(&database).run(), @r"
    (nothing)
    --- stderr
    error: cannot migrate the database
      caused by: the database at [server] says: permission denied for database [database] (42501)

    hint: `hookyard database status` lists the rights that are missing
    hint: as the database's owner: create schema hookyard authorization hookyard_app;
    --- exit 4
    ");
}

#[test]
fn a_database_that_is_not_utf8_is_refused_before_anything_is_made() {
    for encoding in ["SQL_ASCII", "LATIN1"] {
        let database = Database::encoded(encoding);
        let transcript = migrate(&database).run();
        assert_eq!(transcript.code, Some(4), "{transcript}");
        assert!(
            transcript.stderr.contains(&format!("the database's encoding is {encoding}")),
            "{transcript}"
        );
        assert_eq!(database.value("select to_regnamespace('hookyard') is null"), "t");
    }
}

#[test]
fn an_invalid_index_is_rebuilt_and_a_missing_one_built() {
    let database = Database::migrated();
    database.execute(
        "drop index idx_webhooks_events_gin; drop index idx_yardi_entries_prospect;
        insert into yardi_integrations (id, inserted_at, updated_at)
            values ('70000000-0000-4000-8000-000000000001', now(), now());
        insert into entries (id, inserted_at, updated_at) select gen_random_uuid(), now(), now() from generate_series(1, 2);
        insert into yardi_entries select id, 'shared by roommates', now(), now() from entries",
    );
    // A unique index over rows that are not unique fails half-way and stays behind.
    let mut builder = database.session();
    let failed = builder.attempt(
        "create unique index concurrently idx_yardi_entries_prospect on yardi_entries (prospect_code)",
    );
    assert!(failed.unwrap_err().starts_with("23505"));
    // The server reports a failure before it has ended the build: the answer to a next statement says it has.
    builder.execute("select 1");
    insta::assert_snapshot!(
        hookyard(&["database", "migrate", "--with-indexes"]).database(&database).run(), @r"
        built idx_webhooks_events_gin
        rebuilt idx_yardi_entries_prospect
        --- stderr
        building idx_webhooks_events_gin; transactions open now are waited for
        building idx_yardi_entries_prospect; transactions open now are waited for
        --- exit 0
        "
    );
    let built = "select indisvalid and not indisunique from pg_index where indexrelid = 'idx_yardi_entries_prospect'::regclass";
    assert_eq!(database.value(built), "t");
    insta::assert_snapshot!(
        hookyard(&["database", "migrate", "--with-indexes"]).database(&database).run(), @r"
        nothing to do: the schema is at version 15
        --- stderr
        (nothing)
        --- exit 0
        "
    );
}

#[test]
fn an_index_that_another_session_is_building_is_left_alone() {
    let database = Database::migrated();
    database.execute("drop index idx_yardi_entries_prospect");
    // A transaction that has written holds the builder up.
    let mut old = database.session();
    old.execute("begin; insert into yardi_entries select id, 'x', now(), now() from entries; select txid_current(); lock table yardi_entries in row exclusive mode");
    let mut builder = database.session();
    let pid = builder.pid();
    // A copy on the same server has the same oids, and nobody builds there.
    let copy = Database::migrated();
    copy.execute(
        "update pg_index set indisvalid = false where indexrelid = 'idx_yardi_entries_prospect'::regclass",
    );
    let migrate = |database: &Database| {
        hookyard(&["database", "migrate", "--with-indexes"]).database(database).hiding(&pid, "PID").run()
    };
    let (here, beside) = std::thread::scope(|scope| {
        let build = scope.spawn(move || {
            builder.execute(
                "create index concurrently idx_yardi_entries_prospect on yardi_entries (prospect_code)",
            );
        });
        let building = "select 1 from pg_stat_progress_create_index where datname = current_database()";
        while database.query_text(building).is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let told = (migrate(&database), migrate(&copy));
        old.execute("commit");
        build.join().unwrap();
        told
    });
    assert_eq!(here.stdout, "left alone idx_yardi_entries_prospect: pid PID is building it now\n");
    assert_eq!(beside.stdout, "rebuilt idx_yardi_entries_prospect\n");
    let valid = "select indisvalid from pg_index where indexrelid = 'idx_yardi_entries_prospect'::regclass";
    assert_eq!(database.value(valid), "t");
}

#[test]
fn the_owner_of_inherited_tables_can_have_the_indexes_built() {
    let database = Database::foreign_migrated();
    let args = ["database", "migrate", "--with-indexes"];
    let refused = hookyard(&args).database(&database).run();
    assert_eq!(refused.code, Some(4), "{refused}");
    assert_eq!(refused.stdout.matches("only the owner of").count(), 10, "{refused}");
    // A role that is a member of the owner may do it: one of this test's own, since all databases share the roles.
    let role = format!("indexer_of_{}", database.name());
    database.execute(&format!("create role {role} login in role platform_owner, hookyard_app"));
    let url = database.url().replace("hookyard_app", &role);
    let built = hookyard(&args).env("DATABASE_URL", &url).run();
    database.execute(&format!("drop role {role}"));
    assert_eq!(built.succeeds().stdout.matches("built idx_").count(), 10);
}

#[test]
fn a_default_time_zone_of_the_database_has_no_effect() {
    let database = Database::empty();
    database.execute(&format!("alter database {} set timezone = 'America/Chicago'", database.name()));
    migrate(&database).run().succeeds();
    let status = hookyard(&["database", "status", "--json"]).database(&database).run().succeeds().json();
    assert_eq!(status["timezone_default"], "America/Chicago");
    assert_eq!(status["well"], true);
}

/// The long form: a million attempts of somebody else's. Run it by hand with `cargo test --test it -- --ignored million`.
#[test]
#[ignore = "takes a minute and a gigabyte"]
fn a_million_attempts_of_somebody_else_stay_as_they_were() {
    let database = Database::foreign();
    database.execute(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
        select 'd0000000-0000-4000-8000-000000000001', jsonb_build_object('n', n), '{}', 200, now()
        from generate_series(1, 1000000) n",
    );
    let before = theirs(&database);
    let started = std::time::Instant::now();
    migrate(&database).run().succeeds();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(before, theirs(&database));
}
