//! What must not be seen, put into every place it can stand in, and looked for in everything that is said.

use crate::command_line::VERBS;
use crate::support::{API_KEY, Hookyard, Receiver, SHORT_ID, Scene, hookyard};

/// Never in any output.
const SECRETS: [&str; 11] = [
    "canary-dbpassword",
    "canary-bearer",
    "canary-urluser",
    "canary-urlpassword",
    "canary-urlquery",
    "canary-alertpath",
    "canary-alertquery",
    "canary-proxypassword",
    "canary-filepassword",
    "canarysigning",
    "canarycloak",
];
/// Both are Base64, as they must be.
const SIGNING: &str = "whsec_canarysigningsecret0123456789ABCDEF";
const CLOAK: &str = "canarycloakkeyAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Never in a log; in an answer only when asked for.
const PERSONAL: [&str; 4] = ["canary-applicant", "canary@person.example", "canary-report", "canary-body"];

struct Stage {
    scene: Scene,
    receiver: Receiver,
    folder: tempfile::TempDir,
}

fn stage() -> Stage {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let folder = tempfile::tempdir().expect("a folder");
    for path in ["/ok", "/status/404", "/status/503"] {
        let url = receiver.url(path).replace("http://", "http://canary-urluser:canary-urlpassword@");
        scene.webhook(&format!("{url}/?key=canary-urlquery"));
    }
    for broken in [
        "https://canary-urluser:canary-urlpassword@10.0.0.1/?canary-urlquery",
        "http://canary-urluser:canary-urlpassword@[::x/canary-urlquery",
        "canary-urlquery",
    ] {
        scene.webhook(broken);
    }
    scene.database.execute(
        r#"update webhooks set headers = array['{"name": "Authorization", "value": "Bearer canary-bearer"}']::jsonb[];
           update applicants set full_name = 'canary-applicant', email = 'canary@person.example'"#,
    );
    let broken = scene.webhook(&receiver.url("/ok"));
    scene.database.execute(&format!(
        r#"update webhooks set headers = array['{{"name": "X-Key", "value": "canary-bearer\r\n"}}']::jsonb[] where id = '{broken}';
           insert into entry_reports (id, entry_id, url, inserted_at, updated_at)
           values (gen_random_uuid(), (select id from entries limit 1), 'https://reports.example/canary-report', now(), now())"#
    ));
    std::fs::write(
        folder.path().join("hookyard.toml"),
        "[databases.other]\nurl = \"postgres://app:canary-filepassword@127.0.0.1:1/x\"\n[databases.odd]\nurl = \"postgres://app:canary-filepassword@[::x/x\"\n[[keys]]\ntag = \"AES.GCM.V1\"\nenv = \"CLOAK_KEY\"\n",
    )
    .expect("written");
    Stage { scene, receiver, folder }
}

impl Stage {
    fn run(&self, arguments: &[&str]) -> Hookyard {
        let url = self.scene.database.url();
        let url = match url.split_once("://postgres@") {
            Some((scheme, rest)) => format!("{scheme}://postgres:canary-dbpassword@{rest}"),
            None => url,
        };
        let config = self.folder.path().join("hookyard.toml");
        hookyard(&[&["--allow-http", "--allow-egress", "127.0.0.1/32", "-vvv"], arguments].concat())
            .env("DATABASE_URL", &url)
            .env("HOOKYARD_CONFIG", config.to_str().expect("text"))
            .env(
                "HOOKYARD_ALERT_URL",
                &self.receiver.url("/status/500/canary-alertpath?token=canary-alertquery"),
            )
            .env("HTTPS_PROXY", "http://u:canary-proxypassword@127.0.0.1:1")
            .env("CLOAK_KEY", CLOAK)
            .env("SIGNING", SIGNING)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
    }
}

#[test]
fn no_verb_shows_a_secret_and_personal_data_only_when_asked() {
    let stage = stage();
    let payload =
        r#"{"tenant":"canary-applicant","contact":{"email":"canary@person.example"},"note":"canary-body"}"#;
    let verbs: [&[&str]; 24] = [
        &["database", "migrate"],
        &["database", "status"],
        &["webhook", "send", "entry.completed", "--entry", SHORT_ID, "--dry-run"],
        &["webhook", "send", "entry.completed", "--entry", SHORT_ID, "--dry-run", "--json"],
        &["webhook", "send", "entry.completed", "--payload", "-", "--api-key", API_KEY, "--dry-run"],
        &["webhook", "send", "entry.completed", "--entry", SHORT_ID],
        &["webhook", "send", "entry.completed", "--entry", SHORT_ID],
        &["webhook", "send", "entry.completed", "--payload", "-", "--api-key", API_KEY, "--json"],
        &[
            "webhook",
            "send",
            "entry.completed",
            "--payload",
            "-",
            "--api-key",
            API_KEY,
            "--event-id",
            API_KEY,
            "--enqueue",
        ],
        &["webhook", "send", "entry.failed", "--payload", "-", "--api-key", API_KEY, "--event-id", API_KEY],
        &["webhook", "send", "entry.completed", "--entry", "nobody"],
        &["webhook", "retry"],
        &["webhook", "retry", "--json"],
        &["webhook", "list"],
        &["webhook", "list", "--json"],
        &["webhook", "list", "--csv"],
        &["webhook", "endpoints"],
        &["webhook", "endpoints", "--json"],
        &["config"],
        &["config", "--json"],
        &["webhook", "list", "--database", "other"],
        &["webhook", "list", "--database", "odd"],
        &["webhook", "list", "--database", "postgres://u:canary-dbpassword@127.0.0.1/x"],
        &["webhook", "list", "--log-format", "json", "--database", "other", "--json"],
    ];
    for verb in verbs {
        let shown = stage.run(verb).stdin(payload.as_bytes()).run();
        let hits: Vec<_> =
            SECRETS.iter().chain(&PERSONAL).filter(|secret| shown.all().contains(**secret)).collect();
        assert!(hits.is_empty(), "{hits:?} {verb:?}\n{shown}");
        assert!(!shown.all().contains("canary"), "{verb:?}\n{shown}");
        stage.scene.time_passes();
    }
    assert!(stage.receiver.count() > 6, "all that was really sent");
    let sent = stage.receiver.received();
    assert!(sent.iter().any(|request| request.header("authorization") == Some("Bearer canary-bearer")));

    let open = stage
        .run(&["webhook", "send", "entry.completed", "--entry", SHORT_ID, "--dry-run", "--show-pii"])
        .run();
    for personal in &PERSONAL[..3] {
        assert!(open.stdout.contains(personal) && !open.stderr.contains(personal), "{open}");
    }
    assert!(SECRETS.iter().all(|secret| !open.all().contains(secret)), "{open}");
}

#[test]
fn a_signing_secret_and_the_key_it_is_stored_under_are_never_shown() {
    let stage = stage();
    let webhook = "00000000-0000-4000-8000-000000000101";
    let file = stage.folder.path().join("generated.secret").display().to_string();
    let send = ["webhook", "send", "entry.completed", "--entry", SHORT_ID];
    let mut said = String::new();
    let mut run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let run = variables.iter().fold(stage.run(arguments), |run, (name, value)| run.env(name, value));
        let shown = run.run();
        assert!(!shown.all().contains("canary"), "{arguments:?}\n{shown}");
        said.push_str(&shown.all());
        shown
    };
    run(&["webhook", "secret", "add", webhook, "--secret-env", "SIGNING"], &[]).succeeds();
    run(&["webhook", "secret", "add", webhook, "--secret-env", "SIGNING"], &[]).exits(1);
    run(&["webhook", "secret", "rotate", webhook, "--output", &file, "--send-test"], &[]).succeeds();
    run(&["webhook", "secret", "list", "--all"], &[]).succeeds();
    run(&["webhook", "secret", "rekey"], &[]).succeeds();
    run(
        &["webhook", "secret", "rekey", "--json"],
        &[("CLOAK_KEY", "canarycloakkeyBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=")],
    )
    .exits(4);
    run(&["webhook", "doctor", webhook], &[]);
    run(&["database", "status"], &[]);
    run(&["webhook", "secret", "list", "--all", "--json"], &[]).succeeds();
    run(&[&send[..], &["--dry-run"]].concat(), &[]).succeeds();
    run(&send, &[("CLOAK_KEY", "canarycloak+no+key")]).exits(4);
    run(&["webhook", "retry"], &[]);
    run(&["webhook", "show", SHORT_ID], &[]);
    run(&["webhook", "list"], &[]);
    let other = "canarycloakkeyBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";
    run(&[&send[..], &["--again"]].concat(), &[("CLOAK_KEY", other)]).exits(1);
    run(&["webhook", "secret", "add", webhook, "--secret-env", "ODD"], &[("ODD", "whsec_canarysigning!")])
        .exits(4);
    let generated = std::fs::read_to_string(&file).expect("written");
    assert!(!said.contains(generated.trim_end()), "{said}");
    assert!(stage.receiver.received().iter().any(|request| request.header("webhook-signature").is_some()));
}

#[test]
fn a_fault_of_ours_shows_no_secret_either() {
    let stage = stage();
    stage.scene.enqueue(1);
    let event = stage.scene.text("select id from hookyard.events");
    let fault = stage
        .run(&["webhook", "retry"])
        .env("HOOKYARD_TEST_FAULT", &format!("panic:{event}"))
        .run()
        .exits(70);
    assert!(!fault.all().contains("canary"), "{fault}");
}

#[test]
fn no_option_takes_a_secret_as_its_value() {
    for verb in VERBS {
        let help = hookyard(&[verb, &["--help"]].concat()).run().succeeds().stdout;
        let options = help.split("\nExamples:").next().unwrap_or_default();
        for line in
            options.lines().map(str::trim).filter(|line| line.starts_with('-') && !line.starts_with("- "))
        {
            // Where options are short their explanation stands beside them.
            let option = line.split("  ").next().unwrap_or_default().to_lowercase();
            // Where a secret comes from; headers of a request that was seen, of which those that are a secret are refused.
            let places = [
                "--secret-env <name>",
                "--secret-file <file>",
                "--secret-fd <n>",
                "--header <header>",
                "--password-env <name>",
            ];
            if places.contains(&option.as_str()) || option == "--headers <file>" {
                continue;
            }
            for word in ["secret", "password", "token", "header", "credential", "alert"] {
                assert!(!option.contains(word), "{verb:?} {line}");
            }
            assert!(
                !option.contains("key ") || option.starts_with("--api-key <id>"),
                "an api key's id is no secret: {line}"
            );
        }
    }
}

#[test]
fn nobody_on_the_machine_can_read_a_secret_off_the_command_line() {
    let stage = stage();
    let slow =
        stage.receiver.url("/slow/500").replace("http://", "http://canary-urluser:canary-urlpassword@");
    stage.scene.database.execute(&format!("update webhooks set url = '{slow}'"));
    stage.scene.enqueue(1);
    let mut run = stage.run(&["webhook", "retry"]).start();
    let mut looks = 0;
    while !run.is_over() {
        let line = run.command_line();
        assert!(!line.contains("canary"), "{line}");
        looks += 1;
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(looks > 100, "{looks}");
}
