//! A crash at any moment loses nothing: kill -9, SIGTERM, a payload that kills the process, a lost lease, a panic.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::support::{Receiver, Scene};

/// Kills in the quick form; `HOOKYARD_TEST_LONG=1` makes it fifty in ten thousand deliveries.
fn size() -> (usize, usize) {
    if std::env::var_os("HOOKYARD_TEST_LONG").is_some() { (50, 10_000) } else { (8, 1_500) }
}

/// A repeatable stream of waits.
fn waits(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    }
}

/// Runs until nothing is pending, killing the sender so many times on the way.
fn deliver_under_kills(scene: &Scene, kills: usize, fault: Option<&str>) {
    let arguments = [
        "webhook",
        "retry",
        "--watch",
        "--lease",
        "1s",
        "--concurrency",
        "16",
        "--in-flight",
        "16",
        "--per-endpoint",
        "16",
    ];
    let mut wait = waits(20_261_124);
    let until = Instant::now() + Duration::from_secs(600);
    let mut killed = 0;
    loop {
        let mut command = scene.hookyard(&arguments);
        if let Some(fault) = fault {
            command = command.env("HOOKYARD_TEST_FAULT", fault);
        }
        let mut run = command.start();
        if killed < kills {
            std::thread::sleep(Duration::from_millis(60 + wait(240)));
            run.kill();
            killed += 1;
            continue;
        }
        while scene.count("select count(*) from hookyard.deliveries where state = 'pending'") > 0 {
            assert!(Instant::now() < until, "{}", scene.states());
            std::thread::sleep(Duration::from_millis(100));
        }
        run.signal(libc::SIGTERM);
        // One that has just started, since nothing was left, does not listen yet.
        let transcript = run.finish();
        assert!(matches!(transcript.code, Some(143) | None), "{transcript}");
        return;
    }
}

struct Verdict {
    lost: usize,
    duplicates: usize,
    falsely_delivered: usize,
    unexplained: i64,
}

fn judge(scene: &Scene, receiver: &Receiver) -> Verdict {
    let ids = receiver.ids("/");
    let requests: usize = ids.values().sum();
    let ids: HashSet<String> = ids.into_keys().collect();
    let events = "select id::text from hookyard.events";
    let delivered = "select event_id::text from hookyard.deliveries where state = 'delivered'";
    let missing = |sql: &str| {
        let rows = scene.database.query_text(sql);
        rows.iter().filter(|row| !ids.contains(row[0].as_deref().unwrap_or_default())).count()
    };
    let attempts = scene.count("select count(*) from hookyard.attempts");
    Verdict {
        lost: missing(events),
        duplicates: requests - ids.len(),
        falsely_delivered: missing(delivered),
        unexplained: requests as i64 - attempts as i64,
    }
}

#[test]
fn kill_9_at_any_moment_loses_nothing_and_repeats_only_what_was_in_flight() {
    let (kills, deliveries) = size();
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/3"));
    scene.enqueue(deliveries);
    deliver_under_kills(&scene, kills, None);
    let verdict = judge(&scene, &receiver);
    // Three kills can hit the same delivery: it is then set aside, where the receiver has it and everybody sees it.
    let set_aside =
        "select count(*) from hookyard.deliveries where state = 'dead' and reason like '%set aside%'";
    let set_aside = scene.count(set_aside);
    assert!(set_aside <= kills.div_ceil(10), "{set_aside} set aside in {kills} kills");
    let delivered = scene.count("select count(*) from hookyard.deliveries where state = 'delivered'");
    assert_eq!(delivered + set_aside, deliveries);
    assert_eq!(verdict.lost, 0);
    assert_eq!(verdict.falsely_delivered, 0);
    assert!(verdict.duplicates <= 16 * kills, "{} repeated in {kills} kills", verdict.duplicates);
    assert!(verdict.duplicates > 0, "no kill hit a request: the test proves nothing");
    assert!(verdict.unexplained <= 16 * kills as i64, "{} requests without an attempt", verdict.unexplained);
    let interrupted = scene.count("select count(*) from hookyard.attempts where outcome = 'interrupted'");
    assert!(interrupted > 0, "a lost lease leaves its attempt");
    if kills > 8 {
        println!(
            "{kills} kills in {deliveries} deliveries: lost {}, sent again {}, set aside {set_aside}, interrupted {interrupted}, \
             delivered and not received {}, requests without an attempt {}",
            verdict.lost,
            verdict.duplicates,
            verdict.falsely_delivered,
            verdict.unexplained.max(0)
        );
    }
}

#[test]
fn the_test_above_fails_when_success_is_recorded_before_it_is_sent() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/3"));
    scene.enqueue(1_500);
    deliver_under_kills(&scene, 8, Some("record-first:yes"));
    assert!(judge(&scene, &receiver).falsely_delivered > 0, "the broken build would have passed");
}

#[test]
fn what_a_dead_run_held_is_sent_again_when_its_lease_ends() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/2000"));
    scene.enqueue(1);
    let mut run = scene.hookyard(&["webhook", "retry", "--lease", "2s"]).start();
    receiver.wait_for(1);
    run.kill();
    let killed = Instant::now();
    let run = scene.hookyard(&["webhook", "retry", "--watch", "--lease", "2s"]).start();
    receiver.wait_for(2);
    assert!(killed.elapsed() < Duration::from_secs(5), "{:?}", killed.elapsed());
    while scene.states() != "delivered 1" {
        assert!(killed.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(run);
    let outcomes = "select string_agg(outcome, ' ' order by number) from hookyard.attempts";
    assert_eq!(scene.text(outcomes), "interrupted accepted");
    let documented = "select string_agg(response_status::text, ' ' order by response_status) from webhook_delivery_attempts";
    assert_eq!(scene.text(documented), "200 599", "the documented table tells it, too");
    assert_eq!(scene.text("select attempts || ' ' || steps from hookyard.deliveries"), "2 1");
}

#[test]
fn a_slow_answer_outlives_the_lease_because_the_lease_is_renewed() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/5000"));
    scene.enqueue(1);
    let first = scene.hookyard(&["webhook", "retry", "--lease", "2s"]).start();
    receiver.wait_for(1);
    let until = Instant::now() + Duration::from_secs(4);
    while Instant::now() < until {
        scene.hookyard(&["webhook", "retry", "--lease", "2s"]).run().succeeds();
        std::thread::sleep(Duration::from_millis(300));
    }
    first.finish().succeeds();
    assert_eq!(receiver.count(), 1);
    assert_eq!(scene.states(), "delivered 1");
}

#[test]
fn sigterm_stops_claiming_finishes_what_is_in_flight_and_gives_the_rest_back() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/1500"));
    scene.enqueue(300);
    let arguments = ["webhook", "retry", "--concurrency", "100", "--per-endpoint", "100"];
    let run = scene.hookyard(&arguments).start();
    receiver.wait_for(100);
    let signalled = Instant::now();
    run.signal(libc::SIGTERM);
    let transcript = run.finish();
    assert_eq!(transcript.code, Some(143), "{transcript}");
    assert!(signalled.elapsed() < Duration::from_secs(6), "{:?}", signalled.elapsed());
    assert!(receiver.count() <= 200, "{} requests: it went on claiming", receiver.count());
    assert_eq!(
        scene.count("select count(*) from hookyard.attempts where outcome = 'accepted'"),
        receiver.count()
    );
    assert_eq!(scene.count("select count(*) from hookyard.deliveries where lease_until is not null"), 0);
    let sent = receiver.count();
    let words =
        format!("{sent} attempted: {sent} accepted by their endpoints, {} given back unsent\n", 300 - sent);
    assert!(transcript.stdout.starts_with(&words), "{transcript}");
}

#[test]
fn leases_that_an_interrupted_run_gave_back_are_counted_for_programs_too() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/hang"));
    scene.enqueue(12);
    let run = scene.hookyard(&["webhook", "retry", "--per-endpoint", "2", "--json"]).start();
    receiver.wait_for(2);
    run.signal(libc::SIGINT);
    let until = Instant::now() + Duration::from_secs(60);
    let held = "select count(*) from hookyard.deliveries where lease_until is not null";
    while scene.count(held) > 2 {
        assert!(Instant::now() < until, "{} leases are held", scene.count(held));
        std::thread::sleep(Duration::from_millis(20));
    }
    run.signal(libc::SIGTERM);
    let told = run.finish().exits(143).json();
    assert_eq!((&told["attempted"], &told["given_back"]), (&2.into(), &10.into()), "{told}");
}

#[test]
fn a_second_sigterm_cuts_what_is_in_flight_at_once_and_the_next_run_sends_it() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/hang"));
    scene.enqueue(5);
    let run = scene.hookyard(&["webhook", "retry"]).start();
    receiver.wait_for(5);
    run.signal(libc::SIGTERM);
    std::thread::sleep(Duration::from_millis(300));
    let second = Instant::now();
    run.signal(libc::SIGTERM);
    run.finish();
    assert!(second.elapsed() < Duration::from_secs(1), "{:?}", second.elapsed());
    assert_eq!(scene.text("select distinct outcome from hookyard.attempts"), "interrupted");
    let next = scene.hookyard(&["webhook", "retry", "--max-runtime", "1s"]).start();
    let started = Instant::now();
    receiver.wait_for(10);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    next.finish();
}

#[test]
fn a_delivery_that_kills_the_process_is_set_aside_and_the_others_arrive() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(200);
    let poison = scene.text("select id from hookyard.events order by id offset 100 limit 1");
    let fault = format!("abort:{poison}");
    let mut crashes = 0;
    for _ in 0..20 {
        let arguments = ["webhook", "retry", "--lease", "500ms", "--concurrency", "16"];
        let transcript = scene.hookyard(&arguments).env("HOOKYARD_TEST_FAULT", &fault).run();
        crashes += usize::from(transcript.code.is_none());
        if scene.count("select count(*) from hookyard.deliveries where state = 'pending'") == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(600));
    }
    assert_eq!(crashes, 3);
    assert_eq!(scene.states(), "dead 1, delivered 199");
    let set_aside = "select event_id || ' ' || reason from hookyard.deliveries where state = 'dead'";
    let set_aside = scene.text(set_aside);
    assert!(set_aside.starts_with(&poison) && set_aside.contains("set aside"), "{set_aside}");
    assert!(scene.hookyard(&["webhook", "list", "--dead"]).run().stdout.contains("set aside"));
}

#[test]
fn a_panic_costs_its_own_delivery_only_and_the_process_says_so() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(20);
    let unlucky = scene.text("select id from hookyard.events order by id limit 1");
    let transcript =
        scene.hookyard(&["webhook", "retry"]).env("HOOKYARD_TEST_FAULT", &format!("panic:{unlucky}")).run();
    assert_eq!(transcript.code, Some(70), "{transcript}");
    assert_eq!(scene.states(), "delivered 19, pending 1");
    assert!(transcript.stdout.contains("1 lost to a fault in hookyard"), "{transcript}");
}
