//! `hookyard webhook secret add`, and deliveries signed with what was added.

use std::os::unix::fs::PermissionsExt;

use crate::support::{
    KEY, Keys, OTHER_KEY, Receiver, Scene, has_the_promised_keys, signatures, snappt_signature,
    standard_accepts,
};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

#[test]
fn a_generated_secret_is_in_its_file_only_and_signs_every_delivery_from_then_on() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let [with, without] = ["/with", "/without"].map(|path| scene.webhook(&receiver.url(path)));
    let file = keys.path("acme.secret");
    let added = keys
        .hookyard(&scene, &["webhook", "secret", "add", &with, "--output", &file])
        .env("HOOKYARD_OPERATOR", "anna")
        .run()
        .succeeds();
    let id = scene.text("select id from hookyard.secrets");
    assert_eq!(
        added.stdout,
        format!(
            "secret {id} signs for webhook {with} from now on\nit is in [folder]/acme.secret, and is not shown again\n"
        )
    );
    let mode = std::fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = std::fs::read_to_string(&file).expect("readable").trim_end().to_owned();
    assert!(secret.starts_with("whsec_") && !added.all().contains(&secret[6..]), "{added}");
    let stored = scene.text("select encode(sealed, 'escape') from hookyard.secrets");
    assert!(stored.contains("AES.GCM.V1") && !stored.contains(&secret[6..20]), "{stored}");
    let act = "select operator || ' ' || command || ' ' || (detail ->> 'webhook_id') from hookyard.acts";
    assert_eq!(scene.text(act), format!("anna webhook secret add {with}"));

    scene.enqueue(3);
    keys.hookyard(&scene, &["webhook", "retry"]).run().succeeds();
    let received = receiver.received();
    assert_eq!(received.len(), 6);
    for request in &received {
        let header = request.header("snappt-signature").expect("on every delivery");
        let stamp = header.strip_prefix("t=").and_then(|rest| rest.split(',').next()).expect("a time");
        assert_eq!(header, snappt_signature(stamp, &request.body));
        match request.path.as_str() {
            "/with" => {
                assert!(standard_accepts(&secret, request), "{request:?}");
                assert_eq!(request.header("webhook-timestamp"), Some(stamp), "one time for both");
                assert!(!standard_accepts(SECRET, request));
            }
            _ => assert_eq!((signatures(request), request.header("webhook-timestamp")), (0, None)),
        }
    }
    let lines = keys.hookyard(&scene, &["webhook", "endpoints", "--json"]).run().succeeds().lines();
    let of =
        |id: &str| lines.iter().find(|line| line["webhook_id"] == id).expect("listed")["secrets"].clone();
    assert_eq!((of(&with), of(&without)), (1.into(), 0.into()));
}

#[test]
fn send_replay_and_the_dry_run_sign_alike() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/status/404"));
    keys.add(&scene, &webhook, SECRET);
    let send = ["webhook", "send", "entry.completed", "--entry", crate::support::SHORT_ID];
    let dry = keys.hookyard(&scene, &[&send[..], &["--dry-run"]].concat()).run().succeeds();
    for line in ["  webhook-timestamp: (signed when sent)", "  webhook-signature: (signed when sent)"] {
        assert!(dry.stdout.lines().any(|told| told == line), "{dry}");
    }
    let dry = keys
        .hookyard(&scene, &[&send[..], &["--dry-run"]].concat())
        .env("CLOAK_KEY", OTHER_KEY)
        .run()
        .succeeds();
    assert!(
        dry.stdout.contains("would not be sent: signing secret ")
            && dry.stdout.contains("it does not decrypt with the configured keys (tag `AES.GCM.V1`)"),
        "{dry}"
    );
    let doctor = |key: &str| {
        keys.hookyard(&scene, &["webhook", "doctor", &webhook]).env("CLOAK_KEY", key).run().stdout
    };
    let told = doctor(OTHER_KEY);
    assert!(told.contains("does not decrypt with the configured keys"), "{told}");
    let told = doctor(KEY);
    assert!(told.contains("and webhook-signature by 1 of its own"), "{told}");
    keys.hookyard(&scene, &send).run().exits(1);
    scene
        .database
        .execute(&format!("update webhooks set url = '{}' where id = '{webhook}'", receiver.url("/ok")));
    keys.hookyard(&scene, &["webhook", "replay", "--dead", "--yes"]).run().succeeds();
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|request| standard_accepts(SECRET, request)), "{received:?}");
    // To another receiver: the secret of the endpoint stays at home.
    std::fs::write(keys.path("staging.secret"), "staging").expect("written");
    let elsewhere = receiver.url("/staging");
    keys.hookyard(
        &scene,
        &["webhook", "replay", "--all", "--include-delivered", "--yes", "--to", &elsewhere, "--secret-file"],
    )
    .arg(&keys.path("staging.secret"))
    .run()
    .succeeds();
    let staged = receiver.received().into_iter().find(|request| request.path == "/staging").expect("arrived");
    assert_eq!(signatures(&staged), 0);
}

#[test]
fn a_secret_that_cannot_be_decrypted_sends_nothing_unsigned_and_nothing_half_signed() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/ok"));
    keys.add(&scene, &webhook, SECRET);
    let two = Keys::written(
        "[[keys]]\ntag = \"AES.GCM.V2\"\nenv = \"CLOAK_KEY_2\"\n[[keys]]\ntag = \"AES.GCM.V1\"\nenv = \"CLOAK_KEY\"\n",
    );
    let file = keys.path("second.secret");
    two.hookyard(&scene, &["webhook", "secret", "add", &webhook, "--output", &file])
        .env("CLOAK_KEY_2", OTHER_KEY)
        .run()
        .succeeds();
    scene.enqueue(1);
    // The first key is right, the second secret's is not there: not one of the two signs alone.
    let refused = keys.hookyard(&scene, &["webhook", "retry"]).run().exits(1);
    let newest = scene.text("select id from hookyard.secrets order by added_at desc limit 1");
    assert_eq!(receiver.count(), 0, "{refused}");
    assert_eq!(scene.states(), "dead 1");
    assert_eq!(
        scene.text("select outcome || ': ' || reason from hookyard.attempts"),
        format!(
            "config: not sent: config: signing secret {newest}: it is encrypted under the tag `AES.GCM.V2`, and the configured keys are `AES.GCM.V1`"
        )
    );
    two.hookyard(&scene, &["webhook", "replay", "--dead", "--yes"])
        .env("CLOAK_KEY_2", OTHER_KEY)
        .run()
        .succeeds();
    assert_eq!(signatures(&receiver.received()[0]), 2);
}

#[test]
fn a_run_that_lost_its_keys_begins_nothing() {
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/ok"));
    keys.add(&scene, &webhook, SECRET);
    scene.enqueue(1);
    let before = scene.checksums();
    let none = scene.hookyard(&["webhook", "retry"]).run();
    insta::assert_snapshot!(none.to_string(), @r#"
    (nothing)
    --- stderr
    error: endpoints have signing secrets, which cannot be decrypted
      caused by: no key is configured to encrypt with

    hint: add [[keys]] to hookyard.toml: `tag = "AES.GCM.V1"` and `env = "NAME"`, 32 bytes in Base64 (`openssl rand -base64 32`)
    --- exit 4
    "#);
    let unset = keys.hookyard(&scene, &["webhook", "retry"]).env("CLOAK_KEY", "c2hvcnQ=").run();
    insta::assert_snapshot!(unset.to_string(), @r"
    (nothing)
    --- stderr
    error: endpoints have signing secrets, which cannot be decrypted
      caused by: no key `AES.GCM.V1`
      caused by: environment CLOAK_KEY: it is not Base64 of 32 bytes

    hint: `openssl rand -base64 32` makes one
    --- exit 4
    ");
    assert_eq!(scene.checksums(), before);
    assert_eq!(keys.hookyard(&scene, &["webhook", "retry"]).run().succeeds().stderr, "");
    assert_eq!(receiver.count(), 1);
}

#[test]
fn where_a_generated_secret_goes_must_be_said_and_a_file_is_never_overwritten() {
    let (scene, keys) = (Scene::new(), Keys::new());
    let webhook = scene.webhook("https://hooks.example/in");
    let before = scene.checksums();
    let add = |arguments: &[&str]| {
        keys.hookyard(&scene, &[&["webhook", "secret", "add", &webhook], arguments].concat()).run()
    };
    insta::assert_snapshot!(add(&[]).to_string(), @r"
    (nothing)
    --- stderr
    error: a generated secret is shown once: say where

    hint: --output FILE writes it into a new file, --show prints it
    hint: or give one: --secret-file FILE, --secret-env NAME
    --- exit 2
    ");
    let file = keys.path("there");
    std::fs::write(&file, "kept").expect("written");
    let there = add(&["--output", &file]).exits(4);
    assert!(there.stderr.contains("name a file that is not there yet"), "{there}");
    assert_eq!(std::fs::read_to_string(&file).expect("kept"), "kept");
    std::fs::write(&file, SECRET).expect("written");
    add(&["--secret-file", &file, "--show"]).exits(2);
    add(&["--bytes", "8", "--show"]).exits(2);
    std::fs::write(&file, "not base64!").expect("written");
    let malformed = add(&["--secret-file", &file]).exits(4);
    assert!(malformed.stderr.contains("the secret is not base64 (after `whsec_`)"), "{malformed}");
    let dry = add(&["--dry-run"]).succeeds();
    assert_eq!(dry.stdout, format!("dry run: for webhook {webhook} one more secret would sign\n"));
    let unknown = keys
        .hookyard(&scene, &["webhook", "secret", "add", "00000000-0000-4000-8000-00000000dead", "--show"])
        .run()
        .exits(1);
    assert!(unknown.stderr.contains("was not found"), "{unknown}");
    let no_key = scene.hookyard(&["webhook", "secret", "add", &webhook, "--show"]).run().exits(4);
    assert!(
        no_key.stderr.contains("no key is configured to encrypt with") && no_key.stdout.is_empty(),
        "{no_key}"
    );
    assert_eq!(scene.checksums(), before);
}

#[test]
fn a_shown_secret_is_the_last_line_and_a_field_of_json_and_the_same_one_is_not_added_twice() {
    let (scene, keys) = (Scene::new(), Keys::new());
    let webhook = scene.webhook("https://hooks.example/in");
    let shown = keys.hookyard(&scene, &["webhook", "secret", "add", &webhook, "--show"]).run().succeeds();
    let first = shown.stdout.lines().last().expect("a line").to_owned();
    assert!(first.starts_with("whsec_") && first.len() == "whsec_".len() + 44, "{shown}");
    let json = keys
        .hookyard(&scene, &["webhook", "secret", "add", &webhook, "--show", "--bytes", "64", "--json"])
        .run()
        .succeeds()
        .json();
    has_the_promised_keys(&json, "webhook_secret");
    assert_eq!(json["secret"].as_str().expect("shown").len(), "whsec_".len() + 88);
    assert_eq!(json["others"][0]["expires_at"], serde_json::Value::Null);
    let again = keys
        .hookyard(&scene, &["webhook", "secret", "add", &webhook, "--secret-env", "GIVEN"])
        .env("GIVEN", &first)
        .run()
        .exits(1);
    assert_eq!(again.stderr, format!("error: webhook {webhook} has this secret already\n"));
    assert_eq!(scene.count("select count(*) from hookyard.secrets"), 2);
}
