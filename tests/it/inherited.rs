//! A database that belongs to somebody else, with rows as years leave them: what can be delivered is, what cannot is
//! dead with a reason, and nobody else's rows are touched.

use std::collections::HashMap;

use crate::support::{Database, Receiver, Scene, Transcript, hookyard};

const KEY: &str = "a0000000-0000-4000-8000-000000000001";

fn webhook(end: &str) -> String {
    format!("d0000000-0000-4000-8000-0000000000{end}")
}

fn retry(database: &Database) -> Transcript {
    hookyard(&["--allow-http", "--allow-egress", "127.0.0.1/32", "webhook", "retry"]).database(database).run()
}

/// Their endpoints, moved to the receiver.
fn theirs(receiver: &Receiver) -> Database {
    let database = Database::foreign_migrated();
    let ok = receiver.url("/ok");
    database.execute(&format!("update webhooks set url = replace(url, 'https://hooks.example.com', '{ok}')"));
    database
}

const UNTOUCHED: &str = "select md5(string_agg(w::text, '|' order by w.id)) from webhook_delivery_attempts w
    where w.id::text like '10000000-%'";
const HOOKS: &str = "select md5(string_agg(w::text, '|' order by w.id)) from webhooks w";

#[test]
fn bad_rows_die_with_a_reason_and_the_others_are_delivered() {
    let receiver = Receiver::start();
    let database = theirs(&receiver);
    let events = 60;
    let all: Vec<String> =
        ["01", "03", "04", "05", "06", "07", "08", "09", "0a"].iter().map(|end| webhook(end)).collect();
    database.execute(&format!(
        "select count(hookyard.insert_event('entry.completed', '{{\"n\":' || n || '}}', '{KEY}', null,
            '{{{}}}', null, false)) from generate_series(1, {events}) n;
         delete from webhooks where id = '{}'",
        all.join(","),
        webhook("09")
    ));
    let (before, hooks) = (database.value(UNTOUCHED), database.value(HOOKS));
    let transcript = retry(&database);
    assert_eq!(transcript.code, Some(1), "{transcript}");
    assert!(!transcript.stderr.contains("panicked"), "{transcript}");
    // url null, GET, a null among the headers, headers of another shape, deleted.
    let bad = [("03", "URL"), ("05", "method"), ("06", "header"), ("07", "header"), ("09", "deleted")];
    let states = database.query_text(
        "select webhook_id::text, state || case when parked_at is null then '' else ' parked' end, count(*)::text,
            min(reason), (select count(*)::text from hookyard.attempts a where a.webhook_id = d.webhook_id),
            (select string_agg(distinct a.outcome, ' ') from hookyard.attempts a where a.webhook_id = d.webhook_id),
            (select count(*)::text from webhook_delivery_attempts w
             where w.webhook_id = d.webhook_id and w.id::text not like '10000000-%')
         from hookyard.deliveries d group by 1, 2, d.webhook_id",
    );
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for row in states {
        let row: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
        assert!(found.insert(row[0].clone(), row[1..].to_vec()).is_none(), "one state for each endpoint");
    }
    let count = events.to_string();
    for (end, why) in bad {
        let row = &found[&webhook(end)];
        assert_eq!((row[0].as_str(), &row[1]), ("dead", &count), "{end}: {row:?}");
        assert!(row[2].contains(why), "{end}: {row:?}");
        assert_eq!((&row[3], row[4].as_str()), (&count, "config"), "{end}: an attempt each, of its kind");
        let documented = if end == "09" { "0" } else { &count };
        assert_eq!(row[5], documented, "{end}: the documented row only where the webhook is");
    }
    for end in ["01", "04", "0a"] {
        let row = &found[&webhook(end)];
        assert_eq!((row[0].as_str(), &row[1], &row[5]), ("delivered", &count, &count), "{end}: {row:?}");
    }
    let inactive = &found[&webhook("08")];
    assert_eq!((inactive[0].as_str(), inactive[3].as_str()), ("pending parked", "0"), "NULL is not active");
    assert_eq!(receiver.count(), events * 3);
    let told = "select distinct response_status || ' ' || (response_data -> 'error' ->> 'kind')
        from webhook_delivery_attempts where response_status >= 599";
    assert_eq!(database.value(told), "599 config");
    assert_eq!((database.value(UNTOUCHED), database.value(HOOKS)), (before, hooks), "theirs is as it was");
}

#[test]
fn what_jsonb_refuses_is_sent_as_it_is_and_stored_wrapped() {
    let receiver = Receiver::start();
    let database = theirs(&receiver);
    let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(60_000));
    let payloads = [
        r#"{"a":"\u0000"}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":1e200000}"#,
        deep.as_str(),
        r#"{"b":95.50,"a":12345678901234567890123,"a":1}"#,
        "null",
    ];
    for payload in payloads {
        database.execute(&format!(
            "select hookyard.insert_event('entry.completed', '{payload}', '{KEY}', null, array['{}']::uuid[], null, false)",
            webhook("01")
        ));
    }
    retry(&database).succeeds();
    let mut sent: Vec<String> = receiver
        .received()
        .into_iter()
        .map(|request| String::from_utf8(request.body).expect("as it was"))
        .collect();
    let mut expected: Vec<String> = payloads.map(str::to_owned).to_vec();
    sent.sort();
    expected.sort();
    assert_eq!(sent, expected);
    let wrapped = "select count(*) from webhook_delivery_attempts w join hookyard.attempts a on a.id = w.id
        join hookyard.deliveries d on d.id = a.delivery_id join hookyard.events v on v.id = d.event_id
        where w.response_status = 200 and w.payload ->> 'raw' = v.payload";
    assert_eq!(database.value(wrapped), "4");
    assert_eq!(database.value("select count(*) from hookyard.attempts"), "6", "each was sent once");
}

#[test]
fn the_host_enqueues_in_its_own_transaction_and_we_deliver() {
    let receiver = Receiver::start();
    let database = theirs(&receiver);
    let mut host = database.session_as("platform_owner");
    host.execute("begin; select hookyard.enqueue('entry.completed', 'e0000000-0000-4000-8000-000000000001')");
    assert_eq!(retry(&database).to_string(), "(nothing)\n--- stderr\n(nothing)\n--- exit 0");
    host.execute("commit");
    let transcript = retry(&database);
    assert_eq!(transcript.code, Some(1), "the bad rows died\n{transcript}");
    let good: Vec<_> = receiver.received().into_iter().filter(|request| request.path == "/ok/good").collect();
    assert_eq!(good.len(), 1);
    assert_eq!(good[0].header("authorization"), Some("Bearer customer_secret_token"));
    assert_eq!(good[0].header("x-custom-header"), Some("custom_value"));
    let body: serde_json::Value = serde_json::from_slice(&good[0].body).unwrap();
    assert_eq!(body["entry_id"], "e0000000-0000-4000-8000-000000000001");
    assert_eq!(body.as_object().unwrap().len(), 12);
}

#[test]
fn headers_are_read_alike_whatever_the_column_is() {
    let one = r#"{"name": "X-One", "value": "1"}"#;
    // The column's type, its value, and whether the header arrives; none: the delivery is dead with a reason.
    let cases: [(&str, String, Option<bool>); 8] = [
        ("jsonb[]", format!("array['{one}']::jsonb[]"), Some(true)),
        ("jsonb[]", "'{}'".into(), Some(false)),
        ("jsonb[]", "null".into(), Some(false)),
        ("jsonb[]", format!("array['{one}', null]::jsonb[]"), None),
        ("jsonb", format!("'[{one}]'"), Some(true)),
        ("jsonb", "'[]'".into(), Some(false)),
        ("jsonb", "null".into(), Some(false)),
        ("jsonb", format!("'[{one}, null]'"), None),
    ];
    for kind in ["jsonb[]", "jsonb"] {
        let (scene, receiver) = (Scene::new(), Receiver::start());
        scene.database.execute(
            "alter table webhooks alter column headers drop default, alter column headers drop not null",
        );
        if kind == "jsonb" {
            scene
                .database
                .execute("alter table webhooks alter column headers type jsonb using to_jsonb(headers)");
        }
        for (at, (_, value, expected)) in cases.iter().filter(|case| case.0 == kind).enumerate() {
            let id = scene.webhook(&receiver.url(&format!("/ok/{at}")));
            scene.database.execute(&format!("update webhooks set headers = {value} where id = '{id}'"));
            scene.database.execute(&format!(
                "select hookyard.insert_event('t', '{{}}', null, null, array['{id}']::uuid[], null, false)"
            ));
            let transcript = scene.hookyard(&["webhook", "retry"]).run();
            let told = format!("{kind} {value}\n{transcript}");
            let path = format!("/ok/{at}");
            let got = receiver.received().into_iter().find(|request| request.path == path);
            match expected {
                Some(arrives) => {
                    assert_eq!(transcript.code, Some(0), "{told}");
                    let request = got.unwrap_or_else(|| panic!("nothing arrived: {told}"));
                    assert_eq!(request.header("x-one").is_some(), *arrives, "{told}");
                }
                None => {
                    assert_eq!(transcript.code, Some(1), "{told}");
                    assert!(got.is_none(), "{told}");
                    assert!(transcript.stdout.contains("header"), "{told}");
                }
            }
        }
    }
}

#[test]
fn another_applications_attempts_are_listed_apart_from_our_deliveries() {
    let scene = Scene::new();
    let (ours, theirs) = (Receiver::start(), "https://theirs.example/in?token=hunter2");
    scene.webhook(&ours.url("/ok"));
    let webhook = scene.webhook(theirs);
    scene.database.execute(&format!(
        "update webhooks set events = '{{}}' where id = '{webhook}';
         insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         values ('{webhook}', '{{\"event\":\"fraud.detected\"}}', '{{}}', 503, '2026-01-02 03:04:05Z'),
                ('{webhook}', 'null', '{{}}', 200, 'infinity')"
    ));
    scene.enqueue(2);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    let list = |arguments: &[&str]| {
        let all: Vec<&str> = ["webhook", "list", "--others"].iter().chain(arguments).copied().collect();
        scene.hookyard(&all).run().succeeds().stdout
    };
    let all = list(&["--json"]);
    assert_eq!(all.lines().count(), 2, "ours are not among them\n{all}");
    assert!(
        all.contains("fraud.detected") && all.contains("2026-01-02T03:04:05Z") && !all.contains("hunter2"),
        "{all}"
    );
    assert_eq!(list(&["--status", "503", "--json"]).lines().count(), 1);
    assert_eq!(list(&["--until", "2026-01-01"]), "no attempts of another application\n");
    assert!(list(&["--csv"]).starts_with("attempt_id,"), "CSV");
}
