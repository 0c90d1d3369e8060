//! `hookyard database prune`: what is old and over goes, and nothing else; beside everything that goes on, stopped
//! anywhere, and on somebody else's tables.

mod beside;
mod erasing;
mod hours;

use crate::support::{Database, Receiver, Scene, Transcript, has_the_promised_keys, hookyard};

fn prune(scene: &Scene, arguments: &[&str]) -> Transcript {
    scene.hookyard(&[&["database", "prune"], arguments].concat()).run()
}

/// So many events to every webhook, delivered at the second attempt, all of it so many days ago.
fn delivered(scene: &Scene, events: usize, days: u32) {
    scene.enqueue(events);
    settle(scene, "delivered", days);
}

/// What is pending has come to its end, so many days ago.
fn settle(scene: &Scene, state: &str, days: u32) {
    let (outcome, status) = if state == "delivered" { ("accepted", 200) } else { ("server_error", 503) };
    scene.database.execute(&format!(
        "insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
         select gen_random_uuid(), case n when 1 then 'server_error' else '{outcome}' end, d.id, d.webhook_id, n,
             now() - interval '{days} days', 5000, case n when 1 then 503 else {status} end
         from hookyard.deliveries d, generate_series(1, 2) n where d.state = 'pending' and d.attempts = 0;
         insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status, created_at)
         select a.id, a.webhook_id, v.payload::jsonb, '{{\"ok\": true}}', a.status, a.started_at
         from hookyard.attempts a join hookyard.deliveries d on d.id = a.delivery_id
         join hookyard.events v on v.id = d.event_id where d.state = 'pending' and d.attempts = 0;
         update hookyard.events v set created_at = now() - interval '{days} days' from hookyard.deliveries d
         where d.event_id = v.id and d.state = 'pending' and d.attempts = 0;
         update hookyard.deliveries set state = '{state}', attempts = 2, steps = 2, next_attempt_at = null,
             created_at = now() - interval '{days} days', finished_at = now() - interval '{days} days',
             last_status = {status}, reason = case '{state}' when 'dead' then 'schedule used up: 503' end
         where state = 'pending' and attempts = 0"
    ));
}

/// Without the times in it.
fn timeless(told: &Transcript) -> String {
    let is_time = |word: &&str| word.ends_with('Z') && word.len() == 20;
    let text = told.to_string();
    text.split_whitespace().filter(is_time).fold(text.clone(), |text, time| text.replace(time, "[then]"))
}

fn rows(scene: &Scene) -> String {
    scene.text(
        "select format('events %s, deliveries %s, attempts %s, documented %s',
            (select count(*) from hookyard.events), (select count(*) from hookyard.deliveries),
            (select count(*) from hookyard.attempts), (select count(*) from webhook_delivery_attempts))",
    )
}

#[test]
fn without_yes_it_counts_what_would_go_and_changes_nothing() {
    let scene = Scene::new();
    scene.webhook("https://crm.example/in");
    scene.webhook("https://alerts.example/in");
    delivered(&scene, 3, 100);
    delivered(&scene, 2, 40);
    let before = scene.checksums();
    let told = prune(&scene, &["--older-than", "90d"]);
    insta::assert_snapshot!(timeless(&told), @r"
    to remove: what ended before [then]

     table                      rows to remove  payloads to erase
     hookyard.events            3               0
     hookyard.deliveries        6               0
     hookyard.attempts          12              0
     webhook_delivery_attempts  12              0

    about 4.4 kB of rows, an estimate, would become reusable once vacuum has passed; the files do not shrink

    nothing was changed; to do it:
      hookyard database prune --older-than 90d --yes
    --- stderr
    (nothing)
    --- exit 4
    ");
    let dry = prune(&scene, &["--older-than", "90d", "--dry-run", "--json"]).succeeds().json();
    assert_eq!(scene.checksums(), before, "no row has changed");
    has_the_promised_keys(&dry, "database_prune");

    let done = prune(&scene, &["--older-than", "90d", "--yes", "--json"]).succeeds().json();
    assert_eq!(done["rows"], dry["rows"], "exactly what was counted");
    assert_eq!(done["bytes_reusable_estimated"], dry["bytes_reusable_estimated"]);
    assert_eq!(rows(&scene), "events 2, deliveries 4, attempts 8, documented 8");
    let acts = "select string_agg(command || ' ' || coalesce(detail -> 'removed' ->> 'events', 'begins'), ', ' order by id)
        from hookyard.acts";
    assert_eq!(scene.text(acts), "database prune begins, database prune 3");

    let again = prune(&scene, &["--older-than", "90d", "--yes"]);
    assert_eq!(
        again.to_string(),
        "(nothing)\n--- stderr\n(nothing)\n--- exit 0",
        "from cron, nothing to do is silence"
    );
}

#[test]
fn what_is_mistyped_is_refused_before_anything_is_touched() {
    let scene = Scene::new();
    for wrong in [
        &[][..],
        &["--yes"],
        &["--older-than", "6d"],
        &["--older-than", "0d"],
        &["--older-than", "-90d"],
        &["--older-than", "90"],
        &["--older-than", "99999999999999999999d"],
        &["--older-than", "90d", "--yes", "--dry-run"],
        &["--erase-payloads-older-than", "12h"],
        &["--older-than", "30d", "--erase-payloads-older-than", "30d"],
        &["--older-than", "90d", "--max-runtime", "1h"],
    ] {
        let told = prune(&scene, wrong);
        assert_eq!(told.code, Some(2), "{wrong:?}\n{told}");
    }
}

#[test]
fn what_is_still_needed_stays_however_old_it_is() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let kept = scene.webhook(&receiver.url("/ok"));
    let stays = |name: &str, sql: &str| {
        scene.enqueue(1);
        scene.database.execute(&format!(
            "update hookyard.events set payload = '{{\"n\":\"{name}\"}}' where payload = '{{\"n\":1}}'"
        ));
        scene.database.execute(sql);
    };
    // Waits for its next attempt since a hundred days; waits for its endpoint; ended yesterday; is in a plan.
    stays("pending", "update hookyard.deliveries set attempts = 3, steps = 3 where attempts = 0");
    stays("parked", "update hookyard.deliveries set attempts = 1, parked_at = now() where attempts = 0");
    scene.database.execute(
        "update hookyard.events set created_at = now() - interval '100 days';
         update hookyard.deliveries set created_at = now() - interval '100 days'",
    );
    delivered(&scene, 1, 100);
    scene.database.execute(
        "update hookyard.events set payload = '{\"n\":\"late\"}' where payload = '{\"n\":1}';
         update hookyard.deliveries set finished_at = now() - interval '1 day' where state = 'delivered'",
    );
    scene.enqueue(1);
    scene
        .database
        .execute("update hookyard.events set payload = '{\"n\":\"planned\"}' where payload = '{\"n\":1}'");
    settle(&scene, "dead", 200);
    let planned = scene.hookyard(&["webhook", "replay", "--dead", "--json"]).run().succeeds().json();
    let plan = planned["plan_id"].as_str().expect("a plan").to_owned();
    delivered(&scene, 5, 100);

    let told = prune(&scene, &["--older-than", "90d", "--yes", "--json"]).succeeds().json();
    assert_eq!(told["rows"]["events"], 5);
    assert_eq!(
        told["kept"].to_string(),
        r#"{"pending":2,"recent":1,"replay":1,"replay_webhooks_of_host":0,"locked":0}"#
    );
    let left = "select string_agg(payload::json ->> 'n', ' ' order by payload) from hookyard.events";
    assert_eq!(scene.text(left), "late parked pending planned");

    // The plan still does what it was made for, and then lets go.
    let replayed = scene.hookyard(&["webhook", "replay", "--apply", &plan]).run().succeeds();
    assert!(replayed.stdout.contains("1 accepted"), "{replayed}");
    scene.database.execute(&format!(
        "update hookyard.plans set finished_at = now() - interval '100 days';
         update hookyard.deliveries set finished_at = now() - interval '100 days' where plan_id is not null;
         update hookyard.alerts set closed_at = now() - interval '100 days', told_at = now() where webhook_id = '{kept}'"
    ));
    let told = prune(&scene, &["--older-than", "90d", "--yes", "--json"]).succeeds().json();
    assert_eq!(
        (&told["rows"]["events"], &told["rows"]["plans"], &told["rows"]["plan_items"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(scene.count("select count(*) from hookyard.plan_endpoints"), 0);
}

#[test]
fn an_event_that_comes_again_is_known_for_as_long_as_it_is_kept() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let send = || {
        let told =
            scene.hookyard(&["webhook", "send", "entry.completed", "--entry", "SNAP-12345", "--json"]).run();
        told.succeeds().json()["event_id"].as_str().expect("an id").to_owned()
    };
    let first = send();
    // Fifteen hours later, and six days later, after every retention that can be asked for.
    for age in ["15 hours", "6 days"] {
        scene.database.execute(&format!(
            "update hookyard.events set created_at = now() - interval '{age}';
             update hookyard.deliveries set created_at = now() - interval '{age}', finished_at = now() - interval '{age}'"
        ));
        prune(
            &scene,
            &["--older-than", "7d", "--erase-payloads-older-than", "1d", "--include-host", "--yes"],
        )
        .succeeds();
        assert_eq!(send(), first, "{age}");
    }
    assert_eq!(receiver.count(), 1);
    assert_eq!(scene.count("select count(*) from hookyard.events where payload_erased_at is not null"), 1);
}

const GRANT: &str =
    "grant delete, update (payload, response_data) on webhook_delivery_attempts to hookyard_app";

#[test]
fn on_somebody_elses_tables_it_says_what_to_grant_and_leaves_their_rows() {
    let database = Database::foreign_migrated();
    let count =
        |sql: &str| database.value(&format!("select count(*) from webhook_delivery_attempts a {sql}"));
    let ours = "where exists (select from hookyard.attempts o where o.id = a.id)";
    let [host, old] =
        [count(""), count("where created_at < now() - interval '90 days' and isfinite(created_at)")];
    database.execute(
        "select hookyard.insert_event('entry.completed', '{}', null, null, array['d0000000-0000-4000-8000-000000000001']::uuid[], null, false);
         insert into hookyard.attempts (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
         select gen_random_uuid(), 'accepted', d.id, d.webhook_id, 1, now(), 5000, 200 from hookyard.deliveries d;
         insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status, created_at)
         select a.id, a.webhook_id, '{}', '{}', 200, now() - interval '100 days' from hookyard.attempts a;
         update hookyard.events set created_at = now() - interval '100 days';
         update hookyard.deliveries set state = 'delivered', attempts = 1, next_attempt_at = null,
            created_at = now() - interval '100 days', finished_at = now() - interval '100 days'",
    );
    let prune = |arguments: &[&str]| {
        hookyard(&[&["database", "prune"], arguments].concat()).database(&database).run()
    };
    let both = ["--older-than", "90d", "--erase-payloads-older-than", "30d"];
    insta::assert_snapshot!(prune(&[&both[..], &["--include-host", "--yes"]].concat()), @r"
    (nothing)
    --- stderr
    error: webhook_delivery_attempts holds a copy of each attempt, and what is needed to prune it is missing

    hint: grant delete on webhook_delivery_attempts to hookyard_app;
    hint: grant update (payload, response_data) on webhook_delivery_attempts to hookyard_app;
    hint: as the table's owner: create index concurrently if not exists idx_webhook_delivery_attempts_webhook on webhook_delivery_attempts (webhook_id, created_at desc);
    --- exit 4
    ");
    let dry = prune(&[&both[..], &["--dry-run"]].concat()).succeeds();
    assert!(dry.stdout.contains("  grant delete on webhook_delivery_attempts to hookyard_app;\n"), "{dry}");
    database.execute(GRANT);
    let told = prune(&[&both[..], &["--yes", "--json"]].concat()).succeeds().json();
    assert_eq!(told["rows"]["events"], 1);
    assert_eq!((count(ours), count("")), ("0".into(), host.clone()), "ours went, theirs are all there");

    database.execute("create index idx_webhook_delivery_attempts_webhook on webhook_delivery_attempts (webhook_id, created_at desc)");
    let told = prune(&["--older-than", "90d", "--include-host", "--yes", "--json"]).succeeds().json();
    assert_eq!(told["rows"]["webhook_delivery_attempts_of_host"].to_string(), old);
    assert_eq!(count("where created_at < now() - interval '90 days' and isfinite(created_at)"), "0");
    let left: i64 = host.parse::<i64>().expect("a number") - old.parse::<i64>().expect("a number");
    assert_eq!(count(""), left.to_string());
}
