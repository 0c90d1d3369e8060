//! `hookyard webhook secret list`: what signs, until when, under which key; never a secret.

use crate::support::{Keys, Scene, has_the_promised_keys};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

#[test]
fn secrets_are_listed_by_endpoint_with_their_end_and_their_key_and_without_themselves() {
    let (scene, keys) = (Scene::new(), Keys::new());
    let [one, two] = ["https://a.example/in?k=1", "https://b.example/in"].map(|url| scene.webhook(url));
    let list = |arguments: &[&str]| {
        keys.hookyard(&scene, &[&["webhook", "secret", "list"], arguments].concat()).run().succeeds()
    };
    assert_eq!(list(&[]).stdout, "no secrets\n");
    let first = keys.add(&scene, &one, SECRET);
    keys.hookyard(&scene, &["webhook", "secret", "rotate", &one, "--output", &keys.path("new")])
        .run()
        .succeeds();
    keys.add(&scene, &two, SECRET);

    let lines = list(&["--json"]).lines();
    lines.iter().for_each(|line| has_the_promised_keys(line, "webhook_secret_list"));
    let states: Vec<_> =
        lines.iter().map(|line| (line["webhook_id"].clone(), line["state"].clone())).collect();
    let pair = |id: &str, state: &str| (id.into(), state.into());
    assert_eq!(states, [pair(&one, "active"), pair(&one, "ending"), pair(&two, "active")]);
    assert_eq!(lines[1]["secret_id"], first.as_str());
    assert_eq!((&lines[0]["key_tag"], &lines[0]["key_is_configured"]), (&"AES.GCM.V1".into(), &true.into()));
    assert_eq!(list(&[&two, "--json"]).lines().len(), 1);

    let table = list(&[]);
    assert!(
        table.stdout.contains("https://a.example/in?k=***") && !table.all().contains("whsec_"),
        "{table}"
    );
    // No key is needed, and the lack of one is seen.
    let elsewhere = scene.hookyard(&["webhook", "secret", "list"]).run().succeeds();
    assert!(elsewhere.stdout.contains("AES.GCM.V1 (not configured here)"), "{elsewhere}");
    assert_eq!(list(&["--limit", "1"]).stderr, "only 1 are shown; raise --limit for more\n");

    keys.hookyard(&scene, &["webhook", "secret", "retire", &first]).run().succeeds();
    assert_eq!(list(&[&one, "--json"]).lines().len(), 1);
    let all = list(&[&one, "--all", "--json"]).lines();
    assert_eq!((&all[1]["state"], &all[1]["key_tag"]), (&"retired".into(), &serde_json::Value::Null));
    let unknown = "00000000-0000-4000-8000-00000000dead";
    keys.hookyard(&scene, &["webhook", "secret", "list", unknown]).run().exits(1);
}
