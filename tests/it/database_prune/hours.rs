//! Counted hours do not outlive what they count.

use super::{delivered, prune};
use crate::support::Scene;

fn count_everything(scene: &Scene) {
    for _ in 0..200 {
        scene.hookyard(&["webhook", "retry"]).run().succeeds();
        if scene.text("select coalesce(hookyard.uncounted_hour()::text, 'none')") == "none" {
            return;
        }
    }
    panic!("two hundred runs do not count a month");
}

/// Attempts of a month, by the report, as it usually reads and with every attempt counted anew.
fn attempts(scene: &Scene) -> [i64; 2] {
    [
        &["report", "health", "--window", "31d", "--json"][..],
        &["report", "health", "--window", "31d", "--json", "--live"],
    ]
    .map(|verb| {
        scene.hookyard(verb).run().json()["deliveries"]["total"]["attempts"].as_i64().expect("a number")
    })
}

#[test]
fn hours_that_count_what_is_gone_go_along_and_the_others_stay() {
    let scene = Scene::new();
    scene.webhook("https://crm.example/in");
    scene.webhook("https://alerts.example/in");
    delivered(&scene, 4, 20);
    delivered(&scene, 3, 10);
    delivered(&scene, 2, 3);
    // Another application's attempt of those days stays, and so does its part of the report.
    scene.database.execute(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select id, '{}', '{}', 200, (select min(created_at) from webhook_delivery_attempts) from webhooks",
    );
    count_everything(&scene);
    let since = scene.text("select now() - interval '6 days'");
    let young = format!("select count(*) from hookyard.counted_hours where hour >= '{since}'");
    let counted = scene.count(&young);
    assert_eq!(attempts(&scene), [38, 38]);

    let dry = prune(&scene, &["--older-than", "7d", "--dry-run", "--json"]).succeeds().json();
    let done = prune(&scene, &["--older-than", "7d", "--yes", "--json"]).succeeds().json();
    assert_eq!(done["rows"], dry["rows"], "exactly what was counted");
    assert_eq!(done["rows"]["hours"], 4, "two endpoints in two hours");
    assert_eq!(scene.count(&young), counted, "what counts what is there stays");
    let before = done["before"].as_str().expect("a time");
    let old = format!("select count(*) from hookyard.counted_hours where hour < '{before}'");
    assert_eq!(scene.count(&old), 0);
    assert_eq!(attempts(&scene), [10, 10], "the report does not count what is gone");

    // Counted anew from what is left, and then there is nothing to remove.
    count_everything(&scene);
    assert_eq!(attempts(&scene), [10, 10]);
    let again = prune(&scene, &["--older-than", "7d", "--yes"]);
    assert_eq!(again.to_string(), "(nothing)\n--- stderr\n(nothing)\n--- exit 0");
}

/// Where nobody counts any longer, nobody but this removes what was counted.
#[test]
fn hours_that_no_report_asks_for_go_by_themselves() {
    let scene = Scene::new();
    scene.database.execute(
        "insert into hookyard.counted_hours (hour, passes, counted_at)
         select date_trunc('hour', now()) - n * interval '1 day', 1, now() from unnest(array[10, 95, 96]) n;
         insert into hookyard.hours (hour, webhook_id, attempts, successes, refused, failures, no_answer)
         select hour, gen_random_uuid(), 1, 1, 0, 0, 0 from hookyard.counted_hours, generate_series(1, 3)",
    );
    let told = prune(&scene, &["--older-than", "90d", "--yes", "--json"]).succeeds().json();
    assert_eq!(told["rows"]["hours"], 6);
    assert_eq!(scene.count("select count(*) from hookyard.hours"), 3);
    let told = prune(&scene, &["--older-than", "7d", "--yes", "--json"]).succeeds().json();
    assert_eq!(told["rows"]["hours"], 0, "nothing has gone, so what is counted is right");
}
