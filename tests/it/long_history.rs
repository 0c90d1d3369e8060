//! A long history costs nobody who does not ask for it: the server's own count of what was read.

use std::time::Duration;

use crate::report_health::hours::{enter_own, history, retry_until_counted};
use crate::support::Scene;

/// A hundred thousand attempts of a month, which lie in no order.
fn long() -> Scene {
    let scene = Scene::new();
    history(&scene, 100_000, 0);
    scene
        .database
        .execute("update webhook_delivery_attempts set created_at = now() - (random() * interval '30 days')");
    enter_own(&scene);
    scene.database.execute("vacuum analyze webhook_delivery_attempts, hookyard.attempts");
    // A session that goes on tells its numbers after ten idle seconds, unless it is asked to.
    scene.database.execute(
        "do $$ begin
            if current_setting('server_version_num')::integer >= 150000 then perform pg_stat_force_next_flush(); end if;
         end $$",
    );
    scene
}

/// Of both tables of attempts: rows that scans of a whole table gave, and all others.
fn read(scene: &Scene) -> (i64, i64) {
    let text = scene.text(
        "select sum(t.seq_tup_read) || ' ' || sum(coalesce(t.idx_tup_fetch, 0)) + (
            select sum(x.idx_tup_read) from pg_stat_user_indexes x where x.relname in ('webhook_delivery_attempts', 'attempts'))
         from pg_stat_user_tables t where t.relname in ('webhook_delivery_attempts', 'attempts')",
    );
    let (all, some) = text.split_once(' ').expect("two");
    (all.parse().expect("a number"), some.parse().expect("a number"))
}

/// Sessions tell their numbers when they end, and the server passes them on a moment later.
fn settled(scene: &Scene) -> (i64, i64) {
    let mut last = read(scene);
    loop {
        std::thread::sleep(Duration::from_millis(1200));
        let now = read(scene);
        if now == last {
            return now;
        }
        last = now;
    }
}

/// What a command read: rows that scans gave, and all others.
fn rows_read(scene: &Scene, arguments: &[&str]) -> (i64, i64) {
    let before = settled(scene);
    scene.hookyard(arguments).run();
    let after = settled(scene);
    (after.0 - before.0, after.1 - before.1)
}

#[test]
fn a_report_reads_a_hundredth() {
    let scene = long();
    retry_until_counted(&scene);
    let (all, rows) = rows_read(&scene, &["report", "health", "--window", "7d", "--json"]);
    assert_eq!(all, 0, "no scan of all attempts");
    assert!(rows > 0, "something was read");
    // Two begun hours, of both tables, and their failures once more; a day's failures alone are 1700.
    assert!(rows < 4_000, "{rows} of 200000");
}

#[test]
fn a_look_at_one_endpoint_reads_its_newest() {
    let scene = long();
    let (all, rows) = rows_read(&scene, &["webhook", "doctor", "00000000-0000-4000-8000-000000000905"]);
    assert_eq!(all, 0, "no scan of all attempts");
    assert!((1..100).contains(&rows), "{rows} of 200000");
}

/// Whoever else delivers is found among the newest, a scan of a hundred pages.
#[test]
fn the_state_of_the_database_is_found_among_the_newest() {
    let scene = long();
    let (all, rows) = rows_read(&scene, &["database", "status"]);
    assert!((1..15_000).contains(&all) && rows < 15_000, "{all} and {rows} of 200000");
}
