//! What Yardi answers, step by step, what that does to the circuit, and what is never said of it.

use crate::support::{
    Database, Estate, Hookyard, Household, Person, Voyager, has_the_promised_keys, hookyard,
};

/// ACME at this service, with these properties active.
fn estate(voyager: &Voyager, properties: &[&str]) -> Estate {
    let estate = Estate::new();
    estate.integration("ACME", &voyager.url("/soap"));
    for code in properties {
        estate.property("ACME", code);
    }
    estate
}

fn check(estate: &Estate, voyager: &Voyager, more: &[&str]) -> Hookyard {
    let arguments = [&["yardi", "check", "ACME"], more].concat();
    estate.hookyard(&arguments).hiding(&voyager.port().to_string(), "[port]")
}

fn okafors() -> Household {
    let ada = Person::new("p0000101", "applicant", "Ada", "Okafor", "ada.okafor@example.test");
    let ben =
        Person { code: "p0000102".into(), kind: "roommate".into(), first_name: "Ben".into(), ..ada.clone() };
    Household::of(vec![ada, ben])
}

#[test]
fn a_place_that_may_not_be_dialled_is_not() {
    let estate = Estate::new();
    estate.integration("ACME", "https://169.254.169.254/yardi");
    insta::assert_snapshot!(estate.hookyard(&["yardi", "check", "ACME"]).run(), @r"
    ACME at https://169.254.169.254/yardi, profile conceptual

     step         state   what it says
     integration  ok      active, with 0 of 0 properties active
     reach        failed  169.254.169.254 is a metadata service, which nothing can open

    reach: correct soap_endpoint, or open the address with --allow-egress if it is meant
    circuit: closed
    --- stderr
    (nothing)
    --- exit 4
    ");
}

#[test]
fn an_integration_that_nobody_knows_is_not_found() {
    let database = Database::migrated();
    let run = hookyard(&["yardi", "check", "x' OR '1'='1"]).database(&database);
    insta::assert_snapshot!(run.run(), @r"
    (nothing)
    --- stderr
    error: the integration x' OR '1'='1 was not found

    hint: `hookyard yardi list` shows them all
    --- exit 1
    ");
}

/// One property for each way of answering; none costs the others.
#[test]
fn each_property_says_how_it_is() {
    let voyager = Voyager::start().unwrap();
    let behaviours = [
        ("PROP-700", "ok"),
        ("PROP-701", "none"),
        ("PROP-702", "error/Invalid or no access to Yardi Property"),
        ("PROP-703", "fault/The element \u{1b}[31mStartDate\u{202e} is missing"),
        ("PROP-704", "doctype"),
        ("PROP-706", "shell"),
    ];
    let estate = estate(&voyager, &behaviours.map(|(code, _)| code));
    for (code, behaviour) in behaviours {
        voyager.add(code, okafors());
        voyager.behave(code, behaviour);
    }
    insta::assert_snapshot!(check(&estate, &voyager, &[]).run(), @r"
    ACME at http://127.0.0.1:[port]/soap, profile conceptual

     step               state   what it says
     integration        ok      active, with 6 of 6 properties active
     reach              ok      connected, without TLS
     property PROP-700  ok      answered with 2 prospects
     property PROP-701  ok      answered that there is nobody new
     property PROP-702  failed  GetNewProspects: Invalid or no access to Yardi Property
     property PROP-703  failed  GetNewProspects: The element \x1b[31mStartDate\u{202e} is missing (soap:Server)
     property PROP-704  failed  GetNewProspects: the answer has a document type definition: DTD not allowed
     property PROP-706  failed  GetNewProspects: the answer has no result element

    property PROP-702: have the property opened for this interface in Voyager, or take it off the list
    property PROP-703: the text says what the service stumbled over; Yardi's support can look it up
    property PROP-704: keep the answer for Yardi's support; nothing was taken from it
    property PROP-706: the shell of an answer came back: look at server_name and database_name
    circuit: closed
    --- stderr
    (nothing)
    --- exit 4
    ");
    let password = crate::support::PASSWORD;
    assert!(voyager.asked("GetNewProspects").iter().all(|asked| asked.value("Password") == Some(password)));
    let one = check(&estate, &voyager, &["--property", "PROP-701", "--json"]).run();
    has_the_promised_keys(&one.json(), "yardi_check");
    has_the_promised_keys(&one.json()["steps"][0], "yardi_check.step");
    insta::assert_snapshot!(one, @r#"
    {"integration":"ACME","profile":"conceptual","endpoint":"http://127.0.0.1:[port]/soap","good":true,"circuit":"closed","steps":[{"step":"integration","state":"ok","detail":"active, with 6 of 6 properties active","class":null,"remedy":null},{"step":"reach","state":"ok","detail":"connected, without TLS","class":null,"remedy":null},{"step":"property PROP-701","state":"ok","detail":"answered that there is nobody new","class":null,"remedy":null}]}
    --- stderr
    (nothing)
    --- exit 0
    "#);
    voyager.behave("PROP-706", "echo/500");
    let echoed = check(&estate, &voyager, &["--property", "PROP-706", "-vvv"]).run().all();
    assert!(echoed.contains("<Password>***</Password>"), "{echoed}");
    assert!(!echoed.contains("canary"), "{echoed}");
}

#[test]
fn a_refused_account_is_asked_no_more_until_a_check_sees_it_work() {
    let voyager = Voyager::start().unwrap();
    let estate = estate(&voyager, &["PROP-700", "PROP-701"]);
    voyager.add("PROP-700", okafors());
    voyager.add("PROP-701", okafors());
    voyager.behave("PROP-700", "twice/Login failed. Please check login credentials and try again.");
    insta::assert_snapshot!(check(&estate, &voyager, &[]).run(), @r"
    ACME at http://127.0.0.1:[port]/soap, profile conceptual

     step               state   what it says
     integration        ok      active, with 2 of 2 properties active
     reach              ok      connected, without TLS
     property PROP-700  failed  GetNewProspects: Login failed. Please check login credentials and try again.

    property PROP-700: set the right user and password, then run `hookyard yardi check`: nothing is asked before
    circuit: open
    --- stderr
    (nothing)
    --- exit 4
    ");
    assert_eq!(voyager.requests().len(), 1, "a refused account is not tried again");
    estate.poll(&[]).run().exits(4);
    assert_eq!(voyager.requests().len(), 1, "the circuit is open");
    // Another password is only tried: the stored one is what the circuit is about.
    voyager.behave("PROP-700", "ok");
    let tried =
        check(&estate, &voyager, &["--password-env", "OTHER"]).env("OTHER", "canary-other").run().succeeds();
    assert!(tried.stdout.contains("circuit: untouched") && !tried.all().contains("canary"), "{tried}");
    assert_eq!(voyager.requests()[1].value("Password"), Some("canary-other"));
    estate.poll(&[]).run().exits(4);
    let closed = check(&estate, &voyager, &[]).run().succeeds();
    assert!(closed.stdout.contains("circuit: closed now"), "{closed}");
    estate.poll(&["--force"]).run().succeeds();
    assert_eq!(estate.text("select count(*)::text from yardi_invites"), "4");
}

/// The real interface, from the outside in.
#[test]
fn voyager_is_checked_from_the_outside_in() {
    let voyager = Voyager::start().unwrap();
    let estate = estate(&voyager, &["oakst", "elmst"]);
    voyager.add("oakst", okafors());
    voyager.add("pinest", Household::default());
    estate.configure(
        "[yardi.ACME]\nprofile = \"voyager\"\nentity = \"Example Vendor\"\nlicense_env = \"LICENCE\"\n\
        attachment = \"Reports\"\nsource = \"Facebook\"\n",
    );
    let run = || check(&estate, &voyager, &[]).env("LICENCE", "canary-licence");
    insta::assert_snapshot!(run().run(), @r"
    ACME at http://127.0.0.1:[port]/soap, profile voyager

     step            state   what it says
     integration     ok      active, with 2 of 2 properties active
     reach           ok      connected, without TLS
     ping            ok      the interface answers
     version         ok      Version: 7S.7.60.12
     clock           ok      local time is UTC-06:00
     credentials     ok      user, password, entity and licence are accepted; open to them: 2
     properties      note    open in Voyager and not active here: pinest
     labels          note    Reports is not a label of Voyager's; there are: Income Verification
     property elmst  failed  Voyager does not list it for this interface
     property oakst  ok      answered with 2 prospects
     property oakst  note    Facebook is not a source; there are: Website

    properties: activate them here if their prospects are wanted
    labels: documents would be refused: set `attachment` to a label that is listed
    property elmst: have the property opened for this interface in Voyager, or take it off the list
    property oakst: notes would be refused: set `source` to one that is listed
    circuit: closed
    --- stderr
    (nothing)
    --- exit 1
    ");
    let asked = voyager.asked("GetPropertyConfigurations");
    assert_eq!(asked[0].value("InterfaceLicense"), Some("canary-licence"));
    assert_eq!(asked[0].value("Platform"), Some("SQL Server"));
    assert!(voyager.asked("Ping")[0].value("Password").is_none());
    voyager.behave("*", "error/License invalid for Vendor canary-licence");
    let refused = run().run();
    insta::assert_snapshot!(refused, @r"
    ACME at http://127.0.0.1:[port]/soap, profile voyager

     step         state   what it says
     integration  ok      active, with 2 of 2 properties active
     reach        ok      connected, without TLS
     ping         failed  Ping: License invalid for Vendor ***

    ping: look at entity and licence of the interface, then run `hookyard yardi check`
    circuit: closed
    --- stderr
    (nothing)
    --- exit 4
    ");
    voyager.behave("*", "html/503");
    let away = run().run().exits(3);
    assert!(away.stdout.contains("ping") && away.stdout.contains("status 503"), "{away}");
}

/// A hundred thousand people come in as rows; what is too large is refused: neither is ever whole in memory.
#[test]
fn long_answers_cost_little_memory() {
    let voyager = Voyager::start().unwrap();
    let estate = estate(&voyager, &["PROP-700"]);
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
        let mut run = check(&estate, &voyager, &[]).start();
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

/// One at a time: whoever asks while cron's run is at work is told to wait, and the service hears nothing of it.
#[test]
fn nothing_is_asked_while_another_run_is_at_work() {
    let voyager = Voyager::start().unwrap();
    let estate = estate(&voyager, &["PROP-700"]);
    voyager.add("PROP-700", okafors());
    estate.database.execute(
        "insert into hookyard.yardi_accounts (integration_id, lease_until, leased_by)
         select id, now() + interval '1 hour', gen_random_uuid() from yardi_integrations",
    );
    insta::assert_snapshot!(check(&estate, &voyager, &[]).run(), @r"
    (nothing)
    --- stderr
    error: ACME: another run is at work on it, and one at a time may ask

    hint: try again when it is done
    hint: the claim of a run that died ends after 30 s by itself
    --- exit 3
    ");
    check(&estate, &voyager, &["--password-env", "OTHER"]).env("OTHER", "x").run().exits(3);
    assert_eq!(voyager.requests().len(), 0);
    estate.database.execute("update hookyard.yardi_accounts set lease_until = now() - interval '1 second'");
    check(&estate, &voyager, &[]).run().succeeds();
    let held = "select count(*) from hookyard.yardi_accounts where lease_until is not null";
    assert_eq!(estate.text(held), "0", "given back");
    voyager.behave("PROP-700", "error/Login failed.");
    check(&estate, &voyager, &[]).run().exits(4);
    assert_eq!(estate.text(held), "0", "given back after a refusal");
}

/// The document names no namespace: the configuration does, or a copy of the service's own description.
#[test]
fn the_namespace_comes_from_a_local_wsdl_file() {
    let voyager = Voyager::start().unwrap();
    let estate = estate(&voyager, &["PROP-700"]);
    voyager.add("PROP-700", okafors());
    let file = estate.files().path("acme.wsdl").display().to_string();
    let wsdl = |text: &str| drop(estate.files().write("acme.wsdl", text));
    let configure = |more: &str| estate.configure(&format!("[yardi.ACME]\nwsdl = \"{file}\"\n{more}"));
    configure("");
    wsdl(
        "<?xml version=\"1.0\"?><wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" \
         targetNamespace=\"http://tempuri.org/a&amp;b/\"><wsdl:types/></wsdl:definitions>",
    );
    check(&estate, &voyager, &[]).run().succeeds();
    let asked = voyager.requests().pop().expect("asked");
    assert!(asked.body.contains("<GetNewProspects xmlns=\"http://tempuri.org/a&amp;b/\">"), "{}", asked.body);
    assert_eq!(asked.header("SOAPAction"), Some("\"http://tempuri.org/a&b/GetNewProspects\""));
    let shown = estate.hookyard(&["config"]).run().succeeds();
    assert!(
        shown.stdout.contains("yardi.ACME.wsdl") && shown.stdout.contains("[folder]/acme.wsdl"),
        "{shown}"
    );
    let many = voyager.requests().len();
    let root = "<definitions targetNamespace=\"urn:x\">";
    let mut told = Vec::new();
    for text in [
        "<!DOCTYPE d [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><definitions targetNamespace=\"&e;\"/>",
        root,
        &format!("{root}</other>"),
        "<definitions/>",
        "<definitions targetNamespace=\"urn:x&#10;Evil: 1\"/>",
        "<html><body>Sign in</body></html>",
        "{}",
        "",
        &format!("{}{}", "<definitions>".repeat(70), "</definitions>".repeat(70)),
        &format!("<!--{}-->{root}</definitions>", "x".repeat(9 << 20)),
        &" ".repeat((16 << 20) + 1),
    ] {
        wsdl(text);
        let run = check(&estate, &voyager, &[]).run().exits(4);
        told.push(run.stderr.lines().next().unwrap_or_default().to_owned());
    }
    std::fs::remove_file(&file).expect("removed");
    let gone = estate.poll(&[]).run().exits(4);
    told.push(gone.stdout.lines().next().unwrap_or_default().to_owned());
    insta::assert_snapshot!(told.join("\n"), @r"
    error: the WSDL file [folder]/acme.wsdl: it has a document type definition: DTD not allowed
    error: the WSDL file [folder]/acme.wsdl: it breaks off
    error: the WSDL file [folder]/acme.wsdl: it is not well-formed XML: tags do not match
    error: the WSDL file [folder]/acme.wsdl: it has no targetNamespace
    error: the WSDL file [folder]/acme.wsdl: its targetNamespace is no URI
    error: the WSDL file [folder]/acme.wsdl: it is no WSDL: its outermost element is html
    error: the WSDL file [folder]/acme.wsdl: it is JSON, and no XML
    error: the WSDL file [folder]/acme.wsdl: it is empty, and no XML
    error: the WSDL file [folder]/acme.wsdl: it is too large: it is nested deeper than 64 elements
    error: the WSDL file [folder]/acme.wsdl: it is too large: a part of it is longer than 8 MiB
    error: the WSDL file [folder]/acme.wsdl: it is larger than 16 MiB
    ACME: not asked: the WSDL file [folder]/acme.wsdl: No such file or directory (os error 2)
    ");
    assert_eq!(voyager.requests().len(), many, "nothing was asked");
    configure("namespace = \"urn:acme\"\n");
    check(&estate, &voyager, &[]).run().succeeds();
    let asked = voyager.requests().pop().expect("asked");
    assert_eq!(asked.header("SOAPAction"), Some("\"urn:acme/GetNewProspects\""), "what is named wins");
}
