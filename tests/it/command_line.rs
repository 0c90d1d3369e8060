//! The command line as people and cron meet it: help, exit codes, pipes, JSON errors, rubbish.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Receiver, Scene, Transcript, has_the_promised_keys, hookyard};

const BINARY: &str = env!("CARGO_BIN_EXE_hookyard");

/// Every verb a user can type, and the nouns above them.
pub const VERBS: [&[&str]; 44] = [
    &[],
    &["config"],
    &["database"],
    &["database", "migrate"],
    &["database", "prune"],
    &["database", "status"],
    &["database", "stop"],
    &["demo"],
    &["report"],
    &["report", "health"],
    &["webhook"],
    &["webhook", "check"],
    &["webhook", "doctor"],
    &["webhook", "endpoints"],
    &["webhook", "list"],
    &["webhook", "replay"],
    &["webhook", "replay", "cancel"],
    &["webhook", "replay", "list"],
    &["webhook", "replay", "pause"],
    &["webhook", "replay", "resume"],
    &["webhook", "replay", "status"],
    &["webhook", "retry"],
    &["webhook", "schemes"],
    &["webhook", "secret"],
    &["webhook", "secret", "add"],
    &["webhook", "secret", "list"],
    &["webhook", "secret", "rekey"],
    &["webhook", "secret", "retire"],
    &["webhook", "secret", "rotate"],
    &["webhook", "send"],
    &["webhook", "show"],
    &["webhook", "sign"],
    &["webhook", "tail"],
    &["webhook", "trigger"],
    &["webhook", "verify"],
    &["yardi"],
    &["yardi", "check"],
    &["yardi", "list"],
    &["yardi", "password"],
    &["yardi", "password", "rotate"],
    &["yardi", "password", "set"],
    &["yardi", "password", "status"],
    &["yardi", "poll"],
    &["yardi", "submit"],
];

/// A line of shell with `$HOOKYARD` in it, and nothing else in the environment but what is given.
fn shell(script: &str, variables: &[(&str, &str)]) -> Transcript {
    let output = Command::new("sh")
        .args(["-c", script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOOKYARD", BINARY)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Transcript { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() }
}

/// Each has a man page, and these are generated from the whole command line.
#[test]
fn no_verb_is_forgotten_in_the_list() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let pages = std::fs::read_dir(folder).expect("man pages").map(|page| page.expect("a page").file_name());
    let mut paged: Vec<String> = pages.map(|name| name.into_string().expect("text")).collect();
    let page = |verb: &&[&str]| format!("{}.1", [&["hookyard"], *verb].concat().join("-"));
    let mut listed: Vec<String> = VERBS.iter().map(page).collect();
    paged.sort();
    listed.sort();
    assert_eq!(listed, paged);
}

#[test]
fn every_verb_explains_itself_at_once_without_database_or_configuration() {
    for verb in VERBS {
        let started = Instant::now();
        let help = hookyard(&[verb, &["--help"]].concat()).run().succeeds();
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        assert!(help.stdout.contains("Usage: hookyard") && help.stderr.is_empty(), "{help}");
        assert!(help.stdout.contains("Everywhere:"), "the flags of every verb stand apart\n{help}");
        assert!(!help.stdout.contains('\u{1b}'), "{help}");
        let first = help.stdout.lines().next().unwrap_or_default();
        assert!(!first.ends_with('.'), "help is imperative, without a full stop: {first}");
        // A wrapped example would be pasted as two commands.
        let mut examples = help.stdout.lines().skip_while(|line| *line != "Examples:");
        let long = examples.find(|line| line.starts_with("  ") && line.chars().count() > 80);
        assert_eq!(long, None, "an example fits a terminal of 80 columns: {verb:?}");
        let asked = hookyard(&[&["help"][..], verb].concat()).run().succeeds();
        assert_eq!(asked.stdout, help.stdout, "`hookyard help VERB` is the same");
    }
    let version = hookyard(&["--version"]).run().succeeds();
    assert_eq!(version.stdout, format!("hookyard {}\n", env!("CARGO_PKG_VERSION")));
}

/// Four descriptors are the three that are given and one file: no runtime fits in, nor a socket beside it.
#[test]
fn verbs_of_signatures_start_no_runtime_and_others_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let body = folder.path().join("body");
    std::fs::write(&body, r#"{"id":"evt_1","event":"report.ready"}"#).expect("written");
    let header = "SNAPPT-Signature: t=1700000000,v1=VBvNiEXKMKAmwQwUee9QC-tY-DYb5cCkQQb7hPSuOWI";
    let run = |line: &str| {
        let variables =
            [("BODY", body.to_str().expect("text")), ("SECRET", "whsec_hookyard_test"), ("HEADER", header)];
        shell(&format!("ulimit -n 4; \"$HOOKYARD\" webhook {line}"), &variables)
    };
    for (line, code) in [
        ("schemes", 0),
        ("sign --scheme snappt --secret-env SECRET \"$BODY\"", 0),
        ("verify --scheme snappt --secret-env SECRET --now 1700000000 --header \"$HEADER\" \"$BODY\"", 0),
        ("verify --scheme auto --secret-env SECRET --now 1700000000 --header \"$HEADER\" \"$BODY\"", 0),
        ("verify --scheme github --secret-env SECRET --header \"$HEADER\" --explain \"$BODY\"", 1),
        ("check snappt \"$BODY\"", 1),
        ("trigger --list", 0),
    ] {
        let told = run(line);
        assert_eq!(told.code, Some(code), "{line}\n{told}");
        assert!(!told.stderr.contains("runtime"), "{told}");
    }
    for line in [
        "verify --scheme auto --header 'Plaid-Verification: a' \"$BODY\"",
        "list --database postgres://127.0.0.1:1/x",
    ] {
        assert!(run(line).stderr.contains("cannot start the runtime"), "{line}\n{}", run(line));
    }
}

#[test]
fn without_a_database_every_verb_that_needs_one_names_both_ways() {
    let folder = tempfile::tempdir().expect("a folder");
    let needing: [&[&str]; 6] = [
        &["webhook", "send", "e", "--entry", "x"],
        &["webhook", "retry"],
        &["webhook", "endpoints"],
        &["webhook", "list"],
        &["database", "migrate"],
        &["database", "status"],
    ];
    for verb in needing {
        let blocked = hookyard(verb).current_dir(folder.path()).run();
        assert_eq!(
            blocked.to_string(),
            "(nothing)\n--- stderr\nerror: no database is configured\n\n\
             hint: set DATABASE_URL to a postgres:// URL\n\
             hint: or add `--database embedded` for a local one that hookyard starts itself\n--- exit 4",
            "{verb:?}"
        );
    }
}

#[test]
fn a_database_that_is_not_there_is_said_with_its_place_and_without_its_password() {
    let url = "postgres://app:canary@127.0.0.1:1/x";
    for verb in [&["webhook", "list"][..], &["webhook", "retry"], &["database", "status"]] {
        let away = hookyard(verb).env("DATABASE_URL", url).run().exits(3);
        assert_eq!(away.stderr, "error: cannot reach the database at 127.0.0.1:1: refused\n");
    }
}

#[test]
fn an_endpoints_id_that_is_none_is_answered_with_where_to_find_one_by_every_verb() {
    for verb in [
        &["endpoints"][..],
        &["send", "entry.completed", "--webhook"],
        &["list", "--endpoint"],
        &["tail", "--endpoint"],
        &["replay", "--endpoint"],
        &["doctor"],
        &["secret", "add"],
        &["secret", "rotate"],
        &["secret", "list"],
        &["secret", "rekey"],
    ] {
        let refused = hookyard(&[&["webhook"], verb, &["crm"]].concat()).run().exits(2);
        assert!(refused.stderr.contains("`hookyard webhook endpoints` lists them"), "{verb:?}\n{refused}");
        assert!(refused.stderr.contains("endpoint's id"), "{verb:?}\n{refused}");
    }
    let begun = hookyard(&["webhook", "endpoints", "0192f0c1"]).run().exits(2);
    assert!(begun.stderr.contains("only the beginning of an id, which has to be whole here"), "{begun}");
}

#[test]
fn a_mistyped_call_ends_with_2_and_says_what_is_wrong() {
    let wrong: [(&[&str], &str); 12] = [
        (&[], "Usage: hookyard"),
        (&["webhook"], "Usage: hookyard webhook"),
        (&["webhok"], "unrecognized subcommand 'webhok'"),
        (&["webhook", "list", "--jsn"], "a similar argument exists: '--json'"),
        (&["webhook", "list", "extra"], "unexpected argument 'extra'"),
        (&["webhook", "send", "e"], "required arguments were not provided"),
        (&["webhook", "send", "e", "--entry", "x", "--payload", "y"], "cannot be used with"),
        (&["webhook", "send", "e", "--payload", "x"], "required arguments were not provided"),
        (&["webhook", "send", "", "--entry", "x"], "an event type cannot be empty"),
        (&["webhook", "send", "e", "--entry", "x", "--wait", "--enqueue"], "cannot be used with"),
        (&["webhook", "retry", "--max-runtime", "soon"], "is not a length of time such as 30s, 5m or 1h"),
        (
            &["webhook", "list", "--allow-egress", "everything"],
            "is not an address range such as 10.20.0.0/16",
        ),
    ];
    for (arguments, told) in wrong {
        let refused = hookyard(arguments).run().exits(2);
        assert!(refused.stderr.contains(told) && refused.stdout.is_empty(), "{told}\n{refused}");
        let json = hookyard(&[arguments, &["--json"]].concat()).run().exits(2);
        let error: serde_json::Value =
            serde_json::from_str(&json.stderr).unwrap_or_else(|why| panic!("{why}\n{json}"));
        has_the_promised_keys(&error, "error");
        assert_eq!((&error["kind"], &error["exit_code"]), (&"usage".into(), &2.into()), "{json}");
    }
}

#[test]
fn an_error_in_json_is_one_document_on_stderr() {
    let error = hookyard(&["webhook", "list", "--json"])
        .env("DATABASE_URL", "postgres://app:canary@127.0.0.1:1/x")
        .run()
        .exits(3);
    assert_eq!(
        error.to_string(),
        "(nothing)\n--- stderr\n{\"error\":\"cannot reach the database at 127.0.0.1:1: refused\",\"causes\":[],\
         \"hints\":[],\"kind\":\"later\",\"exit_code\":3}\n--- exit 3"
    );
}

#[test]
fn a_closed_pipe_is_no_error_and_a_full_disk_is_one() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(900);
    let url = scene.database.url();
    let run = |script: &str| shell(script, &[("DATABASE_URL", &url)]);
    for verb in
        ["webhook list", "webhook list --json", "webhook list --csv", "webhook endpoints", "config", "--help"]
    {
        let head = run(&format!("{{ $HOOKYARD {verb}; echo $? >&2; }} | head -1"));
        assert_eq!((head.stdout.lines().count(), head.stderr.as_str()), (1, "0\n"), "{verb}");
        let closed = run(&format!("$HOOKYARD {verb} >&-"));
        assert_eq!(closed.to_string(), "(nothing)\n--- stderr\n(nothing)\n--- exit 0", "{verb}");
        let full = run(&format!("$HOOKYARD {verb} > /dev/full"));
        if verb.ends_with("--json") {
            assert!(
                full.code == Some(1) && full.stderr.starts_with("{\"error\":\"cannot write the answer"),
                "{full}"
            );
            continue;
        }
        assert_eq!(
            full.to_string(),
            "(nothing)\n--- stderr\nerror: cannot write the answer to stdout\n  \
             caused by: No space left on device (os error 28)\n--- exit 1",
            "{verb}"
        );
    }
    let mute = run("$HOOKYARD webhook list --limit nothing 2>&-");
    assert_eq!((mute.code, mute.all().as_str()), (Some(2), ""));
    let unheard = run("$HOOKYARD webhook list --limit nothing 2>/dev/full");
    assert_eq!(unheard.code, Some(2));
}

#[test]
fn cron_hears_nothing_when_nothing_is_due_and_quiet_silences_talk_only() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    for arguments in [
        &["webhook", "retry"][..],
        &["webhook", "retry", "--json"],
        &["webhook", "retry", "--quiet", "--max-runtime", "55s"],
    ] {
        let silent = scene.hookyard(arguments).run();
        assert_eq!(silent.to_string(), "(nothing)\n--- stderr\n(nothing)\n--- exit 0", "{arguments:?}");
    }
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(2);
    let talking = scene.hookyard(&["webhook", "list", "--limit", "1", "--since", "1h"]).run().succeeds();
    let quiet = scene.hookyard(&["webhook", "list", "--limit", "1", "--since", "1h", "-q"]).run().succeeds();
    assert!(talking.stderr.contains("only the newest 1") && quiet.stderr.is_empty(), "{talking}\n{quiet}");
    assert_eq!(talking.stdout, quiet.stdout, "the answer is the same");
    let error = scene
        .hookyard(&["webhook", "endpoints", "00000000-0000-4000-8000-00000000dead", "-q"])
        .run()
        .exits(1);
    assert!(error.stderr.contains("was not found"), "an error is never silenced\n{error}");
    let run = scene.hookyard(&["webhook", "retry", "--json", "-q"]).run().succeeds();
    has_the_promised_keys(&run.json(), "webhook_retry");
}

#[test]
fn logs_are_hookyards_own_whatever_rust_log_says() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(1);
    let run = scene
        .hookyard(&["webhook", "retry", "-vvv", "--log-format", "json"])
        .env("RUST_LOG", "trace")
        .run()
        .succeeds();
    for line in run.stderr.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}\n{run}"));
        assert!(line["target"].as_str().is_some_and(|target| target.starts_with("hookyard")), "{line}");
    }
    assert!(run.stderr.contains(" is delivered after "), "-vvv tells what the run does\n{run}");
    let plain = scene.hookyard(&["webhook", "retry"]).env("RUST_LOG", "trace").run().succeeds();
    assert_eq!(plain.stderr, "");
}

#[test]
fn what_is_not_utf_8_is_refused_with_a_message() {
    let odd = OsString::from_vec(b"\xff\xfe".to_vec());
    let run = |arguments: &[&str], variable: Option<&str>| {
        let mut command = Command::new(BINARY);
        command.args(arguments).env_clear();
        match variable {
            Some(name) => command.env(name, &odd),
            None => command.arg(&odd),
        };
        let output = command.output().expect("the binary runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("the message is UTF-8"))
    };
    for arguments in [
        &[][..],
        &["webhook"],
        &["webhook", "list", "--config"],
        &["webhook", "send", "e", "--payload"],
        &["webhook", "list", "--event"],
    ] {
        let (code, told) = run(arguments, None);
        assert_eq!(
            (code, told),
            (Some(2), format!("error: argument {} is not valid UTF-8\n", arguments.len() + 1))
        );
    }
    for name in
        ["DATABASE_URL", "HOOKYARD_CONFIG", "HOOKYARD_LEASE", "HOOKYARD_LOG_FORMAT", "HOOKYARD_ALERT_URL"]
    {
        let (code, told) = run(&["config"], Some(name));
        assert_eq!(
            (code, told),
            (Some(2), format!("error: the environment variable {name} is not valid UTF-8\n"))
        );
    }
    for name in ["HOME", "TERM", "COLUMNS", "USER", "XDG_CONFIG_HOME", "PGPASSFILE", "RUST_LOG", "LANG"] {
        assert_eq!(run(&["config"], Some(name)), (Some(0), String::new()), "{name} is only the surroundings");
    }
}

/// A word of the command line, or rubbish.
fn word(draw: u64) -> String {
    const WORDS: &[&str] = &[
        "webhook",
        "database",
        "config",
        "send",
        "retry",
        "endpoints",
        "list",
        "migrate",
        "status",
        "--json",
        "--csv",
        "-q",
        "-v",
        "-vvvv",
        "--help",
        "-h",
        "--version",
        "--limit",
        "--limit=5",
        "0",
        "-1",
        "--dry-run",
        "--entry",
        "--payload",
        "-",
        "--webhook",
        "--api-key",
        "--event-id",
        "00000000-0000-4000-8000-00000000000a",
        "--wait",
        "--enqueue",
        "--again",
        "--show-pii",
        "--since",
        "24h",
        "--until",
        "--state",
        "dead",
        "--dead",
        "--due",
        "--after",
        "--status",
        "503",
        "--set-policy",
        "singlekey",
        "--policy",
        "--lease",
        "1s",
        "--concurrency",
        "--in-flight",
        "--max-runtime",
        "--with-indexes",
        "--allow-http",
        "--allow-egress",
        "10.0.0.0/8",
        "--log-format",
        "json",
        "text",
        "--config",
        "/dev/null",
        "--database",
        "nowhere",
        "postgres://127.0.0.1:1/x",
        "--",
        "",
        "\u{202e}",
        "\u{1b}[2J",
        "'; drop table webhooks; --",
        "99999999999999999999",
        "=",
        "--=",
        "---",
        "%s%n",
        "entry.completed",
        "null",
        "sign",
        "verify",
        "check",
        "trigger",
        "doctor",
        "secret",
        "rekey",
        "rotate",
        "--scheme",
        "auto",
        "snappt",
        "plaid",
        "rentvine",
        "--header",
        "SNAPPT-Signature: t=1,v1=a",
        "--headers",
        "--request",
        "--now",
        "--tolerance",
        "--ignore-timestamp",
        "--secret-env",
        "HOOKYARD_OPERATOR",
        "--secret-file",
        "--secret-fd",
        "--explain",
        "--format",
        "curl",
        "--url",
        "--jwks",
        "--tamper",
        "body",
        "--set",
        "data.result=EDITED",
        "--expect-status",
        "--to",
        "http://127.0.0.1:1/",
        "work_order.created",
        "--strict",
        "--yes",
        "🏠",
    ];
    WORDS[usize::try_from(draw).unwrap_or(0) % WORDS.len()].to_owned()
}

#[test]
fn no_combination_of_words_makes_it_panic() {
    let runs: u64 = if std::env::var_os("HOOKYARD_TEST_LONG").is_some() { 10_000 } else { 2000 };
    let documented = [0, 1, 2, 3, 4];
    // Those two start or stop a server.
    let harmless: Vec<&[&str]> =
        VERBS.into_iter().filter(|verb| !matches!(verb, ["demo"] | ["database", "stop"])).collect();
    let harmless = &harmless;
    let folder = tempfile::tempdir().expect("a folder");
    std::thread::scope(|threads| {
        for part in 0..4_u64 {
            let folder = folder.path();
            threads.spawn(move || {
                // A small generator with a seed: the same words each time.
                let mut state = part + 1;
                let mut draw = || {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    state >> 33
                };
                for _ in 0..runs / 4 {
                    let mut arguments: Vec<String> = Vec::new();
                    if draw() % 2 == 0 {
                        let verb = harmless[usize::try_from(draw()).unwrap_or(0) % harmless.len()];
                        arguments.extend(verb.iter().map(|word| (*word).to_owned()));
                    }
                    arguments.extend((0..draw() % 6).map(|_| word(draw())));
                    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
                    let run = hookyard(&words)
                        .env("DATABASE_URL", "postgres://127.0.0.1:1/x")
                        .current_dir(folder)
                        .run();
                    assert!(run.code.is_some_and(|code| documented.contains(&code)), "{arguments:?}\n{run}");
                    assert!(!run.stderr.contains("panicked"), "{arguments:?}\n{run}");
                    assert!(
                        run.code == Some(0) || !run.stderr.is_empty() || !run.stdout.is_empty(),
                        "a failure says why: {arguments:?}\n{run}"
                    );
                }
            });
        }
    });
}
