//! Odd prospects, answers that are not believed, and what each costs.

use std::time::Duration;

use crate::support::{Estate, PASSWORD, Says, Soap, USER, element, envelope};

fn row(code: &str, first: &str, last: &str, email: &str) -> [String; 4] {
    [code, first, last, email].map(str::to_owned)
}

#[test]
fn an_address_that_is_none_is_flagged_and_waits_for_a_correction() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    let long = format!("{}@example.test", "x".repeat(300));
    let odd = [
        ("", "email_missing"),
        ("   ", "email_missing"),
        ("0", "email_placeholder"),
        ("ada.example.test", "email_without_at"),
        ("a@example.test; b@example.test", "email_several"),
        (long.as_str(), "email_too_long"),
        ("a@bücher.test", "email_domain_not_ascii"),
    ];
    let people =
        odd.iter().enumerate().map(|(n, (email, _))| row(&format!("PROS-{n}"), "Ada", "Okafor", email));
    soap.says("PROP-700", Says::Prospects(people.collect()));
    let told = estate.poll(&["--quiet"]).run().succeeds();
    assert_eq!(
        told.stdout,
        "1 property polled, 7 rows: 7 new invites, 0 entries, 7 flagged (email_domain_not_ascii 1, email_missing 2, \
         email_placeholder 1, email_several 1, email_too_long 1, email_without_at 1)\n"
    );
    assert_eq!(estate.rows(), "7 invites, 0 entries, 0 links, 0 applicants");
    let flags = "select string_agg(array_to_string(m.flags, ','), ' ' order by v.prospect_code) from hookyard.yardi_imports m
        join yardi_invites v on v.id = m.invite_id where v.email is null";
    assert_eq!(estate.text(flags), odd.map(|(_, why)| why).join(" "));

    // One is corrected in Yardi, one in the table.
    soap.says("PROP-700", Says::Prospects(vec![row("PROS-2", "Ada", "Okafor", "ada@example.test")]));
    estate
        .database
        .execute("update yardi_invites set email = 'bo@example.test' where prospect_code = 'PROS-3'");
    let told = estate.poll(&["--force"]).run().succeeds();
    assert!(
        told.stdout.starts_with("1 property polled, 1 rows: 0 new invites, 2 entries, 2 of them corrected\n"),
        "{told}"
    );
    assert_eq!(estate.rows(), "7 invites, 2 entries, 2 links, 2 applicants");
    let told = estate.poll(&["--force"]).run().succeeds();
    assert_eq!(told.stdout, "1 property polled, 1 rows: 0 new invites, 0 entries, 1 known\n");
}

#[test]
fn names_are_stored_whole_or_cut_and_flagged_and_never_stop_the_others() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    let names = [
        "O'Brien & Søns <x>".to_owned(),
        "😀".repeat(255),
        "x".repeat(255),
        "\u{202e}abc\u{2066}".to_owned(),
        "y".repeat(256),
        "😀".repeat(300),
        "a\u{1}b\u{1b}[2J".to_owned(),
        "   ".to_owned(),
    ];
    let people = names
        .iter()
        .enumerate()
        .map(|(n, name)| row(&format!("PROS-{n}"), name, "", &format!("p{n}@example.test")));
    soap.says("PROP-700", Says::Prospects(people.collect()));
    let told = estate.poll(&["--quiet"]).run().succeeds();
    assert!(
        told.stdout.starts_with("1 property polled, 8 rows: 8 new invites, 7 entries, 1 flagged ("),
        "{told}"
    );
    for (n, name) in names.iter().take(4).enumerate() {
        let stored =
            estate.text(&format!("select first_name from yardi_invites where prospect_code = 'PROS-{n}'"));
        assert_eq!(&stored, name);
    }
    let lengths = "select string_agg(coalesce(length(first_name)::text, '-'), ' ' order by prospect_code) from yardi_invites";
    assert!(estate.text(lengths).starts_with("18 255 255 5 255 255 "), "{}", estate.text(lengths));
    let cut = "select count(*) from hookyard.yardi_imports where flags @> array['first_name_cut']";
    assert_eq!(estate.text(cut), "2");
    let dirty = "select count(*) from hookyard.yardi_imports where flags @> array['characters_replaced']";
    assert_eq!(estate.text(dirty), "1");
}

#[test]
fn what_cannot_be_stored_costs_only_itself() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 0, 1000);
    estate.database.execute(
        "alter table yardi_invites add constraint no_thirteens check (prospect_code not like '%13')",
    );
    let told = estate.poll(&["--quiet"]).run().succeeds();
    assert!(
        told.stdout.starts_with(
            "1 property polled, 1000 rows: 990 new invites, 990 entries, 10 left out (cannot be stored: new row for \
             relation \"yardi_invites\" violates check constraint \"no_thirteens\" (23514) 10)\n"
        ),
        "{told}"
    );
    assert_eq!(estate.rows(), "990 invites, 990 entries, 990 links, 990 applicants");
}

#[test]
fn an_answer_that_is_not_believed_stores_nothing_and_the_other_properties_go_on() {
    let good = |content: &str| envelope("GetNewProspects", content);
    let prospect = "<Prospect><ProspectCode>PROS-1</ProspectCode><FirstName>A</FirstName><Email>a@example.test</Email></Prospect>";
    let fault = "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault>\
        <faultcode>soap:Server</faultcode><faultstring>Object reference not set</faultstring></soap:Fault></soap:Body></soap:Envelope>";
    let shell = "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body/></soap:Envelope>";
    let message =
        |text: &str| good(&format!("<Messages><Message messageType=\"Error\">{text}</Message></Messages>"));
    let cases: [(&str, Says, i32); 9] = [
        ("a fault", Says::Raw(500, fault.into()), 1),
        ("a fault in a 200", Says::Raw(200, fault.into()), 1),
        ("a page", Says::Raw(200, "<html><body>maintenance</body></html>".into()), 4),
        ("an empty shell", Says::Raw(200, shell.into()), 4),
        ("a broken answer", Says::Cut(300), 3),
        ("a bad gateway", Says::Raw(502, "bad gateway".into()), 3),
        ("no access", Says::Raw(200, message("Invalid or no access to Yardi Property")), 1),
        ("a DTD", Says::Raw(200, format!("<!DOCTYPE x>{}", good(prospect))), 1),
        ("an unknown text", Says::Raw(200, message("Something else went wrong")), 1),
    ];
    for (name, says, code) in cases {
        let soap = Soap::start();
        let estate = Estate::simple(&soap);
        estate.integration("BLUE", &soap.url("/blue"));
        estate.property("BLUE", "PROP-800");
        soap.says("PROP-700", says);
        soap.has_people("PROP-800", 1, 3);
        let told = estate.poll(&["--quiet"]).run();
        assert_eq!(told.code, Some(code), "{name}\n{told}");
        assert!(told.stdout.contains("PROP-700 (ACME): "), "{name}\n{told}");
        assert_eq!(estate.rows(), "2 invites, 2 entries, 2 links, 2 applicants", "{name}");
        let stamps =
            "select string_agg(yardi_property_id, ' ') from yardi_properties where last_poll_run is not null";
        assert_eq!(estate.text(stamps), "PROP-800", "{name}");
        let state =
            "select count(*) from hookyard.yardi_states where failures = 1 and last_error is not null";
        assert_eq!(estate.text(state), "1", "{name}");
    }
}

#[test]
fn no_prospects_in_a_proper_answer_move_the_stamp() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.property("ACME", "PROP-701");
    let nobody = "<Messages><Message messageType=\"Error\">No guests exist with the given search criteria.</Message></Messages>";
    soap.says("PROP-701", Says::Raw(200, envelope("GetNewProspects", nobody)));
    let told = estate.poll(&["--quiet"]).run().succeeds();
    assert_eq!(told.stdout, "2 properties polled, 0 rows: 0 new invites, 0 entries\n");
    assert_eq!(estate.text("select count(*) from yardi_properties where last_poll_run is not null"), "2");
}

#[test]
fn a_refused_password_opens_the_circuit_and_is_not_said_again() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.property("ACME", "PROP-701");
    estate.property("ACME", "PROP-702");
    let refused = format!(
        "<Messages><Message messageType=\"Error\">Login failed. {USER} Please check login credentials and try again.</Message></Messages>"
    );
    soap.says("PROP-700", Says::Raw(200, envelope("GetNewProspects", &refused)));
    let told = estate.poll(&["--quiet"]).run().exits(4);
    assert!(told.stdout.contains("PROP-700 (ACME): auth: "), "{told}");
    assert!(told.stdout.contains("2 properties not asked any more in this run"), "{told}");
    assert_eq!(soap.count(), 1, "a second try would lock the account");
    let told = estate.poll(&["--force"]).run().exits(4);
    assert!(told.stdout.contains("ACME: not asked, the circuit is open: auth: "), "{told}");
    assert!(told.stdout.contains("`hookyard yardi check ACME` closes it"), "{told}");
    assert_eq!(soap.count(), 1);
    assert!(!told.all().contains("canary"), "{told}");
    let stored = "select coalesce(string_agg(t, ''), '') from (select p::text as t from hookyard.yardi_polls p
        union all select s::text from hookyard.yardi_states s union all select a::text from hookyard.yardi_accounts a) t";
    assert!(!estate.text(stored).contains("canary"));
}

#[test]
fn the_password_arrives_as_it_is_and_is_shown_nowhere() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.poll(&[]).run().succeeds();
    let sent = element(&soap.requests()[0], "Password").expect("sent");
    let read = sent
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'");
    assert_eq!(read.replace("&amp;", "&"), PASSWORD);
    for status in [401, 403, 500] {
        // An error page that repeats our own envelope.
        let echo = soap.requests()[0].clone();
        soap.says("PROP-700", Says::Raw(status, format!("<html><pre>{echo}</pre></html>")));
        let told = estate.poll(&["--force", "-vvv"]).run();
        assert_ne!(told.code, Some(0), "{told}");
        assert!(!told.all().contains("canary"), "{told}");
    }
    let stored = "select coalesce(string_agg(t, ''), '') from (select p::text as t from hookyard.yardi_polls p
        union all select s::text from hookyard.yardi_states s union all select a::text from hookyard.yardi_accounts a) t";
    assert!(!estate.text(stored).contains("canary"));
}

#[test]
fn a_password_that_is_not_encrypted_is_never_taken_for_plain() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.integration("BLUE", &soap.url("/blue"));
    estate.property("BLUE", "PROP-800");
    estate.configure("[yardi.ACME]\npassword_mode = \"auto\"\n");
    let told = estate.poll(&["--quiet"]).run().exits(4);
    assert!(told.stdout.contains("ACME: not asked: the password of ACME cannot be read: "), "{told}");
    assert!(told.stdout.contains("hookyard yardi password set"), "{told}");
    assert_eq!(soap.count(), 1, "the other integration was asked");
}

#[test]
fn a_plain_http_endpoint_and_a_private_address_are_not_dialled() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    let config = estate.files().path("hookyard.toml").display().to_string();
    let poll = |more: &[&str]| {
        let all = [more, &["--config", &config, "yardi", "poll", "--quiet"]].concat();
        crate::support::hookyard(&all).database(&estate.database).run()
    };
    assert_eq!(poll(&[]).exits(4).stderr, "");
    poll(&["--allow-http"]).exits(4);
    assert_eq!(soap.count(), 0);
    poll(&["--allow-http", "--allow-egress", "127.0.0.1/32"]).succeeds();
}

#[test]
fn a_silent_property_costs_its_own_time_limit_and_no_other_property() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.configure("timeout = \"1s\"\n");
    for n in 1..6 {
        estate.property("ACME", &format!("PROP-70{n}"));
        soap.has_people(&format!("PROP-70{n}"), n * 10, n * 10 + 2);
    }
    soap.says("PROP-700", Says::Silence(Duration::from_secs(30)));
    let told = estate.poll(&["--quiet"]).run().exits(3);
    assert!(told.stdout.contains("PROP-700 (ACME): transport: "), "{told}");
    assert_eq!(estate.rows(), "10 invites, 10 entries, 10 links, 10 applicants");
}

#[test]
fn several_codes_in_one_column_are_asked_one_by_one_and_stored_together() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.database.execute("update yardi_properties set yardi_property_id = 'oakst, elmst'");
    soap.has_people("oakst", 0, 2);
    soap.has_people("elmst", 0, 3);
    let told = estate.poll(&["--quiet"]).run().succeeds();
    assert!(told.stdout.starts_with("1 property polled, 5 rows: 5 new invites, 5 entries\n"), "{told}");
    let codes =
        "select string_agg(distinct yardi_property_id, ' ' order by yardi_property_id) from yardi_invites";
    assert_eq!(estate.text(codes), "elmst oakst");
}
