//! `hookyard webhook replay`: exactly what never arrived is delivered again, once, whoever runs it and whatever stops it.

mod elsewhere;
mod reach;
mod recovery;
mod running;

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
    assert!(transcript.stdout.contains("3 deliveries to 1 endpoint,"), "{transcript}");
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
