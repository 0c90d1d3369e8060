//! `hookyard yardi submit`: results written back to the right person, once, and never on a guess.

use std::time::Duration;

use crate::support::{
    Estate, Hookyard, Household, Person, Says, Soap, Voyager, element, envelope, has_the_promised_keys,
};

/// Entries of PROS-1 … as a poll makes them, completed.
fn completed(soap: &Soap, people: usize) -> Estate {
    let estate = Estate::simple(soap);
    soap.has_people("PROP-700", 1, people + 1);
    estate.poll(&[]).run().succeeds();
    complete(&estate);
    estate
}

fn complete(estate: &Estate) {
    estate.database.execute(
        "update entries set status = 'completed', result = 'CLEAN', fraud_result = 'CLEAN',
            income_result = 'NEEDS_REVIEW', asset_result = 'APPROVED', completed_at = now() at time zone 'utc';
         insert into entry_reports (id, entry_id, url, inserted_at, updated_at)
         select gen_random_uuid(), id, 'https://app.example.test/r?a=1&b=' || short_id, now(), now() from entries",
    );
}

fn submit(estate: &Estate, more: &[&str]) -> Hookyard {
    estate.hookyard(&[&["yardi", "submit"], more].concat())
}

fn writes(soap: &Soap) -> Vec<String> {
    soap.requests().into_iter().filter(|body| body.contains("UpdateProspectScreening")).collect()
}

const STATES: &str = "select coalesce(string_agg(state || ' ' || n, ', ' order by state), 'none')
    from (select state, count(*) as n from hookyard.yardi_submissions group by state) s";
const SUBMITTED: &str = "select count(*) from yardi_properties where submit_date is not null";

#[test]
fn a_completed_entry_is_written_back_once_in_the_documents_words() {
    let soap = Soap::start();
    let estate = completed(&soap, 2);
    insta::assert_snapshot!(submit(&estate, &[]).run(), @r"
    2 results accepted by Yardi
    --- stderr
    (nothing)
    --- exit 0
    ");
    let sent = writes(&soap);
    let sent = sent.iter().find(|body| body.contains("PROS-1")).expect("written");
    let told: Vec<String> = ["ProspectCode", "ScreeningStatus", "FraudResult", "IncomeResult"]
        .iter()
        .filter_map(|name| element(sent, name))
        .collect();
    assert_eq!(told, ["PROS-1", "Completed", "Clean", "Needs Review"]);
    assert!(
        element(sent, "ReportURL")
            .is_some_and(|url| url.starts_with("https://app.example.test/r?a=1&amp;b=SNAP-"))
    );
    assert!(!sent.contains("AssetResult"));
    assert_eq!((estate.text(STATES).as_str(), estate.text(SUBMITTED).as_str()), ("accepted 2", "1"));
    insta::assert_snapshot!(submit(&estate, &[]).run(), @r"
    (nothing)
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(submit(&estate, &["--json"]).run().succeeds().stdout, "");
    assert_eq!(writes(&soap).len(), 2);
}

#[test]
fn only_completed_entries_with_a_link_are_written() {
    let soap = Soap::start();
    let estate = completed(&soap, 3);
    estate.database.execute(
        "update entries set completed_at = null where id = (select entry_id from yardi_entries where prospect_code = 'PROS-1');
         delete from yardi_entries where prospect_code = 'PROS-2'",
    );
    submit(&estate, &[]).run().succeeds();
    assert_eq!(
        writes(&soap).iter().filter_map(|body| element(body, "ProspectCode")).collect::<Vec<_>>(),
        ["PROS-3"]
    );
}

#[test]
fn a_result_that_changes_is_written_again_and_the_same_one_is_not() {
    let soap = Soap::start();
    let estate = completed(&soap, 2);
    submit(&estate, &[]).run().succeeds();
    estate.database.execute(
        "update entries set fraud_result = 'FRAUD' where id = (select entry_id from yardi_entries where prospect_code = 'PROS-1');
         update entries set asset_result = 'DENIED', updated_at = now()",
    );
    let dry = submit(&estate, &["--dry-run", "--json"]).run().succeeds().lines();
    assert_eq!((dry.len(), &dry[0]["why"]), (1, &"changed".into()));
    submit(&estate, &[]).run().succeeds();
    let fraud: Vec<_> = writes(&soap).iter().filter_map(|body| element(body, "FraudResult")).collect();
    assert_eq!(fraud, ["Clean", "Clean", "Fraud"]);
    let revisions =
        "select string_agg(revision || ' ' || state, ', ' order by revision) from hookyard.yardi_submissions
        where prospect_code = 'PROS-1'";
    assert_eq!(estate.text(revisions), "1 accepted, 2 accepted");
}

#[test]
fn a_dry_run_writes_nothing_and_one_entry_can_be_named() {
    let soap = Soap::start();
    let estate = completed(&soap, 2);
    let dry = submit(&estate, &["--dry-run", "--json"]).run().succeeds().lines();
    dry.iter().for_each(|line| has_the_promised_keys(line, "yardi_submit.dry_run"));
    assert_eq!(dry.len(), 2);
    assert_eq!((writes(&soap).len(), estate.text(STATES).as_str()), (0, "none"));
    let short = estate.text("select short_id from entries e join yardi_entries y on y.entry_id = e.id where prospect_code = 'PROS-2'");
    let json = submit(&estate, &["--entry", &short, "--json"]).run().succeeds().json();
    has_the_promised_keys(&json, "yardi_submit");
    assert_eq!(json["accepted"], 1);
    let again = submit(&estate, &["--entry", &short]).run().succeeds();
    assert_eq!(again.stdout, "1 result accepted before, and unchanged\n");
    let unknown = submit(&estate, &["--entry", "SNAP-NONE"]).run().exits(1);
    assert!(unknown.stderr.contains("no entry SNAP-NONE with a link to a prospect was found"), "{unknown}");
}

#[test]
fn the_same_code_in_two_databases_never_brings_a_result_to_the_wrong_one() {
    let (acme, blue) = (Soap::start(), Soap::start());
    let estate = Estate::simple(&acme);
    estate.integration("BLUE", &blue.url("/blue"));
    estate.property("BLUE", "PROP-700");
    for soap in [&acme, &blue] {
        soap.has_people("PROP-700", 1, 3);
    }
    estate.poll(&[]).run().succeeds();
    complete(&estate);
    estate.database.execute(
        "update entries set fraud_result = (select i.short_id from yardi_properties p
            join yardi_integrations i on i.id = p.yardi_integration_id where p.property_id = entries.property_id)",
    );
    submit(&estate, &[]).run().succeeds();
    for (soap, name) in [(&acme, "Acme"), (&blue, "Blue")] {
        let fraud: Vec<_> = writes(soap).iter().filter_map(|body| element(body, "FraudResult")).collect();
        assert_eq!(fraud, [name, name]);
    }
    // The property goes over to the other company's database: its prospects do not.
    estate.database.execute(
        "update entries set fraud_result = 'FRAUD';
         update yardi_properties set yardi_integration_id = md5('BLUE')::uuid where yardi_integration_id = md5('ACME')::uuid",
    );
    let told = submit(&estate, &["--integration", "BLUE"]).run().succeeds();
    assert!(told.stdout.contains("2 results left out: the prospect came from another integration"), "{told}");
    assert_eq!((writes(&acme).len(), writes(&blue).len()), (2, 4));
}

#[test]
fn results_of_another_application_are_left_to_it() {
    let soap = Soap::start();
    let estate = completed(&soap, 2);
    estate.database.execute(
        "update yardi_properties set submit_date = now() at time zone 'utc';
         update entries set completed_at = (now() at time zone 'utc') - interval '1 hour'
         where id = (select entry_id from yardi_entries where prospect_code = 'PROS-1');
         update entries set completed_at = (now() at time zone 'utc') + interval '1 second'
         where id = (select entry_id from yardi_entries where prospect_code = 'PROS-2')",
    );
    let told = submit(&estate, &["--integration", "ACME"]).run().succeeds();
    assert!(
        told.stdout.contains("1 result left out: completed before another application's last submission"),
        "{told}"
    );
    assert_eq!(
        writes(&soap).iter().filter_map(|body| element(body, "ProspectCode")).collect::<Vec<_>>(),
        ["PROS-2"]
    );
    // Our own stamp does not make ours another's.
    submit(&estate, &[]).run().succeeds();
    assert_eq!(writes(&soap).len(), 1);
    let entry = estate.text("select entry_id::text from yardi_entries where prospect_code = 'PROS-1'");
    submit(&estate, &["--entry", &entry]).run().succeeds();
    assert_eq!(writes(&soap).len(), 2, "a person may ask for it");
}

#[test]
fn what_is_refused_rests_until_its_values_change_or_a_person_asks() {
    let soap = Soap::start();
    let estate = completed(&soap, 1);
    let refused =
        "<Messages><Message messageType=\"Error\">Missing valid prospect identification</Message></Messages>";
    soap.says("submit", Says::Raw(200, envelope("UpdateProspectScreening", refused)));
    let told = submit(&estate, &[]).run().exits(1);
    assert!(told.stdout.starts_with("0 results accepted by Yardi, 1 refused\n"), "{told}");
    assert!(told.stdout.contains("refused: validation: "), "{told}");
    assert_eq!((estate.text(STATES).as_str(), estate.text(SUBMITTED).as_str()), ("refused 1", "0"));
    submit(&estate, &[]).run().succeeds();
    assert_eq!(writes(&soap).len(), 1);
    let entry = estate.text("select entry_id::text from yardi_entries");
    submit(&estate, &["--entry", &entry]).run().exits(1);
    assert_eq!(writes(&soap).len(), 2);
    estate.database.execute("update entries set income_result = 'APPROVED'");
    soap.says("submit", Says::Raw(200, envelope("UpdateProspectScreening", "")));
    submit(&estate, &[]).run().succeeds();
    assert_eq!(estate.text(STATES), "accepted 1, refused 1");
}

#[test]
fn a_lost_answer_is_unknown_and_the_stamp_stays_until_it_is_known() {
    let soap = Soap::start();
    let estate = completed(&soap, 1);
    estate.configure("timeout = \"1s\"\n");
    soap.says("submit", Says::Silence(Duration::from_secs(5)));
    let told = submit(&estate, &[]).run().exits(3);
    assert!(
        told.stdout
            .starts_with("0 results accepted by Yardi, 1 unknown: the next run reads before it writes\n"),
        "{told}"
    );
    assert_eq!((estate.text(STATES).as_str(), estate.text(SUBMITTED).as_str()), ("unknown 1", "0"));
    soap.says("submit", Says::Raw(200, envelope("UpdateProspectScreening", "")));
    submit(&estate, &[]).run().succeeds();
    let sent = writes(&soap);
    assert_eq!(sent.len(), 2);
    assert_eq!(element(&sent[0], "ReportURL"), element(&sent[1], "ReportURL"), "the same values");
    assert_eq!((estate.text(STATES).as_str(), estate.text(SUBMITTED).as_str()), ("accepted 1", "1"));
}

/// A run has a bound; what is not submitted comes before what may have changed, and what is cut is said.
#[test]
fn a_run_that_cannot_look_at_all_says_so_and_the_next_goes_on() {
    let soap = Soap::start();
    let estate = completed(&soap, 5);
    let two = |more: &[&str]| submit(&estate, more).env("HOOKYARD_TEST_FAULT", "candidates:2");
    let dry = two(&["--dry-run"]).run().succeeds();
    assert!(dry.stdout.contains("only 2 completed entries were looked at"), "{dry}");
    insta::assert_snapshot!(two(&[]).run(), @r"
    2 results accepted by Yardi
    only 2 completed entries were looked at, those not yet submitted first
      run this again for the rest; a shorter submit_window or --integration looks at fewer
    --- stderr
    (nothing)
    --- exit 0
    ");
    let json = two(&["--json"]).run().succeeds().json();
    has_the_promised_keys(&json, "yardi_submit");
    assert_eq!((&json["accepted"], &json["looked_at_only"]), (&2.into(), &2.into()));
    two(&[]).run().succeeds();
    assert_eq!((writes(&soap).len(), estate.text(STATES).as_str()), (5, "accepted 5"));
    let all = submit(&estate, &["--integration", "ACME"]).run().succeeds();
    assert_eq!(all.stdout, "5 results accepted before, and unchanged\n");
    // Nothing waits: cron is left in peace, and whoever asks is told.
    assert_eq!(two(&[]).run().succeeds().stdout, "");
    let asked = two(&["--integration", "ACME"]).run().succeeds();
    assert!(asked.stdout.contains("only 2 completed entries were looked at"), "{asked}");
}

#[test]
fn overlapping_runs_and_a_killed_one_write_each_result_once() {
    let soap = Soap::start();
    let estate = completed(&soap, 20);
    soap.delays(Duration::from_millis(30));
    let runs: Vec<_> = (0..3).map(|_| submit(&estate, &[]).start()).collect();
    for run in runs {
        run.finish().succeeds();
    }
    submit(&estate, &[]).run().succeeds();
    assert_eq!((writes(&soap).len(), estate.text(STATES).as_str()), (20, "accepted 20"));
    estate.database.execute("update entries set fraud_result = 'FRAUD'");
    let mut run = submit(&estate, &[]).start();
    soap.wait_for(25);
    run.kill();
    estate.time_passes();
    submit(&estate, &[]).run().succeeds();
    assert_eq!(estate.text(STATES), "accepted 40");
    assert!(writes(&soap).len() <= 41, "only the one on its way may be sent twice, with the same values");
}

/// On the real interface: a household, imported and completed.
fn voyager(people: &[(&str, &str)]) -> (Voyager, Estate) {
    let voyager = Voyager::start().expect("loopback");
    for (code, name) in people {
        let email = format!("{name}@example.test");
        voyager.add("oakst", Household::of(vec![Person::new(code, "applicant", name, "Okafor", &email)]));
    }
    let estate = Estate::new();
    estate.integration("ACME", &voyager.url("/acme/webservices/"));
    estate.property("ACME", "oakst");
    estate.configure("profile = \"voyager\"\nentity = \"Example Vendor\"\n");
    let told = estate.poll(&["--quiet"]).run().succeeds();
    assert!(told.stdout.contains(&format!("{} new invites", people.len())), "{told}");
    complete(&estate);
    estate.database.execute("update entry_reports set url = 'https://app.example.test/r/1'");
    (voyager, estate)
}

const NOTE: &str = "ImportYardiGuest_Login";

#[test]
fn a_note_is_written_on_the_guest_card_once_with_a_marker() {
    let (voyager, estate) = voyager(&[("p0000101", "Ada"), ("p0000102", "Bo")]);
    let told = submit(&estate, &[]).run().succeeds();
    assert_eq!(told.stdout, "2 results accepted by Yardi\n");
    let notes = voyager.notes("oakst", "[hy:entry/");
    assert_eq!(notes.len(), 2);
    assert!(
        notes[0].ends_with("; https://app.example.test/r/1") && notes[0].contains("fraud Clean"),
        "{}",
        notes[0]
    );
    submit(&estate, &[]).run().succeeds();
    assert_eq!(voyager.asked(NOTE).len(), 2);
    estate.database.execute("update entries set fraud_result = 'FRAUD'");
    submit(&estate, &[]).run().succeeds();
    assert_eq!(voyager.notes("oakst", "fraud Fraud").len(), 2, "another revision is another note");
    assert_eq!(voyager.notes("oakst", ".2] ").len(), 2);
}

#[test]
fn a_note_that_was_applied_without_an_answer_is_found_and_not_written_twice() {
    let (voyager, estate) = voyager(&[("p0000101", "Ada")]);
    estate.configure("profile = \"voyager\"\nentity = \"Example Vendor\"\ntimeout = \"1s\"\n");
    voyager.behave("oakst", "applied-silent");
    let told = submit(&estate, &[]).run();
    voyager.behave("oakst", "ok");
    for _ in 0..3 {
        submit(&estate, &[]).run();
    }
    assert_eq!(voyager.notes("oakst", "[hy:entry/").len(), 1, "{told}");
    assert_eq!(voyager.asked(NOTE).len(), 1, "{told}");
    assert_eq!((estate.text(STATES).as_str(), estate.text(SUBMITTED).as_str()), ("accepted 1", "1"));
}

#[test]
fn a_note_that_is_accepted_and_not_there_is_never_called_accepted() {
    let (voyager, estate) = voyager(&[("p0000101", "Ada")]);
    voyager.behave("oakst", "ghost");
    let told = submit(&estate, &[]).run().exits(1);
    assert!(told.stdout.contains("unknown: ghost: "), "{told}");
    assert_eq!((estate.text(STATES).as_str(), estate.text(SUBMITTED).as_str()), ("unknown 1", "0"));
    submit(&estate, &[]).run().succeeds();
    assert_eq!(voyager.asked(NOTE).len(), 1, "it would go the same way again");
    let told = submit(&estate, &["--integration", "ACME"]).run().succeeds();
    assert!(told.stdout.contains("accepted before and not visible on the card"), "{told}");
}

#[test]
fn a_report_goes_as_a_document_where_one_is_configured() {
    let (voyager, estate) = voyager(&[("p0000101", "Ada")]);
    let folder = estate.files().path("");
    let entry = estate.text("select entry_id::text from yardi_entries");
    estate.configure(&format!(
        "profile = \"voyager\"\nentity = \"Example Vendor\"\nattachment = \"Income Verification\"\n\
         document = \"{}/{{entry_id}}.pdf\"\n",
        folder.display()
    ));
    let waiting = submit(&estate, &[]).run().exits(1);
    assert!(waiting.stdout.contains("1 to be tried again"), "{waiting}");
    estate.files().write(&format!("{entry}.pdf"), "%PDF-1.4\n");
    submit(&estate, &[]).run().succeeds();
    let documents = voyager.documents();
    assert_eq!((documents.len(), voyager.notes("oakst", "[hy:entry/").len()), (1, 1));
    assert!(documents[0].description.starts_with("hy entry ") && documents[0].code == "p0000101");
}

/// Between import and result people move in: the card is closed, and the report lies with the tenant, once.
#[test]
fn a_person_who_has_moved_in_gets_the_report_under_the_tenants_code() {
    let (voyager, estate) = voyager(&[("p0000101", "Ada"), ("p0000102", "Bo")]);
    let folder = estate.files().path("");
    let configure = |more: &str| {
        estate.configure(&format!(
            "profile = \"voyager\"\nentity = \"Example Vendor\"\nattachment = \"Income Verification\"\n\
             document = \"{}/{{entry_id}}.pdf\"\n{more}",
            folder.display()
        ));
    };
    configure("");
    for row in estate.database.query_text("select entry_id::text from yardi_entries") {
        let entry = row[0].as_deref().unwrap_or_default();
        estate.files().write(&format!("{entry}.pdf"), "%PDF-1.4\n");
    }
    let tenants = "select coalesce(string_agg(tenant_code, ' '), 'none') from hookyard.yardi_imports";
    assert_eq!(estate.text(tenants), "none");
    voyager.moves_in("oakst", "p0000101", "t0000201");
    // A resident is nobody to invite, and his code is taken down all the same.
    estate.poll(&["--force"]).run().succeeds();
    assert_eq!(estate.text(tenants), "t0000201");
    voyager.moves_in("oakst", "p0000101", "t0000999");
    estate.poll(&["--force"]).run().succeeds();
    assert_eq!(estate.text(tenants), "t0000999");
    let told = submit(&estate, &[]).run().succeeds();
    assert_eq!(told.stdout, "2 results accepted by Yardi\n");
    let mut codes: Vec<_> = voyager.documents().into_iter().map(|document| document.code).collect();
    codes.sort();
    assert_eq!(codes, ["p0000102", "t0000999"]);
    assert_eq!(voyager.notes("oakst", "[hy:entry/").len(), 1, "a closed card takes no note");
    // Nobody knows of the write any more: it is found, under either code.
    let forget =
        "update hookyard.yardi_submissions set state = 'unknown', class = 'transport', finished_at = null";
    estate.database.execute(forget);
    submit(&estate, &[]).run().succeeds();
    assert_eq!((voyager.documents().len(), estate.text(STATES).as_str()), (2, "accepted 2"));
    voyager.moves_in("oakst", "p0000102", "t0000202");
    estate.poll(&["--force"]).run().succeeds();
    configure("submit = [\"document\"]\n");
    estate.database.execute(forget);
    submit(&estate, &[]).run().succeeds();
    assert_eq!(voyager.documents().len(), 2, "what was filed before the person moved in stands");
    // Without a note to be refused, the document itself is what is refused first.
    estate.database.execute("update entries set fraud_result = 'FRAUD'");
    submit(&estate, &[]).run().succeeds();
    let mut codes: Vec<_> = voyager.documents().into_iter().map(|document| document.code).collect();
    codes.sort();
    assert_eq!(codes, ["p0000102", "t0000202", "t0000999", "t0000999"]);
}
