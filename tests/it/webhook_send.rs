//! `hookyard webhook send`: an event is enqueued once, attempted at once, and told as it is.

use crate::support::{API_KEY, ENTRY, Receiver, SHORT_ID, Scene, Transcript, has_the_promised_keys};

const ENTRY_COMPLETED: [&str; 3] = ["webhook", "send", "entry.completed"];

fn send(scene: &Scene, arguments: &[&str]) -> Transcript {
    scene.hookyard(&[&ENTRY_COMPLETED, arguments].concat()).run()
}

/// What differs from run to run, replaced.
fn event_id(transcript: &Transcript) -> String {
    let line = transcript.stdout.lines().next().unwrap_or_default();
    line.strip_prefix("event ").unwrap_or_else(|| panic!("{transcript}")).to_owned()
}

#[test]
fn an_entry_is_sent_by_its_short_id_with_twelve_keys_in_the_documents_order() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let sent = send(&scene, &["--entry", SHORT_ID]).succeeds();
    assert!(sent.stdout.contains("accepted by the endpoint: 200") && sent.stderr.is_empty(), "{sent}");
    let received = receiver.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].id(), event_id(&sent));
    assert_eq!(
        String::from_utf8_lossy(&received[0].body),
        format!(
            "{{\"event\":\"entry.completed\",\"entry_id\":\"{ENTRY}\",\"short_id\":\"{SHORT_ID}\",\
             \"property_id\":\"00000000-0000-4000-8000-00000000000c\",\"result\":\"CLEAN\",\
             \"applicant\":{{\"full_name\":\"Zebulon Quux\",\"email\":\"zebulon@quux.example\"}},\
             \"fraud_result\":\"CLEAN\",\"income_result\":null,\"asset_result\":null,\"identity_result\":null,\
             \"completed_at\":\"2026-01-15T10:30:00Z\",\"report_url\":null}}"
        )
    );
    let body: serde_json::Value = serde_json::from_slice(&received[0].body).expect("JSON");
    assert_eq!(body.as_object().expect("an object").len(), 12);
}

#[test]
fn the_same_event_again_prints_the_first_ones_id_and_sends_nothing() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let first = send(&scene, &["--entry", SHORT_ID]).succeeds();
    let second = send(&scene, &["--entry", ENTRY]).succeeds();
    assert_eq!(event_id(&first), event_id(&second), "by id or by short id, it is the same entry");
    assert!(second.stdout.contains("this event was there already: nothing was sent"), "{second}");
    assert_eq!((receiver.count(), scene.count("select count(*) from hookyard.acts")), (1, 1));

    let third = send(&scene, &["--entry", SHORT_ID, "--again"]).succeeds();
    assert_ne!(event_id(&third), event_id(&first));
    assert_eq!(receiver.count(), 2, "a new event on purpose");
}

#[test]
fn an_event_id_names_one_event_for_ever() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let id = "0192f0c1-aaaa-7000-8000-000000000001";
    let named = ["--payload", "-", "--api-key", API_KEY, "--event-id", id];
    let run = |payload: &str| {
        scene.hookyard(&[&ENTRY_COMPLETED, &named[..]].concat()).stdin(payload.as_bytes()).run()
    };
    assert_eq!(event_id(&run("{\"n\":1}").succeeds()), id);
    assert_eq!(event_id(&run("{\"n\":1}").succeeds()), id);
    let other = run("{\"n\":2}").exits(1);
    assert!(other.stderr.contains("already names another event"), "{other}");
    assert!(other.stderr.contains("hint: Choose another event id"), "{other}");
    assert_eq!(receiver.count(), 1);
}

#[test]
fn named_webhooks_get_the_event_whatever_they_subscribe_to_and_unknown_ones_are_not_found() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let (a, b) = (scene.webhook(&receiver.url("/a")), scene.webhook(&receiver.url("/b")));
    scene.webhook(&receiver.url("/c"));
    let run = |webhooks: &[&str]| {
        let mut arguments = vec!["webhook", "send", "lease.signed", "--payload", "-"];
        webhooks.iter().for_each(|id| arguments.extend(["--webhook", *id]));
        scene.hookyard(&arguments).stdin(b"{}").run()
    };
    run(&[&a, &b]).succeeds();
    let mut paths: Vec<_> = receiver.received().into_iter().map(|request| request.path).collect();
    paths.sort();
    assert_eq!(paths, ["/a", "/b"]);

    let stranger = "00000000-0000-4000-8000-00000000dead";
    let unknown = run(&[&a, stranger]).exits(1);
    assert_eq!(unknown.stderr, format!("error: webhook {stranger} was not found\n"));
    scene.database.execute(&format!("update webhooks set is_active = null where id = '{a}'"));
    let inactive = run(&[&a]).exits(1);
    assert!(inactive.stderr.contains("is inactive"), "{inactive}");
    assert_eq!(receiver.count(), 2);
}

#[test]
fn without_a_subscriber_the_answer_is_no() {
    let scene = Scene::new();
    let sent = send(&scene, &["--entry", SHORT_ID]).exits(1);
    assert!(sent.stdout.contains("no active webhook of the api key subscribes to entry.completed"), "{sent}");
    let unknown = send(&scene, &["--entry", "SNAP-0"]).exits(1);
    assert_eq!(unknown.stderr, "error: entry SNAP-0 was not found in hookyard.entry_payloads\n");
}

#[test]
fn enqueue_only_queues_and_wait_stays_for_the_last_outcome() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/flaky/2"));
    let queued = send(&scene, &["--entry", SHORT_ID, "--enqueue"]).succeeds();
    assert!(queued.stdout.contains("enqueued"), "{queued}");
    assert_eq!((receiver.count(), scene.states().as_str()), (0, "pending 1"));

    let once = send(&scene, &["--entry", SHORT_ID, "--again"]).exits(1);
    assert!(once.stdout.contains("to be attempted again in"), "scheduled is not accepted\n{once}");
    let last =
        send(&scene, &["--entry", SHORT_ID, "--again", "--wait", "--policy", "resident-verify"]).succeeds();
    assert!(last.stdout.contains("accepted by the endpoint: 200"), "{last}");
}

#[test]
fn a_dry_run_says_why_and_leaves_everything_as_it_was() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let [yes, other, off, null, broken] =
        ["/yes", "/other", "/off", "/null", "/broken"].map(|path| scene.webhook(&receiver.url(path)));
    scene.database.execute(&format!(
        "update webhooks set events = '{{lease.signed}}' where id = '{other}';
         update webhooks set is_active = false where id = '{off}';
         update webhooks set is_active = null where id = '{null}';
         update webhooks set headers = array['{{\"name\": \"Host\", \"value\": \"inside\"}}']::jsonb[] where id = '{broken}';
         update webhooks set headers = array['{{\"name\": \"Authorization\", \"value\": \"Bearer canary-4711\"}}',
            '{{\"name\": \"Content-Type\", \"value\": \"text/plain\"}}']::jsonb[] where id = '{yes}'"
    ));
    let before = scene.checksums();
    let told = send(&scene, &["--entry", SHORT_ID, "--dry-run"]).succeeds();
    let url = |path: &str| receiver.url(path);
    for line in [
        format!("goes to {yes} {}: it subscribes to entry.completed", url("/yes")),
        format!("not to {other} {}: it does not subscribe to entry.completed", url("/other")),
        format!("not to {off} {}: it is inactive", url("/off")),
        format!("not to {null} {}: it is inactive (is_active is NULL)", url("/null")),
        "  authorization: ***".into(),
        "  snappt-signature: (signed when sent)".into(),
        "  warning: header 2 (content-type) is ignored: the body is JSON".into(),
        "  would not be sent: header 1 (host) is not the endpoint's to set".into(),
    ] {
        assert!(told.stdout.lines().any(|shown| shown == line), "{line}\n{told}");
    }
    for hidden in ["canary-4711", "Zebulon", "quux.example"] {
        assert!(!told.all().contains(hidden), "{hidden}\n{told}");
    }
    let open = send(&scene, &["--entry", SHORT_ID, "--dry-run", "--show-pii"]).succeeds();
    assert!(open.stdout.contains("Zebulon Quux") && !open.stdout.contains("canary-4711"), "{open}");
    assert_eq!(scene.checksums(), before, "no row has changed");
    assert_eq!(receiver.count(), 0, "nothing was sent");

    let json = send(&scene, &["--entry", SHORT_ID, "--dry-run", "--json"]).succeeds().json();
    has_the_promised_keys(&json, "webhook_send.dry_run");
    has_the_promised_keys(&json["endpoints"][0], "webhook_send.dry_run.endpoint");
    let chosen = |json: &serde_json::Value, key: &str| -> Vec<String> {
        let endpoints = json["endpoints"].as_array().expect("a list").iter();
        endpoints
            .filter(|one| one[key] == true)
            .map(|one| one["webhook_id"].as_str().expect("text").into())
            .collect()
    };
    let real = send(&scene, &["--entry", SHORT_ID, "--json"]).exits(1).json();
    has_the_promised_keys(&real, "webhook_send");
    has_the_promised_keys(&real["deliveries"][0], "webhook_send.delivery");
    let sent: Vec<&str> = real["deliveries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["webhook_id"].as_str().expect("text"))
        .collect();
    assert_eq!(chosen(&json, "chosen"), sent, "the real run selects the same");

    let again = send(&scene, &["--entry", SHORT_ID, "--dry-run"]).succeeds();
    let id = real["event_id"].as_str().expect("text");
    assert!(again.stdout.contains(&format!("nothing would be sent: {id}")), "{again}");
}

#[test]
fn a_dry_run_in_json_holds_the_payload_as_it_would_be_sent() {
    let scene = Scene::new();
    scene.webhook("http://127.0.0.1:1/");
    let payload = "{\"amount\": 95.50, \"amount\": 95.50, \"big\": 12345678901234567890123}";
    let arguments = [
        &ENTRY_COMPLETED[..],
        &["--payload", "-", "--api-key", API_KEY, "--dry-run", "--show-pii", "--json"],
    ]
    .concat();
    let told = scene.hookyard(&arguments).stdin(payload.as_bytes()).run().succeeds();
    assert_eq!(told.json()["payload"], payload);
}

#[test]
fn a_delivery_waits_for_an_inactive_endpoint_and_is_sent_when_it_is_active_again() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    scene.enqueue(1);
    scene.database.execute("update webhooks set is_active = false");
    let waiting = scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(waiting.stdout, "0 attempted: 1 waiting for an inactive endpoint\n");
    let listed = scene.hookyard(&["webhook", "list"]).run().stdout;
    assert!(listed.contains("when the endpoint is active"), "{listed}");
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!((receiver.count(), scene.count("select attempts from hookyard.deliveries")), (0, 0));

    scene.database.execute(&format!("update webhooks set is_active = true where id = '{webhook}'"));
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!((receiver.count(), scene.states().as_str()), (1, "delivered 1"));
}

#[test]
fn a_delivery_that_waited_a_week_for_an_inactive_endpoint_is_dead_and_says_so() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(1);
    scene.database.execute("update webhooks set is_active = false");
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    scene
        .database
        .execute("update hookyard.deliveries set parked_at = parked_at - interval '7 days 1 minute'");
    let died = scene.hookyard(&["webhook", "retry"]).run().exits(1);
    assert!(died.stdout.starts_with("0 attempted: 1 dead\n"), "{died}");
    assert_eq!(
        scene.text("select reason from hookyard.deliveries"),
        "inactive: the endpoint stayed inactive for 7 days"
    );
    assert_eq!((receiver.count(), scene.states().as_str()), (0, "dead 1"));
}

#[test]
fn the_next_attempt_uses_the_url_and_the_headers_as_they_are_then() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/500"));
    send(&scene, &["--entry", SHORT_ID]).exits(1);
    scene.database.execute(&format!(
        "update webhooks set url = '{}', method = 'PUT', headers = array['{{\"name\": \"X-Shop\", \"value\": \"new\"}}']::jsonb[]",
        receiver.url("/ok")
    ));
    scene.time_passes();
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    let received = receiver.received();
    assert_eq!((received[1].path.as_str(), received[1].header("x-shop")), ("/ok", Some("new")));
    assert_eq!((received[0].header("x-shop"), received[0].id()), (None, received[1].id()));
}
