//! `hookyard webhook replay`: exactly what never arrived is delivered again, once, whoever runs it and whatever stops it.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Receiver, Scene, Transcript};

/// So many deliveries to every webhook that are dead after an outage.
fn dead(scene: &Scene, events: usize) {
    scene.enqueue(events);
    scene.database.execute(
        "insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
         select gen_random_uuid(), 'server_error', d.id, d.webhook_id, 1, now(), 5000, 503
         from hookyard.deliveries d where d.state = 'pending';
         update hookyard.deliveries set state = 'dead', attempts = 1, steps = 1, next_attempt_at = null,
             finished_at = now(), reason = 'schedule used up: 503', last_status = 503 where state = 'pending';
         analyze hookyard.deliveries",
    );
}

fn replay(scene: &Scene, arguments: &[&str]) -> Transcript {
    let all: Vec<&str> = ["webhook", "replay"].iter().chain(arguments).copied().collect();
    scene.hookyard(&all).run()
}

/// Plan, and give the plan's id.
fn plan(scene: &Scene, arguments: &[&str]) -> String {
    let arguments: Vec<&str> = arguments.iter().chain(&["--json"]).copied().collect();
    replay(scene, &arguments).succeeds().json()["plan_id"].as_str().expect("a plan").to_owned()
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_else(|| panic!("{name} in {value}"))
}

const EVERYTHING: &str = "select md5(coalesce(string_agg(t, ',' order by t), '')) from (
    select e::text from hookyard.events e union all select d::text from hookyard.deliveries d
    union all select a::text from hookyard.attempts a union all select a::text from webhook_delivery_attempts a
    union all select a::text from hookyard.acts a union all select p::text from hookyard.plans p
    union all select i::text from hookyard.plan_items i union all select p::text from hookyard.plan_endpoints p
    union all select h::text from hookyard.endpoints h) as x (t)";

#[test]
fn without_yes_it_is_planned_and_nothing_is_sent() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    dead(&scene, 3);
    let transcript = replay(&scene, &["--dead", "--reason", "outage of Saturday"]).succeeds();
    let id = scene.text("select id from hookyard.plans");
    assert!(
        transcript.stdout.ends_with(&format!("  hookyard webhook replay --apply {id}\n")),
        "{transcript}"
    );
    assert!(transcript.stdout.contains(&webhook) && transcript.stdout.contains("503 × 3"), "{transcript}");
    assert!(transcript.stdout.contains("reachable\n"), "{transcript}");
    assert!(transcript.stdout.contains("3 deliveries to 1 endpoints"), "{transcript}");
    assert_eq!((receiver.count(), scene.states().as_str()), (0, "dead 3"));
    assert_eq!(scene.count("select count(*) from hookyard.plan_items where state = 'waiting'"), 3);
    let acts = "select command || ': ' || (detail ->> 'reason') from hookyard.acts";
    assert_eq!(scene.text(acts), "webhook replay: outage of Saturday");
}

#[test]
fn a_dry_run_stores_nothing_and_chooses_the_same() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    dead(&scene, 3);
    let before = scene.text(EVERYTHING);
    let dry = replay(&scene, &["--all", "--dry-run", "--json"]).succeeds().json();
    assert_eq!((scene.text(EVERYTHING), receiver.count()), (before, 0));
    assert_eq!(dry["plan_id"], Value::Null);
    let real = replay(&scene, &["--all", "--json"]).succeeds().json();
    assert_eq!(dry["endpoints"], real["endpoints"]);
}

#[test]
fn neither_ids_nor_filter_is_a_mistake() {
    let scene = Scene::new();
    let transcript = replay(&scene, &[]);
    assert_eq!(transcript.code, Some(2), "{transcript}");
    assert!(transcript.stderr.contains("--all"), "{transcript}");
    for wrong in [
        &["--max", "0", "--all"][..],
        &["--max", "-1", "--all"],
        &["--canary", "0", "--all"],
        &["--rate", "abc", "--all"],
        &["--since", "2024-02-30"],
        &["--apply", "0192", "--all"],
        &["--yes", "--dry-run", "--all"],
    ] {
        assert_eq!(replay(&scene, wrong).code, Some(2), "{wrong:?}");
    }
    let empty = replay(&scene, &["--all"]).succeeds();
    assert_eq!(empty.stdout, "nothing to replay: everything that was chosen has arrived\n");
    assert_eq!(scene.count("select count(*) from hookyard.plans"), 0, "an empty plan is not kept");
}

#[test]
fn apply_sends_exactly_the_planned_set_under_the_same_ids() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    dead(&scene, 20);
    let id = plan(&scene, &["--dead"]);
    let planned: Vec<String> = scene
        .database
        .query_text("select event_id::text from hookyard.deliveries order by 1")
        .into_iter()
        .map(|row| row[0].clone().expect("an id"))
        .collect();
    dead(&scene, 5);
    let transcript = replay(&scene, &["--apply", &id]).succeeds();
    assert_eq!(transcript.stdout, "20 in the plan: 20 accepted by their endpoints\n", "{transcript}");
    let mut sent: Vec<String> = receiver.ids("/").into_keys().collect();
    sent.sort();
    assert_eq!((sent, receiver.count()), (planned, 20));
    assert_eq!(scene.states(), "dead 5, delivered 20");
    assert_eq!(scene.text("select state from hookyard.plans"), "finished");
    let again = replay(&scene, &["--apply", &id]);
    assert_eq!((again.code, receiver.count()), (Some(1), 20), "a plan is run once\n{again}");
}

#[test]
fn what_arrived_is_not_sent_again_unless_asked_for_and_a_failure_does_not_undo_it() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    scene.enqueue(2);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    dead(&scene, 1);
    let transcript = replay(&scene, &["--all", "--yes"]).succeeds();
    assert_eq!(receiver.count(), 3, "{transcript}");
    let planned = replay(&scene, &["--all", "--include-delivered"]).succeeds();
    assert!(planned.stdout.contains("on purpose: what has arrived already is included"), "{planned}");
    scene.database.execute(&format!(
        "update webhooks set url = '{}' where id = '{webhook}'",
        receiver.url("/status/404")
    ));
    let transcript = replay(&scene, &["--all", "--include-delivered", "--yes"]);
    assert_eq!(transcript.code, Some(1), "{transcript}");
    assert!(transcript.stdout.contains("3 in the plan: 3 refused"), "{transcript}");
    assert_eq!((receiver.count(), scene.states().as_str()), (6, "delivered 3"));
}

#[test]
fn ids_of_any_kind_name_what_is_replayed() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    dead(&scene, 3);
    let ids = scene.database.query_text(
        "select d.event_id, d.id, a.id from hookyard.deliveries d join hookyard.attempts a on a.delivery_id = d.id order by d.id",
    );
    let chosen = [&ids[0][0], &ids[1][1], &ids[2][2]].map(|id| id.as_deref().expect("an id"));
    let transcript = replay(&scene, &[chosen[0], chosen[1], chosen[2], "--yes"]).succeeds();
    assert_eq!(receiver.count(), 3, "{transcript}");
    let unknown = replay(&scene, &["ffffffff"]);
    assert_eq!(unknown.code, Some(1), "{unknown}");
    let done = replay(&scene, &[chosen[1]]).succeeds();
    assert!(done.stdout.starts_with("nothing to replay"), "{done}");
}

#[test]
fn every_filter_compares_literally_and_chooses_only_its_own() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let (one, two) = (scene.webhook(&receiver.url("/one")), scene.webhook(&receiver.url("/two")));
    dead(&scene, 4);
    scene.database.execute(&format!(
        "update hookyard.deliveries set last_status = 404 where webhook_id = '{two}';
         update hookyard.deliveries set created_at = now() - interval '3 days'
         where id = (select min(id::text)::uuid from hookyard.deliveries where webhook_id = '{one}')"
    ));
    let items = |arguments: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().chain(&["--dry-run", "--json"]).copied().collect();
        number(&replay(&scene, &arguments).succeeds().json(), "items")
    };
    assert_eq!(items(&["--all"]), 8);
    assert_eq!(items(&["--endpoint", &one]), 4);
    assert_eq!(items(&["--status", "404"]), 4);
    assert_eq!(items(&["--since", "24h"]), 7);
    assert_eq!(items(&["--until", "24h"]), 1);
    assert_eq!(items(&["--event", "entry.completed", "--endpoint", &two]), 4);
    assert_eq!(items(&["--api-key", crate::support::API_KEY]), 8);
    assert_eq!(items(&["--api-key", &one]), 0);
    for hostile in ["x' OR '1'='1", "'; DROP TABLE webhooks; --", "%", "_", "\\"] {
        assert_eq!(items(&["--event", hostile]), 0, "{hostile}");
    }
    let cut = replay(&scene, &["--all", "--max", "3", "--dry-run"]).succeeds();
    assert!(cut.stdout.contains("3 deliveries to") && cut.stdout.contains("5 more were found"), "{cut}");
    let unknown = replay(&scene, &["--endpoint", crate::support::ENTRY]);
    assert_eq!(unknown.code, Some(1), "{unknown}");
    assert!(unknown.stderr.contains("was not found"), "{unknown}");
    let echoed = replay(&scene, &["--since", "2026-01-02", "--dry-run"]);
    assert!(echoed.stderr.contains("since 2026-01-02T00:00:00Z"), "{echoed}");
}

#[test]
fn a_retry_that_is_due_and_a_replay_make_one_request() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..5).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/flaky/1/{n}")))));
    // Below the breaker's twenty failures.
    scene.enqueue(12);
    scene.hookyard(&["webhook", "retry"]).run();
    assert_eq!(receiver.count(), 60);
    scene.time_passes();
    let run = scene.hookyard(&["webhook", "replay", "--all", "--yes"]).start();
    let retry = scene.hookyard(&["webhook", "retry"]).start();
    let told = [run.finish().succeeds(), retry.finish().succeeds()];
    assert_eq!(scene.states(), "delivered 60", "{}\n{}", told[0], told[1]);
    assert_eq!(receiver.count(), 120, "one failure and one success each");
}

#[test]
fn two_plans_over_the_same_deliveries_send_each_once_and_the_second_is_told() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/20"));
    dead(&scene, 60);
    let (first, second) = (plan(&scene, &["--dead"]), plan(&scene, &["--dead"]));
    let runs = [&first, &second].map(|id| scene.hookyard(&["webhook", "replay", "--apply", id]).start());
    let told: Vec<Transcript> = runs.into_iter().map(|run| run.finish()).collect();
    assert_eq!(receiver.count(), 60, "{}\n{}", told[0], told[1]);
    let named = told.iter().any(|t| {
        t.stdout.contains(&format!("sent by plan {first}"))
            || t.stdout.contains(&format!("by plan {first}"))
            || t.stdout.contains(&format!("by plan {second}"))
    });
    assert!(named, "{}\n{}", told[0], told[1]);
    let third = replay(&scene, &["--apply", &plan(&scene, &["--all", "--include-delivered"])]).succeeds();
    assert_eq!(receiver.count(), 120, "{third}");
}

#[test]
fn two_operators_share_one_plan() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/10"));
    dead(&scene, 300);
    let id = plan(&scene, &["--dead"]);
    let runs = [0, 1].map(|_| scene.hookyard(&["webhook", "replay", "--apply", &id]).start());
    for run in runs {
        run.finish();
    }
    assert_eq!((receiver.count(), scene.states().as_str()), (300, "delivered 300"));
    let status = replay(&scene, &["status", &id, "--json"]).succeeds().json();
    assert_eq!((number(&status, "accepted"), status["state"].as_str()), (300, Some("finished")));
    let runs =
        scene.count("select count(distinct leased) from (select command as leased from hookyard.runs) r");
    assert!(runs >= 1);
}

#[test]
fn every_signal_stops_gently_puts_back_what_was_not_sent_and_resume_sends_the_rest_once() {
    for (signal, code) in
        [(libc::SIGINT, 130), (libc::SIGTERM, 143), (libc::SIGHUP, 129), (libc::SIGQUIT, 131)]
    {
        let (scene, receiver) = (Scene::new(), Receiver::start());
        scene.webhook(&receiver.url("/slow/30"));
        dead(&scene, 400);
        let id = plan(&scene, &["--dead"]);
        let run = scene.hookyard(&["webhook", "replay", "--apply", &id]).start();
        receiver.wait_for(40);
        run.signal(signal);
        let transcript = run.finish();
        assert_eq!(transcript.code, Some(code), "{transcript}");
        assert!(
            transcript.stdout.ends_with(&format!("  hookyard webhook replay resume {id}\n")),
            "{transcript}"
        );
        let sent = receiver.count();
        assert!(sent < 400, "too late to prove anything");
        assert_eq!(
            scene.states(),
            format!("dead {}, delivered {sent}", 400 - sent),
            "what was not sent is as it was"
        );
        assert_eq!(
            scene.text("select distinct reason from hookyard.deliveries where state = 'dead'"),
            "schedule used up: 503"
        );
        scene.hookyard(&["webhook", "retry"]).run().succeeds();
        assert_eq!(receiver.count(), sent, "a stopped replay leaves nothing to retry");
        replay(&scene, &["resume", &id]).succeeds();
        assert_eq!((receiver.count(), receiver.ids("/").len()), (400, 400));
    }
}

#[test]
fn kill_9_is_a_pause() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/20"));
    dead(&scene, 300);
    let id = plan(&scene, &["--dead"]);
    let limits = ["--lease", "1s", "--in-flight", "16", "--concurrency", "16", "--per-endpoint", "16"];
    let with = |first: &[&'static str]| -> Vec<String> {
        first
            .iter()
            .map(|s| (*s).to_owned())
            .chain([id.clone()])
            .chain(limits.iter().map(|s| (*s).to_owned()))
            .collect()
    };
    let start =
        |words: &[String]| scene.hookyard(&words.iter().map(String::as_str).collect::<Vec<_>>()).start();
    let mut run = start(&with(&["webhook", "replay", "--apply"]));
    for kills in 1..4 {
        receiver.wait_for(50 * kills);
        run.kill();
        std::thread::sleep(Duration::from_millis(1100));
        run = start(&with(&["webhook", "replay", "resume"]));
    }
    let transcript = run.finish().succeeds();
    assert_eq!(scene.states(), "delivered 300", "{transcript}");
    assert_eq!(receiver.ids("/").len(), 300);
    let repeated = receiver.count() - 300;
    assert!(repeated <= 3 * 16, "{repeated} repeated in three kills");
}

#[test]
fn pause_stops_a_run_elsewhere_and_cancel_ends_it() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/30"));
    dead(&scene, 400);
    let id = plan(&scene, &["--dead"]);
    let run = scene.hookyard(&["webhook", "replay", "--apply", &id]).start();
    receiver.wait_for(30);
    let paused = replay(&scene, &["pause", &id[..30], "--reason", "they are deploying"]).succeeds();
    assert!(paused.stdout.contains("paused"), "{paused}");
    let transcript = run.finish();
    assert_eq!(transcript.code, Some(1), "{transcript}");
    let sent = receiver.count();
    assert!(sent < 400, "too late to prove anything");
    assert_eq!(scene.states(), format!("dead {}, delivered {sent}", 400 - sent));
    let refused = replay(&scene, &["--apply", &id]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.ends_with(&format!("resume {id}\n")), "{refused}");
    let before = scene.text(EVERYTHING);
    replay(&scene, &["cancel", &id, "--dry-run"]).succeeds();
    assert_eq!(scene.text(EVERYTHING), before);
    replay(&scene, &["cancel", &id]).succeeds();
    assert_eq!(replay(&scene, &["resume", &id]).code, Some(1));
    assert_eq!(receiver.count(), sent);
    let listed = replay(&scene, &["list", "--json"]).succeeds().json();
    assert_eq!(listed["state"].as_str(), Some("cancelled"));
    assert_eq!(number(&listed, "accepted"), sent as i64);
    let acts = scene.text("select string_agg(command, ', ' order by acted_at) from hookyard.acts");
    assert_eq!(acts, "webhook replay, webhook replay, webhook replay pause, webhook replay cancel");
}

#[test]
fn an_endpoint_whose_canaries_fail_stops_and_the_others_go_on() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let broken = scene.webhook(&receiver.url("/status/404"));
    dead(&scene, 50);
    let transcript = replay(&scene, &["--dead", "--canary", "2", "--yes"]);
    assert_eq!(transcript.code, Some(1), "{transcript}");
    assert_eq!((receiver.ids("/ok").len(), receiver.ids("/status").len()), (50, 2), "{transcript}");
    assert!(transcript.stdout.contains(&format!("its canaries failed: {broken}")), "{transcript}");
    assert_eq!(scene.states(), "dead 50, delivered 50");
    scene
        .database
        .execute(&format!("update webhooks set url = '{}' where id = '{broken}'", receiver.url("/mended")));
    let id = scene.text("select id from hookyard.plans");
    let resumed = replay(&scene, &["resume", &id]);
    assert_eq!(
        (receiver.ids("/mended").len(), resumed.code),
        (48, Some(1)),
        "its two canaries did not arrive\n{resumed}"
    );
}

#[test]
fn the_rate_is_kept_over_all_processes() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    dead(&scene, 60);
    let id = plan(&scene, &["--dead", "--rate", "20"]);
    let started = Instant::now();
    let runs = [0, 1].map(|_| scene.hookyard(&["webhook", "replay", "--apply", &id]).start());
    for run in runs {
        run.finish();
    }
    assert!(started.elapsed() > Duration::from_millis(2500), "60 at 20 a second in {:?}", started.elapsed());
    let received = receiver.received();
    let busiest = received
        .iter()
        .map(|one| {
            received.iter().filter(|r| r.at >= one.at && r.at < one.at + Duration::from_secs(1)).count()
        })
        .max();
    assert!(busiest.expect("some") <= 26, "{busiest:?} in one second");
    assert_eq!(receiver.count(), 60);
}

#[test]
fn an_endpoint_that_is_down_is_given_up_and_what_waits_stays_as_it_was() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.webhook(&receiver.url("/switch"));
    dead(&scene, 200);
    let transcript = replay(&scene, &["--dead", "--yes"]);
    assert_eq!(transcript.code, Some(1), "{transcript}");
    let tried = receiver.ids("/switch").len();
    assert!((20..=30).contains(&tried), "{tried} requests until the breaker opened\n{transcript}");
    assert!(
        transcript.stdout.contains("still due") && transcript.stdout.contains("breaker is open"),
        "{transcript}"
    );
    assert_eq!(scene.states(), format!("dead {}, delivered 200, pending {tried}", 200 - tried));
    let inactive = scene.webhook(&receiver.url("/off"));
    dead(&scene, 1);
    scene.database.execute(&format!("update webhooks set is_active = false where id = '{inactive}'"));
    let transcript = replay(&scene, &["--endpoint", &inactive, "--yes"]);
    assert_eq!(transcript.code, Some(1), "{transcript}");
    assert!(transcript.stdout.contains("1 × the endpoint is inactive"), "{transcript}");
}

#[test]
fn after_an_outage_the_probe_opens_the_way_and_the_pace_is_kept() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/switch"));
    dead(&scene, 150);
    replay(&scene, &["--dead", "--yes"]);
    receiver.recover();
    scene.database.execute("update hookyard.endpoints set probe_at = now()");
    let before = receiver.count();
    let id = scene.text("select id from hookyard.plans");
    replay(&scene, &["resume", &id]);
    let received = receiver.received();
    let after = &received[before..];
    assert_eq!(after.len(), 150 - before);
    let busiest = after
        .iter()
        .map(|one| after.iter().filter(|r| r.at >= one.at && r.at < one.at + Duration::from_secs(1)).count())
        .max();
    assert!(busiest.expect("some") <= 50, "{busiest:?} within a second of a recovery");
}

#[test]
fn attempts_of_another_application_that_never_arrived_are_replayed_once() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    let attempt = |n: u32, status: u16, ago: &str| {
        scene.database.execute(&format!(
            "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
             values ('{webhook}', '{{\"event\": \"entry.completed\", \"n\": {n}}}', '{{}}', {status}, now() - interval '{ago}')"
        ));
    };
    attempt(1, 503, "3 hours");
    attempt(1, 503, "2 hours");
    attempt(2, 503, "3 hours");
    attempt(2, 200, "1 hour");
    attempt(3, 404, "1 hour");
    // Delivered by us with the same payload: it has arrived.
    scene.database.execute(&format!(
        "select hookyard.insert_event('entry.completed', '{{\"n\":4,\"event\":\"entry.completed\"}}', '{}', null, null, null, false)",
        crate::support::API_KEY
    ));
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    attempt(4, 503, "1 minute");
    // Dead here, but delivered by the other application since.
    dead(&scene, 1);
    scene.database.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         values ('{webhook}', '{{\"n\": 1}}', '{{}}', 200, now() + interval '1 second')"
    ));
    let (first, second) = (plan(&scene, &["--all"]), plan(&scene, &["--all"]));
    assert_eq!(scene.count("select items from hookyard.plans limit 1"), 2);
    let transcript = replay(&scene, &["--apply", &first]).succeeds();
    assert_eq!(receiver.count(), 1 + 2, "{transcript}");
    let transcript = replay(&scene, &["--apply", &second]).succeeds();
    assert_eq!(receiver.count(), 1 + 2, "{transcript}");
    assert!(transcript.stdout.contains("2 not sent, they have arrived otherwise"), "{transcript}");
    let bodies: Vec<String> =
        receiver.received()[1..].iter().map(|r| String::from_utf8_lossy(&r.body).replace(' ', "")).collect();
    assert!(
        bodies.iter().any(|b| b.contains("\"n\":1")) && bodies.iter().any(|b| b.contains("\"n\":3")),
        "{bodies:?}"
    );
    assert!(replay(&scene, &["--all"]).succeeds().stdout.starts_with("nothing to replay"));
}

#[test]
fn events_that_an_endpoint_missed_are_sent_only_when_asked_for() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.enqueue(2);
    scene.webhook(&receiver.url("/ok"));
    assert!(replay(&scene, &["--all"]).succeeds().stdout.starts_with("nothing to replay"));
    let transcript = replay(&scene, &["--all", "--skipped", "--yes"]).succeeds();
    assert_eq!((receiver.count(), scene.states().as_str()), (2, "delivered 2"), "{transcript}");
    let again = replay(&scene, &["--all", "--skipped"]).succeeds();
    assert!(again.stdout.starts_with("nothing to replay"), "{again}");
}

/// Planning for a million; a fifth of it in the quick form. `HOOKYARD_TEST_LONG=1` makes it the million.
#[test]
fn planning_is_one_statement_and_memory_stays_flat() {
    let events = if std::env::var_os("HOOKYARD_TEST_LONG").is_some() { 1_000_000 } else { 100_000 };
    let scene = Scene::new();
    let webhook = scene.webhook("http://127.0.0.1:1/");
    scene.database.execute(&format!(
        "insert into hookyard.events (id, event_type, api_key_id, payload, payload_sha256, is_jsonb)
         select gen_random_uuid(), 'entry.completed', '{}', '{{\"n\":' || n || ',\"pad\":\"' || repeat('x', 300) || '\"}}', '', true
         from generate_series(1, {events}) n;
         insert into hookyard.deliveries (id, state, event_id, webhook_id, attempts, steps, next_attempt_at, finished_at, reason, last_status)
         select gen_random_uuid(), 'dead', v.id, '{webhook}', 1, 1, null, now(), 'schedule used up: 503', 503 from hookyard.events v;
         insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
         select gen_random_uuid(), 'server_error', d.id, d.webhook_id, 1, now(), 5000, 503 from hookyard.deliveries d;
         insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status)
         select a.id, a.webhook_id, '{{}}', '{{}}', 503 from hookyard.attempts a;
         analyze",
        crate::support::API_KEY
    ));
    let started = Instant::now();
    let mut run = scene.hookyard(&["webhook", "replay", "--dead", "--json"]).start();
    let mut most = 0;
    while !run.is_over() {
        most = most.max(run.resident_kib());
        std::thread::sleep(Duration::from_millis(5));
    }
    let (took, planned) = (started.elapsed(), run.finish().succeeds().json());
    println!("{events} dead deliveries planned in {took:?}, {most} KiB");
    assert_eq!(number(&planned, "items"), events);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(most < 64 * 1024, "{most} KiB");
    let looks: [&[&str]; 2] =
        [&["webhook", "list", "--dead", "--limit", "50"], &["webhook", "replay", "list"]];
    for arguments in looks {
        let started = Instant::now();
        scene.hookyard(arguments).run().succeeds();
        println!("{arguments:?} in {:?}", started.elapsed());
    }
}

#[test]
fn sessions_that_are_ended_all_the_time_cost_nothing() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/5"));
    dead(&scene, 800);
    let id = plan(&scene, &["--dead"]);
    let mut run = scene
        .hookyard(&[
            "webhook",
            "replay",
            "--apply",
            &id,
            "--in-flight",
            "32",
            "--concurrency",
            "32",
            "--per-endpoint",
            "32",
        ])
        .start();
    let mut cuts = 0;
    while !run.is_over() && cuts < 300 {
        scene.database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where application_name like '%webhook-replay' and datname = current_database()",
        );
        cuts += 1;
        std::thread::sleep(Duration::from_millis(200));
    }
    let transcript = run.finish().succeeds();
    assert!(cuts > 1, "it was over before anything was cut");
    assert_eq!((scene.states().as_str(), receiver.ids("/").len()), ("delivered 800", 800), "{transcript}");
    assert!(receiver.count() <= 800 + 32, "{} requests", receiver.count());
}

#[test]
fn a_database_that_cannot_be_written_to_sends_nothing() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    dead(&scene, 5);
    let id = plan(&scene, &["--dead"]);
    let name = scene.database.name().to_owned();
    scene.database.execute(&format!("alter database {name} set default_transaction_read_only = on"));
    let transcript =
        scene.hookyard(&["webhook", "replay", "--apply", &id]).env("HOOKYARD_TEST_FAULT", "patience:2").run();
    assert_eq!((transcript.code, receiver.count()), (Some(3), 0), "{transcript}");
    let mut session = scene.database.session();
    session.execute("set default_transaction_read_only = off");
    session.execute(&format!("alter database {name} reset default_transaction_read_only"));
    replay(&scene, &["--apply", &id]).succeeds();
    assert_eq!((receiver.count(), scene.states().as_str()), (5, "delivered 5"));
}

#[test]
fn progress_and_talk_leave_the_answer_alone() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/300"));
    dead(&scene, 200);
    let transcript = replay(&scene, &["--dead", "--yes", "--json", "--per-endpoint", "10"]).succeeds();
    assert_eq!(transcript.stdout.lines().count(), 1, "one document\n{transcript}");
    assert_eq!(number(&transcript.json(), "accepted"), 200);
    let lines: Vec<&str> = transcript.stderr.lines().collect();
    assert!(
        lines[0].starts_with("plan ") && lines[1].contains(" of 200: "),
        "a line every few seconds\n{transcript}"
    );
    assert!(!transcript.stderr.contains('\x1b'), "{transcript}");
    let quiet = replay(&scene, &["--all", "--include-delivered", "--yes", "--quiet"]).succeeds();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn to_another_receiver_everything_is_marked_and_nothing_counts() {
    let (scene, receiver, laptop) = (Scene::new(), Receiver::start(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    scene.database.execute(&format!(
        "update webhooks set headers = array['{{\"name\":\"Authorization\",\"value\":\"Bearer customer\"}}'::jsonb] where id = '{webhook}'"
    ));
    dead(&scene, 3);
    let deliveries = "select md5(string_agg(t, ',' order by t)) from (
        select d::text from hookyard.deliveries d union all select a::text from hookyard.attempts a
        union all select a::text from webhook_delivery_attempts a) as x (t)";
    let before = scene.text(deliveries);
    let without = replay(&scene, &["--dead", "--yes", "--to", &laptop.url("/in?token=hunter2")]);
    assert_eq!((without.code, laptop.count()), (Some(2), 0), "{without}");
    let arguments = [
        "webhook",
        "replay",
        "--dead",
        "--yes",
        "--to",
        &laptop.url("/in?token=hunter2"),
        "--secret-env",
        "SANDBOX",
    ];
    let transcript = scene.hookyard(&arguments).env("SANDBOX", "a secret of its own").run().succeeds();
    assert!(transcript.stdout.contains("as sandbox, none counts as delivered"), "{transcript}");
    assert!(!transcript.to_string().contains("hunter2"), "{transcript}");
    assert_eq!((receiver.count(), laptop.count()), (0, 3));
    for received in laptop.received() {
        assert_eq!(received.header("hookyard-sandbox"), Some("true"));
        assert_eq!(received.header("hookyard-endpoint"), Some(webhook.as_str()));
        assert_eq!(received.header("authorization"), None, "the customer's token stays at home");
        let header = received.header("snappt-signature").expect("signed");
        let stamp = header.strip_prefix("t=").and_then(|rest| rest.split(',').next()).expect("a time");
        assert_ne!(header, crate::support::snappt_signature(stamp, &received.body), "not the customer's key");
    }
    assert_eq!(scene.text(deliveries), before);
    let refused = scene.hookyard(&["webhook", "replay", "--dead", "--to", "http://10.0.0.1/"]).run();
    assert_eq!(refused.code, Some(4), "{refused}");
    let away = scene
        .hookyard(&[
            "webhook",
            "replay",
            "--dead",
            "--yes",
            "--to",
            &laptop.url("/status/500"),
            "--secret-env",
            "SANDBOX",
        ])
        .env("SANDBOX", "a secret of its own")
        .run();
    assert_eq!(away.code, Some(1), "{away}");
    assert!(away.stdout.contains("3 refused"), "{away}");
}

/// Their rows as years leave them: without a time, with an infinite one, with a payload that is no object.
#[test]
fn another_applications_attempts_are_read_and_replayed_whatever_their_rows_look_like() {
    let receiver = Receiver::start();
    let database = crate::support::Database::foreign_migrated();
    let ok = receiver.url("/ok");
    database.execute(&format!("update webhooks set url = replace(url, 'https://hooks.example.com', '{ok}')"));
    let theirs = "select md5(string_agg(w::text, '|' order by w.id)) from webhook_delivery_attempts w
        where w.id::text like '10000000-%'";
    let before = database.value(theirs);
    let run = |arguments: &[&str]| {
        let mut all = vec!["--allow-http", "--allow-egress", "127.0.0.1/32", "webhook"];
        all.extend(arguments);
        crate::support::hookyard(&all).database(&database).run()
    };
    for end in ["1", "2", "3", "4"] {
        let shown = run(&["show", &format!("10000000-0000-4000-8000-00000000000{end}")]).succeeds();
        assert!(shown.stdout.contains("response_status "), "{shown}");
    }
    let silent = run(&["retry"]).succeeds();
    assert_eq!((silent.stdout.as_str(), receiver.count()), ("", 0), "retry touches only deliveries of ours");
    let transcript = run(&["replay", "--all", "--yes"]).succeeds();
    assert!(
        transcript.stdout.starts_with("2 in the plan: 2 accepted"),
        "one event failed twice\n{transcript}"
    );
    let bodies: Vec<Vec<u8>> = receiver.received().into_iter().map(|received| received.body).collect();
    assert!(bodies.contains(&b"[]".to_vec()), "{bodies:?}");
    assert!(run(&["replay", "--all"]).succeeds().stdout.starts_with("nothing to replay"));
    assert_eq!(database.value(theirs), before, "their rows are as they were");
}

/// The same beside another sender, whose attempts are matched by payload.
#[test]
fn planning_beside_another_sender_is_one_statement_too() {
    let attempts = if std::env::var_os("HOOKYARD_TEST_LONG").is_some() { 400_000 } else { 40_000 };
    let scene = Scene::new();
    let webhook = scene.webhook("http://127.0.0.1:1/");
    scene.database.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select '{webhook}', jsonb_build_object('event', 'entry.completed', 'n', n / 2, 'pad', repeat('x', 300)), '{{}}',
             case when n % 4 = 3 then 200 else 503 end, now() - interval '1 day' + n * interval '1 millisecond'
         from generate_series(1, {attempts}) n;
         analyze"
    ));
    let started = Instant::now();
    let planned = replay(&scene, &["--all", "--json"]).succeeds().json();
    println!("{attempts} attempts of another sender planned in {:?}", started.elapsed());
    let items = number(&planned, "items");
    assert!((attempts / 4 - 2..=attempts / 4 + 2).contains(&items), "{items}: every second payload arrived");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}
