//! Whose clock counts: the database's, in UTC, whatever its sessions' zone and the machine's own clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::support::{Receiver, Scene};

#[test]
fn the_time_zone_of_the_role_changes_nothing() {
    let mut told = Vec::new();
    for zone in ["UTC", "America/Chicago", "Asia/Tokyo"] {
        let (scene, receiver) = (Scene::new(), Receiver::start());
        scene.webhook(&receiver.url("/status/503"));
        scene.database.execute(&format!("alter database {} set timezone = '{zone}'", scene.database.name()));
        // The tests' driver asks for UTC at its start, so the zone is said again.
        let mut session = scene.database.session();
        session.execute(&format!("set timezone = '{zone}'"));
        session.execute(
            "select hookyard.enqueue('entry.completed', '00000000-0000-4000-8000-00000000000e');
             update hookyard.deliveries set next_attempt_at = now() - interval '1 s'",
        );
        scene.hookyard(&["webhook", "retry"]).run().succeeds();
        assert_eq!(receiver.count(), 1, "{zone}");
        assert_eq!(scene.hookyard(&["webhook", "retry"]).run().stdout, "", "{zone}: never early");
        let wait = session.query_text(
            "select extract(epoch from d.next_attempt_at - a.started_at)::int between 60 and 75,
                a.started_at between now() - interval '20 s' and now(),
                w.created_at between now() - interval '20 s' and now()
             from hookyard.deliveries d join hookyard.attempts a on a.delivery_id = d.id
             join webhook_delivery_attempts w on w.id = a.id",
        );
        assert_eq!(wait, [["t", "t", "t"].map(|yes| Some(yes.to_owned())).to_vec()], "{zone}");
        let listed = scene.hookyard(&["webhook", "list", "--json"]).run().succeeds().stdout;
        let listed: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
        let next = listed["next_attempt_at"].as_str().expect("a time").to_owned();
        assert!(next.ends_with('Z'), "{next}");
        told.push(String::from_utf8(receiver.received()[0].body.clone()).unwrap());
    }
    assert_eq!(told[0], told[1], "the payload's times");
    assert_eq!(told[0], told[2]);
}

fn stamp(receiver: &Receiver) -> i64 {
    let received = receiver.received();
    let header = received.last().unwrap().header("snappt-signature").unwrap();
    header.strip_prefix("t=").and_then(|rest| rest.split(',').next()).unwrap().parse().unwrap()
}

#[test]
fn a_machine_with_a_wrong_clock_is_warned_and_follows_the_databases() {
    for (offset, told) in [("3600", "3600 s ahead of"), ("-3600", "3600 s behind")] {
        let (scene, receiver) = (Scene::new(), Receiver::start());
        scene.webhook(&receiver.url("/status/503"));
        scene.enqueue(1);
        let retry = || scene.hookyard(&["webhook", "retry"]).env("HOOKYARD_TEST_CLOCK_OFFSET", offset).run();
        let first = retry().succeeds();
        let near = |text: &str| {
            let text = text.to_owned();
            first.stderr.contains(&text)
                || first.stderr.contains(&text.replace("3600", "3599"))
                || first.stderr.contains(&text.replace("3600", "3601"))
        };
        assert!(near(told), "{first}");
        assert_eq!(receiver.count(), 1, "{offset}: what is due goes");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        assert!((now - stamp(&receiver)).abs() < 20, "{offset}: the signature's time is the database's");
        let wait =
            scene.count("select extract(epoch from next_attempt_at - now())::int from hookyard.deliveries");
        assert!((50..=75).contains(&wait), "{offset}: {wait} s");
        retry().succeeds();
        assert_eq!(receiver.count(), 1, "{offset}: never early");
        let apart =
            "select count(*) from hookyard.attempts where abs(extract(epoch from now() - started_at)) > 20";
        assert_eq!(scene.count(apart), 0, "{offset}: what is stored has the database's time");
    }
}

#[test]
fn a_machine_with_a_wrong_clock_steals_no_lease() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/2500"));
    scene.enqueue(1);
    let first = scene.hookyard(&["webhook", "retry"]).start();
    receiver.wait_for(1);
    scene.hookyard(&["webhook", "retry"]).env("HOOKYARD_TEST_CLOCK_OFFSET", "3600").run().succeeds();
    first.finish().succeeds();
    assert_eq!(receiver.count(), 1);
}

#[test]
fn slots_that_another_run_took_ahead_of_our_transactions_time_are_waited_for() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let id = scene.webhook(&receiver.url("/ok"));
    scene.enqueue(5);
    scene.database.execute(&format!(
        "insert into hookyard.endpoints (webhook_id, paced_until, paced_at)
         values ('{id}', now() + interval '60 s', now() + interval '1 s')"
    ));
    let started = Instant::now();
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert!(started.elapsed() > Duration::from_millis(700), "{:?}", started.elapsed());
    assert_eq!(receiver.count(), 5);
}

#[test]
fn a_live_run_corrects_a_lease_that_the_databases_clock_has_stretched() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/3000"));
    scene.enqueue(1);
    let run = scene.hookyard(&["webhook", "retry", "--lease", "2s"]).start();
    receiver.wait_for(1);
    // A clock stepped back by an hour is the rows moved on by one.
    let moved = Instant::now();
    scene.database.execute("update hookyard.deliveries set lease_until = lease_until + interval '1 hour'");
    let stretched = "select count(*) from hookyard.deliveries where lease_until > now() + interval '3 s'";
    while scene.count(stretched) > 0 {
        assert!(moved.elapsed() < Duration::from_secs(2), "the lease stays stretched");
        std::thread::sleep(Duration::from_millis(50));
    }
    run.finish().succeeds();
    assert_eq!(scene.states(), "delivered 1");
}

#[test]
fn a_dead_runs_lease_outlives_it_by_what_the_clock_was_moved_and_no_more() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/1000"));
    scene.enqueue(1);
    let mut run = scene.hookyard(&["webhook", "retry", "--lease", "2s"]).start();
    receiver.wait_for(1);
    run.kill();
    let shift = |sign: &str| {
        scene.database.execute(&format!(
            "update hookyard.deliveries set lease_until = lease_until {sign} interval '1 hour' where lease_until is not null"
        ));
    };
    shift("+");
    std::thread::sleep(Duration::from_millis(2_200));
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(receiver.count(), 1, "a lease is a lease");
    let most = "select count(*) from hookyard.deliveries where lease_until > now() + interval '1 hour 2 s'";
    assert_eq!(scene.count(most), 0);
    shift("-");
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(receiver.count(), 2);
    assert_eq!(scene.states(), "delivered 1");
}

#[test]
fn a_run_whose_leases_were_moved_into_the_past_sends_nothing_that_another_took() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/400"));
    scene.enqueue(30);
    let arguments = ["webhook", "retry", "--lease", "2s", "--concurrency", "3", "--in-flight", "3"];
    let first = scene.hookyard(&arguments).start();
    receiver.wait_for(3);
    // A clock stepped on by an hour: every lease has ended, and another run comes by.
    scene.database.execute(
        "update hookyard.deliveries set lease_until = lease_until - interval '1 hour' where lease_until is not null",
    );
    let second = scene.hookyard(&arguments).run();
    assert!(matches!(second.code, Some(0)), "{second}");
    first.finish().succeeds();
    assert_eq!(receiver.ids("/").len(), 30);
    assert!(receiver.count() <= 30 + 6, "{} requests for 30 deliveries", receiver.count());
    assert_eq!(scene.count("select count(*) from hookyard.attempts where outcome = 'accepted'"), 30);
}
