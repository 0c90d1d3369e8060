//! Attempts of another application, and another receiver.

use super::*;

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

/// Only what can matter to the choice is compared, since another application may have written ten million rows.
#[test]
fn a_choice_among_attempts_of_another_application_sees_what_bears_on_it_and_no_less() {
    let scene = Scene::new();
    let webhooks = [scene.webhook("https://hooks.example/a"), scene.webhook("https://hooks.example/b")];
    let attempt = |of: usize, n: u32, status: u16, hours: u32| {
        scene.text(&format!(
            "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
             values ('{}', '{{\"event\": \"entry.completed\", \"n\": {n}}}', '{{}}', {status}, now() - interval '{hours} hours')
             returning id",
            webhooks[of]
        ))
    };
    let arrived_since = attempt(0, 1, 503, 2);
    attempt(0, 1, 200, 1);
    attempt(0, 2, 200, 4);
    let arrived_before = attempt(0, 2, 503, 2);
    attempt(0, 3, 503, 5);
    let failed_before = attempt(0, 3, 301, 2);
    attempt(1, 4, 503, 2);
    let items = |arguments: &[&str]| {
        let told = replay(&scene, &[arguments, &["--dry-run", "--json"]].concat()).succeeds().json();
        number(&told, "items")
    };
    let all = items(&["--all"]);
    assert_eq!(all, 3, "all but what arrived since");
    assert_eq!(items(&["--since", "6h"]), all);
    assert_eq!(items(&["--since", "3h"]), 2, "one failed first before that");
    assert_eq!(items(&["--since", "6h", "--endpoint", &webhooks[0]]), 2);
    assert_eq!(items(&["--since", "3h", "--endpoint", &webhooks[1]]), 1);
    assert_eq!(items(&["--api-key", crate::support::API_KEY]), all);
    assert_eq!(items(&[&arrived_before]), 1);
    assert_eq!(items(&[&failed_before]), 1);
    assert_eq!(items(&[&arrived_since]), 0);
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
