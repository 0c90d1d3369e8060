//! Attempts that are counted as they are written: the report is the same as from the attempts themselves, whoever writes
//! and however, and where something was missed it reads the attempts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::hours::{history, numbers, retry_until_counted};
use super::seen;
use crate::support::{Database, Receiver, Scene, hookyard};

const SINCE: &str =
    "select coalesce(hookyard.writes_counted_since('webhook_delivery_attempts')::text, 'not')";

/// A counted history that ends before the last three hours, whose attempts come from now on. So few rows fit a page that a
/// few thousand are much that is fresh.
fn counting() -> Scene {
    let scene = Scene::new();
    scene
        .database
        .execute("alter table webhook_delivery_attempts set (fillfactor = 10, autovacuum_enabled = off)");
    history(&scene, 2000, 7);
    retry_until_counted(&scene);
    clear_three_hours(&scene);
    assert_eq!(scene.text(SINCE), "not", "nobody has asked for it");
    let since =
        scene.text("select hookyard.count_writes(true) = date_trunc('hour', now()) - interval '2 hours'");
    assert_eq!(since, "t", "the hour after the newest attempt");
    scene.database.execute(&many(9000));
    scene
}

/// Whatever the minute is: of the begun hour and the two before it there is nothing, and nobody has counted them.
fn clear_three_hours(scene: &Scene) {
    scene.database.execute(
        "delete from webhook_delivery_attempts where created_at >= date_trunc('hour', now()) - interval '2 hours';
         delete from hookyard.attempts where started_at >= date_trunc('hour', now()) - interval '2 hours';
         delete from hookyard.counted_hours where hour >= date_trunc('hour', now()) - interval '2 hours';
         delete from hookyard.hours where hour >= date_trunc('hour', now()) - interval '2 hours'",
    );
}

/// Of all statuses, evenly over the begun hour and the two before it.
fn many(rows: u32) -> String {
    format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select ('00000000-0000-4000-8000-0000000009' || lpad((1 + n % 12)::text, 2, '0'))::uuid, '{{}}',
             case when n % 16 = 7 then '{{\"error\": {{\"kind\": \"interrupted\"}}}}' else jsonb_build_object('code', n % 5) end,
             (array[200, 204, 302, 404, 429, 500, 503, 599])[1 + n % 8],
             now() - n * (now() - date_trunc('hour', now()) + interval '119 minutes') / {rows}
         from generate_series(0, {rows} - 1) n"
    )
}

/// The report is what the attempts themselves say, in every part that is counted by hour, and for the same reasons.
fn is_the_same(scene: &Scene, what: &str) {
    let ((written, counted), (live, _)) = (numbers(scene, &[]), numbers(scene, &["--live"]));
    assert!(counted > 100, "{what}: {counted}");
    for (at, part) in ["total", "day", "hours", "by_url", "answers", "endpoints", "failed"].iter().enumerate()
    {
        assert!(written[at] == live[at], "{what}: {part}\n{}\n{}", written[at], live[at]);
    }
    let told = |arguments: &[&str]| {
        let found = seen(scene, arguments);
        let endpoints = found["deliveries"]["endpoints"].as_array().expect("endpoints");
        let reasons: Vec<_> = endpoints.iter().map(|one| one["last_failure"].clone()).collect();
        (reasons, found["tool"]["rescued"].clone(), found["deliveries"]["read_live"].clone())
    };
    assert_eq!(told(&[]), told(&["--live"]), "{what}");
}

/// Hours that lost attempts are counted anew, answer times included.
fn count_anew(scene: &Scene) {
    scene.database.execute(
        "delete from hookyard.attempts h where not exists (
            select from webhook_delivery_attempts a
            where a.webhook_id = h.webhook_id and a.created_at = h.started_at and a.response_status <> 599);
         truncate hookyard.counted_hours, hookyard.hours, hookyard.failed_hours",
    );
    retry_until_counted(scene);
}

/// Whether the report takes what was counted as it was written: it tells what stands there, true or not.
fn is_taken(scene: &Scene) -> bool {
    let attempts = || seen(scene, &[])["deliveries"]["total"]["attempts"].as_i64().expect("a number");
    let before = attempts();
    scene.database.execute("update hookyard.written_hours set attempts = attempts + 1000");
    let after = attempts();
    scene.database.execute("update hookyard.written_hours set attempts = attempts - 1000");
    after != before
}

#[test]
fn the_report_is_the_same_whatever_is_written() {
    let scene = counting();
    is_the_same(&scene, "one statement");
    scene.database.execute("analyze webhook_delivery_attempts");
    is_the_same(&scene, "nothing is fresh");
    assert!(is_taken(&scene));
    assert!(
        scene.count("select count(*) from hookyard.written_hours") < 500,
        "and not a row for each attempt"
    );

    let hour = "date_trunc('hour', now())";
    scene.database.execute(&format!(
        "begin; {}; rollback;
         do $$ begin for n in 1..40 loop
             insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status)
             values ('00000000-0000-4000-8000-000000000903', '{{}}', case when n % 3 = 2
                 then '{{\"error\": {{\"kind\": \"interrupted\"}}}}' else '{{\"code\": 1.0}}' end::jsonb,
                 (array[500, 200, 599])[1 + n % 3]);
         end loop; end $$;
         insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status)
         select id, webhook_id, payload, response_data, 418 from webhook_delivery_attempts
         where created_at >= {hour} - interval '1 hour' and response_status = 404 limit 30
         on conflict (id) do update set response_status = excluded.response_status",
        many(50)
    ));
    is_the_same(&scene, "rolled back, one by one, and on conflict");
    scene.database.execute(&format!(
        "update webhook_delivery_attempts set response_status = 200 where response_status = 503;
         update webhook_delivery_attempts set response_data = '{{\"code\": 77}}' where response_status = 429;
         update webhook_delivery_attempts set created_at = created_at - interval '3 days'
         where response_status = 204 and created_at >= {hour};
         update webhook_delivery_attempts set payload = '{{\"erased\": true}}';
         delete from webhook_delivery_attempts where response_status = 500"
    ));
    count_anew(&scene);
    is_the_same(&scene, "updated and deleted");
    // The year infinity and the far past are in no hour of the window, the future and no time at all in none of these.
    scene.database.execute(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select '00000000-0000-4000-8000-000000000901', '{}', '{}', status, at::timestamptz
         from unnest(array[200, 302, 503]) status,
             unnest(array['infinity', '-infinity', '2001-01-01', (now() + interval '2 days')::text, null]) at",
    );
    is_the_same(&scene, "some clock is wrong");
    scene
        .database
        .execute("drop index idx_webhook_delivery_attempts_created, idx_webhook_delivery_attempts_status");
    is_the_same(&scene, "along the webhooks");
    scene.database.execute("truncate webhook_delivery_attempts");
    assert_eq!(scene.count("select count(*) from hookyard.written_hours"), 0);
}

#[test]
fn what_hookyard_itself_records_is_counted_and_put_together() {
    let (scene, receiver) = (counting(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(20);
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    is_the_same(&scene, "sent");
    scene.database.execute(
        "do $$ begin for n in 1..1200 loop
             insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status)
             values ('00000000-0000-4000-8000-000000000903', '{}', '{}', 503);
         end loop; end $$",
    );
    let rows = || scene.count("select count(*) from hookyard.written_hours");
    let before = (rows(), numbers(&scene, &[]));
    assert!(before.0 > 1200, "{}", before.0);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert!(rows() < 500, "{}", rows());
    assert!(numbers(&scene, &[]) == before.1);
    is_the_same(&scene, "put together");
    assert!(is_taken(&scene));
}

/// Once its hour is counted, what was written in it is of no use, and what comes later is not the whole of it.
#[test]
fn what_belongs_to_counted_hours_goes_and_the_rest_begins_after_them() {
    let scene = counting();
    let counted = "insert into hookyard.counted_hours (hour, passes, counted_at)
        values (date_trunc('hour', now()) - interval '1 hour', 1, now());
        insert into hookyard.hours select date_trunc('hour', a.created_at), a.webhook_id, count(*),
            count(*) filter (where response_status < 300), count(*) filter (where response_status between 400 and 499),
            count(*) filter (where response_status >= 400), count(*) filter (where response_status = 599), ''
        from webhook_delivery_attempts a
        where a.created_at >= date_trunc('hour', now()) - interval '1 hour' and a.created_at < date_trunc('hour', now())
        group by 1, 2";
    scene.database.execute(counted);
    is_the_same(&scene, "counted, and not yet removed");
    scene.database.execute("select hookyard.group_failures('1 minute')");
    is_the_same(&scene, "its failures grouped, and not yet removed");
    scene.database.execute("select hookyard.merge_written()");
    assert_eq!(
        scene.count("select count(*) from hookyard.written_hours where hour < date_trunc('hour', now())"),
        0
    );
    assert_eq!(scene.text(&format!("{SINCE} = date_trunc('hour', now())::text")), "t");
    is_the_same(&scene, "removed");
    // As `database prune` and a new count do.
    count_anew(&scene);
    is_the_same(&scene, "nothing was counted any more");
    assert!(is_taken(&scene));
}

#[test]
fn where_something_was_missed_the_attempts_are_read_again() {
    let scene = counting();
    let table = "alter table webhook_delivery_attempts";
    scene.database.execute(&format!("{table} disable trigger hookyard_counts_deleted"));
    scene.database.execute("delete from webhook_delivery_attempts where response_status = 404");
    assert_eq!(scene.text(SINCE), "not");
    scene.database.execute(&format!("{table} enable trigger hookyard_counts_deleted"));
    assert_eq!(scene.text(SINCE), "not", "it is another trigger now");
    count_anew(&scene);
    is_the_same(&scene, "a trigger was disabled for a while");
    let told = hookyard(&["database", "status"]).database(&scene.database).run().succeeds().stdout;
    let (_, told) =
        told.split_once("noted: attempts are no longer counted as they are written: ").expect("a finding");
    let typed = told
        .lines()
        .nth(1)
        .and_then(|line| line.trim().strip_prefix("as the table's owner: "))
        .expect("a fix");

    // What is told is right: it begins with the hour after the newest attempt, and nothing is counted twice.
    clear_three_hours(&scene);
    assert_ne!(scene.text(typed.trim_end_matches(';')), "");
    scene.database.execute(&many(2000));
    is_the_same(&scene, "begun anew");
    assert!(is_taken(&scene));
    let after = hookyard(&["database", "status"]).database(&scene.database).run().succeeds().stdout;
    assert!(!after.contains("counted as they are written"), "{after}");

    // Whoever writes an attempt writes it, whatever becomes of the count.
    let count = || scene.count("select count(*) from webhook_delivery_attempts");
    let before = count();
    scene
        .database
        .execute("alter table hookyard.written_hours add constraint broken check (attempts < 0) not valid");
    scene.database.execute(&many(100));
    assert_eq!(count(), before + 100);
    scene.database.execute("alter table hookyard.written_hours drop constraint broken");
    assert_eq!(scene.text(SINCE), "not", "and it is known that something was missed");
    is_the_same(&scene, "something could not be counted");
    // An attempt to begin anew that comes to nothing has forgotten nothing.
    scene.database.execute("begin; select hookyard.count_writes(true); rollback");
    assert_eq!(scene.text(SINCE), "not");
    // Nor does a look that began before somebody begins anew take what was missed for counted.
    let mut early = scene.database.session();
    early.execute("begin isolation level repeatable read; select from hookyard.counted_writes");
    scene.database.execute("select hookyard.count_writes(true)");
    assert_eq!(early.query_text(SINCE)[0][0].as_deref(), Some("not"));
    assert_ne!(scene.text(SINCE), "not");
    drop(early);
    scene.database.execute("create table later_attempts () inherits (webhook_delivery_attempts)");
    assert_eq!(scene.text(SINCE), "not", "what is written to it fires nothing here");
    scene.database.execute("drop table later_attempts");
    assert_ne!(scene.text(SINCE), "not");
    assert_eq!(scene.text("select hookyard.count_writes(false) is null"), "t");
    let triggers = "select count(*) from pg_trigger where tgname like 'hookyard%'";
    assert_eq!(scene.count(triggers) + scene.count("select count(*) from hookyard.written_hours"), 0);
}

/// Two looks of one report, and what is put together or removed between them.
#[test]
fn what_is_put_together_while_a_report_is_made_is_in_it_once() {
    let scene = counting();
    let expected = seen(&scene, &["--live"])["deliveries"].clone();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut session = scene.database.session();
            while !done.load(Ordering::Relaxed) {
                session.execute(
                    "begin;
                     insert into hookyard.written_hours
                     select hour, webhook_id, response_status, answer, is_interrupted, sign, last_at, example_id, false
                     from hookyard.written_hours cross join unnest(array[1, -1, 1, -1, 1, -1]) sign;
                     select hookyard.merge_written();
                     commit",
                );
            }
        });
        let reports = || (0..40).map(|_| seen(&scene, &[])["deliveries"].clone()).collect::<Vec<_>>();
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(reports));
        done.store(true, Ordering::Relaxed);
        for deliveries in seen.expect("forty reports") {
            assert_eq!(deliveries["total"], expected["total"]);
            assert!(deliveries["failed"] == expected["failed"], "the groups of failures");
        }
    });
}

#[test]
fn only_the_owner_decides_and_nobody_waits_for_long() {
    let database = Database::foreign_migrated();
    let count = "select hookyard.count_writes(true)";
    let refused =
        database.session_as("hookyard_app").attempt(count).expect_err("it is somebody else's table");
    assert!(refused.contains("permission denied for table webhook_delivery_attempts"), "{refused}");
    let begin = "select hookyard.begin_counting('webhook_delivery_attempts', now())";
    let refused = database.session_as("hookyard_app").attempt(begin).expect_err("nor by the back door");
    assert!(refused.contains("only the owner of"), "{refused}");

    let mut busy = database.session();
    busy.execute(
        "begin; insert into webhook_delivery_attempts select * from webhook_delivery_attempts limit 0",
    );
    let started = Instant::now();
    let refused = database.session_as("platform_owner").attempt(count).expect_err("somebody writes");
    assert!(refused.contains("lock timeout") && started.elapsed() < Duration::from_secs(3), "{refused}");
    busy.execute("rollback");
    let mut owner = database.session_as("platform_owner");
    let refused = owner.attempt("begin isolation level repeatable read; select hookyard.count_writes(true)");
    assert!(refused.expect_err("the newest attempt may not be seen").contains("read committed"));
    owner.execute("rollback");
    owner.execute(count);
    assert_ne!(database.value(SINCE), "not");
    // The host's own role writes, and needs no right on anything of ours.
    owner.execute(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select webhook_id, payload, response_data, response_status, now() from webhook_delivery_attempts limit 1",
    );
    assert_eq!(database.value("select sum(attempts) from hookyard.written_hours"), "1");
    drop(owner);

    let scene = Scene::new();
    scene.database.execute("create table later_attempts () inherits (webhook_delivery_attempts)");
    let refused =
        scene.database.session().attempt(count).expect_err("what is written to it fires nothing here");
    assert!(refused.contains("has partitions"), "{refused}");
}

/// Only where there is much to read: nobody is asked for triggers without need.
#[test]
fn whoever_has_much_to_read_is_asked_for_it() {
    let scene = Scene::new();
    history(&scene, 500, 30);
    retry_until_counted(&scene);
    let status = || hookyard(&["database", "status"]).database(&scene.database).run().succeeds().stdout;
    let asked = "triggers can count them";
    assert!(!status().contains(asked));
    scene.database.execute(
        "update hookyard.hours set attempts = 60000
         where (hour, webhook_id) in (select hour, webhook_id from hookyard.hours order by hour desc limit 1)",
    );
    let told = status();
    let noted = told.split("\n\n").find(|part| part.contains(asked)).expect("a finding");
    insta::assert_snapshot!(noted, @r"
    noted: there were 60001 attempts in one hour, and reports read those of the newest hours one by one; triggers can count them as they are written, which adds some 50 µs to a statement, and a twentieth to one that writes many
      as the table's owner: select hookyard.count_writes(true);
    ");
    scene.database.execute("select hookyard.count_writes(true)");
    assert!(!status().contains(asked));
}
