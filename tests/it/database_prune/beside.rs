//! Retention beside everything else: a sender at work, other people's locks, signals and kill -9, and much of it.

use std::time::{Duration, Instant};

use super::{delivered, prune, rows};
use crate::support::{Receiver, Scene};

#[test]
fn a_sender_at_work_loses_nothing_and_waits_for_nobody() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/10"));
    delivered(&scene, 3000, 100);
    scene.enqueue(800);
    let sender = scene.hookyard(&["webhook", "retry"]).start();
    receiver.wait_for(20);
    let mut pruner = scene.hookyard(&["database", "prune", "--older-than", "90d", "--yes", "--json"]).start();
    let waiting = "select count(*) from pg_stat_activity a where datname = current_database()
        and application_name like '%webhook-retry' and exists (
            select from unnest(pg_blocking_pids(a.pid)) b join pg_stat_activity p on p.pid = b
            where p.application_name like '%database-prune')";
    let mut waits = 0;
    while !pruner.is_over() {
        waits += scene.count(waiting);
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = pruner.finish().succeeds().json();
    assert_eq!(told["rows"]["events"], 3000);
    sender.finish().succeeds();
    assert_eq!(scene.states(), "delivered 800");
    assert_eq!((receiver.count(), receiver.ids("/").len(), waits), (800, 800, 0));
    assert_eq!(rows(&scene), "events 800, deliveries 800, attempts 800, documented 800");
}

#[test]
fn rows_that_somebody_holds_are_left_and_the_others_go() {
    let scene = Scene::new();
    scene.webhook("https://crm.example/in");
    delivered(&scene, 30, 100);
    let mut other = scene.database.session();
    other.execute(
        "begin; select id from hookyard.events order by id limit 4 for key share;
         select id from hookyard.deliveries order by id desc limit 6 for update",
    );
    let told = prune(&scene, &["--older-than", "90d", "--yes", "--json"]).succeeds().json();
    assert_eq!((told["rows"]["events"].as_i64(), told["kept"]["locked"].as_i64()), (Some(20), Some(10)));
    other.execute("rollback");
    prune(&scene, &["--older-than", "90d", "--yes"]).succeeds();
    assert_eq!(rows(&scene), "events 0, deliveries 0, attempts 0, documented 0");
}

#[test]
fn a_table_that_somebody_locks_ends_it_in_time_and_names_him() {
    let scene = Scene::new();
    scene.webhook("https://crm.example/in");
    delivered(&scene, 5, 100);
    let mut other = scene.database.session();
    let pid = other.pid();
    other.execute("begin; lock table webhook_delivery_attempts in access exclusive mode");
    let started = Instant::now();
    let told = prune(&scene, &["--older-than", "90d", "--yes"]).exits(3);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    let named = format!("pid {pid} (test, ");
    assert!(told.stderr.contains(&named) && told.stderr.contains("(55P03)"), "{told}");
    other.execute("rollback");
    assert_eq!(rows(&scene), "events 5, deliveries 5, attempts 10, documented 10");
}

/// Half of it gone: some steps done, others not.
fn half_way(scene: &Scene, arguments: &[&str]) -> crate::support::Running {
    let run = scene
        .hookyard(&[&["database", "prune", "--older-than", "90d", "--yes"], arguments].concat())
        .env("HOOKYARD_TEST_FAULT", "prune-rest:100")
        .start();
    let until = Instant::now() + Duration::from_secs(60);
    while scene.count("select count(*) from hookyard.events") > 3500 {
        assert!(Instant::now() < until, "{}", rows(scene));
        std::thread::sleep(Duration::from_millis(5));
    }
    run
}

/// No event without its deliveries, no attempt without its delivery, no copy without its attempt.
fn is_whole(scene: &Scene) -> bool {
    scene.count(
        "select (select count(*) from hookyard.events v where not exists (
                select from hookyard.deliveries d where d.event_id = v.id))
            + (select count(*) from hookyard.attempts a where not exists (
                select from hookyard.deliveries d where d.id = a.delivery_id))
            + (select count(*) from hookyard.deliveries d where (
                select count(*) from hookyard.attempts a where a.delivery_id = d.id) <> 2)
            + (select count(*) from webhook_delivery_attempts w where not exists (
                select from hookyard.attempts a where a.id = w.id))",
    ) == 0
}

#[test]
fn stopped_anywhere_it_is_simply_run_again() {
    let scene = Scene::new();
    scene.webhook("https://crm.example/in");
    delivered(&scene, 4000, 100);
    let mut run = half_way(&scene, &[]);
    run.kill();
    assert!(is_whole(&scene), "{}", rows(&scene));
    let left = scene.count("select count(*) from hookyard.events");
    assert!(left > 0);
    // Ctrl-C finishes the step and says so.
    let run = scene
        .hookyard(&["database", "prune", "--older-than", "90d", "--yes"])
        .env("HOOKYARD_TEST_FAULT", "prune-rest:100")
        .start();
    while scene.count("select count(*) from hookyard.events") == left {
        std::thread::sleep(Duration::from_millis(5));
    }
    run.signal(2);
    let told = run.finish().exits(130);
    assert!(told.stdout.starts_with("interrupted; run it again and it goes on\n"), "{told}");
    assert!(is_whole(&scene) && scene.count("select count(*) from hookyard.events") > 0, "{}", rows(&scene));
    let brief = prune(&scene, &["--older-than", "90d", "--yes", "--max-runtime", "1ms"]).succeeds();
    assert!(brief.stdout.starts_with("stopped: its time is up"), "{brief}");
    prune(&scene, &["--older-than", "90d", "--yes"]).succeeds();
    assert_eq!(rows(&scene), "events 0, deliveries 0, attempts 0, documented 0");
}

#[test]
fn a_hundred_thousand_rows_go_in_flat_memory_and_along_an_index() {
    let scene = Scene::new();
    let webhook = scene.webhook("https://crm.example/in");
    scene.database.execute(&format!(
        "insert into hookyard.events (id, event_type, api_key_id, payload, payload_sha256, is_jsonb, created_at)
         select gen_random_uuid(), 'entry.completed', null, '{{\"n\":' || n || '}}', '', true,
            now() - interval '1 day' * (n % 180) from generate_series(1, 40000) n;
         insert into hookyard.deliveries (id, state, event_id, webhook_id, attempts, steps, next_attempt_at, created_at, finished_at)
         select gen_random_uuid(), 'delivered', v.id, '{webhook}', 1, 1, null, v.created_at, v.created_at from hookyard.events v;
         insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
         select gen_random_uuid(), 'accepted', d.id, d.webhook_id, 1, d.created_at, 5000, 200 from hookyard.deliveries d;
         insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status, created_at)
         select a.id, a.webhook_id, '{{}}', '{{}}', 200, a.started_at from hookyard.attempts a;
         analyze"
    ));
    for erased in ["null", "not null"] {
        let plan = scene.database.query_text(&format!(
            "explain select v.id from hookyard.events v where v.payload_erased_at is {erased}
                and v.created_at < now() - interval '90 days' and (v.created_at, v.id) > ('epoch', '{webhook}')
             order by v.created_at, v.id limit 250"
        ));
        let plan: Vec<String> = plan.concat().into_iter().flatten().collect();
        assert!(plan.iter().any(|line| line.contains("_by_age on events")), "{plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("Sort")), "{plan:#?}");
    }
    let before = scans(&scene);
    let mut run = scene.hookyard(&["database", "prune", "--older-than", "90d", "--yes", "--json"]).start();
    let (mut most, started) = (0, Instant::now());
    while !run.is_over() {
        most = most.max(run.resident_kib());
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = run.finish().succeeds().json();
    assert_eq!(scans(&scene), before, "no table that grows was read from end to end");
    println!("{} in {:?}, {most} KiB", told["rows"], started.elapsed());
    assert!(most < 40 * 1024, "{most} KiB");
    let events = told["rows"]["events"].as_i64().expect("a number");
    assert!((19_000..21_000).contains(&events), "{told}");
    assert_eq!(
        scene.count("select count(*) from hookyard.events"),
        40_000 - usize::try_from(events).expect("fits")
    );
}

/// Sequential scans of the tables that grow.
fn scans(scene: &Scene) -> String {
    scene.database.execute("select pg_sleep(1.1)");
    scene.text(
        "select string_agg(relname || ' ' || seq_scan, ', ' order by relname) from pg_stat_user_tables
         where relname in ('events', 'deliveries', 'attempts', 'webhook_delivery_attempts')",
    )
}
