//! `hookyard yardi poll`: prospects imported, each once, with every reason counted; and what stops it.

mod answers;
mod inherited;
mod mails;
mod places;
mod shared;

use crate::support::{Estate, Says, Soap, has_the_promised_keys};

#[test]
fn a_new_prospect_becomes_an_invite_an_entry_and_a_link() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 3);
    insta::assert_snapshot!(estate.poll(&["--quiet"]).run(), @r"
    1 property polled, 2 rows: 2 new invites, 2 entries
    no invite was mailed: mails are off until HOOKYARD_SMTP_URL and HOOKYARD_MAIL_FROM are set
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(estate.rows(), "2 invites, 2 entries, 2 links, 2 applicants");
    let told = estate.database.query_text(
        "select v.prospect_code, v.yardi_property_id, v.snappt_property_id, v.email, v.first_name, v.last_name,
            p.short_id, a.full_name, a.email, e.status, y.prospect_code, i.short_id
         from yardi_invites v
         join yardi_integrations i on i.id = v.yardi_integration_id
         join hookyard.yardi_imports m on m.invite_id = v.id
         join entries e on e.id = m.entry_id
         join properties p on p.id = e.property_id
         join applicants a on a.entry_id = e.id
         join yardi_entries y on y.entry_id = e.id
         where v.prospect_code = 'PROS-1'",
    );
    let told: Vec<String> = told[0].iter().flatten().cloned().collect();
    assert_eq!(
        told,
        [
            "PROS-1",
            "PROP-700",
            "S-PROP-700",
            "p1@example.test",
            "First1",
            "Last1",
            "S-PROP-700",
            "First1 Last1",
            "p1@example.test",
            "pending",
            "PROS-1",
            "ACME"
        ]
    );
    let stamp = "select last_poll_run between (now() at time zone 'utc') - interval '1 minute' and now() at time zone 'utc'
        from yardi_properties";
    assert_eq!(estate.text(stamp), "t");
    assert_eq!(
        estate.text(
            "select count(*) from yardi_invites where inserted_at <> date_trunc('second', inserted_at)"
        ),
        "0"
    );
}

#[test]
fn nothing_due_is_silence_and_force_asks_all_the_same() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 3);
    estate.poll(&[]).run().succeeds();
    insta::assert_snapshot!(estate.poll(&[]).run(), @r"
    (nothing)
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(estate.poll(&["--json"]).run().succeeds().stdout, "");
    let named = estate.poll(&["--property", "PROP-700"]).run().succeeds();
    assert_eq!(named.stdout, "nothing is due; --force polls all the same\n");
    assert_eq!(soap.count(), 1);
    insta::assert_snapshot!(estate.poll(&["--force"]).run(), @r"
    1 property polled, 2 rows: 0 new invites, 0 entries, 2 known
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(estate.rows(), "2 invites, 2 entries, 2 links, 2 applicants");
    let json = estate.poll(&["--force", "--json"]).run().succeeds().json();
    has_the_promised_keys(&json, "yardi_poll");
    has_the_promised_keys(&json["properties"][0], "yardi_poll.property");
    assert_eq!(json["known"], 2);
}

#[test]
fn only_the_active_are_asked_and_only_those_that_are_named() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.property("ACME", "PROP-701");
    estate.property("ACME", "PROP-702");
    estate.integration("BLUE", &soap.url("/blue"));
    estate.property("BLUE", "PROP-800");
    estate.integration("GONE", &soap.url("/gone"));
    estate.property("GONE", "PROP-900");
    estate.database.execute(
        "update yardi_integrations set deactivation_date = now() where short_id = 'GONE';
         update yardi_properties set deactivation_date = now() where yardi_property_id = 'PROP-702'",
    );
    let asked = || {
        let mut asked: Vec<String> =
            soap.requests().iter().filter_map(|body| crate::support::element(body, "PropertyCode")).collect();
        asked.sort();
        asked.join(" ")
    };
    estate.poll(&["--integration", "BLUE"]).run().succeeds();
    assert_eq!(asked(), "PROP-800");
    estate.poll(&["--property", "S-PROP-701"]).run().succeeds();
    assert_eq!(asked(), "PROP-701 PROP-800");
    estate.poll(&[]).run().succeeds();
    assert_eq!(asked(), "PROP-700 PROP-701 PROP-800");
    estate.poll(&["--force"]).run().succeeds();
    assert_eq!(asked(), "PROP-700 PROP-700 PROP-701 PROP-701 PROP-800 PROP-800");
    let unknown = estate.poll(&["--property", "nowhere"]).run().exits(1);
    assert!(unknown.stderr.contains("the property nowhere was not found"), "{unknown}");
    let unknown = estate.poll(&["--integration", "nobody"]).run().exits(1);
    assert!(unknown.stderr.contains("the integration nobody was not found"), "{unknown}");
}

#[test]
fn a_dry_run_asks_nothing_and_changes_nothing() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.property("ACME", "PROP-701");
    estate.database.execute(
        "update yardi_properties set last_poll_run = now() at time zone 'utc' where yardi_property_id = 'PROP-701'",
    );
    let sum = "select md5(string_agg(t, '|' order by t)) from (
        select p::text as t from yardi_properties p union all select a::text from hookyard.yardi_accounts a
        union all select s::text from hookyard.yardi_states s union all select q::text from hookyard.yardi_polls q) t";
    let before = estate.text(sum);
    let dry = estate.poll(&["--dry-run", "--json"]).run().succeeds().lines();
    dry.iter().for_each(|line| has_the_promised_keys(line, "yardi_poll.dry_run"));
    assert_eq!(dry.len(), 1);
    assert_eq!((&dry[0]["property"], &dry[0]["state"]), (&"PROP-700".into(), &"never polled".into()));
    let all = estate.poll(&["--dry-run", "--force"]).run().succeeds();
    assert!(
        all.stdout.contains("PROP-701")
            && all.stdout.ends_with("nothing was asked and nothing was changed\n"),
        "{all}"
    );
    assert_eq!(estate.text(sum), before);
    assert_eq!(soap.count(), 0);
}

/// What the service was asked from, as minutes before now.
fn minutes(soap: &Soap, estate: &Estate) -> i64 {
    let body = soap.requests().pop().expect("a request");
    let from = crate::support::element(&body, "StartDate").expect("a date");
    assert!(from.ends_with('Z'), "{from}");
    let sql = format!("select round(extract(epoch from now() - timestamptz '{from}') / 60)::int");
    estate.text(&sql).parse().expect("a number")
}

#[test]
fn a_window_begins_at_the_last_poll_less_the_overlap() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    let set = |sql: &str| estate.database.execute(&format!("update yardi_properties set {sql}"));
    let two_days = 2 * 24 * 60;
    let first = estate.poll(&[]).run().succeeds();
    assert!(
        first.stderr.starts_with("warning: PROP-700 (ACME): first import: everything since 20"),
        "{first}"
    );
    assert_eq!(minutes(&soap, &estate), two_days + 30, "the activation, less twice the rate");
    set("last_poll_run = (now() at time zone 'utc') - interval '40 minutes'");
    assert_eq!(estate.poll(&[]).run().succeeds().stderr, "");
    assert_eq!(minutes(&soap, &estate), 70);
    estate.database.execute("update yardi_integrations set poll_rate = 2147483647");
    estate.poll(&["--force"]).run().succeeds();
    assert_eq!(minutes(&soap, &estate), 2 * 1440, "an absurd rate is a day");
    estate.database.execute("update yardi_integrations set poll_rate = null");
    estate.configure("overlap = \"0s\"\n");
    set("last_poll_run = (now() at time zone 'utc') - interval '40 minutes'");
    estate.poll(&[]).run().succeeds();
    assert_eq!(minutes(&soap, &estate), 40, "to the letter");
    set("last_poll_run = (now() at time zone 'utc') - interval '2 years'");
    let old = estate.poll(&[]).run().succeeds();
    assert!(old.stderr.contains("`--since` reaches further back"), "{old}");
    assert_eq!(minutes(&soap, &estate), 31 * 1440);
    for future in ["(now() at time zone 'utc') + interval '2 years'", "'infinity'"] {
        set(&format!("last_poll_run = {future}"));
        let told = estate.poll(&[]).run().succeeds();
        assert!(told.stderr.contains("last_poll_run is in the future"), "{told}");
        assert_eq!(minutes(&soap, &estate), 0);
        assert_eq!(estate.text("select last_poll_run < now() at time zone 'utc' from yardi_properties"), "t");
    }
}

#[test]
fn since_reaches_back_and_never_stamps_over_a_gap() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    let stamp = "select coalesce(extract(epoch from (now() at time zone 'utc') - last_poll_run)::int / 60, -1) from yardi_properties";
    estate.database.execute(
        "update yardi_properties set last_poll_run = (now() at time zone 'utc') - interval '2 hours'",
    );
    let near = estate.poll(&["--since", "1h"]).run().succeeds();
    assert!(near.stderr.contains("since 20") && near.stderr.contains("last_poll_run stays"), "{near}");
    assert_eq!(minutes(&soap, &estate), 60);
    assert_eq!(estate.text(stamp), "120");
    estate.poll(&["--since", "100h"]).run().succeeds();
    assert_eq!(minutes(&soap, &estate), 6000);
    assert_eq!(estate.text(stamp), "0");
    for wrong in ["2024-02-30", "soon"] {
        estate.poll(&["--since", wrong]).run().exits(2);
    }
    let future = estate.poll(&["--since", "2199-01-01"]).run().exits(2);
    assert!(future.stderr.contains("is in the future"), "{future}");
}

#[test]
fn roommates_with_one_code_are_kept_apart_and_the_same_answer_twice_is_once() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    let row = |code: &str, first: &str, email: &str| [code, first, "Okafor", email].map(str::to_owned);
    let people = vec![
        row("PROS-1", "Ada", "ada@example.test"),
        row("PROS-1", "Bo", "bo@example.test"),
        row("PROS-1", "Cy", "ada@example.test"),
        row("PROS-1", "Ada", "ADA@Example.test"),
        row("PROS-2", "Ada", "ada@example.test"),
    ];
    soap.says("PROP-700", Says::Prospects(people));
    let first = estate.poll(&[]).run().succeeds();
    assert!(
        first.stdout.starts_with("1 property polled, 5 rows: 4 new invites, 4 entries, 1 known\n"),
        "{first}"
    );
    estate.time_passes();
    let again = estate.poll(&[]).run().succeeds();
    assert_eq!(again.stdout, "1 property polled, 5 rows: 0 new invites, 0 entries, 5 known\n");
    assert_eq!(estate.rows(), "4 invites, 4 entries, 4 links, 4 applicants");
    // What another application imported is known, too.
    estate.database.execute(
        "insert into yardi_invites (id, yardi_integration_id, prospect_code, yardi_property_id, email, first_name,
            last_name, inserted_at, updated_at)
         select gen_random_uuid(), yardi_integration_id, 'PROS-9', 'PROP-700', 'Dan@example.test', 'Dan', 'Okafor', now(), now()
         from yardi_properties",
    );
    soap.says("PROP-700", Says::Prospects(vec![row("PROS-9", "Dan", "dan@example.test")]));
    let known = estate.poll(&["--force"]).run().succeeds();
    assert_eq!(known.stdout, "1 property polled, 1 rows: 0 new invites, 0 entries, 1 known\n");
}

#[test]
fn a_property_of_another_integration_with_the_same_code_is_another_property() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.integration("BLUE", &soap.url("/blue"));
    estate.property("BLUE", "PROP-700");
    soap.has_people("PROP-700", 1, 3);
    estate.poll(&[]).run().succeeds();
    assert_eq!(estate.rows(), "4 invites, 4 entries, 4 links, 4 applicants");
    let apart =
        "select string_agg(n::text, ' ') from (select count(*) as n from entries group by property_id) n";
    assert_eq!(estate.text(apart), "2 2");
}

#[test]
fn a_company_may_make_entries_in_its_own_way_and_refuse_some() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 101);
    estate.database.execute(
        "create or replace function hookyard.create_entry(property_id uuid, first_name text, last_name text, email text,
            prospect_code text) returns uuid language plpgsql as $$
         declare v_id uuid := gen_random_uuid();
         begin
            if prospect_code = 'PROS-50' then raise exception 'no room for canary'; end if;
            if prospect_code = 'PROS-51' then return null; end if;
            insert into entries (id, property_id, status, inserted_at, updated_at)
            values (v_id, create_entry.property_id, 'ours', now(), now());
            return v_id;
         end $$",
    );
    let told = estate.poll(&[]).run().succeeds();
    assert!(
        told.stdout.starts_with(
            "1 property polled, 100 rows: 100 new invites, 98 entries, 2 flagged (entry_refused 1)\n"
        ),
        "{told}"
    );
    assert!(!told.all().contains("canary"));
    assert_eq!(estate.rows(), "100 invites, 98 entries, 98 links, 0 applicants");
    let flags =
        "select string_agg(array_to_string(flags, ',') || ' ' || coalesce(note, ''), '; ' order by flags)
        from hookyard.yardi_imports where state = 'flagged'";
    assert_eq!(estate.text(flags), "entry_refused SQLSTATE P0001; no_entry ");
}

#[test]
fn a_function_that_does_not_fit_the_schema_stops_the_run_and_stores_nothing() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 1, 3);
    estate.database.execute("alter table applicants rename column full_name to whole_name");
    let told = estate.poll(&[]).run().exits(4);
    assert!(told.stderr.contains("full_name"), "{told}");
    assert_eq!(estate.rows(), "0 invites, 0 entries, 0 links, 0 applicants");
    assert_eq!(estate.text("select last_poll_run is null from yardi_properties"), "t");
    estate.database.execute("drop function hookyard.create_entry");
    let missing = estate.poll(&[]).run().exits(4);
    assert!(missing.stderr.contains("function hookyard.create_entry is missing"), "{missing}");
}
