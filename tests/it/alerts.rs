//! One alert per outage of an endpoint: a row, and a message that is repeated until somebody has heard it.

use std::time::{Duration, Instant};

use crate::support::{API_KEY, Hookyard, Receiver, Scene};

const UNTOLD: &str = "select count(*) from hookyard.alerts where told_at is null";

fn retry(scene: &Scene, alert_url: &str) -> Hookyard {
    scene.hookyard(&["webhook", "retry"]).env("HOOKYARD_ALERT_URL", alert_url)
}

/// Alerts are tried again after a minute: it passes by moving the rows.
fn a_minute_passes(scene: &Scene) {
    scene.database.execute("update hookyard.alerts set try_at = now() where told_at is null");
}

#[test]
fn an_outage_is_told_once_with_the_facts_and_without_a_secret() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let url = receiver.url("/status/404/in").replace("http://", "http://shop:canary-1@") + "?token=canary-2";
    let webhook = scene.webhook(&url);
    scene.database.execute(
        "update webhooks set headers = array['{\"name\": \"Authorization\", \"value\": \"Bearer canary-3\"}']::jsonb[]",
    );
    scene.enqueue(3);
    let told_at = receiver.url("/alert?key=canary-4");
    let run = retry(&scene, &told_at).run().exits(1);
    assert_eq!(run.stderr, "", "{run}");
    let alerts: Vec<_> = receiver.received().into_iter().filter(|r| r.path.starts_with("/alert")).collect();
    assert_eq!(alerts.len(), 1, "three deliveries died of one outage");
    let body: serde_json::Value = serde_json::from_slice(&alerts[0].body).expect("JSON");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(1));
    let text = body["text"].as_str().expect("text");
    for fact in [webhook.as_str(), API_KEY, "/status/404", "rejected: 404", "3 of its deliveries are dead"] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    assert!(!text.contains("canary") && !run.all().contains("canary"), "{text}\n{run}");
    assert_eq!(alerts[0].header("content-type"), Some("application/json"));
    assert!(alerts[0].header("snappt-signature").is_none() && alerts[0].header("authorization").is_none());
    assert_eq!(scene.count(UNTOLD), 0);

    scene.enqueue(2);
    retry(&scene, &told_at).run().exits(1);
    assert_eq!(
        receiver.received().iter().filter(|r| r.path.starts_with("/alert")).count(),
        1,
        "still the same outage"
    );
}

#[test]
fn an_alert_is_repeated_by_later_runs_until_it_is_heard() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(1);
    let alerts = || receiver.received().iter().filter(|r| r.path.starts_with("/switch")).count();
    let url = receiver.url("/switch");
    let first = retry(&scene, &url).run().exits(1);
    assert_eq!(first.stderr, "warning: the alert URL answered 503; it is tried again\n");
    retry(&scene, &url).run().succeeds();
    assert_eq!(alerts(), 1, "not before a minute has passed");
    let endpoints = scene.hookyard(&["webhook", "endpoints"]).run().stdout;
    assert!(endpoints.contains("not yet told"), "{endpoints}");
    a_minute_passes(&scene);
    let refused = retry(&scene, "http://127.0.0.1:1/canary").run().succeeds();
    assert_eq!(refused.stderr, "warning: the alert URL gave no answer (refused); it is tried again\n");
    a_minute_passes(&scene);
    receiver.recover();
    let heard = retry(&scene, &url).run().succeeds();
    assert_eq!((alerts(), scene.count(UNTOLD), heard.all().as_str()), (2, 0, ""));
    a_minute_passes(&scene);
    retry(&scene, &url).run().succeeds();
    assert_eq!(alerts(), 2, "heard is heard");
}

#[test]
fn a_success_ends_an_outage_and_the_next_one_is_told_again() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let url = receiver.url("/alert");
    let webhook = scene.webhook(&receiver.url("/status/404"));
    let alerts = || receiver.received().iter().filter(|r| r.path == "/alert").count();
    let goes_to = |path: &str, code: i32| {
        let target = receiver.url(path);
        scene.database.execute(&format!("update webhooks set url = '{target}' where id = '{webhook}'"));
        scene.enqueue(1);
        retry(&scene, &url).run().exits(code);
    };
    goes_to("/status/404", 1);
    goes_to("/ok", 0);
    assert_eq!(
        (alerts(), scene.count("select count(*) from hookyard.alerts where closed_at is not null")),
        (1, 1)
    );
    goes_to("/status/404", 1);
    assert_eq!(
        (alerts(), scene.count("select count(*) from hookyard.alerts where closed_at is null")),
        (2, 1)
    );
}

#[test]
fn without_an_alert_url_the_row_stays_and_an_address_that_is_blocked_is_said() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(1);
    let quiet = scene.hookyard(&["webhook", "retry"]).run().exits(1);
    assert_eq!((quiet.stderr.as_str(), scene.count(UNTOLD)), ("", 1));
    let blocked = retry(&scene, "https://10.0.0.1/services/canary-1?token=canary-2").run().succeeds();
    assert!(
        blocked.stderr.contains("alerts wait for the next run: the alert URL cannot be used: 10.0.0.1 is"),
        "{blocked}"
    );
    assert!(!blocked.all().contains("canary"), "{blocked}");
    assert_eq!(scene.count(UNTOLD), 1);
}

#[test]
fn an_alert_url_that_hangs_does_not_hold_up_a_run() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    for _ in 0..3 {
        scene.webhook(&receiver.url("/status/404"));
    }
    scene.enqueue(1);
    let started = Instant::now();
    let run = scene
        .hookyard(&["webhook", "retry", "--max-runtime", "1s"])
        .env("HOOKYARD_ALERT_URL", &receiver.url("/hang"))
        .run()
        .exits(1);
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());
    assert_eq!(run.stderr, "warning: the alert URL gave no answer (timeout); it is tried again\n");
    assert_eq!(scene.count(UNTOLD), 3);
}

#[test]
fn a_run_that_stays_goes_on_delivering_while_an_alert_url_hangs() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    let target = receiver.url("/ok");
    scene.database.execute(&format!("update webhooks set url = '{target}'"));
    let watching = scene
        .hookyard(&["webhook", "retry", "--watch", "--lease", "1s"])
        .env("HOOKYARD_ALERT_URL", &receiver.url("/hang"))
        .start();
    // One request so far, and the alert is the second.
    receiver.wait_for(2);
    let started = Instant::now();
    scene.enqueue(20);
    receiver.wait_for(22);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    watching.signal(15);
    let ended = Instant::now();
    watching.finish().exits(143);
    assert!(ended.elapsed() < Duration::from_secs(3), "{:?}", ended.elapsed());
    assert_eq!(scene.states(), "dead 1, delivered 20");
    assert_eq!(scene.count("select count(*) from hookyard.attempts where outcome = 'interrupted'"), 0);
}
