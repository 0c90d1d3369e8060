//! The documents' monitoring queries, run as they are printed, against what the report says of the same rows.

use super::hours::retry_until_counted;
use super::{health, seen};
use crate::support::{Database, Scene};

const FAILED: &str = "
SELECT
    w.url,
    wda.response_status,
    wda.response_data,
    COUNT(*) as failures
FROM webhook_delivery_attempts wda
JOIN webhooks w ON wda.webhook_id = w.id
WHERE wda.created_at > NOW() - interval '24 hours'
  AND wda.response_status >= 400
GROUP BY w.url, wda.response_status, wda.response_data
ORDER BY failures DESC;";

const RELIABILITY: &str = "
SELECT
    w.url,
    COUNT(*) as total_attempts,
    COUNT(*) FILTER (WHERE wda.response_status BETWEEN 200 AND 299) as successes,
    COUNT(*) FILTER (WHERE wda.response_status >= 400) as failures,
    COUNT(*) FILTER (WHERE wda.response_status BETWEEN 200 AND 299) * 100.0 / COUNT(*) as success_rate
FROM webhooks w
JOIN webhook_delivery_attempts wda ON w.id = wda.webhook_id
WHERE wda.created_at > NOW() - interval '7 days'
GROUP BY w.url
ORDER BY success_rate ASC;";

const OVERDUE: &str = "
SELECT
    p.name,
    yp.last_poll_run,
    EXTRACT(EPOCH FROM (NOW() - yp.last_poll_run)) / 60 as minutes_since_last_poll,
    yi.poll_rate as expected_poll_minutes
FROM yardi_properties yp
JOIN properties p ON yp.property_id = p.id
JOIN yardi_integrations yi ON yp.yardi_integration_id = yi.id
WHERE yp.deactivation_date IS NULL
  AND yp.last_poll_run < NOW() - (yi.poll_rate * 2 || ' minutes')::interval;";

const FROM_YARDI: &str = "
SELECT
    COUNT(*) FILTER (WHERE ye.entry_id IS NOT NULL) as yardi_entries,
    COUNT(*) as total_entries,
    COUNT(*) FILTER (WHERE ye.entry_id IS NOT NULL) * 100.0 / COUNT(*) as pct_from_yardi
FROM entries e
LEFT JOIN yardi_entries ye ON e.id = ye.entry_id
WHERE e.inserted_at > NOW() - interval '30 days';";

const UNCONVERTED: &str = "
SELECT
    yi.prospect_code,
    yi.email,
    yi.first_name,
    yi.last_name,
    yi.inserted_at
FROM yardi_invites yi
LEFT JOIN yardi_entries ye ON yi.prospect_code = ye.prospect_code
WHERE ye.entry_id IS NULL
  AND yi.inserted_at > NOW() - interval '7 days';";

const CONVERSION: &str = "
SELECT
    COUNT(*) as total_invites,
    COUNT(ye.entry_id) as converted_to_entries,
    COUNT(ye.entry_id) * 100.0 / COUNT(*) as conversion_rate
FROM yardi_invites yi
LEFT JOIN yardi_entries ye ON yi.prospect_code = ye.prospect_code
WHERE yi.inserted_at > NOW() - interval '30 days';";

/// Rows of every kind the queries tell apart, and of those they pass over: redirects, no time at all, infinity, the
/// future, just inside and outside of each window, endpoints of one URL, an attempt of nobody known to us.
const ROWS: &str = "
insert into webhooks (id, url, events, api_key_id, inserted_at, updated_at)
select ('00000000-0000-4000-8000-0000000002' || lpad(n::text, 2, '0'))::uuid,
    case when n < 9 then 'https://h' || n / 2 || '.example.com/in' end, '{}', (select id from api_keys limit 1), now(), now()
from generate_series(1, 9) n;
insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
select ('00000000-0000-4000-8000-0000000002' || lpad((1 + n % 9)::text, 2, '0'))::uuid, '{}',
    case when n % 3 = 0 then '{\"code\": 1}' else jsonb_build_object('code', n % 5) end,
    (array[200, 204, 299, 300, 302, 199, 400, 404, 410, 429, 499, 500, 503, 599])[1 + n * 5 % 14],
    case n % 50 when 0 then null when 1 then 'infinity' when 2 then now() + interval '1 hour'
        when 3 then now() - interval '24 hours 5 min' when 4 then now() - interval '23 hours 55 min'
        when 5 then now() - interval '7 days 5 min' when 6 then now() - interval '6 days 23 hours 55 min'
        else now() - n * interval '13 minutes' end
from generate_series(1, 1000) n;
insert into properties (id, name, inserted_at, updated_at)
select ('00000000-0000-4000-8000-0000000003' || lpad(n::text, 2, '0'))::uuid, 'Court ' || n, now(), now()
from generate_series(1, 20) n;
insert into yardi_integrations (id, alias, poll_rate, inserted_at, updated_at)
select ('00000000-0000-4000-8000-0000000004' || lpad(n::text, 2, '0'))::uuid, 'Yardi ' || n,
    (array[15, 60, null, 0, -5, 2000])[n], now(), now()
from generate_series(1, 6) n;
insert into yardi_properties (property_id, yardi_integration_id, yardi_property_id, last_poll_run, deactivation_date,
    inserted_at, updated_at)
select ('00000000-0000-4000-8000-0000000003' || lpad(n::text, 2, '0'))::uuid,
    case when n < 20 then ('00000000-0000-4000-8000-0000000004' || lpad((1 + n % 6)::text, 2, '0'))::uuid end, 'court' || n,
    case when n % 7 = 0 then null
        else (now() at time zone 'utc') - n * interval '11 minutes' end,
    case when n = 4 then now() end, now(), now()
from generate_series(1, 20) n;
insert into entries (id, inserted_at, updated_at)
select ('00000000-0000-4000-8000-0000000005' || lpad(n::text, 2, '0'))::uuid,
    (now() at time zone 'utc') - n * interval '17 hours', now()
from generate_series(1, 60) n;
insert into yardi_entries (entry_id, prospect_code, inserted_at, updated_at)
select ('00000000-0000-4000-8000-0000000005' || lpad(n::text, 2, '0'))::uuid,
    case when n % 5 > 0 then 'p' || n % 9 end, now(), now()
from generate_series(1, 60, 3) n;
insert into yardi_invites (id, yardi_integration_id, prospect_code, email, inserted_at, updated_at)
select gen_random_uuid(), '00000000-0000-4000-8000-000000000401', case when n % 11 > 0 then 'p' || n % 17 end,
    'x@example.com', (now() at time zone 'utc') - n * interval '9 hours', now()
from generate_series(1, 100) n;";

fn number(text: &Option<String>) -> f64 {
    text.as_deref().unwrap_or("0").parse().expect("a number")
}

/// The server shows any one of equal answers: 1 and 1.0 are equal.
fn groups(found: &serde_json::Value) -> Vec<String> {
    let told = |one: &serde_json::Value| {
        let data = one["response_data"].as_str().expect("text").replace("1.0", "1");
        format!("{:?} {} {data} {}", one["url"].as_str(), one["response_status"], one["failures"])
    };
    let mut all: Vec<String> =
        found["deliveries"]["failed"]["groups"].as_array().expect("groups").iter().map(told).collect();
    all.sort();
    all
}

fn failures_are_the_documents(scene: &Scene, found: &serde_json::Value) {
    let theirs = scene.database.query_text(FAILED);
    let failed = &found["deliveries"]["failed"];
    let mut expected: Vec<String> = theirs
        .iter()
        .map(|row| {
            let text = |at: usize| row[at].as_deref().unwrap_or("");
            format!("{:?} {} {} {}", row[0].as_deref(), text(1), text(2), text(3))
        })
        .collect();
    assert!(expected.len() > 20 && expected.len() <= 100, "{}", expected.len());
    expected.iter_mut().for_each(|row| *row = row.replace("1.0", "1"));
    expected.sort();
    assert_eq!(groups(found), expected);
    let sum: f64 = theirs.iter().map(|row| number(&row[3])).sum();
    assert_eq!(failed["total"].as_f64(), Some(sum));
}

/// Groups of counted hours and of the begun one are the same groups, also of answers that are equal and not the same text.
#[test]
fn failures_are_grouped_as_the_document_groups_them_when_their_hours_are_counted() {
    let scene = Scene::new();
    scene.database.execute(ROWS);
    scene.database.execute(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select ('00000000-0000-4000-8000-0000000002' || lpad((1 + n % 2)::text, 2, '0'))::uuid, '{}',
            (array['{\"code\": 1}', '{\"code\": 1.0}', '{\"error\": {\"kind\": \"interrupted\"}}'])[1 + n % 3]::jsonb,
            case when n % 3 = 2 then 599 else 500 end, now() - n * interval '37 minutes'
         from generate_series(0, 30) n",
    );
    let before = seen(&scene, &["--show-pii"]);
    retry_until_counted(&scene);
    let rows = scene.count("select count(*) from hookyard.failed_hours");
    assert!(rows > 50, "{rows}");
    let after = seen(&scene, &["--show-pii"]);
    failures_are_the_documents(&scene, &after);
    assert_eq!(groups(&after), groups(&before));
    for found in [&before, &after] {
        assert_eq!(found["tool"]["rescued"].as_i64(), Some(10));
    }

    // A read of the attempts counts them anew, whatever the groups say.
    scene.database.execute("update hookyard.failed_hours set failures = failures + 1000");
    assert!(seen(&scene, &[])["deliveries"]["failed"]["total"].as_i64() > Some(50_000));
    assert_eq!(groups(&seen(&scene, &["--live", "--show-pii"])), groups(&before));

    // Hours that an older hookyard counted have no groups.
    scene
        .database
        .execute("delete from hookyard.failed_hours; update hookyard.counted_hours set grouped_pass = 0");
    assert_eq!(groups(&seen(&scene, &["--show-pii"])), groups(&before));
    retry_until_counted(&scene);
    assert!(scene.count("select count(*) from hookyard.failed_hours") >= rows);

    // What somebody else removed from his table is told as gone, and still counted.
    scene.database.execute("delete from webhook_delivery_attempts");
    let gone = seen(&scene, &[]);
    assert_eq!(
        gone["deliveries"]["failed"]["groups"][0]["response_data"],
        "(the example of this answer is gone)"
    );
    // Nobody asks for them after a day.
    let old = "from hookyard.failed_hours where hour < now() - interval '26 hours'";
    scene.database.execute(
        "insert into hookyard.failed_hours select hour, gen_random_uuid(), 500, 0, 1, false, gen_random_uuid()
         from hookyard.counted_hours where hour < now() - interval '27 hours' limit 3",
    );
    assert_eq!(scene.count(&format!("select count(*) {old}")), 3);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    assert_eq!(scene.count(&format!("select count(*) {old}")), 0);
}

#[test]
fn the_documents_numbers_are_the_documents_queries() {
    let scene = Scene::new();
    scene.database.execute(ROWS);
    let found = seen(&scene, &["--show-pii"]);

    let theirs = scene.database.query_text(RELIABILITY);
    let ours = found["deliveries"]["by_url"].as_array().expect("rows");
    assert_eq!((theirs.len(), ours.len()), (6, 6), "five URLs, and none at all");
    for row in &theirs {
        let same = ours.iter().find(|one| one["url"].as_str() == row[0].as_deref()).expect("every URL");
        for (at, key) in [(1, "total_attempts"), (2, "successes"), (3, "failures"), (4, "success_rate")] {
            let (a, b) = (same[key].as_f64().expect("a number"), number(&row[at]));
            assert!((a - b).abs() < 1e-9, "{key} of {:?}: {a} {b}", row[0]);
        }
    }

    failures_are_the_documents(&scene, &found);

    // What those queries pass over stands beside it.
    let count = |sql: &str| scene.count(sql) as i64;
    let undated = count("select count(*) from webhook_delivery_attempts where created_at is null");
    assert_eq!((found["deliveries"]["undated"].as_i64(), undated), (Some(20), 20));
    let others = count(
        "select count(*) from webhook_delivery_attempts where created_at > now() - interval '7 days'
            and not (response_status between 200 and 299 or response_status >= 400)",
    );
    assert!(others > 100);
    assert_eq!(found["deliveries"]["total"]["others"].as_i64(), Some(others));

    let yardi = &found["yardi"];
    let overdue = scene.database.query_text(&format!("set timezone = 'UTC'; {OVERDUE}"));
    assert!(overdue.len() > 5);
    assert_eq!(yardi["polling"]["overdue_documented"].as_u64(), Some(overdue.len() as u64));
    assert_eq!(yardi["polling"]["never"], 2, "a third has no integration, and nobody polls it");
    let unconverted = scene.database.query_text(UNCONVERTED).len();
    assert!(unconverted > 5);
    assert_eq!(yardi["invites"]["unconverted"].as_u64(), Some(unconverted as u64));
    let rates = [
        (CONVERSION, &yardi["invites"], ["documented_total", "documented_converted", "documented_rate"]),
        (FROM_YARDI, &yardi["entries"], ["from_yardi", "total", "rate"]),
    ];
    for (sql, part, keys) in rates {
        let row = &scene.database.query_text(sql)[0];
        for (at, key) in keys.into_iter().enumerate() {
            let (a, b) = (part[key].as_f64().expect("a number"), number(&row[at]));
            assert!(b > 0.0 && (a - b).abs() < 1e-9, "{key}: {a} {b}");
        }
    }
    let invites = &yardi["invites"];
    assert!(invites["total"].as_i64() < invites["documented_total"].as_i64(), "roommates count once here");
}

/// Staleness by the written rule, whatever stands in the columns: null and nonsense rates, a rate that overflows, no
/// poll at all, infinity.
#[test]
fn a_property_is_stale_by_twice_its_rate_and_no_row_stops_the_look() {
    let scene = Scene::new();
    let cases = [
        ("15", "29 min", false),
        ("15", "31 min", true),
        ("null", "29 min", false),
        ("null", "31 min", true),
        ("0", "31 min", true),
        ("-7", "29 min", false),
        ("1440", "47 hours", false),
        ("2147483647", "47 hours", false),
        ("2147483647", "49 hours", true),
    ];
    for (at, (rate, ago, _)) in cases.iter().enumerate() {
        scene.database.execute(&format!(
            "insert into properties (id, name, inserted_at, updated_at) values
                ('00000000-0000-4000-8000-00000000060{at}', 'case {at}', now(), now());
             insert into yardi_integrations (id, poll_rate, inserted_at, updated_at) values
                ('00000000-0000-4000-8000-00000000070{at}', {rate}, now(), now());
             insert into yardi_properties (property_id, yardi_integration_id, last_poll_run, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-00000000060{at}', '00000000-0000-4000-8000-00000000070{at}',
                (now() at time zone 'utc') - interval '{ago}', now(), now())"
        ));
    }
    assert!(scene.database.session().attempt(OVERDUE).is_err_and(|why| why.starts_with("22003")));
    let stale = |found: &serde_json::Value| -> Vec<String> {
        let troubled = found["yardi"]["polling"]["troubled"].as_array().expect("a list");
        let mut names: Vec<String> =
            troubled.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect();
        names.sort();
        names
    };
    let expected: Vec<String> =
        cases.iter().enumerate().filter(|(_, case)| case.2).map(|(at, _)| format!("case {at}")).collect();
    assert_eq!(stale(&seen(&scene, &[])), expected);
    // The session's zone changes what the documents' query says, and nothing here.
    for zone in ["America/Chicago", "Asia/Tokyo", "Pacific/Apia"] {
        scene.database.execute(&format!("alter database {} set timezone = '{zone}'", scene.database.name()));
        assert_eq!(stale(&seen(&scene, &[])), expected, "{zone}");
    }
}

#[test]
fn hosts_attempts_count_on_a_database_that_is_somebody_elses() {
    let database = Database::foreign_migrated();
    database.execute(
        "update webhook_delivery_attempts set created_at = now() - interval '1 hour' where created_at < now()",
    );
    let told = crate::support::hookyard(&["report", "health", "--json"]).database(&database).run();
    let found = told.json();
    let total = &found["deliveries"]["total"];
    let counts = ["attempts", "successes", "failures"].map(|key| total[key].as_i64());
    assert_eq!(counts, [Some(3), Some(1), Some(2)], "infinity is counted as the document counts it");
    assert_eq!(found["deliveries"]["undated"], 1);
    let failing = found["deliveries"]["endpoints"]
        .as_array()
        .expect("endpoints")
        .iter()
        .find(|one| one["url"] == "https://hooks.example.com/other")
        .expect("listed")
        .clone();
    assert_eq!(failing["last_failure"], "401");
    assert!(found["yardi"]["not_read"].is_string(), "hookyard's role has no right to them");
}

#[test]
fn a_night_with_another_zone_is_the_same_night() {
    let scene = Scene::new();
    scene.database.execute(ROWS);
    let numbers = || {
        let found = seen(&scene, &[]);
        let total = found["deliveries"]["total"].to_string();
        let days = found["yardi"]["days"].to_string();
        format!("{total} {days} {}", found["deliveries"]["failed"]["total"])
    };
    let utc = numbers();
    for zone in ["America/Chicago", "Asia/Tokyo"] {
        scene.database.execute(&format!("alter database {} set timezone = '{zone}'", scene.database.name()));
        assert_eq!(numbers(), utc, "{zone}");
    }
    health(&scene, &["--window", "23h"]).exits(2);
}
