//! `hookyard webhook show`: for any event, delivery, attempt or entry, why it is where it is.

use crate::support::{API_KEY, ENTRY, Receiver, SHORT_ID, Scene};

/// A delivery that was refused, of an event whose payload is somebody's.
fn refused(scene: &Scene, receiver: &Receiver) -> (String, String) {
    scene.webhook(&receiver.url("/status/404"));
    scene.database.execute(&format!("select hookyard.enqueue('entry.completed', '{ENTRY}')"));
    scene.hookyard(&["webhook", "retry"]).run();
    let ids = scene.database.query_text("select event_id, id from hookyard.deliveries");
    (ids[0][0].clone().expect("an event"), ids[0][1].clone().expect("a delivery"))
}

#[test]
fn a_dead_delivery_tells_its_story_to_the_end() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let (_, delivery) = refused(&scene, &receiver);
    let transcript = scene.hookyard(&["webhook", "show", &delivery]).run().succeeds();
    let lines: Vec<&str> = transcript.stdout.lines().collect();
    assert_eq!(lines[0], format!("delivery {delivery}"));
    assert!(lines[1].starts_with(&format!("entry.completed of entry {ENTRY}: {{")), "{transcript}");
    let order = [
        "event   entry.completed enqueued",
        "match   matched endpoint",
        "attempt attempt 1",
        "alert   alert of endpoint",
    ];
    let found: Vec<usize> = order
        .iter()
        .map(|text| {
            lines
                .iter()
                .position(|line| line.contains(text))
                .unwrap_or_else(|| panic!("{text}\n{transcript}"))
        })
        .collect();
    assert!(found.is_sorted(), "{transcript}");
    assert!(transcript.stdout.contains("404 rejected in "), "{transcript}");
    assert!(
        transcript.stdout.contains(&format!("hookyard webhook replay {delivery}\n")),
        "an id ends its line"
    );
}

#[test]
fn what_is_pending_says_when_it_is_attempted_again_and_by_which_rule() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/503"));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run();
    let delivery = scene.text("select id from hookyard.deliveries");
    let shown = scene.hookyard(&["webhook", "show", &delivery]).run().succeeds().stdout;
    assert!(shown.contains("step 2 of 5 of policy integration-layer waits 60 s"), "{shown}");
    scene.database.execute("update hookyard.deliveries set parked_at = now()");
    let shown = scene.hookyard(&["webhook", "show", &delivery]).run().succeeds().stdout;
    assert!(shown.contains("waits until the endpoint is active"), "{shown}");
    scene.database.execute("update hookyard.deliveries set parked_at = null");
    scene
        .database
        .execute("update hookyard.endpoints set opened_at = now(), probe_at = now() + interval '30 s'");
    let shown = scene.hookyard(&["webhook", "show", &delivery]).run().succeeds().stdout;
    assert!(shown.contains("breaker is open since"), "{shown}");
}

#[test]
fn an_event_says_why_an_endpoint_did_not_match() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let other = scene.webhook(&receiver.url("/other"));
    let off = scene.webhook(&receiver.url("/off"));
    scene.database.execute(&format!(
        "update webhooks set events = '{{fraud.detected}}' where id = '{other}';
         update webhooks set is_active = false where id = '{off}'"
    ));
    scene.enqueue(1);
    let event = scene.text("select id from hookyard.events");
    let shown = scene.hookyard(&["webhook", "show", &event]).run().succeeds().stdout;
    assert!(shown.contains("/other: it does not list this event type"), "{shown}");
    assert!(shown.contains("/off: it is inactive"), "{shown}");
    assert!(shown.contains("it is due: the next run of webhook retry attempts it"), "{shown}");
}

#[test]
fn a_webhook_that_came_or_changed_after_the_event_says_when() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let off = scene.webhook(&receiver.url("/off"));
    scene.database.execute(&format!("update webhooks set is_active = false where id = '{off}'"));
    scene.enqueue(1);
    let late = scene.webhook(&receiver.url("/late"));
    scene.database.execute(&format!(
        "update webhooks set inserted_at = '2031-05-06 07:08:09' where id = '{late}';
         update webhooks set is_active = true, updated_at = '2032-05-06 07:08:09' where id = '{off}'"
    ));
    let event = scene.text("select id from hookyard.events");
    let shown = scene.hookyard(&["webhook", "show", &event]).run().succeeds().stdout;
    assert!(shown.contains("/late: it was made at 2031-05-06T07:08:09Z, after the event"), "{shown}");
    assert!(
        shown.contains("/off: it matches now, and did not when the event came; its row was changed at 2032-05-06T07:08:09Z"),
        "{shown}"
    );
    scene.database.execute("update webhooks set inserted_at = 'infinity', updated_at = 'infinity'");
    scene.hookyard(&["webhook", "show", &event]).run().succeeds();
}

#[test]
fn the_beginning_of_an_id_is_enough_and_an_ambiguous_one_lists_what_it_begins() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let (event, delivery) = refused(&scene, &receiver);
    let attempt = scene.text("select id from hookyard.attempts");
    for (id, kind) in [(&event, "event"), (&delivery, "delivery"), (&attempt, "attempt")] {
        let shown = scene.hookyard(&["webhook", "show", &id[..33], "--json"]).run().succeeds().json();
        assert_eq!((shown["kind"].as_str(), shown["id"].as_str()), (Some(kind), Some(id.as_str())));
    }
    let several = scene.hookyard(&["webhook", "show", &event[..6]]).run();
    assert_eq!(several.code, Some(1), "{several}");
    assert!(several.stderr.contains(&format!("hint: event {event}\n")), "{several}");
    assert!(several.stderr.contains(&format!("hint: delivery {delivery}\n")), "{several}");
    for entry in [SHORT_ID, ENTRY] {
        let shown = scene.hookyard(&["webhook", "show", entry, "--json"]).run().succeeds().json();
        assert_eq!((shown["kind"].as_str(), shown["id"].as_str()), (Some("entry"), Some(ENTRY)));
        assert_eq!(shown["deliveries"][0]["id"].as_str(), Some(delivery.as_str()));
    }
    for nothing in ["ffffffff", "SNAP-0", "x' OR '1'='1", "%", "_", "'; DROP TABLE webhooks; --"] {
        let none = scene.hookyard(&["webhook", "show", nothing]).run();
        assert_eq!((none.code, none.stdout.as_str()), (Some(1), ""), "{none}");
        assert!(none.stderr.contains("nothing was found"), "{none}");
    }
}

#[test]
fn an_attempt_of_another_application_is_shown_with_what_belongs_to_it() {
    let scene = Scene::new();
    let webhook = scene.webhook("https://crm.example/in");
    let insert = |id: &str, status: u16, ago: &str| {
        scene.database.execute(&format!(
            "insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status, created_at)
             values ('{id}', '{webhook}', '{{\"event\": \"entry.completed\", \"n\": 7}}', '{{\"status\": \"busy\"}}', {status},
                 now() - interval '{ago}')"
        ));
    };
    let (first, second) = ("aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002");
    insert(first, 503, "2 hours");
    let shown = scene.hookyard(&["webhook", "show", "aaaaaaaa"]).run().succeeds().stdout;
    assert!(shown.starts_with(&format!("attempt of another sender {first}\n")), "{shown}");
    assert!(shown.contains("response_status 503") && shown.contains(r#"{"status":"busy"}"#), "{shown}");
    assert!(shown.contains(&format!("hookyard webhook replay {first}\n")), "{shown}");
    insert(second, 200, "1 hour");
    let shown = scene.hookyard(&["webhook", "show", first]).run().succeeds().stdout;
    assert!(shown.contains("response_status 200") && shown.contains("was accepted"), "{shown}");
}

#[test]
fn personal_data_is_masked_and_looking_at_it_is_recorded() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let (event, _) = refused(&scene, &receiver);
    for json in [&["--json"][..], &[]] {
        let arguments: Vec<&str> = ["webhook", "show", &event].iter().chain(json).copied().collect();
        let masked = scene.hookyard(&arguments).run().succeeds();
        assert!(!masked.stdout.contains("Zebulon") && masked.stdout.contains("***"), "{masked}");
    }
    let acts = "select count(*) from hookyard.acts where command = 'webhook show'";
    assert_eq!(scene.count(acts), 0);
    let shown =
        scene.hookyard(&["webhook", "show", &event, "--show-pii"]).env("USER", "ann").run().succeeds();
    assert!(shown.stdout.contains("Zebulon Quux"), "{shown}");
    assert!(shown.stdout.contains("ann on"), "the look itself stands in the timeline\n{shown}");
    assert_eq!(scene.count(acts), 1);
}

#[test]
fn what_an_endpoint_says_cannot_rule_the_terminal() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let (_, delivery) = refused(&scene, &receiver);
    scene.database.execute(
        "update webhook_delivery_attempts set response_data = jsonb_build_object('status', E'\\u001b[2J\\u202eboo')",
    );
    let shown = scene.hookyard(&["webhook", "show", &delivery]).run().succeeds().stdout;
    assert!(shown.contains("boo"), "{shown}");
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{shown:?}");
}

#[test]
fn nothing_is_scanned_however_much_is_there() {
    let scene = Scene::new();
    let webhook = scene.webhook("https://crm.example/in");
    scene.database.execute(&format!(
        "insert into hookyard.events (id, event_type, api_key_id, payload, payload_sha256, is_jsonb)
         select hookyard.new_id(), 'entry.completed', '{API_KEY}', '{{}}', '', true from generate_series(1, 50000);
         insert into hookyard.deliveries (id, state, event_id, webhook_id, attempts, next_attempt_at, finished_at, reason)
         select hookyard.new_id(), 'dead', v.id, '{webhook}', 1, null, now(), 'rejected: 404' from hookyard.events v;
         insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
         select gen_random_uuid(), 'rejected', d.id, d.webhook_id, 1, now(), 1000, 404 from hookyard.deliveries d;
         insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status)
         select a.id, a.webhook_id, '{{}}', '{{}}', 404 from hookyard.attempts a;
         analyze"
    ));
    let delivery = scene.text("select id from hookyard.deliveries order by id limit 1");
    let read = "select pg_stat_clear_snapshot()::text || sum(seq_tup_read + coalesce(idx_tup_fetch, 0))
        from pg_stat_user_tables where relname in ('events', 'deliveries', 'attempts', 'webhook_delivery_attempts')";
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let before = scene.count(read);
    scene.hookyard(&["webhook", "show", &delivery]).run().succeeds();
    let rows = scene.count(read) - before;
    assert!(rows < 100, "{rows} rows were read to show one delivery");
}
