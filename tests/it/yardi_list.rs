//! `hookyard yardi list`: every integration and property with its state, in one look.

use crate::support::{Database, Estate, Says, Soap, has_the_promised_keys, hookyard};

#[test]
fn no_integration_is_said_and_an_unknown_one_is_not_found() {
    let database = Database::migrated();
    insta::assert_snapshot!(hookyard(&["yardi", "list"]).database(&database).run(), @r"
    no integrations: the table yardi_integrations is empty
    --- stderr
    (nothing)
    --- exit 0
    ");
    insta::assert_snapshot!(hookyard(&["yardi", "list", "--integration", "x' OR '1'='1"]).database(&database).run(), @r"
    (nothing)
    --- stderr
    error: the integration x' OR '1'='1 was not found
    --- exit 1
    ");
}

#[test]
fn every_state_is_told_with_the_rule_of_an_odd_rate() {
    let soap = Soap::start();
    let estate = Estate::new();
    estate.integration("ACME", "https://yardi.example.test/acme?token=canary");
    estate.integration("BLUE", "https://yardi.example.test/blue");
    for (code, sql) in [
        ("due", "last_poll_run = (now() at time zone 'utc') - interval '20 minutes'"),
        ("fresh", "last_poll_run = now() at time zone 'utc'"),
        ("late", "last_poll_run = (now() at time zone 'utc') - interval '2 hours'"),
        ("never", "last_poll_run = null"),
        ("off", "deactivation_date = now()"),
        ("odd", "last_poll_run = 'infinity', submit_date = '294276-12-31'"),
        ("blank", "yardi_property_id = ' , '"),
    ] {
        let id = estate.property("ACME", code);
        estate.database.execute(&format!("update yardi_properties set {sql} where property_id = '{id}'"));
    }
    estate.property("BLUE", "blue");
    estate.database.execute(
        "update yardi_integrations set poll_rate = 2147483647 where short_id = 'BLUE';
         insert into hookyard.yardi_accounts (integration_id, state, opened_at, opened_class, opened_text)
         select id, 'open', '2026-01-02 03:04:05Z', 'auth', 'Login failed.' from yardi_integrations where short_id = 'BLUE'",
    );
    let lines = estate.hookyard(&["yardi", "list", "--json"]).run().succeeds().lines();
    lines.iter().for_each(|line| has_the_promised_keys(line, "yardi_list"));
    let mut told: Vec<String> = lines
        .iter()
        .map(|line| {
            format!("{} {} {}", line["property"], line["state"], line["every_minutes"]).replace('"', "")
        })
        .collect();
    told.sort();
    insta::assert_snapshot!(told.join("\n"), @r"
    S-blank no code 15
    blue circuit open 1440
    due due 15
    fresh active 15
    late overdue 15
    never never polled 15
    odd due 15
    off inactive 15
    ");
    let blue = estate.hookyard(&["yardi", "list", "--integration", "BLUE"]).run();
    insta::assert_snapshot!(blue, @r"
    BLUE: active, every 1440 minutes, https://yardi.example.test/blue
      poll_rate is more than a day: 1440 minutes
      circuit open since 2026-01-02T03:04:05Z: auth: Login failed.
      nothing is asked until `hookyard yardi check BLUE` succeeds
     property  short id  name          state         last poll  last submit  invites  flagged  last error
     blue      S-blue    Name of blue  circuit open  never      never                 0
    --- stderr
    (nothing)
    --- exit 0
    ");
    let all = estate.hookyard(&["yardi", "list"]).run().succeeds();
    assert!(!all.all().contains("canary"), "{all}");
    drop(soap);
}

#[test]
fn what_went_wrong_last_is_told_until_it_went_well_again() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.says("PROP-700", Says::Raw(200, "<html><body>down for maintenance</body></html>".into()));
    estate.poll(&[]).run();
    estate.poll(&[]).run();
    let line = || estate.hookyard(&["yardi", "list", "--json"]).run().succeeds().lines()[0].clone();
    let failing = line();
    assert_eq!(failing["failures"], 2);
    assert!(failing["last_error"].is_string() && failing["last_poll_at"].is_null(), "{failing}");
    let table = estate.hookyard(&["yardi", "list"]).run().succeeds();
    assert!(table.stdout.contains("(2 times)"), "{table}");
    soap.has_people("PROP-700", 0, 3);
    estate.poll(&[]).run().succeeds();
    let well = line();
    assert_eq!(
        (&well["failures"], &well["last_invites"], &well["state"]),
        (&0.into(), &3.into(), &"active".into())
    );
    assert!(!estate.hookyard(&["yardi", "list"]).run().succeeds().stdout.contains("times"));
}

/// An applicant who never got the letter is not found by asking Yardi.
#[test]
fn invites_in_trouble_are_counted_by_integration() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.integration("BLUE", "https://yardi.example.test/blue");
    soap.has_people("PROP-700", 0, 4);
    estate
        .poll(&["--quiet"])
        .env("HOOKYARD_SMTP_URL", "smtp://127.0.0.1:1")
        .env("HOOKYARD_MAIL_FROM", "invites@acme.example")
        .env("HOOKYARD_INVITE_URL", "https://app.example.test/i/{entry_id}")
        .run();
    let settle = |state: &str, most: usize| {
        estate.database.execute(&format!(
            "update hookyard.mails set state = '{state}', finished_at = now()
             where id in (select id from hookyard.mails where state = 'waiting' order by id limit {most})"
        ));
    };
    assert_eq!(estate.text("select count(*) from hookyard.mails where state = 'waiting'"), "4");
    settle("refused", 2);
    settle("unknown", 1);
    settle("sent", 1);
    let told = estate.hookyard(&["yardi", "list"]).run().succeeds();
    let told: Vec<&str> = told.stdout.lines().filter(|line| line.contains("mails")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    invite mails refused by the mail server: 2
    invite mails that may have arrived, and are not sent again: 1
    hookyard.mails has the reason of each, by entry_id
    ");
    let lines = estate.hookyard(&["yardi", "list", "--json"]).run().succeeds().lines();
    lines.iter().for_each(|line| has_the_promised_keys(line, "yardi_list"));
    let counts = |name: &str| {
        let line = lines.iter().find(|line| line["integration"] == name).expect("listed");
        (line["integration_mails_refused"].clone(), line["integration_mails_unknown"].clone())
    };
    assert_eq!(counts("ACME"), (2.into(), 1.into()));
    assert_eq!(counts("BLUE"), (0.into(), 0.into()));
}
