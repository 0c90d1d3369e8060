//! A plan under way: shared, stopped, resumed, slowed down, given up.

use super::*;

#[test]
fn a_retry_that_is_due_and_a_replay_make_one_request() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..5).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/flaky/1/{n}")))));
    // Below the breaker's twenty failures.
    scene.enqueue(12);
    scene.hookyard(&["webhook", "retry"]).run();
    assert_eq!(receiver.count(), 60);
    scene.time_passes();
    let run = scene.hookyard(&["webhook", "replay", "--all", "--yes"]).start();
    let retry = scene.hookyard(&["webhook", "retry"]).start();
    let told = [run.finish().succeeds(), retry.finish().succeeds()];
    assert_eq!(scene.states(), "delivered 60", "{}\n{}", told[0], told[1]);
    assert_eq!(receiver.count(), 120, "one failure and one success each");
}

#[test]
fn two_plans_over_the_same_deliveries_send_each_once_and_the_second_is_told() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/20"));
    dead(&scene, 60);
    let (first, second) = (plan(&scene, &["--dead"]), plan(&scene, &["--dead"]));
    let runs = [&first, &second].map(|id| scene.hookyard(&["webhook", "replay", "--apply", id]).start());
    let told: Vec<Transcript> = runs.into_iter().map(|run| run.finish()).collect();
    assert_eq!(receiver.count(), 60, "{}\n{}", told[0], told[1]);
    let named = told.iter().any(|t| {
        t.stdout.contains(&format!("sent by plan {first}"))
            || t.stdout.contains(&format!("by plan {first}"))
            || t.stdout.contains(&format!("by plan {second}"))
    });
    assert!(named, "{}\n{}", told[0], told[1]);
    let third = replay(&scene, &["--apply", &plan(&scene, &["--all", "--include-delivered"])]).succeeds();
    assert_eq!(receiver.count(), 120, "{third}");
}

#[test]
fn two_operators_share_one_plan() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/10"));
    dead(&scene, 300);
    let id = plan(&scene, &["--dead"]);
    let runs = [0, 1].map(|_| scene.hookyard(&["webhook", "replay", "--apply", &id]).start());
    for run in runs {
        run.finish();
    }
    assert_eq!((receiver.count(), scene.states().as_str()), (300, "delivered 300"));
    let status = replay(&scene, &["status", &id, "--json"]).succeeds().json();
    assert_eq!((number(&status, "accepted"), status["state"].as_str()), (300, Some("finished")));
    let runs =
        scene.count("select count(distinct leased) from (select command as leased from hookyard.runs) r");
    assert!(runs >= 1);
}

#[test]
fn every_signal_stops_gently_puts_back_what_was_not_sent_and_resume_sends_the_rest_once() {
    for (signal, code) in
        [(libc::SIGINT, 130), (libc::SIGTERM, 143), (libc::SIGHUP, 129), (libc::SIGQUIT, 131)]
    {
        let (scene, receiver) = (Scene::new(), Receiver::start());
        scene.webhook(&receiver.url("/slow/30"));
        dead(&scene, 400);
        let id = plan(&scene, &["--dead"]);
        let run = scene.hookyard(&["webhook", "replay", "--apply", &id]).start();
        receiver.wait_for(40);
        run.signal(signal);
        let transcript = run.finish();
        assert_eq!(transcript.code, Some(code), "{transcript}");
        assert!(
            transcript.stdout.ends_with(&format!("  hookyard webhook replay resume {id}\n")),
            "{transcript}"
        );
        let sent = receiver.count();
        assert!(sent < 400, "too late to prove anything");
        assert_eq!(
            scene.states(),
            format!("dead {}, delivered {sent}", 400 - sent),
            "what was not sent is as it was"
        );
        assert_eq!(
            scene.text("select distinct reason from hookyard.deliveries where state = 'dead'"),
            "schedule used up: 503"
        );
        scene.hookyard(&["webhook", "retry"]).run().succeeds();
        assert_eq!(receiver.count(), sent, "a stopped replay leaves nothing to retry");
        replay(&scene, &["resume", &id]).succeeds();
        assert_eq!((receiver.count(), receiver.ids("/").len()), (400, 400));
    }
}

#[test]
fn kill_9_is_a_pause() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/20"));
    dead(&scene, 300);
    let id = plan(&scene, &["--dead"]);
    let limits = ["--lease", "1s", "--in-flight", "16", "--concurrency", "16", "--per-endpoint", "16"];
    let with = |first: &[&'static str]| -> Vec<String> {
        first
            .iter()
            .map(|s| (*s).to_owned())
            .chain([id.clone()])
            .chain(limits.iter().map(|s| (*s).to_owned()))
            .collect()
    };
    let start =
        |words: &[String]| scene.hookyard(&words.iter().map(String::as_str).collect::<Vec<_>>()).start();
    let mut run = start(&with(&["webhook", "replay", "--apply"]));
    for kills in 1..4 {
        receiver.wait_for(50 * kills);
        run.kill();
        std::thread::sleep(Duration::from_millis(1100));
        run = start(&with(&["webhook", "replay", "resume"]));
    }
    let transcript = run.finish().succeeds();
    assert_eq!(scene.states(), "delivered 300", "{transcript}");
    assert_eq!(receiver.ids("/").len(), 300);
    let repeated = receiver.count() - 300;
    assert!(repeated <= 3 * 16, "{repeated} repeated in three kills");
}

#[test]
fn pause_stops_a_run_elsewhere_and_cancel_ends_it() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/30"));
    dead(&scene, 400);
    let id = plan(&scene, &["--dead"]);
    let run = scene.hookyard(&["webhook", "replay", "--apply", &id]).start();
    receiver.wait_for(30);
    let paused = replay(&scene, &["pause", &id[..30], "--reason", "they are deploying"]).succeeds();
    assert!(paused.stdout.contains("paused"), "{paused}");
    let transcript = run.finish();
    assert_eq!(transcript.code, Some(1), "{transcript}");
    let sent = receiver.count();
    assert!(sent < 400, "too late to prove anything");
    assert_eq!(scene.states(), format!("dead {}, delivered {sent}", 400 - sent));
    let refused = replay(&scene, &["--apply", &id]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.ends_with(&format!("resume {id}\n")), "{refused}");
    let before = scene.text(EVERYTHING);
    replay(&scene, &["cancel", &id, "--dry-run"]).succeeds();
    assert_eq!(scene.text(EVERYTHING), before);
    replay(&scene, &["cancel", &id]).succeeds();
    assert_eq!(replay(&scene, &["resume", &id]).code, Some(1));
    assert_eq!(receiver.count(), sent);
    let listed = replay(&scene, &["list", "--json"]).succeeds().json();
    assert_eq!(listed["state"].as_str(), Some("cancelled"));
    assert_eq!(number(&listed, "accepted"), sent as i64);
    let acts = scene.text("select string_agg(command, ', ' order by acted_at) from hookyard.acts");
    assert_eq!(acts, "webhook replay, webhook replay, webhook replay pause, webhook replay cancel");
}

#[test]
fn an_endpoint_whose_canaries_fail_stops_and_the_others_go_on() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let broken = scene.webhook(&receiver.url("/status/404"));
    dead(&scene, 50);
    let transcript = replay(&scene, &["--dead", "--canary", "2", "--yes"]);
    assert_eq!(transcript.code, Some(1), "{transcript}");
    assert_eq!((receiver.ids("/ok").len(), receiver.ids("/status").len()), (50, 2), "{transcript}");
    assert!(transcript.stdout.contains(&format!("its canaries failed: {broken}")), "{transcript}");
    assert_eq!(scene.states(), "dead 50, delivered 50");
    scene
        .database
        .execute(&format!("update webhooks set url = '{}' where id = '{broken}'", receiver.url("/mended")));
    let id = scene.text("select id from hookyard.plans");
    let resumed = replay(&scene, &["resume", &id]);
    assert_eq!(
        (receiver.ids("/mended").len(), resumed.code),
        (48, Some(1)),
        "its two canaries did not arrive\n{resumed}"
    );
}

#[test]
fn the_rate_is_kept_over_all_processes() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    dead(&scene, 60);
    let id = plan(&scene, &["--dead", "--rate", "20"]);
    let started = Instant::now();
    let runs = [0, 1].map(|_| scene.hookyard(&["webhook", "replay", "--apply", &id]).start());
    for run in runs {
        run.finish();
    }
    assert!(started.elapsed() > Duration::from_millis(2500), "60 at 20 a second in {:?}", started.elapsed());
    let received = receiver.received();
    let busiest = received
        .iter()
        .map(|one| {
            received.iter().filter(|r| r.at >= one.at && r.at < one.at + Duration::from_secs(1)).count()
        })
        .max();
    assert!(busiest.expect("some") <= 26, "{busiest:?} in one second");
    assert_eq!(receiver.count(), 60);
}

#[test]
fn an_endpoint_that_is_down_is_given_up_and_what_waits_stays_as_it_was() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.webhook(&receiver.url("/switch"));
    dead(&scene, 200);
    let transcript = replay(&scene, &["--dead", "--yes"]);
    assert_eq!(transcript.code, Some(1), "{transcript}");
    let tried = receiver.ids("/switch").len();
    assert!((20..=30).contains(&tried), "{tried} requests until the breaker opened\n{transcript}");
    assert!(
        transcript.stdout.contains("still due") && transcript.stdout.contains("breaker is open"),
        "{transcript}"
    );
    assert_eq!(scene.states(), format!("dead {}, delivered 200, pending {tried}", 200 - tried));
    let inactive = scene.webhook(&receiver.url("/off"));
    dead(&scene, 1);
    scene.database.execute(&format!("update webhooks set is_active = false where id = '{inactive}'"));
    let transcript = replay(&scene, &["--endpoint", &inactive, "--yes"]);
    assert_eq!(transcript.code, Some(1), "{transcript}");
    assert!(transcript.stdout.contains("1 × the endpoint is inactive"), "{transcript}");
}

#[test]
fn sessions_that_are_ended_all_the_time_cost_nothing() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/slow/5"));
    dead(&scene, 800);
    let id = plan(&scene, &["--dead"]);
    let mut run = scene
        .hookyard(&[
            "webhook",
            "replay",
            "--apply",
            &id,
            "--in-flight",
            "32",
            "--concurrency",
            "32",
            "--per-endpoint",
            "32",
        ])
        .start();
    let mut cuts = 0;
    while !run.is_over() && cuts < 300 {
        scene.database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where application_name like '%webhook-replay' and datname = current_database()",
        );
        cuts += 1;
        std::thread::sleep(Duration::from_millis(200));
    }
    let transcript = run.finish().succeeds();
    assert!(cuts > 1, "it was over before anything was cut");
    assert_eq!((scene.states().as_str(), receiver.ids("/").len()), ("delivered 800", 800), "{transcript}");
    assert!(receiver.count() <= 800 + 32, "{} requests", receiver.count());
}

#[test]
fn a_database_that_cannot_be_written_to_sends_nothing() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    dead(&scene, 5);
    let id = plan(&scene, &["--dead"]);
    let name = scene.database.name().to_owned();
    scene.database.execute(&format!("alter database {name} set default_transaction_read_only = on"));
    let transcript =
        scene.hookyard(&["webhook", "replay", "--apply", &id]).env("HOOKYARD_TEST_FAULT", "patience:2").run();
    assert_eq!((transcript.code, receiver.count()), (Some(3), 0), "{transcript}");
    let mut session = scene.database.session();
    session.execute("set default_transaction_read_only = off");
    session.execute(&format!("alter database {name} reset default_transaction_read_only"));
    replay(&scene, &["--apply", &id]).succeeds();
    assert_eq!((receiver.count(), scene.states().as_str()), (5, "delivered 5"));
}
