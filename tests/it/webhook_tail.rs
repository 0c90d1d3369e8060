//! `hookyard webhook tail`: attempts as they happen, each once, whatever becomes of the reader or the database.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{API_KEY, Receiver, Scene, Session, hookyard};

/// Until the tail runs against the database.
fn settled(scene: &Scene) {
    let until = Instant::now() + Duration::from_secs(10);
    let sessions = format!(
        "select count(*) from pg_stat_activity where application_name like '%webhook-tail' and datname = '{}'",
        scene.database.name()
    );
    while scene.count(&sessions) == 0 {
        assert!(Instant::now() < until, "the tail did not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(700));
}

#[test]
fn attempts_are_told_as_they_happen_each_once_and_slow_ones_too() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.webhook(&receiver.url("/status/404"));
    let slow = scene.webhook(&receiver.url("/slow/7000"));
    let mut tail = scene.hookyard(&["webhook", "tail", "--json"]).start();
    let told = tail.lines();
    settled(&scene);
    scene.enqueue(5);
    scene.hookyard(&["webhook", "retry"]).run();
    scene.database.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status)
         values ('{slow}', '{{\"event\": \"entry.completed\"}}', '{{}}', 500)"
    ));
    let mut lines: Vec<String> = (0..16).map(|_| told.next()).collect();
    // Recorded late, as by a slow sender: only a look all the way back finds it, and that look meets all the others again.
    scene.database.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select '{slow}', '{{}}', '{{}}', 418, min(created_at) from webhook_delivery_attempts"
    ));
    lines.push(told.next());
    assert!(lines[16].contains("\"status\":418"), "{lines:?}");
    tail.signal(libc::SIGINT);
    tail.finish().exits(130);
    lines.extend(told.rest());
    let lines: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    let mut ids: Vec<&str> = lines.iter().map(|line| line["attempt_id"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), 17, "{lines:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 17, "none twice");
    assert_eq!(lines.iter().filter(|line| line["by_hookyard"] == false).count(), 2);
    assert_eq!(lines.iter().filter(|line| line["webhook_id"] == slow.as_str()).count(), 7);
}

#[test]
fn it_begins_in_the_past_and_filters_literally() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let ok = scene.webhook(&receiver.url("/ok"));
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(3);
    scene.hookyard(&["webhook", "retry"]).run();
    let told = |arguments: &[&str]| {
        let all: Vec<&str> = ["webhook", "tail", "--since", "1h"].iter().chain(arguments).copied().collect();
        let tail = scene.hookyard(&all).start();
        settled(&scene);
        tail.signal(libc::SIGTERM);
        let transcript = tail.finish();
        assert_eq!(transcript.code, Some(143), "{transcript}");
        assert!(transcript.stderr.starts_with("since 20"), "{transcript}");
        transcript.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(&[]).len(), 6);
    assert_eq!(told(&["--endpoint", &ok]).len(), 3);
    assert_eq!(told(&["--event", "x' OR '1'='1"]).len(), 0);
    let failed = told(&["--failed"]);
    assert_eq!(failed.len(), 3);
    assert!(
        failed.iter().all(|line| line.contains("  404  ") && line.contains("attempt 1 of delivery ")),
        "{failed:?}"
    );
    assert_eq!(told(&["--status", "404"]), failed);
    let wrong = scene.hookyard(&["webhook", "tail", "--since", "2024-02-30"]).run();
    assert_eq!(wrong.code, Some(2), "{wrong}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(50);
    scene.hookyard(&["webhook", "retry"]).run();
    let mut tail = Command::new(env!("CARGO_BIN_EXE_hookyard"))
        .args(["webhook", "tail", "--since", "1h"])
        .env_clear()
        .env("DATABASE_URL", scene.database.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut first = String::new();
    BufReader::with_capacity(1, tail.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
    assert!(first.contains("entry.completed"), "{first}");
    // The reader is gone; whatever is told next finds nobody.
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run();
    let output = tail.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1, "only the moment is echoed");
}

#[test]
fn a_database_that_breaks_off_is_waited_for_and_nothing_is_missed() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let mut tail = scene.hookyard(&["webhook", "tail", "--json"]).start();
    let told = tail.lines();
    settled(&scene);
    for _ in 0..4 {
        scene.database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%webhook-tail'
             and datname = current_database()",
        );
        scene.enqueue(3);
        scene.hookyard(&["webhook", "retry"]).run().succeeds();
        std::thread::sleep(Duration::from_millis(400));
    }
    let lines: Vec<String> = (0..12).map(|_| told.next()).collect();
    tail.signal(libc::SIGINT);
    tail.finish();
    assert!(told.rest().is_empty(), "{lines:?}");
}

/// On a server of its own: one backend is killed, and the server takes all its sessions down and recovers.
#[test]
fn a_database_that_restarts_is_waited_for_too() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let root = home.path().join("pg").display().to_string();
    let local = |arguments: &[&str]| {
        let path = std::env::var("PATH").unwrap_or_default();
        let all: Vec<&str> = ["--database", "embedded"].iter().chain(arguments).copied().collect();
        hookyard(&all).env("HOOKYARD_TEST_LOCAL_ROOT", &root).env("PATH", &path)
    };
    local(&["database", "migrate"]).run().succeeds();
    let status = local(&["database", "status", "--json"]).run().json();
    let socket = status["place"].as_str().expect("a place").replace('/', "%2F");
    let url = format!("postgres://postgres@{socket}:5432/{}", status["database"].as_str().expect("a name"));
    let mut session = Session::open(&url);
    session.execute(&format!(
        "insert into api_keys (id, name, inserted_at, updated_at) values ('{API_KEY}', 'acme', now(), now());
         insert into webhooks (id, url, api_key_id, inserted_at, updated_at)
         values ('{API_KEY}', 'https://crm.example/in', '{API_KEY}', now(), now())"
    ));
    // The tests' server is a fast one: what it has not written yet, a kill may cost.
    session.execute("checkpoint");
    let tail = local(&["webhook", "tail", "--json"]).start();
    until(&mut session, "application_name like '%webhook-tail' and state = 'idle'");
    let mut victim = Session::open(&url);
    assert!(Command::new("kill").args(["-9", &victim.pid()]).status().expect("kill runs").success());
    let last = Instant::now() + Duration::from_secs(30);
    while session.attempt("select 1").is_ok() {
        assert!(Instant::now() < last, "the server did not take its sessions down");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut session = reopened(&url);
    session.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status)
         values ('{API_KEY}', '{{}}', '{{}}', 503)"
    ));
    until(
        &mut session,
        "application_name like '%webhook-tail' and query_start > backend_start + interval '2 s'",
    );
    tail.signal(libc::SIGINT);
    let transcript = tail.finish();
    assert_eq!((transcript.stdout.lines().count(), transcript.code), (1, Some(130)), "{transcript}");
    drop(session);
    local(&["database", "stop"]).run().succeeds();
}

/// Until the server has a session of this kind.
fn until(session: &mut Session, condition: &str) {
    let last = Instant::now() + Duration::from_secs(30);
    let sql = format!("select count(*)::text from pg_stat_activity where {condition}");
    while session.query_text(&sql)[0][0].as_deref() == Some("0") {
        assert!(Instant::now() < last, "no session with {condition}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// As soon as the server is there again.
fn reopened(url: &str) -> Session {
    let last = Instant::now() + Duration::from_secs(30);
    loop {
        match Session::try_open(url) {
            Ok(session) => return session,
            Err(why) => assert!(Instant::now() < last, "the server did not come back: {why}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
