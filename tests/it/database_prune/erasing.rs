//! Payloads that go before the facts: what is left says so everywhere, and can never be sent.

use super::{delivered, prune, rows, settle};
use crate::support::{Receiver, Scene};

const ERASE: [&str; 3] = ["--erase-payloads-older-than", "30d", "--yes"];

#[test]
fn the_payload_goes_and_the_facts_stay() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    delivered(&scene, 2, 40);
    scene.database.execute(
        "update hookyard.events set payload = '{\"email\":\"zebulon@quux.example\"}';
         update webhook_delivery_attempts set payload = '{\"email\":\"zebulon@quux.example\"}',
            response_data = '{\"echo\":\"zebulon@quux.example\"}';
         update webhook_delivery_attempts set response_status = 599, response_data = '{\"error\":{\"kind\":\"timeout\"}}'
         where response_status = 503",
    );
    let facts = "select string_agg(concat_ws(' ', v.id, v.event_type, v.created_at, encode(v.payload_sha256, 'hex'), d.*, a.*), ' ' order by a.id)
        from hookyard.events v join hookyard.deliveries d on d.event_id = v.id join hookyard.attempts a on a.delivery_id = d.id";
    let before = (rows(&scene), scene.text(facts));
    let told = prune(&scene, &[&ERASE[..], &["--json"]].concat()).succeeds().json();
    assert_eq!(
        (told["rows"]["payloads_erased"].as_i64(), told["rows"]["copies_erased"].as_i64()),
        (Some(2), Some(4))
    );
    assert_eq!((rows(&scene), scene.text(facts)), before);
    let everywhere = "select count(*) from (select v::text from hookyard.events v union all
        select w::text from webhook_delivery_attempts w) x (t) where t like '%quux%'";
    assert_eq!(scene.count(everywhere), 0);
    let kinds =
        "select string_agg(distinct response_data #>> '{error,kind}', ' ') from webhook_delivery_attempts";
    assert_eq!(scene.text(kinds), "timeout", "that there was no answer is a fact");
    let again = prune(&scene, &ERASE).succeeds();
    assert_eq!(again.all(), "", "nothing is erased twice");

    let event = scene.text("select id from hookyard.events limit 1");
    let day = scene.text("select to_char(now() at time zone 'utc', 'YYYY-MM-DD')");
    let shown = scene.hookyard(&["webhook", "show", &event]).run().succeeds();
    assert!(shown.stdout.contains(&format!("payload erased on {day}")), "{shown}");
    let shown = scene.hookyard(&["webhook", "show", &event, "--json"]).run().succeeds().json();
    assert_eq!(shown["events"][0]["payload"], serde_json::Value::Null);
    assert!(shown["events"][0]["payload_erased_at"].as_str().expect("a time").starts_with(&day), "{shown}");
    let listed = scene.hookyard(&["webhook", "list"]).run().succeeds();
    assert!(listed.stdout.contains(&format!("payload erased on {day}")), "{listed}");
    let listed = scene.hookyard(&["webhook", "list", "--json"]).run().succeeds().lines();
    assert!(listed[0]["payload_erased_at"].as_str().expect("a time").starts_with(&day));
}

#[test]
fn what_is_erased_is_refused_by_every_way_to_replay_it() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(3);
    settle(&scene, "dead", 40);
    // Planned while its payload was there; the plan is over for the eraser, and applied all the same.
    let plan = scene.hookyard(&["webhook", "replay", "--dead", "--json"]).run().succeeds().json();
    let plan = plan["plan_id"].as_str().expect("a plan").to_owned();
    let kept = prune(&scene, &[&ERASE[..], &["--json"]].concat()).succeeds().json();
    assert_eq!(
        (kept["rows"]["payloads_erased"].as_i64(), kept["kept"]["replay"].as_i64()),
        (Some(0), Some(3))
    );
    scene.database.execute("update hookyard.plans set state = 'cancelled', finished_at = now()");
    prune(&scene, &ERASE).succeeds();
    scene.database.execute("update hookyard.plans set state = 'planned', finished_at = null");

    let day = scene.text("select to_char(now() at time zone 'utc', 'YYYY-MM-DD')");
    let applied = scene.hookyard(&["webhook", "replay", "--apply", &plan]).run().exits(1);
    assert!(applied.stdout.contains(&format!("its payload was erased on {day}")), "{applied}");
    let delivery = scene.text("select id from hookyard.deliveries limit 1");
    for arguments in [&[&delivery[..], "--yes"][..], &["--dead", "--yes"], &["--all", "--dry-run"]] {
        let refused = scene.hookyard(&[&["webhook", "replay"], arguments].concat()).run().exits(1);
        assert!(refused.stderr.contains(&format!("payload erased on {day}")), "{refused}");
    }
    let elsewhere =
        ["webhook", "replay", &delivery, "--yes", "--to", &receiver.url("/ok"), "--secret-env", "S"];
    scene.hookyard(&elsewhere).env("S", "whsec_dGVzdHRlc3R0ZXN0dGVzdA").run().exits(1);
    // Even a delivery that some hand opens again in the tables.
    scene.database.execute(
        "update hookyard.deliveries set state = 'pending', next_attempt_at = now(), finished_at = null, steps = 0",
    );
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    assert_eq!(scene.states(), "dead 3");
    assert_eq!(receiver.count(), 0, "a stub is never sent");

    // Among others it is left out and said.
    scene.enqueue(1);
    settle(&scene, "dead", 1);
    let mixed = scene.hookyard(&["webhook", "replay", "--dead", "--yes"]).run().succeeds();
    assert!(mixed.stderr.contains("3 more are left out: their payloads were erased"), "{mixed}");
    assert_eq!(receiver.count(), 1);
}

#[test]
fn the_hosts_copies_are_erased_only_when_asked_for_and_never_replayed() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    scene.database.execute(&format!(
        "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
         select '{webhook}', jsonb_build_object('event', 'entry.completed', 'n', n), '{{}}', 500, now() - interval '40 days'
         from generate_series(1, 3) n"
    ));
    prune(&scene, &ERASE).succeeds();
    let stubs = "select count(*) from webhook_delivery_attempts where payload ? 'hookyard_payload_erased_at'";
    assert_eq!(scene.count(stubs), 0);
    prune(&scene, &[&ERASE[..], &["--include-host"]].concat()).succeeds();
    assert_eq!(scene.count(stubs), 3);
    let replayed = scene.hookyard(&["webhook", "replay", "--all", "--yes"]).run();
    assert_eq!(receiver.count(), 0, "{replayed}");
    let attempt = scene.text("select id from webhook_delivery_attempts limit 1");
    let shown = scene.hookyard(&["webhook", "show", &attempt]).run().succeeds();
    assert!(shown.stdout.contains("payload erased on "), "{shown}");
    let refused = scene.hookyard(&["webhook", "replay", &attempt, "--yes"]).run().exits(1);
    assert!(refused.all().contains("erased"), "{refused}");
}

#[test]
fn a_mail_that_is_sent_forgets_whom_it_went_to_and_is_still_the_only_one() {
    let scene = Scene::new();
    scene.database.execute(
        "insert into hookyard.mails (id, state, invite_id, integration_id, property_id, entry_id, address, custom_message,
            created_at, finished_at)
         select gen_random_uuid(), s, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
            'zebulon@quux.example', 'Dear Zebulon', now() - interval '1 day' * d,
            case when s <> 'waiting' then now() - interval '1 day' * d end
         from unnest(array['sent', 'refused', 'unknown', 'waiting']) s, unnest(array[10, 40]) d",
    );
    let left = "select string_agg(state, ' ' order by state, finished_at) from hookyard.mails where address like '%quux%'";
    let dry = prune(&scene, &["--erase-payloads-older-than", "30d", "--dry-run", "--json"]).succeeds().json();
    assert_eq!(dry["rows"]["mail_addresses_erased"], 1);
    prune(&scene, &ERASE).succeeds();
    assert_eq!(
        scene.text(left),
        "refused refused sent unknown unknown waiting waiting",
        "what a person may look into stays"
    );
    assert_eq!(scene.count("select count(*) from hookyard.mails"), 8);
    assert_eq!(prune(&scene, &ERASE).succeeds().all(), "");
}
