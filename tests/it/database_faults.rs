//! A database that cannot be used: refused, silent, closed to us, full, read-only, incomplete, not whom it says it is.
//! The exit code tells a script what to do, and nothing is sent that could not be recorded.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::{Database, Proxy, Receiver, Scene, TlsFront, Transcript, doorman, hookyard};

fn verbs() -> [Vec<&'static str>; 5] {
    [
        vec!["webhook", "retry"],
        vec!["webhook", "list"],
        vec!["webhook", "endpoints"],
        vec!["webhook", "send", "entry.completed", "--entry", "SNAP-12345"],
        vec!["database", "status"],
    ]
}

fn timed(arguments: &[&str], url: &str) -> (Transcript, Duration) {
    let started = Instant::now();
    (hookyard(arguments).env("DATABASE_URL", url).run(), started.elapsed())
}

#[test]
fn a_server_that_refuses_is_told_at_once_with_its_place() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for verb in verbs() {
        let (transcript, took) = timed(&verb, &format!("postgres://someone:hunter2@127.0.0.1:{port}/app"));
        assert_eq!(transcript.code, Some(3), "{transcript}");
        assert!(took < Duration::from_secs(3), "{took:?}");
        let said = format!("cannot reach the database at 127.0.0.1:{port}: refused");
        assert!(transcript.stderr.contains(&said), "{transcript}");
        assert!(!transcript.to_string().contains("hunter2"), "{transcript}");
    }
}

#[test]
fn a_port_that_says_nothing_is_given_up_after_five_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let (transcript, took) = timed(&["webhook", "retry"], &format!("postgres://someone:hunter2@{place}/app"));
    assert_eq!(transcript.code, Some(3), "{transcript}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let said = format!("cannot reach the database at {place}: no answer in 5 s");
    assert!(transcript.stderr.contains(&said), "{transcript}");
    assert!(!transcript.to_string().contains("hunter2"), "{transcript}");
}

#[test]
fn a_wrong_password_needs_a_person_and_is_not_shown() {
    // A server of the tests may trust its callers, so the refusal is spoken as the server speaks it.
    let door = doorman("28P01", "password authentication failed for user \"someone\"");
    for verb in verbs() {
        let url = format!("postgres://someone:hunter2@{}/app?sslmode=disable", door.address());
        let (transcript, took) = timed(&verb, &url);
        assert_eq!(transcript.code, Some(4), "{transcript}");
        assert!(took < Duration::from_secs(3), "{took:?}");
        assert!(transcript.stderr.contains("password authentication failed"), "{transcript}");
        assert!(!transcript.to_string().contains("hunter2"), "{transcript}");
    }
    assert_eq!(door.heard(), vec!["hunter2"; verbs().len()], "asked once each: no second try");
}

#[test]
fn a_role_that_is_not_there_needs_a_person() {
    let database = Database::empty();
    let mut url = url::Url::parse(&database.url()).unwrap();
    url.set_username("nobody_of_that_name").unwrap();
    for verb in verbs() {
        let (transcript, took) = timed(&verb, url.as_str());
        assert_eq!(transcript.code, Some(4), "{transcript}");
        assert!(took < Duration::from_secs(3), "{took:?}");
        assert!(transcript.stderr.contains("nobody_of_that_name"), "{transcript}");
    }
}

#[test]
fn a_database_that_is_not_there_needs_a_person() {
    let database = Database::empty();
    let url = database.url().replace(database.name(), "no_database_of_that_name");
    for verb in verbs() {
        let (transcript, took) = timed(&verb, &url);
        assert_eq!(transcript.code, Some(4), "{transcript}");
        assert!(took < Duration::from_secs(3), "{took:?}");
        let said = "database \"no_database_of_that_name\" does not exist (3D000)";
        assert!(transcript.stderr.contains(said), "{transcript}");
        assert!(transcript.stderr.contains("check the database's name"), "{transcript}");
    }
}

#[test]
fn nothing_is_sent_while_the_database_takes_no_writes() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(10);
    let name = scene.database.name();
    scene.database.execute(&format!("alter database {name} set default_transaction_read_only = on"));
    let started = Instant::now();
    let transcript = scene.hookyard(&["webhook", "retry"]).env("HOOKYARD_TEST_FAULT", "patience:2").run();
    assert_eq!(transcript.code, Some(3), "{transcript}");
    assert!(transcript.stderr.contains("(25006)"), "{transcript}");
    assert!(transcript.stderr.contains("is it a standby?"), "{transcript}");
    assert!((2..8).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    assert_eq!(receiver.count(), 0);

    // Promoted while a run waits: it goes on by itself, over a new connection.
    let run = scene.hookyard(&["webhook", "retry"]).start();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(receiver.count(), 0);
    scene
        .database
        .session_writing()
        .execute(&format!("alter database {name} reset default_transaction_read_only"));
    run.finish().succeeds();
    assert_eq!(receiver.count(), 10);
    assert_eq!(scene.states(), "delivered 10");
}

#[test]
fn what_takes_no_writes_any_more_in_the_middle_stops_the_requests_and_goes_on_after() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/50"));
    scene.enqueue(200);
    let name = scene.database.name();
    let run = scene.hookyard(&["webhook", "retry", "--concurrency", "5"]).start();
    receiver.wait_for(20);
    let mut session = scene.database.session_writing();
    session.execute(&format!("alter database {name} set default_transaction_read_only = on"));
    session.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name like 'hookyard/%'",
    );
    std::thread::sleep(Duration::from_millis(500));
    let stopped = receiver.count();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(receiver.count(), stopped, "requests went on");
    session.execute(&format!("alter database {name} reset default_transaction_read_only"));
    run.finish().succeeds();
    assert_eq!(receiver.ids("/").len(), 200);
    assert_eq!(receiver.count(), 200);
    assert_eq!(scene.states(), "delivered 200");
}

#[test]
fn a_full_server_is_waited_for_a_moment_and_then_tried_later() {
    let database = Database::foreign_migrated();
    database.execute(&format!("alter database {} connection limit 0", database.name()));
    let started = Instant::now();
    let runs: Vec<_> = (0..10).map(|_| hookyard(&["webhook", "retry"]).database(&database).start()).collect();
    for run in runs {
        let transcript = run.finish();
        assert_eq!(transcript.code, Some(3), "{transcript}");
        assert!(transcript.stderr.contains("(53300)"), "{transcript}");
    }
    assert!(started.elapsed() < Duration::from_secs(11), "{:?}", started.elapsed());
    assert!(started.elapsed() > Duration::from_secs(4), "it was not waited for");
}

/// Whatever a delivering verb needs, taken away one by one and together.
#[test]
fn all_that_is_missing_is_told_before_anything_is_sent() {
    let receiver = Receiver::start();
    for verb in verbs() {
        let scene = Scene::new();
        scene.webhook(&receiver.url("/ok"));
        scene.enqueue(1);
        scene.database.execute(
            "alter table webhooks drop column url;
             alter table hookyard.endpoints drop column probe_at cascade;
             drop table webhook_delivery_attempts;
             drop table hookyard.alerts",
        );
        let transcript = scene.hookyard(&verb).run();
        assert_eq!(transcript.code, Some(4), "{transcript}");
        for missing in [
            "column webhooks.url is missing",
            "column hookyard.endpoints.probe_at is missing",
            "table webhook_delivery_attempts is missing",
            "table hookyard.alerts is missing",
        ] {
            assert!(transcript.to_string().contains(missing), "{missing}\n{transcript}");
        }
    }
    assert_eq!(receiver.count(), 0);
}

#[test]
fn all_rights_that_are_missing_are_told_before_anything_is_sent() {
    let database = Database::foreign_migrated();
    database.execute(
        "revoke insert on webhook_delivery_attempts from hookyard_app;
         revoke select on webhooks from hookyard_app;
         revoke update on hookyard.deliveries from hookyard_app",
    );
    for verb in verbs() {
        let transcript = hookyard(&verb).database(&database).run();
        assert_eq!(transcript.code, Some(4), "{transcript}");
        for table in ["webhook_delivery_attempts", "webhooks", "hookyard.deliveries"] {
            assert!(transcript.to_string().contains(table), "{table}\n{transcript}");
        }
    }
}

#[test]
fn what_goes_missing_in_the_middle_of_a_run_is_told_with_all_else() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/300"));
    scene.enqueue(30);
    let run = scene.hookyard(&["webhook", "retry", "--concurrency", "2"]).start();
    receiver.wait_for(2);
    scene.database.execute("drop table hookyard.alerts; drop table webhook_delivery_attempts");
    let transcript = run.finish();
    assert_eq!(transcript.code, Some(4), "{transcript}");
    assert!(transcript.stderr.contains("table hookyard.alerts is missing"), "{transcript}");
    assert!(transcript.stderr.contains("table webhook_delivery_attempts is missing"), "{transcript}");
}

#[test]
fn a_delivering_verb_refuses_another_encoding() {
    let database = Database::encoded("SQL_ASCII");
    hookyard(&["database", "migrate"]).database(&database).run();
    let transcript = hookyard(&["webhook", "retry"]).database(&database).run();
    assert_eq!(transcript.code, Some(4), "{transcript}");
    assert!(transcript.stderr.contains("the database's encoding is SQL_ASCII"), "{transcript}");
}

#[test]
fn a_server_whose_name_is_not_in_its_certificate_is_refused() {
    let database = Database::migrated();
    let front = TlsFront::before(&database, "db.example.com");
    let with = |mode: &str| format!("sslmode={mode}&sslrootcert={}", front.authority().display());
    let run = |mode: &str| {
        hookyard(&["webhook", "retry"]).env("DATABASE_URL", &front.url(&database, &with(mode))).run()
    };
    let refused = run("verify-full");
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(refused.stderr.contains("no secure connection"), "{refused}");
    assert_eq!(front.secured(), 0, "nothing was said to it");
    run("verify-ca").succeeds();
    run("require").succeeds();
    assert_eq!(front.secured(), 2);
    let right = TlsFront::before(&database, "127.0.0.1");
    let trusted =
        right.url(&database, &format!("sslmode=verify-full&sslrootcert={}", right.authority().display()));
    hookyard(&["webhook", "retry"]).env("DATABASE_URL", &trusted).run().succeeds();
    let stranger = right.url(&database, &with("verify-ca"));
    assert_eq!(hookyard(&["webhook", "retry"]).env("DATABASE_URL", &stranger).run().code, Some(4));
}

#[test]
fn a_secure_connection_that_was_asked_for_is_never_given_up_silently() {
    let database = Database::migrated();
    // The server behind may speak TLS itself, so one that declines is put in front.
    let declines = TlsFront::declining(&database);
    let required = declines.url(&database, "sslmode=require");
    let transcript = hookyard(&["webhook", "retry"]).env("DATABASE_URL", &required).run();
    assert_eq!(transcript.code, Some(4), "{transcript}");
    assert!(transcript.stderr.contains("no secure connection"), "{transcript}");
    let proxied = Proxy::before(&database);
    hookyard(&["webhook", "retry"]).env("DATABASE_URL", &proxied.url(&database)).run().succeeds();
    let default = declines.url(&database, "");
    hookyard(&["webhook", "retry"]).env("DATABASE_URL", &default).run().succeeds();
}
