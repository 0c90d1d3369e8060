//! What Yardi answers, step by step, and what is never said of it.

use crate::support::{Database, Hookyard, Household, Person, Voyager, hookyard};

/// An integration with one property; its endpoint is somebody's.
fn integration(endpoint: &str) -> Database {
    let database = Database::migrated();
    database.execute(&format!(
        "insert into properties (id, name, short_id, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-000000000001', 'Oak Street', 'OAK', now(), now());
         insert into yardi_integrations (id, short_id, soap_endpoint, user_name, password, database_name, platform,
             server_name, activation_date, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-0000000000aa', 'ACME-YARDI', '{endpoint}', 'voyager-user',
                 'not what is stored', 'EXAMPLE_DB', 'Voyager', 'yardi01', now(), now(), now());
         insert into yardi_properties (property_id, yardi_integration_id, yardi_property_id, activation_date,
             inserted_at, updated_at)
             values ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000aa', 'PROP-700',
                 now(), now(), now());"
    ));
    database
}

fn check(database: &Database) -> Hookyard {
    hookyard(&["yardi", "check", "ACME-YARDI", "--password-env", "YARDI_PASSWORD"])
        .database(database)
        .env("YARDI_PASSWORD", "p&w<\"'>ü")
}

#[test]
fn a_place_that_may_not_be_dialled_is_not() {
    let database = integration("http://127.0.0.1:9/yardi");
    insta::assert_snapshot!(check(&database).run(), @r"
    ACME-YARDI at http://127.0.0.1:9/yardi, profile conceptual

     step         state   what it says
     integration  ok      active, with 1 of 1 properties active
     reach        failed  plain http is not allowed: https is required

    reach: correct soap_endpoint, or open the address with --allow-egress if it is meant
    --- stderr
    (nothing)
    --- exit 4
    ");
}

#[test]
fn an_integration_that_nobody_knows_is_not_found() {
    let database = Database::migrated();
    let run =
        hookyard(&["yardi", "check", "x' OR '1'='1", "--password-env", "YARDI_PASSWORD"]).database(&database);
    insta::assert_snapshot!(run.env("YARDI_PASSWORD", "x").run(), @r"
    (nothing)
    --- stderr
    error: the integration x' OR '1'='1 was not found
    --- exit 1
    ");
}

/// One property for each way of answering; none costs the others.
#[test]
fn each_property_says_how_it_is() {
    let voyager = Voyager::start().unwrap();
    let database = integration(&voyager.url("/soap"));
    let household = || {
        let ada = Person::new("PROS-101", "", "Ada", "Okafor", "ada.okafor@example.test");
        Household::of(vec![ada.clone(), Person { first_name: "Ben".into(), ..ada }])
    };
    let behaviours = [
        ("PROP-700", "ok"),
        ("PROP-701", "none"),
        ("PROP-702", "error/Invalid or no access to Yardi Property"),
        ("PROP-703", "fault/The element \u{1b}[31mStartDate\u{202e} is missing"),
        ("PROP-704", "doctype"),
        ("PROP-706", "shell"),
    ];
    for (at, (code, behaviour)) in behaviours.into_iter().enumerate() {
        voyager.add(code, household());
        voyager.behave(code, behaviour);
        if at > 0 {
            database.execute(&format!(
                "insert into properties (id, name, short_id, inserted_at, updated_at)
                     values ('00000000-0000-4000-8000-00000000010{at}', 'P{at}', 'P{at}', now(), now());
                 insert into yardi_properties (property_id, yardi_integration_id, yardi_property_id,
                     activation_date, inserted_at, updated_at)
                     values ('00000000-0000-4000-8000-00000000010{at}', '00000000-0000-4000-8000-0000000000aa',
                         '{code}', now(), now(), now());"
            ));
        }
    }
    let run = |more: &[&str]| {
        let run = more.iter().fold(check(&database), |run, word| run.arg(word));
        run.env("HOOKYARD_ALLOW_EGRESS", "127.0.0.1")
            .env("HOOKYARD_ALLOW_HTTP", "true")
            .hiding(&voyager.port().to_string(), "[port]")
    };
    insta::assert_snapshot!(run(&[]).run(), @r#"
    ACME-YARDI at http://127.0.0.1:[port]/soap, profile conceptual

     step               state   what it says
     integration        ok      active, with 6 of 6 properties active
     reach              ok      connected, without TLS
     property PROP-700  ok      answered with 2 prospects
     property PROP-701  ok      answered that there is nobody new
     property PROP-702  failed  GetNewProspects: Invalid or no access to Yardi Property
     property PROP-703  failed  GetNewProspects: The element \u{1b}[31mStartDate\u{202e} is missing (soap:Server)
     property PROP-704  failed  GetNewProspects: the answer has a document type definition: DTD not allowed
     property PROP-706  failed  GetNewProspects: the answer has no result element

    property PROP-702: have the property opened for this interface in Voyager, or take it off the list
    property PROP-703: the text says what the service stumbled over; Yardi's support can look it up
    property PROP-704: keep the answer for Yardi's support; nothing was taken from it
    property PROP-706: the shell of an answer came back: look at server_name and database_name
    --- stderr
    (nothing)
    --- exit 4
    "#);
    assert!(
        voyager.asked("GetNewProspects").iter().all(|asked| asked.value("Password") == Some("p&w<\"'>ü"))
    );
    insta::assert_snapshot!(run(&["--property", "PROP-701", "--json"]).run(), @r#"
    {"integration":"ACME-YARDI","profile":"conceptual","endpoint":"http://127.0.0.1:[port]/soap","good":true,"steps":[{"step":"integration","state":"ok","detail":"active, with 6 of 6 properties active","class":null,"remedy":null},{"step":"reach","state":"ok","detail":"connected, without TLS","class":null,"remedy":null},{"step":"property PROP-701","state":"ok","detail":"answered that there is nobody new","class":null,"remedy":null}]}
    --- stderr
    (nothing)
    --- exit 0
    "#);
    voyager.behave("PROP-706", "echo/500");
    let echoed = run(&["--property", "PROP-706", "-vvv"]).run().all();
    assert!(echoed.contains("<Password>***</Password>"), "{echoed}");
    assert!(
        !echoed.contains("p&w") && !echoed.contains("p&amp;w") && !echoed.contains("voyager-user"),
        "{echoed}"
    );
    voyager.behave("PROP-700", "error/Login failed. Please check login credentials and try again.");
    let before = voyager.requests().len();
    insta::assert_snapshot!(run(&[]).run().exits(4).stdout.lines().last().unwrap_or_default(), @"property PROP-700: set the right user and password, then run `hookyard yardi check`: nothing is asked before");
    assert_eq!(voyager.requests().len(), before + 1, "a refused account is not tried again");
}

/// A hundred thousand people come in as rows; what is too large is refused: neither is ever whole in memory.
#[test]
fn long_answers_cost_little_memory() {
    let voyager = Voyager::start().unwrap();
    let database = integration(&voyager.url("/soap"));
    voyager.add("PROP-700", Household::default());
    let cases = [
        ("many/100000", 0, "answered with 100000 prospects"),
        ("many/1000000", 1, "the answer is longer than 64 MiB"),
        ("attribute/50", 1, "a part of it is longer than 8 MiB"),
        ("text/200", 1, "a part of it is longer than 8 MiB"),
        ("laughs", 1, "DTD not allowed"),
    ];
    for (behaviour, code, said) in cases {
        voyager.behave("PROP-700", behaviour);
        let run =
            check(&database).env("HOOKYARD_ALLOW_EGRESS", "127.0.0.1").env("HOOKYARD_ALLOW_HTTP", "true");
        let mut run = run.start();
        let mut peak = 0;
        while !run.is_over() {
            peak = peak.max(run.resident_kib());
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let told = run.finish();
        assert!(told.stdout.contains(said), "{behaviour}: {told}");
        told.exits(code);
        assert!(peak < 96 * 1024, "{behaviour}: {peak} KiB");
    }
}
