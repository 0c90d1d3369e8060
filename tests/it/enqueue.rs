//! `hookyard.enqueue`: the host application calls it inside its own transaction, and the event is as true as that.

use crate::support::Database;

const ENTRY: &str = "e0000000-0000-4000-8000-000000000001";
const ENQUEUE: &str = "select hookyard.enqueue('entry.completed', 'e0000000-0000-4000-8000-000000000001')";
const COUNTS: &str =
    "select (select count(*) from hookyard.events) || ' ' || (select count(*) from hookyard.deliveries)";

/// A company with one entry, three endpoints that want it and three that do not.
fn company() -> Database {
    let database = Database::migrated();
    database.execute(
        "insert into api_keys values
            ('a0000000-0000-4000-8000-000000000001', 'ours', '2024-01-01', '2024-01-01'),
            ('a0000000-0000-4000-8000-000000000002', 'theirs', '2024-01-01', '2024-01-01');
        insert into companies values ('c0000000-0000-4000-8000-000000000001', 'Acme',
            'a0000000-0000-4000-8000-000000000001', '2024-01-01', '2024-01-01');
        insert into properties values ('90000000-0000-4000-8000-000000000001', 'Maple Court', 'PR-1',
            'c0000000-0000-4000-8000-000000000001', '2024-01-01', '2024-01-01');
        insert into entries (id, short_id, property_id, result, completed_at, inserted_at, updated_at) values
            ('e0000000-0000-4000-8000-000000000001', 'SNAP-1', '90000000-0000-4000-8000-000000000001', 'CLEAN',
                '2024-01-15 10:30:00.7', '2024-01-01', '2024-01-01');
        insert into applicants (id, entry_id, first_name, last_name, email, inserted_at, updated_at) values
            ('b0000000-0000-4000-8000-000000000001', 'e0000000-0000-4000-8000-000000000001', 'Zoë \"Z\"', 'Smith',
                'z@example.com', '2024-01-01', '2024-01-01');
        insert into webhooks (id, url, events, is_active, api_key_id, inserted_at, updated_at)
        select ('d0000000-0000-4000-8000-00000000000' || n)::uuid, 'https://example.com/' || n, events::varchar[],
            active, ('a0000000-0000-4000-8000-00000000000' || key)::uuid, '2024-01-01', '2024-01-01'
        from (values
            (1, '{entry.completed}', true, 1), (2, '{fraud.detected,entry.completed}', true, 1),
            (3, '{entry.completed}', true, 1), (4, '{entry.completed}', null, 1),
            (5, '{entry.completed}', true, 2), (6, '{entry.in_review}', true, 1)) w (n, events, active, key)",
    );
    database
}

#[test]
fn a_transaction_that_is_rolled_back_leaves_no_event() {
    let database = company();
    database.execute(&format!("begin; {ENQUEUE}; rollback"));
    assert_eq!(database.value(COUNTS), "0 0");
    database.execute(&format!("begin; {ENQUEUE}; commit"));
    assert_eq!(database.value(COUNTS), "1 3");
}

#[test]
fn a_second_call_gives_the_first_ones_id() {
    let database = company();
    let (first, second) = (database.value(ENQUEUE), database.value(ENQUEUE));
    assert_eq!(first, second);
    assert_eq!(database.value(COUNTS), "1 3");
    assert_eq!(database.value("select substring(id::text, 15, 1) from hookyard.events"), "7");
}

#[test]
fn an_entry_that_has_changed_is_another_event() {
    let database = company();
    let first = database.value(ENQUEUE);
    database.execute("update entries set result = 'FRAUD'");
    assert_ne!(first, database.value(ENQUEUE));
    assert_eq!(database.value(COUNTS), "2 6");
}

#[test]
fn twenty_calls_at_once_make_one_event() {
    let database = company();
    let ids: Vec<String> = std::thread::scope(|scope| {
        let call = || database.session().query_text(ENQUEUE)[0][0].clone().unwrap();
        let calls: Vec<_> = (0..20).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(database.value(COUNTS), "1 3");
}

#[test]
fn only_active_endpoints_of_the_same_key_that_want_the_event_are_chosen() {
    let database = company();
    database.execute(ENQUEUE);
    let chosen = database.query_text("select right(webhook_id::text, 1) from hookyard.deliveries order by 1");
    assert_eq!(chosen.concat(), ["1", "2", "3"].map(|id| Some(id.to_owned())));
}

#[test]
fn a_payload_has_the_twelve_keys_in_order_and_null_where_nothing_is_known() {
    let database = company();
    database.execute(ENQUEUE);
    insta::assert_snapshot!(database.value("select payload from hookyard.events"), @r#"{"event":"entry.completed","entry_id":"e0000000-0000-4000-8000-000000000001","short_id":"SNAP-1","property_id":"90000000-0000-4000-8000-000000000001","result":"CLEAN","applicant":{"full_name":"Zoë \"Z\" Smith","email":"z@example.com"},"fraud_result":null,"income_result":null,"asset_result":null,"identity_result":null,"completed_at":"2024-01-15T10:30:00Z","report_url":null}"#);
    database.execute(
        "insert into entries (id, inserted_at, updated_at)
            values ('e0000000-0000-4000-8000-000000000002', '2024-01-01', '2024-01-01');
        select hookyard.enqueue('entry.completed', 'e0000000-0000-4000-8000-000000000002')",
    );
    let unknown =
        "select payload from hookyard.events where entry_id <> 'e0000000-0000-4000-8000-000000000001'";
    insta::assert_snapshot!(database.value(unknown), @r#"{"event":"entry.completed","entry_id":"e0000000-0000-4000-8000-000000000002","short_id":null,"property_id":null,"result":null,"applicant":{"full_name":null,"email":null},"fraud_result":null,"income_result":null,"asset_result":null,"identity_result":null,"completed_at":null,"report_url":null}"#);
}

#[test]
fn the_callers_time_zone_does_not_reach_the_payload() {
    let database = Database::foreign_migrated();
    // This company's view could as well hand the zone on.
    database.execute(
        "create or replace function pg_temp.redefine() returns void language plpgsql as $$
        declare definition text := pg_get_viewdef('hookyard.entry_payloads');
        begin
            drop view hookyard.entry_payloads;
            execute 'create view hookyard.entry_payloads as '
                || replace(definition, '(e.finished_at AT TIME ZONE ''UTC''::text)', 'e.finished_at');
            alter view hookyard.entry_payloads owner to hookyard_app;
            grant select on hookyard.entry_payloads to platform_owner;
        end $$;
        select pg_temp.redefine()",
    );
    let mut host = database.session_as("platform_owner");
    host.execute(&format!("set timezone = 'America/Chicago'; {ENQUEUE}"));
    let completed = "select payload::json ->> 'completed_at' from hookyard.events";
    assert_eq!(host.query_text(completed)[0][0].as_deref(), Some("2024-01-15T10:30:00Z"));
    assert_eq!(
        database.value("select data_type from information_schema.columns where table_name = 'entry_payloads' and column_name = 'completed_at'"),
        "timestamp with time zone"
    );
}

#[test]
fn an_entry_the_view_does_not_reach_is_refused_by_name() {
    let database = company();
    let refused = database
        .session()
        .attempt("select hookyard.enqueue('entry.completed', '00000000-0000-4000-8000-000000000000')");
    assert_eq!(
        refused.unwrap_err(),
        "P0002: hookyard.entry_payloads has no entry 00000000-0000-4000-8000-000000000000"
    );
}

#[test]
fn an_event_id_names_one_event_for_ever() {
    let database = company();
    let named = |event: &str| {
        format!("select hookyard.enqueue('{event}', '{ENTRY}', '11111111-1111-4111-8111-111111111111')")
    };
    assert_eq!(database.value(&named("entry.completed")), "11111111-1111-4111-8111-111111111111");
    assert_eq!(database.value(&named("entry.completed")), "11111111-1111-4111-8111-111111111111");
    let refused = database.session().attempt(&named("fraud.detected")).unwrap_err();
    assert_eq!(refused, "23505: event id 11111111-1111-4111-8111-111111111111 already names another event");
    assert_eq!(database.value(COUNTS), "1 3");
}

#[test]
fn endpoints_whose_events_are_an_array_of_text_are_found() {
    let database = company();
    database
        .execute("alter table webhooks alter column events drop default, alter column events type text[]");
    database.execute(ENQUEUE);
    assert_eq!(database.value(COUNTS), "1 3");
}

#[test]
fn the_host_application_needs_no_more_than_the_grants() {
    let database = Database::foreign_migrated();
    database.session_as("platform_owner").execute(ENQUEUE);
    // Of twelve webhooks: one is null, one off, one for other events, one for none.
    assert_eq!(database.value(COUNTS), "1 8");
}
