//! Hours that are counted once: the report is the same with and without them, and late rows are counted again.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{health, seen};
use crate::support::{Database, Files, Receiver, Scene, hookyard};

/// Attempts over forty days, one every so many minutes, of every outcome; every seventh endpoint's is ours.
pub fn history(scene: &Scene, rows: u32, minutes: u32) {
    scene.database.execute(&format!(
        "insert into webhooks (id, url, events, api_key_id, inserted_at, updated_at)
         select ('00000000-0000-4000-8000-0000000009' || lpad(n::text, 2, '0'))::uuid, 'https://h' || n || '.example.com',
             '{{}}', (select id from api_keys limit 1), now(), now()
         from generate_series(1, 12) n;
         insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select ('00000000-0000-4000-8000-0000000009' || lpad((1 + n % 12)::text, 2, '0'))::uuid, '{{}}',
             jsonb_build_object('code', n % 5),
             (array[200, 204, 302, 404, 429, 500, 503, 599])[1 + n * 5 % 8], now() - n * interval '{minutes} minutes'
         from generate_series(1, {rows}) n"
    ));
    enter_own(scene);
}

/// As ours what the documented table has.
pub fn enter_own(scene: &Scene) {
    scene.database.execute(
        "truncate hookyard.attempts;
         insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
         select (left(hookyard.first_id(w.created_at)::text, 19) || substr(gen_random_uuid()::text, 20))::uuid,
             case when w.response_status between 200 and 299 then 'accepted' else 'rejected' end,
             gen_random_uuid(), w.webhook_id, 1, w.created_at, 1000 + (random() * 1000000)::int8, w.response_status
         from webhook_delivery_attempts w where w.response_status <> 599;
         analyze webhook_delivery_attempts, hookyard.attempts",
    );
}

/// Everything that is counted by hour, and nothing that says how it was counted.
pub fn numbers(scene: &Scene, arguments: &[&str]) -> (serde_json::Value, i64) {
    let found = seen(scene, arguments);
    let deliveries = &found["deliveries"];
    let endpoints: Vec<_> = deliveries["endpoints"]
        .as_array()
        .expect("endpoints")
        .iter()
        .map(|one| {
            let keys = [
                "webhook_id",
                "attempts",
                "successes",
                "failures",
                "no_answer",
                "hours",
                "p50_ms",
                "p95_ms",
                "last_success_at",
                "last_failure_at",
            ];
            keys.map(|key| one[key].clone())
        })
        .collect();
    let all = serde_json::json!([
        deliveries["total"],
        deliveries["day"],
        deliveries["hours"],
        deliveries["by_url"],
        deliveries["answers"],
        endpoints,
        deliveries["failed"]
    ]);
    (all, deliveries["counted_hours"].as_i64().expect("a number"))
}

/// And their failures grouped.
pub fn retry_until_counted(scene: &Scene) {
    let left = "select hookyard.uncounted_hour() is not null or exists (select from hookyard.counted_hours
        where grouped_pass < passes and hour > now() - interval '24 hours')";
    for _ in 0..100 {
        scene.hookyard(&["webhook", "retry"]).run().succeeds();
        if scene.text(left) == "f" {
            return;
        }
    }
    panic!("a hundred runs do not count a month");
}

/// A run has a quarter of a second for hours, and a new database has a month of them in which nothing happened.
#[test]
fn empty_hours_before_the_first_attempt_are_counted_at_one_stroke() {
    let scene = Scene::new();
    let uncounted = "select coalesce(hookyard.uncounted_hour()::text, 'none')";
    // No time at all is time for one hour.
    assert_eq!(scene.text("select hookyard.count_hours('0')"), "0");
    assert_eq!(scene.text(uncounted), "none");
    assert_eq!(scene.text("select count(*) in (743, 744) from hookyard.counted_hours"), "t");

    let scene = Scene::new();
    let webhook = scene.webhook("https://hooks.example/");
    scene.database.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select '{webhook}', '{{}}', '{{}}', 200, date_trunc('hour', now()) - interval '1 hour' * n
         from generate_series(2, 40) n"
    ));
    assert_eq!(scene.text("select hookyard.count_hours('0')"), "1");
    let early = "from hookyard.counted_hours where hour < date_trunc('hour', now()) - interval '40 hours'";
    assert_eq!(scene.text(&format!("select count(*) in (703, 704) {early}")), "t");
    assert_ne!(scene.text(uncounted), "none", "what comes behind it is counted one by one");
    retry_until_counted(&scene);
    assert_eq!(scene.text("select sum(attempts) from hookyard.hours"), "39");
}

#[test]
fn the_report_is_the_same_with_and_without_counted_hours() {
    let scene = Scene::new();
    history(&scene, 4000, 11);
    let (before, counted) = numbers(&scene, &[]);
    assert_eq!(counted, 0);
    retry_until_counted(&scene);
    let (after, counted) = numbers(&scene, &[]);
    assert!((166..=168).contains(&counted), "{counted}");
    assert!(after == before, "{before}\n{after}");
    assert!(numbers(&scene, &["--live"]) == (before, 0));
    assert!(after[4]["days"].as_array().is_some_and(|days| days.len() >= 7), "{}", after[4]);
}

/// It decides how attempts are read, and changes no number.
#[test]
fn whether_attempts_lie_as_they_came_is_noted_with_counted_hours() {
    let scene = Scene::new();
    history(&scene, 2000, 5);
    retry_until_counted(&scene);
    let noted = "select is_in_order from hookyard.counted_hours order by hour desc limit 1";
    assert_eq!(scene.text(noted), "t");
    let (expected, _) = numbers(&scene, &[]);
    for known in ["false", "null"] {
        scene.database.execute(&format!("update hookyard.counted_hours set is_in_order = {known}"));
        assert!(numbers(&scene, &[]).0 == expected, "{known}");
    }
    // Payloads that were erased: these rows lie at the end now.
    scene.database.execute(
        "update webhook_delivery_attempts set payload = '{\"erased\": true}' where id in (
            select id from webhook_delivery_attempts order by md5(id::text) limit 1000);
         analyze webhook_delivery_attempts;
         delete from hookyard.counted_hours where hour = (select max(hour) from hookyard.counted_hours)",
    );
    retry_until_counted(&scene);
    assert_eq!(scene.text(noted), "f");
    assert!(numbers(&scene, &[]).0 == expected);
}

/// Slowness has a reason and an end, and both are said; whoever wants everything counted anew needs neither.
#[test]
fn what_is_read_one_by_one_is_said_with_what_ends_it() {
    let scene = Scene::new();
    assert_eq!(seen(&scene, &[])["deliveries"]["read_live"], serde_json::Value::Null, "nothing was read");
    history(&scene, 500, 15);
    let told = seen(&scene, &[])["deliveries"]["read_live"].clone();
    crate::support::has_the_promised_keys(&told, "report_health.read_live");
    assert_eq!(told["to_type"], "hookyard webhook retry");
    let line = |scene: &Scene| {
        let all = health(scene, &[]).stdout;
        all.lines().find(|line| line.ends_with("hookyard webhook retry")).map(str::to_owned)
    };
    let text = line(&scene).expect("a line");
    assert!(text.contains(" attempts were read one by one: 12"), "{text}");
    assert!(!health(&scene, &["--nagios"]).stdout.contains("read"));
    let files = Files::new();
    let page = files.path("health.html").display().to_string();
    let markdown = health(&scene, &["--markdown", "--html", &page]).stdout;
    let note = markdown.lines().find(|line| line.starts_with("- note: ")).expect("a note");
    assert!(note.ends_with(" counts some: `hookyard webhook retry`"), "{note}");
    let html = std::fs::read_to_string(&page).expect("a page");
    assert!(html.contains(" counts some: <code>hookyard webhook retry</code></p>"), "{html}");
    let slow = "\nhookyard_attempts_read_one_by_one 1\n";
    assert!(health(&scene, &["--prometheus"]).stdout.contains(slow));
    assert_eq!(seen(&scene, &["--live"])["deliveries"]["read_live"], serde_json::Value::Null);
    retry_until_counted(&scene);
    assert_eq!(seen(&scene, &[])["deliveries"]["read_live"], serde_json::Value::Null);
    assert_eq!(line(&scene), None);
    let (markdown, metrics) =
        (health(&scene, &["--markdown"]).stdout, health(&scene, &["--prometheus"]).stdout);
    assert!(!markdown.contains("note:") && metrics.contains("\nhookyard_attempts_read_one_by_one 0\n"));

    scene
        .database
        .execute("drop index idx_webhook_delivery_attempts_webhook, idx_webhook_delivery_attempts_created");
    let told = seen(&scene, &[])["deliveries"]["read_live"].clone();
    assert_eq!(told["what"], "all attempts are read through: no index on (webhook_id, created_at)");
    let typed = told["to_type"].as_str().expect("text");
    scene.hookyard(&typed.split(' ').skip(1).collect::<Vec<_>>()).run().succeeds();
    assert_eq!(
        seen(&scene, &[])["deliveries"]["read_live"],
        serde_json::Value::Null,
        "what was told was right"
    );
}

/// Where reading takes too long, the newest days are told, and what is missing: that is worth more than an error.
#[test]
fn what_cannot_be_read_in_time_is_missing_and_said() {
    let scene = Scene::new();
    history(&scene, 100_000, 0);
    scene.database.execute(
        "update webhook_delivery_attempts set created_at = now() - random() * interval '6 days';
         analyze webhook_delivery_attempts",
    );
    let all = seen(&scene, &[]);
    assert_eq!(
        (&all["deliveries"]["missing"], all["deliveries"]["total"]["attempts"].as_i64()),
        (&serde_json::Value::Null, Some(100_000))
    );
    let hurried =
        |form: &str| scene.hookyard(&["report", "health", form]).env("HOOKYARD_TEST_FAULT", "days:2").run();
    let told = hurried("--json").exits(1).json();
    let found = &told["deliveries"];
    crate::support::has_the_promised_keys(&found["missing"], "report_health.read_live");
    assert_eq!(found["missing"]["to_type"], "hookyard webhook retry");
    let what = found["missing"]["what"].as_str().expect("text");
    assert!(what.starts_with("attempts of 1") && what.contains(" hours before 2"), "{what}");
    assert_eq!(found["day"], all["deliveries"]["day"], "the newest are read first");
    let read = found["total"]["attempts"].as_i64().expect("a number");
    assert!((20_000..50_000).contains(&read), "two days of six: {read}");
    assert!(
        told["reasons"].as_array().expect("reasons").iter().any(|one| one["name"] == "missing"),
        "{told}"
    );
    assert!(hurried("--markdown").stdout.contains(what));
    assert!(hurried("--prometheus").stdout.contains("\nhookyard_attempts_missing 1\n"));
    // An hour that is missing is not one in which nothing was.
    let hours = found["hours"].as_array().expect("hours");
    let missing = hours.iter().filter(|hour| hour["is_missing"] == true).count();
    assert!(what.starts_with(&format!("attempts of {missing} hours")), "{missing}: {what}");
    assert!(hours.iter().all(|hour| hour["is_missing"] == false || hour["attempts"] == 0), "{found}");
    let files = Files::new();
    let path = files.path("health.html");
    let page = ["report", "health", "--html", path.to_str().expect("a path")];
    scene.hookyard(&page).env("HOOKYARD_TEST_FAULT", "days:2").run().exits(1);
    let html = std::fs::read_to_string(path).expect("a page");
    assert!(html.contains(&format!("failed. {missing} hours are missing.</desc>")), "said");
    assert_eq!(html.matches("\nmissing\n</text>").count(), 2, "drawn, wide and narrow");
    assert!(
        html.contains("<td class=\"n\">–</td>") && html.contains("<td class=\"n\">≥ "),
        "and in the table"
    );
    let plugin =
        ["report", "health", "--nagios", "--warn", "success=off,dead-tuples=off", "--fail-on", "success=off"];
    let line = scene.hookyard(&plugin).env("HOOKYARD_TEST_FAULT", "days:2").run().exits(1).stdout;
    assert!(line.starts_with("HOOKYARD WARNING: missing 1"), "so many hours: {line}");
    let none = scene.hookyard(&["report", "health"]).env("HOOKYARD_TEST_FAULT", "days:0").run().succeeds();
    assert!(none.stdout.contains("`·` is none, `?` is missing, `x`"), "{none}");
    assert!(none.stdout.contains(&"?".repeat(23)), "{none}");
    // What was told to type ends it.
    retry_until_counted(&scene);
    assert_eq!(hurried("--json").json()["deliveries"]["missing"], serde_json::Value::Null);
}

#[test]
fn what_is_recorded_late_is_counted_when_its_hour_is_counted_again() {
    let scene = Scene::new();
    history(&scene, 500, 30);
    retry_until_counted(&scene);
    let late = "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
        select '00000000-0000-4000-8000-000000000901', '{}', '{}', 500, date_trunc('hour', now()) - interval '5 hours'
        from generate_series(1, 7)";
    scene.database.execute(late);
    let (counted, live) = (numbers(&scene, &[]).0, numbers(&scene, &["--live"]).0);
    assert_eq!(live[0]["attempts"].as_i64(), counted[0]["attempts"].as_i64().map(|count| count + 7));
    // As it is when the hour was first counted in time: three hours after its beginning it is counted again.
    scene.database.execute(
        "update hookyard.counted_hours set counted_at = hour + interval '70 minutes'
         where hour = date_trunc('hour', now()) - interval '5 hours'",
    );
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert!(numbers(&scene, &[]).0 == live);
    let passes = "select string_agg(distinct passes::text, ' ') from hookyard.counted_hours";
    assert_eq!(scene.text(passes), "1 2", "that hour only");
}

/// Attempts that lie as they came are found by their time alone, others webhook by webhook: the numbers are the same.
#[test]
fn the_report_is_the_same_along_the_time_and_along_the_webhooks() {
    let scene = Scene::new();
    history(&scene, 4000, 11);
    scene.database.execute(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select '00000000-0000-4000-8000-000000000901', '{}', '{}', 500, t::timestamptz
         from unnest(array['infinity', '-infinity', now()::text, null]) t",
    );
    let scans = "select idx_scan from pg_stat_user_indexes where indexrelname = 'idx_webhook_delivery_attempts_created'";
    assert_eq!(scene.text(scans), "0");
    let live = || numbers(&scene, &["--live"]).0;
    let along_time = live();
    // A session tells the server its numbers when it ends, and the server passes them on a moment later.
    let told = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        scene.text(scans) != "0"
    });
    assert!(told, "the index was not used");
    scene.database.execute("drop index idx_webhook_delivery_attempts_created");
    let along_webhooks = live();
    assert!(along_time == along_webhooks, "{along_time}\n{along_webhooks}");
}

/// The begun hour and the one before are read at one stroke where the rest is counted, and without a look at each attempt's
/// hour: not even those of a clock that is wrong change a number.
#[test]
fn the_newest_hours_are_the_same_read_at_one_stroke_and_one_by_one() {
    let scene = Scene::new();
    history(&scene, 2000, 7);
    retry_until_counted(&scene);
    let attempts = |times: &str| {
        scene.database.execute(&format!(
            "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
             select ('00000000-0000-4000-8000-0000000009' || lpad((1 + n % 3)::text, 2, '0'))::uuid, '{{}}',
                 '{{\"error\": {{\"kind\": \"timeout\"}}}}', status, hour + {times}
             from (select date_trunc('hour', now()) as hour) h
             cross join generate_series(1, 6) n cross join unnest(array[200, 302, 404, 503, 599]) status
             where (status + n) % 5 <> 0"
        ));
    };
    let same = |what: &str| {
        let (counted, live) = (numbers(&scene, &[]), numbers(&scene, &["--live"]));
        assert!(counted.1 > 100 && live.1 == 0, "{what}: {} {}", counted.1, live.1);
        let parts = ["total", "day", "hours", "by_url", "answers", "endpoints", "failed"];
        for (at, part) in parts.iter().enumerate() {
            assert!(counted.0[at] == live.0[at], "{what}: {part}");
        }
        let reasons = |arguments: &[&str]| -> Vec<serde_json::Value> {
            let found = seen(&scene, arguments);
            let endpoints = found["deliveries"]["endpoints"].as_array().expect("endpoints");
            endpoints.iter().map(|one| one["last_failure"].clone()).collect()
        };
        assert_eq!(reasons(&[]), reasons(&["--live"]), "{what}");
    };
    ["'0'::interval", "(now() - hour)", "interval '1 hour' - interval '1 microsecond'"]
        .into_iter()
        .for_each(attempts);
    same("the begun hour");
    // Nobody has counted it yet.
    scene.database.execute(
        "delete from hookyard.counted_hours where hour >= date_trunc('hour', now()) - interval '1 hour'",
    );
    ["interval '-1 microsecond'", "interval '-40 minutes'", "interval '-1 hour'"]
        .into_iter()
        .for_each(attempts);
    same("the hour before");
    ["interval '1 hour'", "interval '3 days'"].into_iter().for_each(attempts);
    scene.database.execute(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select '00000000-0000-4000-8000-000000000902', '{}', '{}', status, 'infinity'
         from unnest(array[200, 503]) status",
    );
    same("some clock is wrong");
    scene.database.execute("update hookyard.counted_hours set is_in_order = false");
    same("along the webhooks");
}

/// Two connections look at two moments: what is counted between them is neither counted twice nor left out.
#[test]
fn hours_that_are_counted_while_a_report_is_made_are_in_it_once() {
    let scene = Scene::new();
    history(&scene, 280, 5);
    retry_until_counted(&scene);
    let recent = "where hour > now() - interval '25 hours'";
    // The begun hour keeps the connection that reads it busy, so that the other one reads what is counted.
    scene.database.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select '00000000-0000-4000-8000-000000000901', '{{}}', '{{}}', 200, now() from generate_series(1, 60000);
         create table kept_hours as select * from hookyard.hours {recent};
         create table kept_counted_hours as select * from hookyard.counted_hours {recent}"
    ));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut session = scene.database.session();
            while !done.load(Ordering::Relaxed) {
                session.execute(&format!(
                    "begin; delete from hookyard.hours {recent}; delete from hookyard.counted_hours {recent}; commit"
                ));
                session.execute(
                    "begin; insert into hookyard.hours select * from kept_hours;
                     insert into hookyard.counted_hours select * from kept_counted_hours; commit",
                );
            }
        });
        let reports = || (0..40).map(|_| numbers(&scene, &["--window", "24h"])).collect::<Vec<_>>();
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(reports));
        done.store(true, Ordering::Relaxed);
        let seen = seen.expect("forty reports");
        for (report, counted) in &seen {
            assert_eq!(report[0]["attempts"], 60_280, "{counted} hours counted");
        }
        assert!(
            seen.iter().any(|(_, counted)| *counted > 0) && seen.iter().any(|(_, counted)| *counted == 0)
        );
    });
}

#[test]
fn hours_are_not_counted_where_that_would_read_everything() {
    let receiver = Receiver::start();
    let database = Database::foreign_migrated();
    database.execute(&format!("update webhooks set url = '{}'", receiver.url("/ok")));
    let retry = || hookyard(&["webhook", "retry"]).database(&database).run().succeeds();
    retry();
    assert_eq!(
        database.value("select count(*) from hookyard.counted_hours"),
        "0",
        "there is no index by time"
    );
    let told = hookyard(&["report", "health", "--json"]).database(&database).run().json();
    let typed = told["deliveries"]["read_live"]["to_type"].as_str().expect("told").to_owned();
    let statement = typed.strip_prefix("as the owner of the table: ").expect("it is somebody else's table");
    assert!(statement.starts_with("create index concurrently on webhook_delivery_attempts (webhook_id, "));
    database.execute(statement);
    retry();
    assert_ne!(database.value("select count(*) from hookyard.counted_hours"), "0");
}
