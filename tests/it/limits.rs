//! What protects an endpoint from us, us from an endpoint, and the queue from its own size.

use std::time::{Duration, Instant};

use crate::support::{Receiver, Scene};

#[test]
fn an_endpoint_that_keeps_failing_gets_one_probe_in_thirty_seconds_and_waiting_spends_no_attempt() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/switch"));
    scene.enqueue(500);
    scene.hookyard(&["webhook", "retry"]).run();
    let opened = receiver.count();
    assert!((20..=30).contains(&opened), "{opened} requests until the breaker opened");
    assert_eq!(scene.count("select count(*) from hookyard.deliveries where attempts = 0"), 500 - opened);
    let endpoints = scene.hookyard(&["webhook", "endpoints"]).run().stdout;
    assert!(endpoints.contains("breaker open"), "{endpoints}");

    let again = scene.hookyard(&["webhook", "retry"]).run();
    assert_eq!(
        (receiver.count(), again.stdout.as_str()),
        (opened, ""),
        "not before thirty seconds have passed"
    );
    for probes in 1..=3 {
        scene.database.execute("update hookyard.endpoints set probe_at = now()");
        scene.hookyard(&["webhook", "retry"]).run();
        assert_eq!(receiver.count(), opened + probes, "one probe, then none for thirty seconds");
    }
}

#[test]
fn one_success_closes_the_breaker_and_what_waited_arrives_at_a_pace() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/switch"));
    scene.enqueue(250);
    scene.hookyard(&["webhook", "retry"]).run();
    let before = receiver.count();
    receiver.recover();
    scene.database.execute("update hookyard.endpoints set probe_at = now()");
    scene.time_passes();
    let started = Instant::now();
    // Two runs at once: the pace is the endpoint's, not the process's.
    let runs: Vec<_> = (0..2).map(|_| scene.hookyard(&["webhook", "retry"]).start()).collect();
    for run in runs {
        run.finish().succeeds();
    }
    let took = started.elapsed();
    assert_eq!(scene.states(), "delivered 250", "paced or not, all that is due is delivered by this run");
    assert!(took > Duration::from_secs(4), "250 deliveries at 50 a second in {took:?}");
    let received = receiver.received();
    let after = &received[before..];
    for request in after {
        let within = |other: &&crate::support::Received| {
            other.at >= request.at && other.at < request.at + Duration::from_secs(1)
        };
        let busiest = after.iter().filter(within).count();
        assert!(busiest <= 50, "{busiest} requests within a second of a recovery");
    }
}

#[test]
fn retries_of_one_second_are_spread_and_none_is_early() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..40).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/status/500/{n}")))));
    // Below the breaker's twenty, so that every delivery is attempted.
    scene.enqueue(19);
    scene.hookyard(&["webhook", "retry"]).run();
    let waits = scene.database.query_text(
        "select extract(epoch from d.next_attempt_at - (a.started_at + a.duration_us * interval '1 microsecond'))
         from hookyard.deliveries d join hookyard.attempts a on a.delivery_id = d.id",
    );
    let waits: Vec<f64> =
        waits.iter().map(|row| row[0].as_deref().expect("a wait").parse().expect("seconds")).collect();
    assert_eq!(waits.len(), 760);
    assert!(waits.iter().all(|wait| (60.0..72.0 + 5.0).contains(wait)), "{waits:?}");
    let busiest = (60..72).map(|second| waits.iter().filter(|wait| **wait as i32 == second).count()).max();
    assert!(busiest.expect("some") <= 2 * 760 / 12, "{busiest:?} of 760 in one second");
}

#[test]
fn a_slow_endpoint_is_limited_per_process_and_the_limit_is_a_setting() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/400"));
    scene.enqueue(12);
    let started = Instant::now();
    scene.hookyard(&["webhook", "retry", "--per-endpoint", "3"]).run().succeeds();
    let received = receiver.received();
    let at_once = |at: Instant| {
        received.iter().filter(|r| r.at <= at && at < r.at + Duration::from_millis(390)).count()
    };
    assert!(received.iter().all(|request| at_once(request.at) <= 3));
    assert!(started.elapsed() > Duration::from_millis(1500));
}

#[test]
fn limit_attempts_no_more_than_it_says() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(50);
    let transcript = scene.hookyard(&["webhook", "retry", "--limit", "7"]).run();
    assert_eq!(
        transcript.to_string(),
        "7 attempted: 7 accepted by their endpoints\nallowed besides public https: 127.0.0.1/32, plain http\n--- stderr\n(nothing)\n--- exit 0"
    );
    assert_eq!(receiver.count(), 7);
    assert_eq!(scene.count("select count(*) from hookyard.deliveries where lease_until is not null"), 0);
}

#[test]
fn a_long_queue_is_neither_scanned_nor_held_in_memory() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..4).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/ok/{n}")))));
    scene.database.execute(&format!(
        "insert into hookyard.events (id, event_type, api_key_id, payload, payload_sha256, is_jsonb)
         select hookyard.new_id(), 'entry.completed', '{}', to_json(repeat('x', 60000))::text, '', true
         from generate_series(1, 5000);
         insert into hookyard.deliveries (id, event_id, webhook_id)
         select hookyard.new_id(), e.id, w.id from hookyard.events e cross join webhooks w;
         analyze hookyard.deliveries; analyze hookyard.events;",
        crate::support::API_KEY
    ));
    let scans =
        "select string_agg(relname || ' ' || seq_scan, ', ' order by relname) from pg_stat_user_tables
        where schemaname = 'hookyard' and relname in ('deliveries', 'events', 'attempts')";
    let before = scene.text(scans);
    let mut run = scene.hookyard(&["webhook", "retry", "--limit", "2000", "--per-endpoint", "32"]).start();
    let mut most = 0;
    while !run.is_over() {
        most = most.max(run.resident_kib());
        std::thread::sleep(Duration::from_millis(2));
    }
    run.finish().succeeds();
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(scene.text(scans), before, "a queue statement scanned its whole table");
    assert!(most < 128 * 1024, "{most} KiB for 20,000 due deliveries of 60 KB");
    assert_eq!(receiver.count(), 2000);
}

/// The server keeps the plan by which a session records, and made it when there was next to nothing to read.
#[test]
fn a_run_that_began_with_an_empty_queue_does_not_read_all_of_it_later() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.database.execute("vacuum (analyze) hookyard.deliveries");
    scene.database.execute("alter table hookyard.deliveries set (autovacuum_enabled = false)");
    let run = scene.hookyard(&["webhook", "retry", "--watch"]).start();
    let delivered = |count: usize| {
        let until = Instant::now() + Duration::from_secs(60);
        while scene.count("select count(*) from hookyard.deliveries where last_status = 200") < count {
            assert!(Instant::now() < until, "{}", scene.states());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // One after the other, so that each of the run's sessions records some before and some after.
    for count in 1..=10 {
        scene.enqueue(1);
        delivered(count);
    }
    scene.database.execute(
        "insert into hookyard.deliveries (id, state, event_id, webhook_id, next_attempt_at, finished_at)
         select hookyard.new_id(), 'delivered', d.event_id, gen_random_uuid(), null, now()
         from hookyard.deliveries d, generate_series(1, 500)",
    );
    for count in 11..=20 {
        scene.enqueue(1);
        delivered(count);
    }
    run.signal(libc::SIGTERM);
    run.finish();
    // What a session has read is counted when it ends.
    let sessions = "select count(*) from pg_stat_activity where application_name like 'hookyard/%'
        and datname = current_database()";
    while scene.count(sessions) > 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let read = "select sum(idx_tup_read) from pg_stat_user_indexes where relname = 'deliveries'";
    let read = scene.count(read);
    assert!(read < 5000, "{read} entries of the index read to record twenty attempts");
}

#[test]
fn watch_sleeps_until_something_is_due_and_then_is_prompt() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let run = scene.hookyard(&["webhook", "retry", "--watch"]).start();
    std::thread::sleep(Duration::from_millis(1500));
    let started = Instant::now();
    scene.enqueue(1);
    receiver.wait_for(1);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    run.signal(libc::SIGINT);
    let transcript = run.finish();
    assert_eq!(transcript.code, Some(130), "{transcript}");
}

#[test]
fn an_endpoint_that_recovers_does_not_hold_the_others_up() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/switch"));
    scene.enqueue(300);
    scene.hookyard(&["webhook", "retry"]).run();
    let before = receiver.count();
    receiver.recover();
    scene.database.execute(&format!(
        "update hookyard.endpoints set probe_at = now();
         update webhooks set events = '{{}}' where id = '{webhook}'"
    ));
    scene.time_passes();
    (0..4).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/ok/{n}")))));
    scene.enqueue(200);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(scene.states(), "delivered 1100");
    let received = receiver.received().split_off(before);
    let last = received.iter().rposition(|request| request.path.starts_with("/ok")).expect("the others");
    let paced = received[..last].iter().filter(|request| request.path == "/switch").count();
    assert!(paced < 150, "{paced} of the recovering endpoint's 300 came before the others were done");
}
