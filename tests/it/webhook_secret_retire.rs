//! `hookyard webhook secret retire`: at once, and not the last by mistake.

use crate::support::{Keys, Receiver, Scene, has_the_promised_keys, signatures};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

#[test]
fn the_last_is_taken_only_on_purpose_and_nothing_of_it_stays() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/ok"));
    let id = keys.add(&scene, &webhook, SECRET);
    let before = scene.checksums();
    let retire = |arguments: &[&str]| {
        keys.hookyard(&scene, &[&["webhook", "secret", "retire", &id], arguments].concat())
            .hiding(&webhook, "[webhook]")
            .hiding(&id, "[secret]")
            .run()
    };
    insta::assert_snapshot!(retire(&[]).to_string(), @r"
    (nothing)
    --- stderr
    error: it is the last secret of webhook [webhook], whose deliveries would carry SNAPPT-Signature alone

    hint: hookyard webhook secret rotate [webhook] replaces it without a gap
    hint: --yes takes it all the same
    --- exit 4
    ");
    let dry = retire(&["--dry-run"]).succeeds();
    assert_eq!(dry.stdout, "dry run: would sign no longer: secret [secret] of webhook [webhook]; 0 left\n");
    assert_eq!(scene.checksums(), before);
    let json = retire(&["--yes", "--json"]).succeeds().json();
    has_the_promised_keys(&json, "webhook_secret_retire");
    assert_eq!(scene.text("select state || ' ' || (sealed is null) from hookyard.secrets"), "retired true");
    let act =
        "select command || ' ' || (detail ->> 'was_last') from hookyard.acts order by acted_at desc limit 1";
    assert_eq!(scene.text(act), "webhook secret retire true");
    let again = retire(&["--yes"]).exits(1);
    assert_eq!(again.stderr, "error: secret [secret] signs no longer already\n");

    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(signatures(&receiver.received()[0]), 0, "SNAPPT's alone, and no key is needed for it");
    let unknown = keys.hookyard(&scene, &["webhook", "secret", "retire", &webhook]).run().exits(1);
    assert!(unknown.stderr.contains("was not found"), "{unknown}");
}

#[test]
fn one_of_two_goes_without_a_question_but_not_the_one_that_stays() {
    let (scene, keys) = (Scene::new(), Keys::new());
    let webhook = scene.webhook("https://hooks.example/in");
    let old = keys.add(&scene, &webhook, SECRET);
    keys.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &keys.path("new")])
        .run()
        .succeeds();
    let new = scene.text("select id from hookyard.secrets where expires_at is null");
    // The old one ends tomorrow: without the new one nothing would sign then.
    keys.hookyard(&scene, &["webhook", "secret", "retire", &new]).run().exits(4);
    let gone = keys.hookyard(&scene, &["webhook", "secret", "retire", &old]).run().succeeds();
    assert_eq!(gone.stdout, format!("signs no longer: secret {old} of webhook {webhook}; 1 left\n"));
}
