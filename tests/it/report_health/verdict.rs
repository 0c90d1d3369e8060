//! Limits decide: by default, by flag, by configuration, for one endpoint; and the exit code says what was decided.

use super::{health, seen};
use crate::support::{Files, Receiver, Scene};

/// Twenty attempts, of which so many were refused.
fn refused(count: usize) -> (Scene, String) {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let good = scene.webhook(&receiver.url("/ok"));
    scene.database.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status)
         select '{good}', '{{}}', '{{}}', case when n <= {count} then 404 else 200 end from generate_series(1, 40) n"
    ));
    (scene, good)
}

fn names(found: &serde_json::Value) -> Vec<String> {
    let reasons = found["reasons"].as_array().expect("a list");
    reasons
        .iter()
        .map(|one| {
            format!("{} {}", one["level"].as_str().expect("text"), one["name"].as_str().expect("text"))
        })
        .collect()
}

#[test]
fn a_rate_is_ok_degraded_or_failing_and_the_exit_code_follows() {
    for (count, level, code) in [(1, "ok", 0), (3, "degraded", 0), (9, "failing", 1)] {
        let (scene, _) = refused(count);
        let told = health(&scene, &["--json"]).exits(code);
        assert_eq!(told.json()["deliveries"]["level"], level, "{count}");
        assert_eq!(told.json()["level"], level, "{count}");
    }
}

#[test]
fn limits_are_chosen_on_the_command_line_and_in_the_configuration() {
    let (scene, id) = refused(9);
    assert_eq!(names(&seen(&scene, &[])), ["failing success"]);
    assert_eq!(names(&seen(&scene, &["--fail-on", "success=50"])), ["degraded success"]);
    assert_eq!(names(&seen(&scene, &["--fail-on", "success=off", "--warn", "success=off"])), [""; 0]);
    let files = Files::new();
    let file = files.write(
        "hookyard.toml",
        format!("[health]\nfail_on = 'success=50'\nwarn = 'success=50'\n[health.endpoints.'{id}']\nfail_on = 'success=90'"),
    );
    let own = seen(&scene, &["--config", &file]);
    assert_eq!(names(&own), ["failing success"], "its own limit counts in full");
    assert_eq!(own["reasons"][0]["webhook_id"], id);
    let over = seen(&scene, &["--config", &file, "--warn", "success=80"]);
    assert_eq!(names(&over), ["failing success", "degraded success"], "a flag wins over the file");
    for (text, told) in [
        ("[health]\nwarn = 'sucess=1'", "health.warn in the configuration: there is no limit `sucess`"),
        ("[health.endpoints.x]\nwarn = ''", "health.endpoints: `x` is no webhook's id"),
    ] {
        let file = files.write("wrong.toml", text);
        let told_so = health(&scene, &["--config", &file]).exits(4);
        assert!(told_so.stderr.contains(told), "{told_so}");
    }
    for wrong in ["success>95", "success=101", "uptime=1", "oldest-due=ten", "dead=-1"] {
        health(&scene, &["--fail-on", wrong]).exits(2);
    }
}

#[test]
fn what_waits_dies_and_stays_away_is_told_with_its_reason() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    for path in ["/status/404", "/status/410", "/ok"] {
        scene.webhook(&receiver.url(path));
    }
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    assert_eq!(names(&seen(&scene, &[])), ["degraded dead", "degraded flagged", "degraded alerts"]);
    scene.enqueue(2);
    scene.database.execute(
        "update hookyard.deliveries set next_attempt_at = now() - interval '22 min' where state = 'pending'",
    );
    let late = health(&scene, &[]).exits(1);
    assert!(
        late.stdout.contains("failing   deliveries  the oldest due delivery waits 22 min (limit 15 min)"),
        "{late}"
    );

    // A cron job that fell silent, by its own rhythm.
    scene.database.execute(
        "delete from hookyard.runs;
         insert into hookyard.runs (id, command, host, pid, operator, started_at, seen_at, finished_at)
         select hookyard.new_id(), 'webhook retry', 'h', 1, 'o', t, t + interval '1 s', t + interval '1 s'
         from generate_series(now() - interval '1 hour', now() - interval '17 min', interval '1 min') t",
    );
    let silent = seen(&scene, &["--fail-on", "oldest-due=off"]);
    assert!(names(&silent).contains(&"failing silence".to_owned()), "{silent}");
    let what = silent["reasons"][0]["what"].as_str().expect("text");
    assert_eq!(what, "webhook retry has not run for 16 min, usually every 60 s (limit 10 ×)");
}
