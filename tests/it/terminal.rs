//! On a terminal and off it: no escape codes where none are wanted, progress for people only, tables that hold.

use std::process::Command;

use crate::support::{Receiver, Scene, hookyard};

#[test]
fn poor_surroundings_change_nothing() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    for path in ["/ok", "/status/404", "/status/503"] {
        scene.webhook(&receiver.url(path));
    }
    scene.enqueue(2);
    scene.hookyard(&["webhook", "retry"]).run();
    let read_only = std::path::Path::new("/proc/self");
    for verb in [&["webhook", "list"][..], &["webhook", "endpoints"], &["database", "status"]] {
        let plain = scene.hookyard(verb).run();
        assert!(!plain.all().contains('\u{1b}'), "{plain}");
        let variables = [
            ("TERM", "dumb"),
            ("TERM", "xterm-256color"),
            ("NO_COLOR", "1"),
            ("CLICOLOR", "0"),
            ("CLICOLOR_FORCE", "1"),
            ("FORCE_COLOR", "1"),
            ("COLUMNS", "1"),
            ("COLUMNS", "99999999999"),
            ("LANG", "C"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("TZ", "Asia/Tokyo"),
            ("HOME", "/nonexistent"),
            ("XDG_CONFIG_HOME", "/dev/null"),
        ];
        for (name, value) in variables {
            let same = scene.hookyard(verb).env(name, value).run();
            assert_eq!(same.to_string(), plain.to_string(), "{name}={value}");
        }
        assert_eq!(scene.hookyard(verb).current_dir(read_only).run().to_string(), plain.to_string());
    }
    let widths: Vec<usize> = scene
        .hookyard(&["webhook", "list"])
        .run()
        .stdout
        .lines()
        .map(|line| line.find("entry.").unwrap_or(0))
        .collect();
    assert!(
        widths[1..].iter().all(|at| *at == widths[1]),
        "one row, one line, columns below each other: {widths:?}"
    );
}

#[test]
fn a_closed_stdin_is_no_payload_and_no_hang() {
    let scene = Scene::new();
    let script = format!(
        "{} webhook send e --payload - --api-key {} <&-",
        env!("CARGO_BIN_EXE_hookyard"),
        crate::support::API_KEY
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("DATABASE_URL", scene.database.url())
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("the payload is not JSON"), "{told}");
}

/// Under `script`, which gives its child a terminal; what the terminal saw, and stdout where it was sent elsewhere.
fn on_a_terminal(scene: &Scene, verb: &str, variables: &str, elsewhere: bool) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let to = if elsewhere { "> stdout" } else { "" };
    let flags = "--allow-http --allow-egress 127.0.0.1/32";
    let line = format!("stty cols 120; {variables} {} {flags} {verb} {to}", env!("CARGO_BIN_EXE_hookyard"));
    let done = Command::new("script")
        .args(["-qec", &line, "seen"])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .env("DATABASE_URL", scene.database.url())
        .output()
        .expect("script, of util-linux, gives a terminal");
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap_or_default();
    drop(done);
    let seen = String::from_utf8_lossy(&read("seen")).into_owned();
    // Its first and last line are script's own.
    let inner: Vec<&str> = seen.lines().filter(|line| !line.starts_with("Script ")).collect();
    (inner.join("\n"), String::from_utf8_lossy(&read("stdout")).into_owned())
}

#[test]
fn progress_is_for_a_terminal_and_never_touches_the_answer() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/900"));
    let mut answers = Vec::new();
    scene.enqueue(3);
    let (seen, answer) = on_a_terminal(&scene, "webhook retry", "", true);
    assert!(seen.contains("on the wire"), "{seen:?}");
    answers.push(answer);
    for (variables, flag) in [("TERM=dumb", ""), ("", "--quiet")] {
        scene.enqueue(3);
        let (seen, answer) = on_a_terminal(&scene, &format!("webhook retry {flag}"), variables, true);
        assert_eq!(seen.trim(), "", "{variables} {flag}");
        answers.push(answer);
    }
    scene.enqueue(3);
    let off = scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(off.stderr, "");
    answers.push(off.stdout);
    assert_eq!(
        answers,
        vec![
            "3 attempted: 3 accepted by their endpoints\nallowed besides public https: 127.0.0.1/32, plain http\n";
            4
        ]
    );
}

/// Beside millions of attempts a plan takes a minute: here somebody holds the table for a while.
#[test]
fn a_plan_that_takes_time_says_what_it_is_at() {
    let scene = Scene::new();
    scene.webhook("https://hooks.example/");
    for (variables, shows) in [("", true), ("TERM=dumb", false)] {
        let mut session = scene.database.session();
        session.execute("begin; lock table webhook_delivery_attempts in access exclusive mode");
        let holding = std::thread::spawn(move || {
            let waited = (0..100).any(|_| {
                std::thread::sleep(std::time::Duration::from_millis(100));
                let waiting = "select count(*) from pg_locks l join pg_database d on d.oid = l.database
                    where not l.granted and d.datname = current_database()";
                session.query_text(waiting)[0][0].as_deref() != Some("0")
            });
            std::thread::sleep(std::time::Duration::from_millis(600));
            session.execute("commit");
            assert!(waited, "the plan waits for the table");
        });
        let (seen, answer) = on_a_terminal(&scene, "webhook replay --all --dry-run", variables, true);
        holding.join().expect("it lets go");
        assert_eq!(seen.contains("looking for what never arrived"), shows, "{seen:?}");
        assert!(!answer.contains("looking for"), "{answer}");
    }
}

#[test]
fn a_replay_shows_a_bar_with_rate_outcomes_and_time_left_on_a_terminal_only() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/60"));
    let mut answers = Vec::new();
    for (variables, shows) in [("", true), ("TERM=dumb", false)] {
        scene.enqueue(120);
        scene.database.execute(
            "update hookyard.deliveries set state = 'dead', next_attempt_at = null, finished_at = now(),
                reason = 'schedule used up: 503', attempts = 5 where state = 'pending'",
        );
        let (seen, answer) = on_a_terminal(&scene, "webhook replay --dead --yes", variables, true);
        assert_eq!(seen.contains("/120 ") && seen.contains(" accepted, 0 not, "), shows, "{seen:?}");
        assert_eq!(seen.contains("/s, about ") && seen.contains(" s left"), shows, "{seen:?}");
        answers.push(answer.lines().filter(|line| line.contains("accepted")).collect::<Vec<_>>().join("\n"));
    }
    assert!(answers[0].contains("120"), "{answers:?}");
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn retention_shows_how_far_it_is_on_a_terminal_only() {
    let scene = Scene::new();
    scene.webhook("https://crm.example/in");
    let age = || {
        scene.enqueue(600);
        scene.database.execute(
            "update hookyard.events set created_at = now() - interval '100 days';
             update hookyard.deliveries set state = 'dead', next_attempt_at = null, created_at = now() - interval '100 days',
                finished_at = now() - interval '100 days'",
        );
    };
    let verb = "database prune --older-than 90d --yes --json";
    age();
    let (seen, told) = on_a_terminal(&scene, verb, "HOOKYARD_TEST_FAULT=prune-rest:300", true);
    assert!(seen.contains("rows removed"), "{seen:?}");
    age();
    let (quiet, same) = on_a_terminal(&scene, verb, "TERM=dumb", true);
    assert_eq!(quiet.trim(), "");
    let rows =
        |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("one document")["rows"].clone();
    assert_eq!((rows(&told)["events"].as_i64(), rows(&told)), (Some(600), rows(&same)));
}

#[test]
fn colour_is_for_a_terminal_that_wants_it() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run();
    let (coloured, _) = on_a_terminal(&scene, "webhook list", "", false);
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    for variables in ["NO_COLOR=1", "CLICOLOR=0", "TERM=dumb"] {
        let (plain, _) = on_a_terminal(&scene, "webhook list", variables, false);
        assert!(plain.contains("dead") && !plain.contains('\u{1b}'), "{variables} {plain:?}");
    }
    let (narrow, _) = on_a_terminal(&scene, "webhook list", "COLUMNS=1 NO_COLOR=1", false);
    assert!(narrow.contains("rejected: 404"), "too narrow for a table is as wide as it takes: {narrow:?}");
    assert_eq!(hookyard(&["--help"]).run().stdout.matches('\u{1b}').count(), 0);
}

#[test]
fn where_columns_would_be_too_narrow_to_read_rows_are_told_one_by_one() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run();
    let verb = "report health";
    let (wide, _) = on_a_terminal(&scene, verb, "COLUMNS=200 NO_COLOR=1", false);
    assert!(wide.contains("┆ last failure"), "{wide}");
    let (narrow, _) = on_a_terminal(&scene, verb, "COLUMNS=44 NO_COLOR=1", false);
    let lines: Vec<&str> = narrow.lines().map(str::trim_end).collect();
    let at = lines.iter().position(|line| *line == receiver.url("/status/404")).expect("the endpoint");
    assert_eq!(lines[at + 1], "  attempts 1  failed 1  success 0.0 %");
    assert!(lines[at + 2].starts_with("  24 h volume ") && lines[at + 2].ends_with('█'), "{narrow}");
    assert!(lines[at + 3].starts_with("  24 h success ") && lines[at + 3].ends_with('x'), "{narrow}");
    assert!(lines[at + 4].contains("  due 0  dead 1"), "{narrow}");
    assert!(lines[at + 5].starts_with("  last failure 20") && lines[at + 5].ends_with(": 404"), "{narrow}");
    let table = &lines[at..at + 6];
    assert!(table.iter().all(|line| line.chars().count() <= 44), "{narrow}");
}
