//! Many processes at once: they share the work, each delivery is sent once, and the same event is one event.

use std::collections::HashSet;

use crate::support::{Receiver, Scene};

#[test]
fn twenty_runs_send_four_thousand_deliveries_once_each_and_none_goes_without() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..20).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/slow/60/{n}")))));
    scene.enqueue(200);
    let run = || scene.hookyard(&["webhook", "retry", "--json", "--concurrency", "2"]).start();
    let runs: Vec<_> = (0..20).map(|_| run()).collect();
    let shares: Vec<u64> = runs
        .into_iter()
        .map(|run| run.finish().succeeds().json()["accepted"].as_u64().unwrap_or(0))
        .collect();
    let distinct: HashSet<(String, String)> =
        receiver.received().iter().map(|request| (request.path.clone(), request.id().to_owned())).collect();
    assert_eq!(distinct.len(), 4_000);
    assert_eq!(receiver.count(), 4_000);
    assert_eq!(scene.states(), "delivered 4000");
    assert_eq!(scene.count("select count(*) from hookyard.attempts"), 4_000);
    assert_eq!(shares.iter().sum::<u64>(), 4_000);
    assert!(shares.iter().all(|share| *share >= 20), "{shares:?}");
}

#[test]
fn an_event_sent_by_twenty_processes_at_once_is_one_event() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    (0..3).for_each(|n| drop(scene.webhook(&receiver.url(&format!("/ok/{n}")))));
    let send =
        || scene.hookyard(&["webhook", "send", "entry.completed", "--entry", "SNAP-12345", "--json"]).start();
    let runs: Vec<_> = (0..20).map(|_| send()).collect();
    let answers: Vec<_> = runs.into_iter().map(|run| run.finish().succeeds().json()).collect();
    let ids: HashSet<&str> = answers.iter().filter_map(|answer| answer["event_id"].as_str()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(answers.iter().filter(|answer| answer["created"] == true).count(), 1);
    assert_eq!(scene.count("select count(*) from hookyard.events"), 1);
    assert_eq!(scene.states(), "delivered 3");
    assert_eq!(receiver.count(), 3);
    assert_eq!(scene.count("select count(*) from hookyard.acts"), 1);
}

#[test]
fn a_limit_ends_a_run_that_has_more_to_do() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(30);
    for done in [7, 14] {
        scene.hookyard(&["webhook", "retry", "--limit", "7"]).run().succeeds();
        assert_eq!(receiver.count(), done);
    }
    assert_eq!(scene.count("select count(*) from hookyard.deliveries where lease_until is not null"), 0);
}
