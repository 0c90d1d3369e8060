//! `hookyard report health`: one look at the database, one verdict, and every number as the documents count it.

mod away;
mod documents;
mod forms;
pub mod hours;
mod many;
mod standby;
mod verdict;
mod written;
mod yardi;

use crate::support::{Receiver, Scene, Transcript, has_the_promised_keys, hookyard};

fn health(scene: &Scene, arguments: &[&str]) -> Transcript {
    scene.hookyard(&[&["report", "health"], arguments].concat()).run()
}

fn seen(scene: &Scene, arguments: &[&str]) -> serde_json::Value {
    let transcript = health(scene, &[arguments, &["--json"]].concat());
    assert!(matches!(transcript.code, Some(0 | 1)), "{transcript}");
    transcript.json()
}

#[test]
fn an_empty_database_is_well_and_says_so() {
    let scene = Scene::new();
    let well = health(&scene, &[]).succeeds();
    let stamp =
        well.stdout.lines().next().and_then(|line| line.rsplit(' ').next()).expect("a time").to_owned();
    insta::assert_snapshot!(well.to_string().replace(&stamp, "[now]"), @r"
    ok  [server] at [now]

    deliveries: ok
      from webhook_delivery_attempts; queue and answer times: schema hookyard
      attempts of 7 days: 0, 0 succeeded (-), 0 failed, 0 neither; without a time: 0
      queue now: 0 waiting, 0 due, nothing due; 0 parked, 0 dead (0 in 24 hours)
      endpoints now: 0 breakers open, 0 gone (410), 0 alerts open

    yardi: ok
      from the documents' yardi tables, entries, properties
      no active property

    hookyard: ok
      from schema hookyard; the server's statistics
      of 24 hours: 0 leases lost with a request on the wire, 0 runs that never ended
    --- stderr
    (nothing)
    --- exit 0
    ");
}

#[test]
fn keys_are_a_promise() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/status/404"));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    scene.yardi_property("2020-01-01");
    let found = seen(&scene, &[]);
    for (pointer, name) in [
        ("", "report_health"),
        ("/reasons/0", "report_health.reason"),
        ("/deliveries", "report_health.deliveries"),
        ("/deliveries/endpoints/0", "report_health.endpoint"),
        ("/deliveries/queue", "report_health.queue"),
        ("/deliveries/failed/groups/0", "report_health.failed"),
        ("/deliveries/hours/0", "report_health.hour"),
        ("/yardi", "report_health.yardi"),
        ("/yardi/polling/troubled/0", "report_health.property"),
        ("/yardi/invites", "report_health.invites"),
        ("/tool", "report_health.tool"),
        ("/tool/verbs/0", "report_health.verb"),
    ] {
        has_the_promised_keys(found.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")), name);
    }
}

/// A role that may read and nothing else, as a replica's reader: health needs no more.
#[test]
fn reading_is_all_it_takes() {
    let scene = Scene::new();
    let before = scene.checksums();
    health(&scene, &[]).succeeds();
    assert_eq!(scene.checksums(), before, "nothing is written");
    scene.database.execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'hookyard_reader') then
            create role hookyard_reader login; end if; end $$;
         grant usage on schema hookyard, public to hookyard_reader;
         grant select on all tables in schema hookyard, public to hookyard_reader",
    );
    let url = scene.database.url();
    let place = url.rsplit(['/', '@']).collect::<Vec<_>>();
    let reader = format!("postgres://hookyard_reader@{}/{}", place[1], place[0]);
    let run = |variables: &[(&str, &str)]| {
        let start = hookyard(&["report", "health", "--json"]);
        variables.iter().fold(start, |run, (name, value)| run.env(name, value)).run()
    };
    let nowhere = "postgres://127.0.0.1:1/none";
    let read = run(&[("DATABASE_URL", nowhere), ("HOOKYARD_REPORT_DATABASE_URL", &reader)]).succeeds().json();
    assert_eq!(read["level"], "ok", "the replica is read, the primary is not asked");
    run(&[("DATABASE_URL", nowhere)]).exits(3);
    // Nobody gave it a right to one of the tables: said, not guessed.
    scene.database.execute("revoke select on yardi_invites from hookyard_reader");
    let read = run(&[("HOOKYARD_REPORT_DATABASE_URL", &reader)]).succeeds().json();
    assert_eq!(read["yardi"]["not_read"], "not there, or not ours to read: yardi_invites");
}

#[test]
fn a_database_without_our_schema_is_for_a_person_to_prepare() {
    let database = crate::support::Database::empty();
    let told = hookyard(&["report", "health"]).database(&database).run().exits(4);
    assert!(told.stderr.contains("hookyard database migrate"), "{told}");
}
