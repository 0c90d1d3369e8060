//! `hookyard webhook secret rekey`: every secret under the first key, whoever else is at work, and nobody notices.

use std::time::{Duration, Instant};

use crate::support::{
    Hookyard, KEY, Keys, OTHER_KEY, Receiver, Scene, has_the_promised_keys, signatures, standard_accepts,
};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OTHER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BOTH: &str = "[[keys]]\ntag = \"AES.GCM.V2\"\nenv = \"CLOAK_KEY_2\"\n[[keys]]\ntag = \"AES.GCM.V1\"\nenv = \"CLOAK_KEY\"\n";
const NEW_ONLY: &str = "[[keys]]\ntag = \"AES.GCM.V2\"\nenv = \"CLOAK_KEY_2\"\n";

/// The old key alone, and the same with a new one before it.
fn rings() -> (Keys, Keys) {
    (Keys::new(), Keys::written(BOTH))
}

fn with(keys: &Keys, scene: &Scene, arguments: &[&str]) -> Hookyard {
    keys.hookyard(scene, arguments).env("CLOAK_KEY_2", OTHER_KEY)
}

fn rekey(keys: &Keys, scene: &Scene, arguments: &[&str]) -> Hookyard {
    with(keys, scene, &[&["webhook", "secret", "rekey"], arguments].concat())
}

fn tags(scene: &Scene) -> String {
    scene.text(
        "select coalesce(string_agg(tag || ' ' || n, ', ' order by tag), 'none') from (
            select encode(substr(sealed, 3, 10), 'escape') as tag, count(*) as n
            from hookyard.secrets where sealed is not null group by 1) t",
    )
}

/// Many secrets at once: the same bytes, for webhooks that are gone.
fn many(scene: &Scene, count: usize) {
    scene.database.execute(&format!(
        "insert into hookyard.secrets (id, webhook_id, sealed, operator, host, command)
         select gen_random_uuid(), gen_random_uuid(), s.sealed, s.operator, s.host, s.command
         from (select * from hookyard.secrets limit 1) s, generate_series(1, {count})"
    ));
}

#[test]
fn every_secret_moves_to_the_first_key_and_then_the_old_key_may_go() {
    let (scene, receiver, (old, both)) = (Scene::new(), Receiver::start(), rings());
    let [one, two] = ["/ok?1", "/ok?2"].map(|path| scene.webhook(&receiver.url(path)));
    let first = old.add(&scene, &one, SECRET);
    old.add(&scene, &two, OTHER);

    let status = with(&both, &scene, &["database", "status"]).run().succeeds();
    assert!(
        status.stdout.contains(
            "noted: 2 signing secrets lie under the key AES.GCM.V1, and new ones under AES.GCM.V2\n  \
             hookyard webhook secret rekey\n"
        ),
        "{status}"
    );
    let list = with(&both, &scene, &["webhook", "secret", "list"]).run().succeeds();
    assert!(list.stdout.contains("AES.GCM.V1 (not the first)"), "{list}");
    assert!(
        list.stdout.ends_with(
            "\n2 under another key than AES.GCM.V2: `hookyard webhook secret rekey` encrypts anew\n"
        ),
        "{list}"
    );
    let doctor = with(&both, &scene, &["webhook", "doctor", &one]).run();
    assert!(doctor.stdout.contains("warning  secret: "), "{doctor}");
    assert!(doctor.stdout.contains("stored under AES.GCM.V1, not under the first key"), "{doctor}");

    let before = scene.checksums();
    insta::assert_snapshot!(rekey(&both, &scene, &["--dry-run"]).run(), @r"
    2 would be moved to AES.GCM.V2, 0 there already
      2 under AES.GCM.V1
    dry run: nothing was changed
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(scene.checksums(), before);
    insta::assert_snapshot!(rekey(&both, &scene, &[&one]).run(), @r"
    1 moved to AES.GCM.V2, 0 there already
      1 under AES.GCM.V2
    --- stderr
    (nothing)
    --- exit 0
    ");
    insta::assert_snapshot!(rekey(&both, &scene, &[]).run(), @r"
    1 moved to AES.GCM.V2, 1 there already
      2 under AES.GCM.V2
    AES.GCM.V1 holds no signing secret any longer; `hookyard yardi password status` says whether it holds a password
    --- stderr
    (nothing)
    --- exit 0
    ");
    let again = rekey(&both, &scene, &["--json"]).run().succeeds().json();
    has_the_promised_keys(&again, "webhook_secret_rekey");
    assert_eq!((&again["moved"], &again["there_already"]), (&0.into(), &2.into()));
    assert_eq!(again["by_key"], serde_json::json!({ "AES.GCM.V2": 2 }));
    assert_eq!(again["keys_without_secrets"], serde_json::json!(["AES.GCM.V1"]));
    let acts = "select count(*) || ' ' || min(detail ->> 'to') || ' ' ||
        bool_or(detail -> 'secret_ids' ? '[first]') from hookyard.acts where command = 'webhook secret rekey'";
    assert_eq!(scene.text(&acts.replace("[first]", &first)), "2 AES.GCM.V2 true");

    // Without the old key all is as it was: the same secrets sign.
    let new = Keys::written(NEW_ONLY);
    let status = with(&new, &scene, &["database", "status"]).run().succeeds();
    assert!(!status.stdout.contains("signing secret"), "{status}");
    scene.enqueue(1);
    with(&new, &scene, &["webhook", "retry"]).run().succeeds();
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    for request in &received {
        let secret = if request.path == "/ok?1" { SECRET } else { OTHER };
        assert!(signatures(request) == 1 && standard_accepts(secret, request), "{request:?}");
    }
}

#[test]
fn a_secret_that_does_not_decrypt_is_named_and_stays_and_the_others_move() {
    let (scene, (old, both)) = (Scene::new(), rings());
    let [one, two, three] = ["a", "b", "c"].map(|name| scene.webhook(&format!("https://{name}.example/in")));
    old.add(&scene, &one, SECRET);
    let wrong = old.add(&scene, &two, SECRET);
    let strange = old.add(&scene, &three, SECRET);
    scene.database.execute(&format!(
        "update hookyard.secrets set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) where id = '{wrong}';
         update hookyard.secrets set sealed = set_byte(sealed, 11, ascii('7')) where id = '{strange}'"
    ));
    let told = rekey(&both, &scene, &[]);
    let told = [(&wrong, "[wrong]"), (&strange, "[strange]"), (&two, "[two]"), (&three, "[three]")]
        .into_iter()
        .fold(told, |run, (id, name)| run.hiding(id, name))
        .run()
        .exits(4);
    for line in [
        "1 moved to AES.GCM.V2, 0 there already\n",
        "webhook [two], secret [wrong]: it does not decrypt with the configured keys (tag `AES.GCM.V1`)\n",
        "webhook [three], secret [strange]: it is encrypted under the tag `AES.GCM.V7`, and the configured keys are",
        "  1 under AES.GCM.V1\n  1 under AES.GCM.V2\n  1 under AES.GCM.V7\n",
        "hint: compare the key of `AES.GCM.V1` with the application's",
        "hint: add a [[keys]] section with `tag = \"AES.GCM.V7\"`",
    ] {
        assert!(told.stdout.contains(line), "{line}\n{told}");
    }
    assert!(!told.stdout.contains("any longer"), "a key that holds something may not go: {told}");
    assert!(!told.all().contains(SECRET) && !told.all().contains(KEY), "{told}");
    let json = rekey(&both, &scene, &["--dry-run", "--json"]).run().exits(4).json();
    assert_eq!(json["unreadable"].as_array().map(Vec::len), Some(2));
    assert_eq!((&json["moved"], &json["there_already"]), (&0.into(), &1.into()));
    let status = with(&both, &scene, &["database", "status"]).run().exits(4);
    assert!(
        status
            .stdout
            .contains("wrong: 1 signing secret lies under the key AES.GCM.V7, which is not configured here"),
        "{status}"
    );
    many(&scene, 60);
    scene.database.execute("update hookyard.secrets set sealed = set_byte(sealed, 11, ascii('9'))");
    let long = rekey(&both, &scene, &[]).run().exits(4);
    assert!(long.stdout.contains("\nand 43 more; --json has all\n"), "{long}");
    // No key at all, and no such webhook.
    let none = scene.hookyard(&["webhook", "secret", "rekey"]).run().exits(4);
    assert!(none.stderr.contains("no key is configured to encrypt with"), "{none}");
    rekey(&both, &scene, &["00000000-0000-4000-8000-00000000dead"]).run().exits(1);
}

#[test]
fn killed_between_two_pages_it_goes_on_where_it_was() {
    let (scene, (old, both)) = (Scene::new(), rings());
    let webhook = scene.webhook("https://hooks.example/in");
    old.add(&scene, &webhook, SECRET);
    many(&scene, 249);
    let killed = rekey(&both, &scene, &[]).env("HOOKYARD_TEST_FAULT", "abort:rekey-page").run();
    assert_eq!(killed.code, None, "{killed}");
    assert_eq!(tags(&scene), "AES.GCM.V1 150, AES.GCM.V2 100");
    let rest = rekey(&both, &scene, &[]).run().succeeds();
    assert!(rest.stdout.starts_with("150 moved to AES.GCM.V2, 100 there already\n"), "{rest}");
    assert_eq!(tags(&scene), "AES.GCM.V2 250");
    // Two at once move each once.
    scene
        .database
        .execute("update hookyard.secrets set sealed = (select sealed from hookyard.secrets limit 1)");
    let back = Keys::written(
        "[[keys]]\ntag = \"AES.GCM.V1\"\nenv = \"CLOAK_KEY\"\n[[keys]]\ntag = \"AES.GCM.V2\"\nenv = \"CLOAK_KEY_2\"\n",
    );
    let both_at_once: Vec<_> = (0..2).map(|_| rekey(&back, &scene, &[]).start()).collect();
    both_at_once.into_iter().for_each(|run| drop(run.finish().succeeds()));
    assert_eq!(tags(&scene), "AES.GCM.V1 250");
}

#[test]
fn what_has_had_its_grace_is_emptied_and_keeps_no_key_alive() {
    let (scene, (old, both)) = (Scene::new(), rings());
    let webhook = scene.webhook("https://hooks.example/in");
    old.add(&scene, &webhook, SECRET);
    old.hookyard(&scene, &["webhook", "secret", "rotate", &webhook, "--output", &old.path("new")])
        .run()
        .succeeds();
    scene.database.execute("update hookyard.secrets set expires_at = now() where expires_at is not null");
    rekey(&both, &scene, &["--dry-run"]).run().succeeds();
    assert_eq!(tags(&scene), "AES.GCM.V1 2");
    let told = rekey(&both, &scene, &[]).run().succeeds();
    assert!(told.stdout.starts_with("1 moved to AES.GCM.V2, 0 there already\n"), "{told}");
    assert_eq!(tags(&scene), "AES.GCM.V2 1");
    assert_eq!(scene.text("select count(*) from hookyard.secrets where state = 'retired'"), "1");
}

/// Deliveries are under way, and an endpoint's secret is rotated, while everything is encrypted anew.
#[test]
fn beside_senders_and_a_rotation_nothing_is_refused() {
    let (scene, receiver, (old, both)) = (Scene::new(), Receiver::start(), rings());
    let webhook = scene.webhook(&receiver.url("/slow/20"));
    old.add(&scene, &webhook, SECRET);
    many(&scene, 400);
    scene.enqueue(300);
    let sender = with(&both, &scene, &["webhook", "retry", "--watch", "--per-endpoint", "4"]).start();
    receiver.wait_for(20);
    let moving = rekey(&both, &scene, &[]).start();
    let file = both.path("new.secret");
    with(&both, &scene, &["webhook", "secret", "rotate", &webhook, "--output", &file]).run().succeeds();
    moving.finish().succeeds();
    rekey(&both, &scene, &[]).run().succeeds();
    assert_eq!(tags(&scene), "AES.GCM.V2 402");
    let end = Instant::now() + Duration::from_secs(60);
    while scene.states() != "delivered 300" {
        assert!(Instant::now() < end, "{}", scene.states());
        std::thread::sleep(Duration::from_millis(20));
    }
    sender.signal(libc::SIGTERM);
    sender.finish();
    let new = std::fs::read_to_string(&file).expect("written");
    for request in receiver.received() {
        assert!(
            standard_accepts(SECRET, &request) || standard_accepts(new.trim_end(), &request),
            "{request:?}"
        );
    }
    // Whoever starts now needs the new key only.
    scene.enqueue(301);
    let only = Keys::written(NEW_ONLY);
    with(&only, &scene, &["webhook", "retry"]).run().succeeds();
    assert_eq!(signatures(receiver.received().last().expect("sent")), 2);
}

#[test]
fn a_run_without_the_new_key_is_named_and_stops_it() {
    let (scene, receiver, (old, both)) = (Scene::new(), Receiver::start(), rings());
    let webhook = scene.webhook(&receiver.url("/ok"));
    old.add(&scene, &webhook, SECRET);
    scene.enqueue(1);
    let sender = old.hookyard(&scene, &["webhook", "retry", "--watch"]).start();
    receiver.wait_for(1);
    let refused = rekey(&both, &scene, &[]).run().exits(4);
    assert!(
        refused.stderr.starts_with(
            "error: nothing was moved\n  caused by: runs under way do not have the key AES.GCM.V2, and could no longer sign: webhook retry, pid "
        ),
        "{refused}"
    );
    assert_eq!(tags(&scene), "AES.GCM.V1 1");
    let dry = rekey(&both, &scene, &["--dry-run"]).run().succeeds();
    assert!(dry.stdout.contains("without the key AES.GCM.V2: webhook retry, pid "), "{dry}");
    let json = rekey(&both, &scene, &["--dry-run", "--json"]).run().succeeds().json();
    assert_eq!(json["runs_without_key"][0]["command"], "webhook retry");
    sender.signal(libc::SIGTERM);
    sender.finish();
    rekey(&both, &scene, &[]).run().succeeds();
    assert_eq!(tags(&scene), "AES.GCM.V2 1");
}

#[test]
fn a_secret_that_is_retired_in_the_middle_stays_retired() {
    let (scene, (old, both)) = (Scene::new(), rings());
    let webhook = scene.webhook("https://hooks.example/in");
    let gone = old.add(&scene, &webhook, SECRET);
    old.add(&scene, &webhook, OTHER);
    // Whoever retires it holds its row while it is read, and lets go when the new form waits for it.
    let mut retiring = scene.database.session();
    retiring.execute(&format!("begin; select from hookyard.secrets where id = '{gone}' for update"));
    let moving = rekey(&both, &scene, &[]).start();
    let end = Instant::now() + Duration::from_secs(30);
    let waits = "select count(*) from pg_stat_activity where application_name like '%secret-rekey' and
        wait_event_type = 'Lock' and datname = current_database()";
    while scene.count(waits) == 0 {
        assert!(Instant::now() < end, "it waits");
        std::thread::sleep(Duration::from_millis(20));
    }
    retiring.execute(&format!(
        "update hookyard.secrets set state = 'retired', sealed = null, retired_at = now() where id = '{gone}'; commit"
    ));
    let told = moving.finish().succeeds();
    assert!(told.stdout.starts_with("1 moved to AES.GCM.V2, 0 there already\n"), "{told}");
    assert_eq!(tags(&scene), "AES.GCM.V2 1");
    assert_eq!(scene.text(&format!("select state from hookyard.secrets where id = '{gone}'")), "retired");
}
