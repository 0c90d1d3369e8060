//! `hookyard webhook endpoints`: what is known of each webhook, and the retry policy of one.

use crate::support::{Receiver, Scene, Transcript, has_the_promised_keys};

fn endpoints(scene: &Scene, arguments: &[&str]) -> Transcript {
    scene.hookyard(&[&["webhook", "endpoints"], arguments].concat()).run()
}

#[test]
fn each_endpoint_shows_its_state_its_backlog_and_its_last_failure() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let [good, failing, refusing, gone, off] = ["/ok", "/status/503", "/status/404", "/status/410", "/ok"]
        .map(|path| scene.webhook(&receiver.url(path)));
    scene.enqueue(2);
    scene.database.execute(&format!("update webhooks set is_active = false where id = '{off}'"));
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    let lines = endpoints(&scene, &["--json"]).succeeds().lines();
    let of = |id: &str| lines.iter().find(|line| line["webhook_id"] == id).expect("listed");
    lines.iter().for_each(|line| has_the_promised_keys(line, "webhook_endpoints"));
    let facts = |id: &str| {
        let line = of(id);
        format!(
            "{} waiting {} parked {} dead {} told {} last {}",
            line["state"],
            line["waiting"],
            line["parked"],
            line["dead"],
            line["alert_told"],
            line["last_failure"]
        )
    };
    assert_eq!(facts(&good), "\"active\" waiting 0 parked 0 dead 0 told false last null");
    assert_eq!(facts(&failing), "\"failing\" waiting 2 parked 0 dead 0 told false last \"503\"");
    assert_eq!(facts(&refusing), "\"active\" waiting 0 parked 0 dead 2 told false last \"404\"");
    assert_eq!(facts(&gone), "\"gone (410)\" waiting 0 parked 0 dead 2 told false last \"410\"");
    assert_eq!(facts(&off), "\"inactive\" waiting 0 parked 2 dead 0 told false last null");
    assert!(of(&refusing)["alert_since"].is_string() && of(&failing)["alert_since"].is_null());

    let table = endpoints(&scene, &[]).succeeds();
    assert!(table.stdout.contains("not yet told"), "{table}");
    let two = endpoints(&scene, &["--limit", "2"]).succeeds();
    assert_eq!(two.stderr, "only 2 are shown; raise --limit for more\n");
    assert_eq!(endpoints(&scene, &["--limit", "5"]).succeeds().stderr, "", "nothing was cut");
}

#[test]
fn an_unknown_endpoint_is_not_found_and_an_empty_table_is_said() {
    let scene = Scene::new();
    let id = "00000000-0000-4000-8000-00000000dead";
    let unknown = endpoints(&scene, &[id]);
    assert_eq!(
        unknown.to_string(),
        format!("(nothing)\n--- stderr\nerror: webhook {id} was not found\n--- exit 1")
    );
    let set = endpoints(&scene, &[id, "--set-policy", "singlekey"]).exits(1);
    assert_eq!(set.stderr, unknown.stderr);
    let none = endpoints(&scene, &[]);
    assert_eq!(
        none.to_string(),
        "no endpoints: the table webhooks is empty\n--- stderr\n(nothing)\n--- exit 0"
    );
}

#[test]
fn a_policy_is_set_on_purpose_recorded_and_used_from_the_next_attempt_on() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let id = scene.webhook(&receiver.url("/status/429"));
    let before = scene.checksums();
    let dry = endpoints(&scene, &[&id, "--set-policy", "standard-webhooks", "--dry-run"]).succeeds();
    assert_eq!(dry.stderr, "dry run: the retry policy would become standard-webhooks\n");
    assert_eq!(scene.checksums(), before);
    let wrong = endpoints(&scene, &[&id, "--set-policy", "hourly"]).exits(2);
    assert!(
        wrong
            .stderr
            .contains("choose one of integration-layer, resident-verify, singlekey, standard-webhooks"),
        "{wrong}"
    );

    let set = scene
        .hookyard(&["webhook", "endpoints", &id, "--set-policy", "standard-webhooks", "--json"])
        .env("HOOKYARD_OPERATOR", "anna")
        .run()
        .succeeds();
    assert_eq!(set.json()["policy"], "standard-webhooks");
    let act = "select operator || ' ' || command || ' ' || (detail ->> 'webhook_id') || ' ' || (detail ->> 'policy') from hookyard.acts";
    assert_eq!(scene.text(act), format!("anna webhook endpoints {id} standard-webhooks"));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(scene.states(), "pending 1", "this policy tries 429 again");

    endpoints(&scene, &[&id, "--set-policy", "default"]).succeeds();
    scene.time_passes();
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    assert_eq!(scene.states(), "dead 1");
}
