//! A database that goes away in the middle of a run: terminated sessions, connections cut at a commit, conflicts,
//! silence. Nothing is lost, and nothing is sent twice but what was in flight.

use std::time::{Duration, Instant};

use crate::support::{Cut, Proxy, Receiver, Scene};

const TERMINATE: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity
    where datname = current_database() and application_name like 'hookyard/%'";

fn requests(receiver: &Receiver) -> (usize, usize) {
    let ids = receiver.ids("/");
    (ids.values().sum(), ids.len())
}

#[test]
fn sessions_terminated_all_the_time_cost_neither_a_delivery_nor_a_second_request() {
    let calm = {
        let (scene, receiver) = (Scene::new(), Receiver::start());
        scene.webhook(&receiver.url("/slow/20"));
        scene.enqueue(1_000);
        let started = Instant::now();
        scene.hookyard(&["webhook", "retry"]).run().succeeds();
        started.elapsed()
    };
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/20"));
    scene.enqueue(1_000);
    let started = Instant::now();
    let run = scene.hookyard(&["webhook", "retry"]).start();
    let mut terminated = 0;
    while scene.states() != "delivered 1000" {
        std::thread::sleep(Duration::from_millis(200));
        terminated += scene.count(TERMINATE);
        assert!(started.elapsed() < Duration::from_secs(60), "{}", scene.states());
    }
    let took = started.elapsed();
    let transcript = run.finish().succeeds();
    assert_eq!(transcript.stderr, "");
    assert!(terminated >= 5, "only {terminated} sessions were terminated");
    assert_eq!(requests(&receiver), (1_000, 1_000));
    assert_eq!(scene.count("select count(*) from hookyard.attempts where outcome = 'accepted'"), 1_000);
    assert_eq!(scene.count("select count(*) from webhook_delivery_attempts"), 1_000);
    let most = calm * 2 + Duration::from_secs(1);
    assert!(took <= most, "{took:?} under fire, {calm:?} in peace");
}

/// One run of twenty deliveries, cut once at a commit.
fn cut_once(cut: Cut, number: usize) -> bool {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/5"));
    scene.enqueue(20);
    let proxy = Proxy::before(&scene.database);
    proxy.cut_at_commit(cut, number);
    let transcript = scene
        .hookyard(&["webhook", "retry", "--concurrency", "4"])
        .env("DATABASE_URL", &proxy.url(&scene.database))
        .run();
    if proxy.cuts() == 0 {
        return false;
    }
    let told = format!("{cut:?} at commit {number}\n{transcript}");
    assert_eq!(transcript.code, Some(0), "{told}");
    assert_eq!(
        transcript.stdout,
        "20 attempted: 20 accepted by their endpoints\nallowed besides public https: 127.0.0.1/32, plain http\n",
        "{told}"
    );
    assert_eq!(transcript.stderr, "", "{told}");
    assert_eq!(scene.states(), "delivered 20", "{told}");
    assert_eq!(requests(&receiver), (20, 20), "{told}");
    assert_eq!(scene.count("select count(*) from hookyard.attempts"), 20, "{told}");
    assert_eq!(scene.count("select count(*) from webhook_delivery_attempts"), 20, "{told}");
    true
}

#[test]
fn a_connection_cut_at_any_commit_of_a_run_is_resolved_by_reading_again() {
    for cut in [Cut::BeforeCommit, Cut::CommitSent, Cut::CommitAnswered] {
        let reached = (1..=8).filter(|number| cut_once(cut, *number)).count();
        assert!(reached >= 6, "{cut:?}: only {reached} commits were reached");
    }
}

#[test]
fn a_connection_cut_in_the_middle_of_a_message_is_made_again() {
    for bytes in [700, 2_500, 9_000] {
        let (scene, receiver) = (Scene::new(), Receiver::start());
        scene.webhook(&receiver.url("/ok"));
        scene.enqueue(50);
        let proxy = Proxy::before(&scene.database);
        proxy.cut_after(bytes);
        scene
            .hookyard(&["webhook", "retry"])
            .env("DATABASE_URL", &proxy.url(&scene.database))
            .run()
            .succeeds();
        assert_eq!(proxy.cuts(), 1, "at {bytes}");
        assert_eq!(requests(&receiver), (50, 50), "at {bytes}");
        assert_eq!(scene.states(), "delivered 50");
    }
}

#[test]
fn failures_are_counted_once_though_their_commit_went_unanswered() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/503"));
    scene.enqueue(8);
    for number in 1..=8 {
        let proxy = Proxy::before(&scene.database);
        proxy.cut_at_commit(Cut::CommitAnswered, number);
        scene
            .hookyard(&["webhook", "retry", "--limit", "1"])
            .env("DATABASE_URL", &proxy.url(&scene.database))
            .run()
            .succeeds();
    }
    assert_eq!(receiver.count(), 8);
    assert_eq!(scene.text("select failures from hookyard.endpoints"), "8");
}

#[test]
fn an_event_whose_commit_went_unanswered_is_this_calls_own_and_is_sent() {
    for number in 1..=8 {
        let (scene, receiver) = (Scene::new(), Receiver::start());
        scene.webhook(&receiver.url("/ok"));
        let proxy = Proxy::before(&scene.database);
        proxy.cut_at_commit(Cut::CommitAnswered, number);
        let transcript = scene
            .hookyard(&["webhook", "send", "entry.completed", "--entry", "SNAP-12345", "--json"])
            .env("DATABASE_URL", &proxy.url(&scene.database))
            .run()
            .succeeds();
        assert_eq!(transcript.json()["created"], true, "commit {number}\n{transcript}");
        assert_eq!(requests(&receiver), (1, 1), "commit {number}");
        assert_eq!(scene.count("select count(*) from hookyard.acts"), 1, "commit {number}");
    }
}

#[test]
fn conflicts_are_tried_again_without_a_word_and_without_another_request() {
    for code in ["40P01", "40001"] {
        for table in
            ["hookyard.attempts", "hookyard.deliveries", "hookyard.runs", "webhook_delivery_attempts"]
        {
            let (scene, receiver) = (Scene::new(), Receiver::start());
            scene.webhook(&receiver.url("/ok"));
            scene.enqueue(10);
            // A sequence forgets nothing when its transaction is rolled back.
            scene.database.execute(&format!(
                "create sequence conflicts;
                 create function conflict() returns trigger language plpgsql as $$ begin
                    if nextval('conflicts') <= 3 then
                        raise exception 'a conflict on purpose' using errcode = '{code}';
                    end if;
                    return null;
                 end $$;
                 create trigger conflict after insert or update on {table}
                    for each statement execute function conflict()"
            ));
            let transcript = scene.hookyard(&["webhook", "retry"]).run();
            assert_eq!(
                transcript.to_string(),
                "10 attempted: 10 accepted by their endpoints\nallowed besides public https: 127.0.0.1/32, plain http\n--- stderr\n(nothing)\n--- exit 0",
                "{code} on {table}"
            );
            assert_eq!(requests(&receiver), (10, 10), "{code} on {table}");
            assert!(scene.count("select last_value from conflicts") > 3, "{code} on {table}: no conflict");
        }
    }
}

#[test]
fn a_conflict_that_stays_ends_the_run_and_can_be_tried_later() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(1);
    scene.database.execute(
        "create function conflict() returns trigger language plpgsql as $$ begin
            raise exception 'a conflict on purpose' using errcode = '40P01';
         end $$;
         create trigger conflict after insert on hookyard.attempts for each statement execute function conflict()",
    );
    let transcript = scene.hookyard(&["webhook", "retry"]).run();
    assert_eq!(transcript.code, Some(3), "{transcript}");
    assert!(transcript.stderr.contains("a conflict on purpose (40P01)"), "{transcript}");
    assert_eq!(receiver.count(), 1);
    assert_eq!(scene.states(), "pending 1");
}

#[test]
fn a_server_that_falls_silent_is_left_for_a_new_connection() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/300"));
    scene.enqueue(40);
    let proxy = Proxy::before(&scene.database);
    let run = scene
        .hookyard(&["webhook", "retry", "--concurrency", "10"])
        .env("DATABASE_URL", &proxy.url(&scene.database))
        .env("HOOKYARD_TEST_FAULT", "answer:2,patience:20")
        .start();
    receiver.wait_for(10);
    proxy.pause();
    std::thread::sleep(Duration::from_secs(3));
    proxy.cut();
    proxy.resume();
    run.finish().succeeds();
    assert_eq!(scene.states(), "delivered 40");
    assert_eq!(requests(&receiver), (40, 40));
}

#[test]
fn a_server_that_stays_silent_ends_the_run_which_says_so() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/300"));
    scene.enqueue(40);
    let proxy = Proxy::before(&scene.database);
    let run = scene
        .hookyard(&["webhook", "retry", "--concurrency", "10"])
        .env("DATABASE_URL", &proxy.url(&scene.database))
        .env("HOOKYARD_TEST_FAULT", "answer:2,patience:1")
        .start();
    receiver.wait_for(10);
    proxy.pause();
    let silent = Instant::now();
    let transcript = run.finish();
    assert!(silent.elapsed() < Duration::from_secs(9), "{:?}", silent.elapsed());
    assert_eq!(transcript.code, Some(3), "{transcript}");
    assert!(transcript.stderr.contains("no answer in 2 s"), "{transcript}");
}

#[test]
fn a_slow_way_to_the_server_is_only_slow() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(100);
    let proxy = Proxy::before(&scene.database);
    proxy.slow_down(Duration::from_millis(30));
    scene.hookyard(&["webhook", "retry"]).env("DATABASE_URL", &proxy.url(&scene.database)).run().succeeds();
    assert_eq!(requests(&receiver), (100, 100));
    // Far fewer than the three of each delivery that were not grouped; claims that find nothing are among them.
    assert!(proxy.commits() < 150, "{} transactions for a hundred deliveries", proxy.commits());
}

/// A run died so many times with this delivery on the wire, and its last lease has ended.
fn left_on_the_wire(scene: &Scene, times: u32) {
    scene.database.execute(&format!(
        "with run as (
            insert into hookyard.runs (id, command, host, pid, operator, sending)
            select gen_random_uuid(), 'webhook retry', 'elsewhere', 1, 'nobody', array_agg(d.id)
            from hookyard.deliveries d returning id
         )
         update hookyard.deliveries d set lease_until = now() - interval '1 s', leased_by = run.id,
            interruptions = {times} - 1 from run"
    ));
}

#[test]
fn a_lost_lease_leaves_its_attempt_though_any_commit_went_unanswered() {
    for cut in [Cut::BeforeCommit, Cut::CommitSent, Cut::CommitAnswered] {
        for number in 1..=8 {
            let (scene, receiver) = (Scene::new(), Receiver::start());
            scene.webhook(&receiver.url("/ok"));
            scene.enqueue(1);
            left_on_the_wire(&scene, 1);
            let proxy = Proxy::before(&scene.database);
            proxy.cut_at_commit(cut, number);
            let retry = scene.hookyard(&["webhook", "retry"]);
            retry.env("DATABASE_URL", &proxy.url(&scene.database)).run().succeeds();
            let told = format!("{cut:?} at commit {number}");
            let outcomes = "select string_agg(outcome, ' ' order by number) from hookyard.attempts";
            assert_eq!(scene.text(outcomes), "interrupted accepted", "{told}");
            assert_eq!(scene.text("select interruptions from hookyard.deliveries"), "1", "{told}");
            assert_eq!(receiver.count(), 1, "{told}");
        }
    }
}

#[test]
fn what_is_set_aside_is_not_sent_though_any_commit_went_unanswered() {
    for cut in [Cut::BeforeCommit, Cut::CommitSent, Cut::CommitAnswered] {
        for number in 1..=6 {
            let (scene, receiver) = (Scene::new(), Receiver::start());
            scene.webhook(&receiver.url("/ok"));
            scene.enqueue(1);
            left_on_the_wire(&scene, 3);
            let proxy = Proxy::before(&scene.database);
            proxy.cut_at_commit(cut, number);
            let retry = scene.hookyard(&["webhook", "retry"]);
            let transcript = retry.env("DATABASE_URL", &proxy.url(&scene.database)).run();
            let told = format!("{cut:?} at commit {number}\n{transcript}");
            assert_eq!(transcript.code, Some(1), "{told}");
            assert_eq!(scene.states(), "dead 1", "{told}");
            assert_eq!(receiver.count(), 0, "{told}");
            assert_eq!(scene.count("select count(*) from hookyard.attempts"), 1, "{told}");
        }
    }
}

#[test]
fn what_is_given_back_while_every_connection_is_busy_does_not_stop_the_run() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..20).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/status/503/{n}")))));
    scene.enqueue(40);
    let proxy = Proxy::before(&scene.database);
    // Slow enough that claim, name and record overlap whenever a breaker trips.
    proxy.slow_down(Duration::from_millis(10));
    let started = Instant::now();
    let mut run =
        scene.hookyard(&["webhook", "retry"]).env("DATABASE_URL", &proxy.url(&scene.database)).start();
    while scene.count("select count(*) from hookyard.runs where finished_at is not null") == 0 {
        if started.elapsed() > Duration::from_secs(25) {
            run.kill();
            panic!("it stands still: {}", scene.states());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(scene.count("select count(*) from hookyard.deliveries where lease_until is not null"), 0);
}
