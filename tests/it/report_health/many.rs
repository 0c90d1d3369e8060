//! Thousands of endpoints: the worst are shown, the others told of, and the memory is what a small machine has.

use super::health;
use crate::support::{Scene, Transcript};

/// Endpoints with a week of counted hours each; one in a hundred fails, each of these a little more than the last.
fn crowd(scene: &Scene, endpoints: u32) {
    scene.database.execute(&format!(
        "insert into webhooks (id, url, events, api_key_id, inserted_at, updated_at)
         select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'https://h' || n || '.example.com/in',
             '{{}}', (select id from api_keys limit 1), now(), now()
         from generate_series(1, {endpoints}) n;
         insert into hookyard.counted_hours (hour, passes, counted_at)
         select date_trunc('hour', now(), 'UTC') - n * interval '1 hour', 1, now() from generate_series(1, 168) n;
         insert into hookyard.hours (hour, webhook_id, attempts, successes, refused, failures, no_answer, answers)
         select c.hour, w.id, 1000, 1000 - f.failures, f.failures, f.failures, 0, '\\x000500000064000a00000032'
         from hookyard.counted_hours c cross join generate_series(1, {endpoints}) n
         join webhooks w on w.id = ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
         cross join lateral (select case when n % 100 = 0 then n / 100 else 0 end as failures) f;
         analyze webhooks, hookyard.hours"
    ));
}

/// The answer, and at no time more memory than so many MiB.
fn within(scene: &Scene, arguments: &[&str], mib: u64) -> Transcript {
    let (told, peak) =
        scene.hookyard(&[&["report", "health"], arguments].concat()).start().finish_with_peak();
    assert_eq!(told.code, Some(0), "{told}");
    assert!((1..mib * 1024).contains(&peak), "{peak} KiB");
    told
}

#[test]
fn of_thousands_the_worst_are_shown_and_the_others_are_told_of() {
    let scene = Scene::new();
    crowd(&scene, 2500);
    let told = within(&scene, &[], 64);
    let shown: Vec<&str> =
        told.stdout.lines().filter_map(|line| line.split("https://h").nth(1)?.split('.').next()).collect();
    let worst: Vec<String> = (6..=25).rev().map(|n| (n * 100).to_string()).collect();
    assert_eq!(shown, worst, "{told}");
    assert!(told.stdout.contains("  2480 more endpoints are not shown; --json has all\n"), "{told}");

    // A program gets every hour of every endpoint; it is written out, not built up beside itself.
    let found = within(&scene, &["--json"], 96).json();
    assert_eq!(found["deliveries"]["endpoints"].as_array().map(Vec::len), Some(2500));
    let rows = health(&scene, &["--csv"]).stdout.matches("\r\n").count();
    assert_eq!(rows, 2501, "a spreadsheet has all of them");
}
