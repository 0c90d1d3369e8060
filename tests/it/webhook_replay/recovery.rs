//! An endpoint that comes back after an outage: its backlog arrives at a pace, and nobody else waits for it.

use super::*;
use crate::support::Received;

/// The most that arrived within any one second.
fn busiest(received: &[Received]) -> usize {
    let mut first = 0;
    let within = |last: usize, first: usize| received[last].at - received[first].at < Duration::from_secs(1);
    (0..received.len())
        .map(|last| {
            while !within(last, first) {
                first += 1;
            }
            last - first + 1
        })
        .max()
        .unwrap_or(0)
}

#[test]
fn after_an_outage_the_probe_opens_the_way_and_the_pace_is_kept() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/switch"));
    dead(&scene, 150);
    replay(&scene, &["--dead", "--yes"]);
    receiver.recover();
    scene.database.execute("update hookyard.endpoints set probe_at = now()");
    let before = receiver.count();
    let id = scene.text("select id from hookyard.plans");
    replay(&scene, &["resume", &id]);
    let after = &receiver.received()[before..];
    assert_eq!(after.len(), 150 - before);
    assert!(busiest(after) <= 50, "{} within a second of a recovery", busiest(after));
}

/// Five thousand wait for one endpoint; what is owed to another is not among them in the queue.
#[test]
fn the_backlog_of_one_endpoint_delays_no_other() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let down = scene.webhook(&receiver.url("/switch"));
    dead(&scene, 5000);
    let other = scene.webhook(&receiver.url("/other"));
    scene.database.execute(&format!("update webhooks set is_active = false where id = '{down}'"));
    dead(&scene, 500);
    scene.database.execute(&format!(
        "update webhooks set is_active = true where id = '{down}';
         insert into hookyard.endpoints (webhook_id, paced_until, paced_at) values ('{down}', now() + interval '60 s', now())"
    ));
    receiver.recover();
    let mut run = scene.hookyard(&["webhook", "replay", "--dead", "--yes"]).start();
    let until = Instant::now() + Duration::from_secs(120);
    while receiver.ids("/other").len() < 500 {
        assert!(!run.is_over() && Instant::now() < until, "{} of 500", receiver.ids("/other").len());
        std::thread::sleep(Duration::from_millis(50));
    }
    let received = receiver.received();
    let paced: Vec<Received> = received.into_iter().filter(|one| one.path == "/switch").collect();
    run.signal(libc::SIGTERM);
    let transcript = run.finish();
    assert!(paced.len() < 4000, "{} of the backlog went before the other's last\n{transcript}", paced.len());
    assert!(busiest(&paced) <= 50, "{} within a second of a recovery\n{transcript}", busiest(&paced));
    assert_eq!(receiver.ids("/other").values().sum::<usize>(), 500, "each once, to {other}");
}
