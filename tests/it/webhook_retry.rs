//! `hookyard webhook retry`: what is due is attempted, by rule, and its outcome stands in the tables.

use std::time::{Duration, Instant};

use crate::support::{Receiver, Scene};

#[test]
fn nothing_due_is_silence() {
    let scene = Scene::new();
    let transcript = scene.hookyard(&["webhook", "retry"]).run();
    assert_eq!(transcript.to_string(), "(nothing)\n--- stderr\n(nothing)\n--- exit 0");
}

#[test]
fn what_is_due_is_attempted_and_recorded_twice() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(3);
    let transcript = scene.hookyard(&["webhook", "retry"]).run();
    assert_eq!(
        transcript.to_string(),
        "3 attempted: 3 accepted by their endpoints\nallowed besides public https: 127.0.0.1/32, plain http\n--- stderr\n(nothing)\n--- exit 0"
    );
    assert_eq!(receiver.count(), 3);
    assert_eq!(scene.states(), "delivered 3");
    let same = "select count(*) from hookyard.attempts a join webhook_delivery_attempts w on w.id = a.id
        where a.number = 1 and a.outcome = 'accepted' and a.status = 200 and w.response_status = 200
          and w.response_data = '{\"ok\":true}' and w.payload ->> 'n' is not null";
    assert_eq!(scene.count(same), 3, "our own attempt and the documented row");
}

#[test]
fn a_failing_endpoint_is_attempted_five_times_on_the_documents_schedule_and_then_is_dead() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/503"));
    scene.enqueue(1);
    let mut waits = Vec::new();
    for _ in 0..4 {
        let transcript = scene.hookyard(&["webhook", "retry"]).run();
        assert_eq!(transcript.code, Some(0), "rescheduled is no failure\n{transcript}");
        let wait = "select extract(epoch from next_attempt_at - now())::int from hookyard.deliveries";
        waits.push(scene.count(wait));
        let again = scene.hookyard(&["webhook", "retry"]).run();
        assert_eq!(again.stdout, "", "never early");
        scene.time_passes();
    }
    for (wait, planned) in waits.iter().zip([60, 300, 900, 3600]) {
        assert!((planned - 2..=planned * 12 / 10).contains(wait), "{wait} s instead of {planned} s");
    }
    let last = scene.hookyard(&["webhook", "retry"]).run();
    assert_eq!(last.code, Some(1), "{last}");
    assert!(last.stdout.contains("schedule used up: 503"), "{last}");
    assert_eq!(receiver.count(), 5);
    assert_eq!(receiver.ids("/").len(), 1, "one event id over all attempts");
    assert_eq!(scene.states(), "dead 1");
    let numbers = "select string_agg(number::text, ' ' order by number) from hookyard.attempts";
    assert_eq!(scene.text(numbers), "1 2 3 4 5");
}

#[test]
fn every_4xx_is_final_and_408_425_429_are_retried_where_the_policy_says_so() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    for status in [400, 404, 410, 429] {
        scene.webhook(&receiver.url(&format!("/status/{status}")));
    }
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run();
    assert_eq!(scene.states(), "dead 4");
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry", "--policy", "standard-webhooks"]).run();
    assert_eq!(scene.states(), "dead 7, pending 1");
    let gone = scene.hookyard(&["webhook", "endpoints", "--json"]).run().stdout;
    assert_eq!(gone.matches("\"gone\":true").count(), 1, "410 flags the endpoint");
    assert_eq!(
        scene.count("select count(*) from webhooks where is_active"),
        4,
        "and is_active is the customer's"
    );
}

#[test]
fn no_answer_is_counted_by_the_documents_own_queries() {
    let scene = Scene::new();
    // Nobody listens on port 1.
    scene.webhook("http://127.0.0.1:1/");
    scene.enqueue(2);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    let failures = "select coalesce(sum(failures), 0) from (
        select w.url, wda.response_status, wda.response_data, count(*) as failures
        from webhook_delivery_attempts wda join webhooks w on wda.webhook_id = w.id
        where wda.created_at > now() - interval '24 hours' and wda.response_status >= 400
        group by w.url, wda.response_status, wda.response_data) f";
    assert_eq!(scene.count(failures), 2);
    let kind = "select distinct response_status || ' ' || (response_data -> 'error' ->> 'kind') from webhook_delivery_attempts";
    assert_eq!(scene.text(kind), "599 refused");
    assert_eq!(
        scene.text("select distinct coalesce(status::text, 'no answer') from hookyard.attempts"),
        "no answer"
    );
}

#[test]
fn every_request_carries_a_signature_over_its_own_bytes() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/flaky/1"));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run();
    scene.time_passes();
    std::thread::sleep(Duration::from_millis(1100));
    scene.hookyard(&["webhook", "retry"]).run();
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    let stamps: Vec<&str> = received
        .iter()
        .map(|request| {
            let header = request.header("snappt-signature").expect("signed");
            let stamp = header.strip_prefix("t=").and_then(|rest| rest.split(',').next()).expect("a time");
            assert_eq!(header, crate::support::snappt_signature(stamp, &request.body));
            stamp
        })
        .collect();
    assert_ne!(stamps[0], stamps[1], "a fresh time for each attempt");
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[0].header("user-agent"), Some("SNAPPT-Webhook/1.0"));
}

#[test]
fn three_overlapping_runs_send_each_delivery_once() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..5).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/ok/{n}")))));
    scene.enqueue(200);
    let runs: Vec<_> = (0..3).map(|_| scene.hookyard(&["webhook", "retry"]).start()).collect();
    for run in runs {
        run.finish().succeeds();
    }
    assert_eq!(receiver.count(), 1000);
    assert_eq!(scene.states(), "delivered 1000");
    assert_eq!(scene.count("select count(*) from hookyard.attempts"), 1000);
}

#[test]
fn one_endpoint_that_never_answers_does_not_slow_the_others() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/hang"));
    (0..9).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/ok/{n}")))));
    scene.enqueue(100);
    let started = Instant::now();
    let run = scene.hookyard(&["webhook", "retry", "--max-runtime", "3s"]).start();
    let healthy = "select count(*) from hookyard.deliveries where state = 'delivered'";
    while scene.count(healthy) < 900 {
        assert!(started.elapsed() < Duration::from_secs(20), "{} of 900", scene.count(healthy));
        std::thread::sleep(Duration::from_millis(50));
    }
    let took = started.elapsed();
    let transcript = run.finish();
    assert!(took < Duration::from_secs(3), "the healthy ones waited {took:?}\n{transcript}");
    let hanging = receiver.received().iter().filter(|request| request.path == "/hang").count();
    assert!(hanging <= 10, "{hanging} requests to the endpoint that hangs");
}

#[test]
fn a_run_ends_soon_after_its_time_is_up_and_says_what_was_cut() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/hang"));
    scene.enqueue(1);
    let started = Instant::now();
    scene.hookyard(&["webhook", "retry", "--max-runtime", "1s"]).run().succeeds();
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());
    assert_eq!(scene.text("select outcome from hookyard.attempts"), "interrupted");
    assert_eq!(
        scene.text("select attempts || ' ' || steps from hookyard.deliveries"),
        "1 0",
        "no step is used up"
    );
    assert_eq!(scene.count("select count(*) from hookyard.deliveries where lease_until is not null"), 0);
}
