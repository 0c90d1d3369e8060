//! `hookyard webhook secret rotate`: no delivery is refused by a receiver that knows the old secret or the new.

use std::time::{Duration, Instant};

use crate::support::{Keys, Receiver, Scene, has_the_promised_keys, signatures, standard_accepts};

const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn secret_in(file: &str) -> String {
    std::fs::read_to_string(file).expect("written").trim_end().to_owned()
}

fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "{what} within 60 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A thousand deliveries while the secret changes under a run that holds them already.
#[test]
fn an_old_and_a_new_receiver_accept_everything_throughout() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/slow/20"));
    let old_id = keys.add(&scene, &webhook, OLD);
    scene.enqueue(1000);
    let run = keys
        .hookyard(&scene, &["webhook", "retry", "--watch", "--per-endpoint", "4", "--concurrency", "64"])
        .start();
    receiver.wait_for(50);
    let file = keys.path("new.secret");
    let rotated = keys
        .hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &file, "--json"])
        .run()
        .succeeds()
        .json();
    has_the_promised_keys(&rotated, "webhook_secret");
    assert_eq!(rotated["others"][0]["secret_id"], old_id.as_str());
    assert!(rotated["others"][0]["expires_at"].is_string());
    let new = secret_in(&file);
    let both = || receiver.received().iter().any(|request| signatures(request) == 2);
    until("the run takes up the new secret", both);
    receiver.wait_for(receiver.count() + 50);

    // Every receiver has changed by now: the old secret goes.
    keys.hookyard(&scene, &["webhook", "secret", "retire", &old_id]).run().succeeds();
    let new_only = || receiver.received().last().is_some_and(|request| signatures(request) == 1);
    until("the run lets go of the old secret", new_only);
    receiver.wait_for(1000);
    until("everything is recorded", || scene.states() == "delivered 1000");
    run.signal(libc::SIGTERM);
    run.finish();

    let received = receiver.received();
    assert_eq!(received.len(), 1000);
    let accepts = |secret: &str| -> Vec<bool> {
        received.iter().map(|request| standard_accepts(secret, request)).collect()
    };
    let (by_old, by_new) = (accepts(OLD), accepts(&new));
    let neither = by_old.iter().zip(&by_new).filter(|(old, new)| !**old && !**new).count();
    assert_eq!(neither, 0, "C9: a receiver that knows old or new refuses nothing");
    // Requests overtake one another on the wire by no more than are in flight.
    let first_new = by_new.iter().position(|yes| *yes).expect("the new secret signs");
    let last_old = by_old.iter().rposition(|yes| *yes).expect("the old secret signed");
    assert!(last_old > first_new + 40, "both signed side by side: {first_new} {last_old}");
    assert!(by_new[first_new + 8..].iter().all(|yes| *yes), "once new, never without it again");
    assert!(
        by_old[..last_old.saturating_sub(8)].iter().all(|yes| *yes),
        "the old one signs until it is retired"
    );
}

#[test]
fn grace_ends_by_the_databases_clock() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/ok"));
    let old_id = keys.add(&scene, &webhook, OLD);
    let file = keys.path("new.secret");
    keys.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &file, "--grace", "3h"])
        .run()
        .succeeds();
    let left = "select round(extract(epoch from expires_at - added_at) / 3600) from hookyard.secrets where expires_at is not null";
    assert_eq!(scene.text(left), "3");
    scene.enqueue(1);
    keys.hookyard(&scene, &["webhook", "retry"]).run().succeeds();
    assert_eq!(signatures(&receiver.received()[0]), 2);
    let newest_first = receiver.received()[0].header("webhook-signature").expect("signed").to_owned();
    scene.database.execute("update hookyard.secrets set expires_at = now() where expires_at is not null");
    scene.enqueue(2);
    keys.hookyard(&scene, &["webhook", "retry"]).run().succeeds();
    let received = receiver.received();
    assert!(received[1..].iter().all(|request| signatures(request) == 1), "{received:?}");
    assert!(standard_accepts(&secret_in(&file), received.last().expect("sent")));
    assert!(newest_first.starts_with("v1,"));
    // The next change empties what has had its grace.
    keys.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &keys.path("third")])
        .run()
        .succeeds();
    let old = format!("select state || ' ' || (sealed is null) from hookyard.secrets where id = '{old_id}'");
    assert_eq!(scene.text(&old), "retired true");
}

#[test]
fn a_test_event_is_sent_only_when_asked_for_and_a_refusal_changes_nothing() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/status/401"));
    keys.add(&scene, &webhook, OLD);
    let before = scene.checksums();
    let file = keys.path("new.secret");
    let rotate = ["webhook", "secret", "rotate", &webhook, "--output", &file];
    let refused = keys.hookyard(&scene, &[&rotate[..], &["--send-test"]].concat()).run();
    insta::assert_snapshot!(refused.to_string(), @r"
    (nothing)
    --- stderr
    error: nothing is changed
      caused by: the endpoint refused the test event: 401
    --- exit 1
    ");
    assert_eq!(scene.checksums(), before);
    assert!(!std::path::Path::new(&file).exists(), "a secret that is not in force is not left lying about");
    let dry = keys.hookyard(&scene, &[&rotate[..], &["--dry-run", "--send-test"]].concat()).run().succeeds();
    assert!(dry.stdout.contains("a new secret would sign"), "{dry}");
    assert_eq!((receiver.count(), scene.checksums()), (1, before));

    scene
        .database
        .execute(&format!("update webhooks set url = '{}' where id = '{webhook}'", receiver.url("/ok")));
    keys.hookyard(&scene, &[&rotate[..], &["--send-test"]].concat()).run().succeeds();
    let test = &receiver.received()[1];
    assert_eq!(test.header("hookyard-test"), Some("true"));
    assert_eq!(signatures(test), 2);
    assert!(standard_accepts(OLD, test) && standard_accepts(&secret_in(&file), test));
    let body: serde_json::Value = serde_json::from_slice(&test.body).expect("JSON");
    assert_eq!((&body["eventType"], &body["test"]), (&"hookyard.test".into(), &true.into()));
    assert_eq!(
        scene.text("select detail ->> 'test_status' from hookyard.acts order by acted_at desc limit 1"),
        "200"
    );
    assert_eq!(scene.count("select count(*) from hookyard.deliveries"), 0);

    let third = keys.path("third.secret");
    keys.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &third]).run().succeeds();
    assert_eq!(receiver.count(), 2, "rotate alone sends nothing");
}

#[test]
fn a_crash_between_test_and_commit_leaves_the_old_secrets_in_force() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/ok"));
    keys.add(&scene, &webhook, OLD);
    let before = scene.checksums();
    let file = keys.path("new.secret");
    let crashed = keys
        .hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &file, "--send-test"])
        .env("HOOKYARD_TEST_FAULT", "abort:before-secret")
        .run();
    assert_eq!(crashed.code, None, "{crashed}");
    assert_eq!(scene.checksums(), before);
    scene.enqueue(1);
    keys.hookyard(&scene, &["webhook", "retry"]).run().succeeds();
    let last = receiver.received().pop().expect("sent");
    assert!(standard_accepts(OLD, &last) && signatures(&last) == 1);
    // What the crash left is not overwritten, and another name goes through.
    keys.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &file]).run().exits(4);
    keys.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &keys.path("again")])
        .run()
        .succeeds();
}

#[test]
fn without_a_secret_there_is_nothing_to_rotate_and_two_at_once_do_not_both_succeed() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/slow/6000"));
    let none = keys.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--show"]).run().exits(1);
    assert!(
        none.stderr.contains(&format!("hint: hookyard webhook secret add {webhook} --output FILE")),
        "{none}"
    );
    keys.add(&scene, &webhook, OLD);
    // The first waits for its test event while the second rotates.
    let slow = keys
        .hookyard(
            &scene,
            &["webhook", "secret", "rotate", &webhook, "--send-test", "--output", &keys.path("slow")],
        )
        .start();
    receiver.wait_for(1);
    keys.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &keys.path("quick")])
        .run()
        .succeeds();
    let slow = slow.finish().exits(3);
    assert!(slow.stderr.contains("were changed meanwhile; nothing is changed"), "{slow}");
    assert_eq!(scene.count("select count(*) from hookyard.secrets"), 2);
    assert!(!std::path::Path::new(&keys.path("slow")).exists());
}
