//! Other people at work on the same database: row locks, table locks, maintenance, long readers. The rest goes on;
//! where nothing can, the one in the way is named. And hookyard itself stands in nobody's way.

use std::time::{Duration, Instant};

use crate::support::{Database, Receiver, Scene, hookyard};

const OURS: &str = "datname = current_database() and application_name like 'hookyard/%'";

#[test]
fn rows_that_somebody_holds_are_left_and_the_others_go() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(50);
    let mut other = scene.database.session();
    other.execute("begin; select id from hookyard.deliveries order by id limit 10 for update");
    let started = Instant::now();
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert!(started.elapsed() < Duration::from_secs(4), "it waited: {:?}", started.elapsed());
    assert_eq!(scene.states(), "delivered 40, pending 10");
    other.execute("rollback");
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(scene.states(), "delivered 50");
    assert_eq!(receiver.count(), 50);
}

#[test]
fn a_table_that_somebody_locks_ends_every_verb_in_time_and_names_him() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(5);
    let mut other = scene.database.session();
    let pid = other.pid();
    other.execute("begin; lock table webhooks in access exclusive mode");
    let verbs: [&[&str]; 4] = [
        &["webhook", "retry"],
        &["webhook", "list"],
        &["webhook", "endpoints"],
        &["webhook", "send", "entry.completed", "--entry", "SNAP-12345"],
    ];
    let started = Instant::now();
    let runs: Vec<_> = verbs.iter().map(|verb| scene.hookyard(verb).start()).collect();
    for run in runs {
        let transcript = run.finish();
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        assert_eq!(transcript.code, Some(3), "{transcript}");
        assert!(transcript.stderr.contains("(55P03)"), "{transcript}");
        let named = format!("pid {pid} (test, ");
        assert!(transcript.stderr.contains(&named), "{transcript}");
        assert!(transcript.stderr.contains("holds AccessExclusiveLock on webhooks"), "{transcript}");
    }
    assert_eq!(receiver.count(), 0);
    other.execute("rollback");
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(receiver.count(), 5);
}

#[test]
fn a_lock_in_the_middle_of_a_run_costs_only_what_was_in_flight() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/30"));
    scene.enqueue(600);
    let arguments = ["webhook", "retry", "--in-flight", "16", "--concurrency", "8"];
    let run = scene.hookyard(&arguments).start();
    receiver.wait_for(50);
    let mut other = scene.database.session();
    let pid = other.pid();
    other.execute("begin; lock table webhooks in access exclusive mode");
    let locked = Instant::now();
    let transcript = run.finish();
    assert!(locked.elapsed() < Duration::from_secs(10), "{:?}", locked.elapsed());
    assert_eq!(transcript.code, Some(3), "{transcript}");
    assert!(transcript.stderr.contains(&format!("pid {pid}")), "{transcript}");
    other.execute("rollback");
    let named = scene.count(
        "select count(*) from hookyard.deliveries d where d.lease_until is not null
           and not exists (select from hookyard.runs r where d.id = any (r.sending))",
    );
    assert_eq!(named, 0, "what was not on the wire was given back");
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    scene.database.execute(
        "update hookyard.deliveries set lease_until = now() - interval '1 s' where lease_until is not null",
    );
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(scene.states(), "delivered 600");
    let ids = receiver.ids("/");
    assert_eq!(ids.len(), 600);
    assert!(receiver.count() <= 600 + 16, "{} sent twice", receiver.count() - 600);
}

#[test]
fn maintenance_during_a_run_is_only_delay() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/10"));
    scene.enqueue(600);
    scene.database.execute(
        "alter table hookyard.deliveries set (autovacuum_enabled = off);
         alter table hookyard.attempts set (autovacuum_enabled = off)",
    );
    // A reader that began before, and stays.
    let mut reader = scene.database.session();
    reader.execute("begin isolation level repeatable read; select count(*) from hookyard.deliveries");
    let run = scene.hookyard(&["webhook", "retry"]).start();
    receiver.wait_for(20);
    reader.execute("commit; begin isolation level repeatable read; select count(*) from pg_class");
    let mut keeper = scene.database.session();
    let mut rounds = 0;
    while scene.states() != "delivered 600" {
        for table in
            ["hookyard.deliveries", "hookyard.attempts", "hookyard.runs", "webhook_delivery_attempts"]
        {
            keeper.execute(&format!("vacuum full {table}"));
            keeper.execute(&format!("reindex table {table}"));
        }
        rounds += 1;
        assert!(rounds < 500, "{}", scene.states());
    }
    let transcript = run.finish().succeeds();
    assert_eq!(transcript.stderr, "");
    assert!(rounds > 1, "the run was over before the second round");
    assert_eq!(receiver.count(), 600);
}

#[test]
fn every_transaction_has_its_limits_and_the_session_a_name() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(20);
    scene.database.execute(
        "create table seen as select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
            current_setting('idle_in_transaction_session_timeout') as idle, current_setting('TimeZone') as zone,
            current_setting('application_name') as name where false;
         create function look() returns trigger language plpgsql as $$ begin
            insert into seen values (current_setting('statement_timeout'), current_setting('lock_timeout'),
                current_setting('idle_in_transaction_session_timeout'), current_setting('TimeZone'),
                current_setting('application_name'));
            return null;
         end $$;
         create trigger look after insert or update on hookyard.deliveries for each statement execute function look();
         create trigger look after insert or update on hookyard.runs for each statement execute function look();
         create trigger look after insert on hookyard.attempts for each statement execute function look();
         create trigger look after insert on hookyard.events for each statement execute function look()",
    );
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    scene.hookyard(&["webhook", "send", "entry.completed", "--entry", "SNAP-12345"]).run().succeeds();
    let seen = scene
        .database
        .query_text("select distinct statement, lock, idle, zone, name from seen order by name");
    let version = env!("CARGO_PKG_VERSION");
    let row = |verb: &str| -> Vec<Option<String>> {
        ["30s", "5s", "1min", "UTC", &format!("hookyard/{version}/{verb}")]
            .map(|text| Some(text.to_owned()))
            .to_vec()
    };
    assert_eq!(seen, [row("webhook-retry"), row("webhook-send")]);
}

#[test]
fn no_transaction_is_open_while_a_request_is_on_the_wire_and_three_connections_are_enough() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/1500"));
    scene.webhook(&receiver.url("/slow/5"));
    scene.enqueue(60);
    let run = scene.hookyard(&["webhook", "retry", "--per-endpoint", "30"]).start();
    receiver.wait_for(30);
    let sample = format!(
        "select count(*) || ' ' || count(*) filter (where state like 'idle in transaction%'
            and state_change < clock_timestamp() - interval '200 ms') from pg_stat_activity where {OURS}"
    );
    let (mut samples, mut most) = (0, 0);
    while scene.states() != "delivered 120" {
        let told = scene.text(&sample);
        let (sessions, open) = told.split_once(' ').unwrap();
        assert_eq!(open, "0", "idle in transaction for 200 ms while endpoints are slow");
        most = most.max(sessions.parse::<usize>().unwrap());
        samples += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    run.finish().succeeds();
    assert!(samples > 20, "only {samples} samples");
    assert!((1..=3).contains(&most), "{most} connections");
}

#[test]
fn ten_runs_share_the_few_connections_there_are() {
    let receiver = Receiver::start();
    let database = Database::foreign_migrated();
    let (key, good) = ("a0000000-0000-4000-8000-000000000001", "d0000000-0000-4000-8000-000000000001");
    database.execute(&format!(
        "update webhooks set url = '{}' where id = '{good}';
         select count(hookyard.insert_event('entry.completed', '{{\"n\":' || n || '}}', '{key}', null,
            array['{good}']::uuid[], null, false)) from generate_series(1, 300) n;
         alter database {} connection limit 8",
        receiver.url("/slow/20"),
        database.name()
    ));
    let started = Instant::now();
    let arguments = ["--allow-http", "--allow-egress", "127.0.0.1/32", "webhook", "retry"];
    let runs: Vec<_> = (0..10).map(|_| hookyard(&arguments).database(&database).start()).collect();
    for run in runs {
        let transcript = run.finish();
        assert!(matches!(transcript.code, Some(0 | 3)), "{transcript}");
    }
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    hookyard(&arguments).database(&database).run().succeeds();
    assert_eq!(receiver.count(), 300);
    assert_eq!(receiver.ids("/").len(), 300);
}
