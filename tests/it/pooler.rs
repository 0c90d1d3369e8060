//! Everything through PgBouncer in transaction mode, with three server connections: the statements of many processes
//! meet on one connection, and none is taken for another's. And a proof that they would be.

use std::time::Duration;

use crate::support::{Database, Estate, Hookyard, Pooler, Receiver, Scene, Soap, hookyard};

const ENOUGH: &str = "select count(*) from hookyard.deliveries where state = 'pending'";

fn retry(scene: &Scene, url: &str) -> Hookyard {
    scene
        .hookyard(&["webhook", "retry", "--concurrency", "16", "--in-flight", "16", "--lease", "2s"])
        .env("DATABASE_URL", url)
}

const BARE: &str = "bare-statements:yes,answer:2,patience:2";

/// What eight overlapping runs have done wrong; nothing, when all is well.
fn eight_runs_over(events: usize, fault: &str, pooled: bool) -> Option<Vec<String>> {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..4).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/slow/5/{n}")))));
    scene.enqueue(events);
    let deliveries = events * 4;
    let pooler = Pooler::before(&scene.database)?;
    let url = if pooled { pooler.url(&scene.database) } else { scene.database.url() };
    let run = || retry(&scene, &url).env("HOOKYARD_TEST_FAULT", fault).start();
    let runs: Vec<_> = (0..8).map(|_| run()).collect();
    if pooled {
        let sessions = scene.count(
            "select count(*) from pg_stat_activity where datname = current_database() and application_name <> 'test'",
        );
        assert!(sessions <= 3, "{sessions} connections: the pooler is not in the way");
    }
    let mut wrong = Vec::new();
    for run in runs {
        let transcript = run.finish();

        if transcript.code != Some(0) || !transcript.stderr.is_empty() {
            wrong.push(transcript.to_string());
        }
    }
    let mut expect = |what: &str, found: String, expected: String| {
        if found != expected {
            wrong.push(format!("{what}: {found} instead of {expected}"));
        }
    };
    expect("states", scene.states(), format!("delivered {deliveries}"));
    expect("requests", receiver.count().to_string(), deliveries.to_string());
    let own = scene.text("select count(*) || ' ' || count(distinct delivery_id) from hookyard.attempts");
    expect("attempts", own, format!("{deliveries} {deliveries}"));
    let documented =
        "select count(*) from webhook_delivery_attempts w join hookyard.attempts a on a.id = w.id
        join hookyard.deliveries d on d.id = a.delivery_id join hookyard.events v on v.id = d.event_id
        where w.webhook_id = d.webhook_id and w.payload = v.payload::jsonb";
    expect("documented rows", scene.text(documented), deliveries.to_string());
    let received = receiver.received();
    let strange = received.iter().filter(|request| !request.body.starts_with(b"{\"n\":")).count();
    expect("strange bodies", strange.to_string(), "0".into());
    Some(wrong)
}

#[test]
fn eight_overlapping_runs_send_two_thousand_deliveries_once_each() {
    let Some(wrong) = eight_runs_over(500, "", true) else { return };
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_test_above_fails_when_statements_run_outside_a_transaction() {
    // Told to give up soon: a statement that went to another's connection may wait for ever. Chance decides whose
    // statements meet, so that one round in many goes well.
    let fails = || eight_runs_over(100, BARE, true).map(|wrong| !wrong.is_empty());
    let Some(failed) = fails() else { return };
    assert!(failed || (0..4).any(|_| fails() == Some(true)), "the broken build would have passed");
    let Some(wrong) = eight_runs_over(100, BARE, false) else { return };
    assert!(wrong.is_empty(), "without the pooler there is nothing to see: {}", wrong.join("\n"));
}

#[test]
fn two_migrations_at_once_make_one_schema() {
    let database = Database::empty();
    let Some(pooler) = Pooler::before(&database) else { return };
    let start = || hookyard(&["database", "migrate"]).env("DATABASE_URL", &pooler.url(&database)).start();
    let runs = [start(), start()];
    for run in runs {
        run.finish().succeeds();
    }
    let again = hookyard(&["database", "migrate"]).env("DATABASE_URL", &pooler.url(&database)).run();
    again.succeeds();
    hookyard(&["database", "status"]).env("DATABASE_URL", &pooler.url(&database)).run().succeeds();
    let twice = "select count(*) - count(distinct version) from hookyard.migrations";
    assert_eq!(database.value(twice), "0");
}

#[test]
fn every_verb_works_through_the_pooler() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let Some(pooler) = Pooler::before(&scene.database) else { return };
    let through =
        |verb: &[&str]| scene.hookyard(verb).env("DATABASE_URL", &pooler.url(&scene.database)).run();
    let sent = through(&["webhook", "send", "entry.completed", "--entry", "SNAP-12345"]).succeeds();
    assert!(sent.stdout.contains("accepted by the endpoint"), "{sent}");
    let again = through(&["webhook", "send", "entry.completed", "--entry", "SNAP-12345"]).succeeds();
    assert!(again.stdout.contains("this event was there already"), "{again}");
    assert!(through(&["webhook", "list"]).succeeds().stdout.contains("delivered"));
    assert!(through(&["webhook", "endpoints"]).succeeds().stdout.contains("127.0.0.1"));
    through(&["database", "status"]).succeeds();
    through(&["webhook", "retry"]).succeeds();
    assert_eq!(receiver.count(), 1);
}

#[test]
fn results_and_passwords_go_through_the_pooler() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 9);
    let Some(pooler) = Pooler::before(&estate.database) else { return };
    estate.files().write(
        "hookyard.toml",
        "[yardi]\npause = \"0s\"\npassword_mode = \"auto\"\n[[keys]]\ntag = \"AES.GCM.V1\"\nenv = \"KEY\"\n",
    );
    let through = |verb: &[&str]| {
        estate
            .hookyard(&[&["yardi"], verb].concat())
            .env("DATABASE_URL", &pooler.url(&estate.database))
            .env("KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
            .env("YARDI_PASSWORD", "canary-new")
    };
    let set = ["password", "set", "ACME", "--secret-env", "YARDI_PASSWORD"];
    through(&set).run().succeeds();
    through(&["password", "status"]).run().succeeds();
    through(&["password", "rotate"]).run().succeeds();
    through(&["poll", "--quiet"]).run().succeeds();
    estate.database.execute(
        "update entries set status = 'completed', fraud_result = 'CLEAN', completed_at = now() at time zone 'utc'",
    );
    // Statements of four processes meet on three connections; one of them has the integration.
    let runs: Vec<_> = (0..4).map(|_| through(&["submit"]).start()).collect();
    runs.into_iter().for_each(|run| drop(run.finish().succeeds()));
    let written = soap.requests().iter().filter(|body| body.contains("UpdateProspectScreening")).count();
    assert_eq!(written, 8, "each result once");
    let states = "select count(*) || ' ' || max(state) from hookyard.yardi_submissions";
    assert_eq!(estate.text(states), "8 accepted");
    through(&["list"]).run().succeeds();
    through(&["check", "ACME"]).run().succeeds();
}

#[test]
fn kill_9_behind_the_pooler_loses_nothing_and_repeats_only_what_was_in_flight() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/10"));
    scene.enqueue(600);
    let Some(pooler) = Pooler::before(&scene.database) else { return };
    for at in [60, 200] {
        let mut run = retry(&scene, &pooler.url(&scene.database)).start();
        receiver.wait_for(at);
        run.kill();
    }
    while scene.count(ENOUGH) > 0 {
        retry(&scene, &pooler.url(&scene.database)).run().succeeds();
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(scene.states(), "delivered 600");
    let ids = receiver.ids("/");
    assert_eq!(ids.len(), 600);
    assert!(receiver.count() <= 600 + 2 * 16, "{} sent twice", receiver.count() - 600);
    assert_eq!(scene.count("select count(*) from hookyard.deliveries where lease_until is not null"), 0);
}
