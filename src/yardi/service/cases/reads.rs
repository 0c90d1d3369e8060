//! Reads: what is asked, what is believed, and the class of everything that is not.

use super::*;
use crate::failure::Kind;
use crate::yardi::trouble::Class;

#[tokio::test]
async fn both_profiles_bring_everybody() {
    let voyager = oak_street();
    for profile in [Profile::Conceptual, Profile::Voyager] {
        let answer = poll(&voyager, profile).await.expect("an answer");
        assert!(!answer.proven_empty && answer.left_out.is_empty());
        let people: Vec<_> =
            answer.prospects.iter().map(|p| (p.code(), p.first_name(), p.last_name(), p.email())).collect();
        assert_eq!(
            people,
            [
                ("p0000101", "Ada", "Okafor", "Ada.Okafor@Example.test"),
                ("p0000102", "Ben", "Okafor", "0"),
                ("p0000103", " ", "O'Brien & Søns <x>", ""),
            ]
        );
    }
    let answer = poll(&voyager, Profile::Voyager).await.expect("an answer");
    let ben = &answer.prospects[1];
    assert_eq!(
        (ben.household(), ben.is_main(), ben.kind(), ben.tenant()),
        ("p0000101", false, "roommate", "r0000301")
    );
    assert_eq!(ben.property(), "oakst");
    assert_eq!(ben.events().collect::<Vec<_>>(), ["WalkIn"]);
    assert!(answer.prospects[0].is_main() && answer.prospects[2].events().next().is_none());
}

#[tokio::test]
async fn a_request_says_what_the_interface_wants_to_hear() {
    let voyager = oak_street();
    poll(&voyager, Profile::Conceptual).await.expect("an answer");
    let asked = &voyager.asked("GetNewProspects")[0];
    assert!(asked.head.starts_with("POST /soap HTTP/1.1\r\n"));
    assert_eq!(asked.header("soapaction"), Some("\"urn:hookyard:conceptual/GetNewProspects\""));
    assert_eq!(asked.header("content-type"), Some("text/xml; charset=utf-8"));
    assert_eq!(asked.header("content-length"), Some(asked.body.len().to_string().as_str()));
    assert!(asked.header("accept-encoding").is_none());
    assert_eq!(asked.value("Password"), Some(PASSWORD));
    assert_eq!(asked.value("StartDate"), Some("2025-01-15T09:00:00Z"));
    assert_eq!(asked.value("Platform"), Some("Voyager"));
    assert!(
        asked.value("InterfaceEntity").is_none() && !asked.body.contains("> <") && !asked.body.contains('\n')
    );
    poll(&voyager, Profile::Voyager).await.expect("an answer");
    let asked = &voyager.asked("GetYardiGuestActivity_DateRange")[0];
    assert!(asked.head.starts_with("POST /8223/webservices/ItfILSGuestCard.asmx HTTP/1.1\r\n"));
    assert_eq!(asked.value("Platform"), Some("SQL Server"));
    assert_eq!(asked.value("InterfaceLicense"), Some("LICENCETEXT-canary"));
    // The service's clock is six hours behind UTC.
    assert_eq!(asked.value("FromDate"), Some("2025-01-15T03:00:00"));
    assert_eq!(asked.value("ToDate"), Some("2025-01-15T04:00:00"));
}

#[tokio::test]
async fn a_long_window_is_asked_for_in_days_and_each_person_comes_once() {
    let voyager = oak_street();
    let to = window().to;
    let long = Window { from: to - 60 * 3_600_000_000, to };
    let service = service(account(&voyager, Profile::Voyager));
    let answer = service.poll("oakst", long).await.expect("an answer");
    assert_eq!(answer.prospects.len(), 3);
    let asked = voyager.asked("GetYardiGuestActivity_DateRange");
    assert_eq!(asked.len(), 3);
    assert!(asked.windows(2).all(|pair| pair[0].value("ToDate") == pair[1].value("FromDate")));
    assert_eq!(voyager.asked("GetServerTime").len(), 1);
}

/// Behaviour, class, exit, and how many requests were made for it.
const TROUBLES: &[(&str, Class, Option<Kind>, usize)] = &[
    ("shell", Class::EmptyResult, Some(Kind::Blocked), 1),
    (
        "twice/Login failed. Please check login credentials and try again.",
        Class::Auth,
        Some(Kind::Blocked),
        1,
    ),
    ("scalar/-4", Class::Auth, Some(Kind::Blocked), 1),
    ("scalar/-1", Class::Auth, Some(Kind::Blocked), 1),
    ("scalar/-2", Class::PropertyAccess, Some(Kind::No), 1),
    ("scalar/-3", Class::Licence, Some(Kind::Blocked), 1),
    ("error/Invalid Interface Entity", Class::Licence, Some(Kind::Blocked), 1),
    ("error/License invalid for Vendor", Class::Licence, Some(Kind::Blocked), 1),
    ("error/Interface License expired", Class::Licence, Some(Kind::Blocked), 1),
    (
        "error/Message Type=Error. Item Number=0. Invalid or no access to Yardi Property",
        Class::PropertyAccess,
        Some(Kind::No),
        1,
    ),
    ("error/Invalid Yardi Property Code", Class::PropertyAccess, Some(Kind::No), 1),
    ("error/Vendor is not Configured for property oakst", Class::PropertyAccess, Some(Kind::No), 1),
    ("error/Source Name not found in Voyager", Class::ReferenceData, Some(Kind::No), 1),
    ("error/XSD Error", Class::Validation, Some(Kind::No), 1),
    ("error/Prospect Status is 'Resident', Prospect is not editable", Class::NotEditable, Some(Kind::No), 1),
    ("error/something new", Class::Unknown, Some(Kind::No), 1),
    ("fault", Class::Fault, Some(Kind::No), 1),
    ("fault-200", Class::Fault, Some(Kind::No), 1),
    ("fault-12", Class::Fault, Some(Kind::No), 1),
    ("fault/Transaction was deadlocked, try again", Class::Fault, Some(Kind::No), 3),
    ("html/200", Class::Html, Some(Kind::Blocked), 2),
    ("html-as-xml", Class::Html, Some(Kind::Blocked), 2),
    ("html-without-doctype", Class::Html, Some(Kind::Blocked), 2),
    ("html/503", Class::HttpServer, Some(Kind::Later), 3),
    ("html/401", Class::HttpClient, Some(Kind::Blocked), 1),
    ("html/404", Class::HttpClient, Some(Kind::Blocked), 1),
    ("status/500", Class::HttpServer, Some(Kind::Later), 3),
    ("json", Class::Html, Some(Kind::Blocked), 2),
    ("nothing", Class::Html, Some(Kind::Blocked), 2),
    ("no-content", Class::Html, Some(Kind::Blocked), 2),
    ("too-many/0", Class::RateLimited, Some(Kind::Later), 3),
    ("reset", Class::Transport, Some(Kind::Later), 3),
    ("cut/50", Class::Truncated, Some(Kind::Later), 3),
    ("cut-clean/50", Class::Truncated, Some(Kind::Later), 3),
    ("mtom", Class::Unusable, Some(Kind::No), 1),
    ("gzip", Class::Unusable, Some(Kind::No), 1),
    ("gzip-unsaid", Class::Html, Some(Kind::Blocked), 2),
    ("typed/text/html", Class::Html, Some(Kind::Blocked), 2),
    ("doctype", Class::Unusable, Some(Kind::No), 1),
    ("laughs", Class::Unusable, Some(Kind::No), 1),
    ("quadratic", Class::Unusable, Some(Kind::No), 1),
    ("external/file:///etc/passwd", Class::Unusable, Some(Kind::No), 1),
    ("entity-file/file:///etc/passwd", Class::Unusable, Some(Kind::No), 1),
    ("deep/100000", Class::Unusable, Some(Kind::No), 1),
    ("deep/1000000", Class::Unusable, Some(Kind::No), 1),
    ("attribute/50", Class::Unusable, Some(Kind::No), 1),
    ("text/100", Class::Unusable, Some(Kind::No), 1),
];

#[tokio::test]
async fn every_trouble_has_its_class_in_both_profiles() {
    for profile in [Profile::Conceptual, Profile::Voyager] {
        for (behaviour, class, exit, requests) in TROUBLES {
            let voyager = oak_street();
            voyager.behave("oakst", behaviour);
            let trouble = poll(&voyager, profile).await.expect_err(behaviour);
            assert_eq!(trouble.class, *class, "{profile:?} {behaviour}: {trouble:?}");
            assert_eq!(trouble.class.exit(), *exit, "{behaviour}");
            let asked = voyager.requests().iter().filter(|request| request.property == "oakst").count();
            assert_eq!(asked, *requests, "{profile:?} {behaviour}");
            is_clean(&trouble);
        }
    }
}

#[tokio::test]
async fn an_empty_answer_is_believed_only_when_it_says_so() {
    let voyager = oak_street();
    for profile in [Profile::Conceptual, Profile::Voyager] {
        voyager.behave("oakst", "none");
        let answer = poll(&voyager, profile).await.expect("an empty answer");
        assert!(answer.proven_empty && answer.prospects.is_empty());
        voyager.behave("oakst", "zero");
        assert_eq!(poll(&voyager, profile).await.expect("an empty list").prospects.len(), 0);
    }
    voyager.behave("oakst", "hollow");
    assert_eq!(poll(&voyager, Profile::Conceptual).await.expect("an empty result").prospects.len(), 0);
    let trouble = poll(&voyager, Profile::Voyager).await.expect_err("an empty shell");
    assert_eq!(trouble.class, Class::EmptyResult);
}

#[tokio::test]
async fn the_shapes_of_a_good_answer_make_no_difference() {
    let shapes = [
        "ok",
        "prefix/s:",
        "prefix/SOAP-ENV:",
        "no-prefix",
        "soap-12",
        "bom",
        "utf16le",
        "utf16be",
        "windows-1252",
        "untyped",
        "typed/application/soap+xml",
        "nested/1",
        "slow/50",
        "drip/0",
    ];
    for profile in [Profile::Conceptual, Profile::Voyager] {
        let voyager = oak_street();
        let good = poll(&voyager, profile).await.expect("an answer").prospects;
        for shape in shapes {
            voyager.behave("oakst", shape);
            let answer = poll(&voyager, profile).await.unwrap_or_else(|why| panic!("{shape}: {why:?}"));
            assert_eq!(answer.prospects, good, "{profile:?} {shape}");
        }
        voyager.behave("oakst", "nested/2");
        let twice = poll(&voyager, profile).await.map(|answer| answer.prospects.len());
        assert!(twice.is_err() || twice == Ok(0), "{twice:?}");
    }
}

#[tokio::test]
async fn soap_1_2_is_asked_and_heard() {
    let voyager = oak_street();
    let mut account = account(&voyager, Profile::Voyager);
    account.options.soap12 = true;
    let answer = service(account).poll("oakst", window()).await.expect("an answer");
    assert_eq!(answer.prospects.len(), 3);
    let asked = &voyager.asked("GetYardiGuestActivity_DateRange")[0];
    let kind = asked.header("content-type").expect("a type");
    assert!(kind.starts_with("application/soap+xml") && kind.contains("action="), "{kind}");
    assert!(asked.header("soapaction").is_none());
}

#[tokio::test]
async fn one_person_that_cannot_be_read_costs_nobody_else() {
    for profile in [Profile::Conceptual, Profile::Voyager] {
        let voyager = oak_street();
        voyager.behave("oakst", "name/&nbsp;");
        let answer = poll(&voyager, profile).await.expect("an answer");
        assert_eq!(answer.prospects.len(), 2, "{profile:?}");
        assert_eq!(answer.left_out.into_iter().collect::<Vec<_>>(), [(LeftOut::UnknownEntity, 1)]);
        voyager.behave("oakst", "name/&#x1F;<![CDATA[<b>&amp;]]>&#246;<!-- no --><![CDATA[!]]>");
        let answer = poll(&voyager, profile).await.expect("an answer");
        assert_eq!(answer.prospects[0].first_name(), "\u{fffd}<b>&amp;ö!Ada");
        assert_eq!(answer.replaced_characters, 1);
        assert!(answer.prospects[0].is_altered() && !answer.prospects[1].is_altered());
    }
}

#[tokio::test]
async fn an_answer_cut_anywhere_brings_nobody() {
    for profile in [Profile::Conceptual, Profile::Voyager] {
        let voyager = oak_street();
        let mut account = account(&voyager, profile);
        account.options.pauses = [Duration::from_secs(60); 2];
        let service = service(account);
        for share in 0..100 {
            for how in ["cut", "cut-clean"] {
                voyager.behave("oakst", &format!("{how}/{share}"));
                let trouble = service.poll("oakst", window()).await.expect_err("a cut answer");
                let fits = trouble.class == Class::Truncated || (share == 0 && trouble.class == Class::Html);
                assert!(fits, "{how}/{share}: {trouble:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_time_limit_holds_for_the_whole_call() {
    for behaviour in ["silent", "drip/1000", "slow/60000"] {
        let voyager = oak_street();
        voyager.behave("oakst", behaviour);
        let mut account = account(&voyager, Profile::Conceptual);
        account.options.timeout = Duration::from_millis(300);
        let trouble = service(account).poll("oakst", window()).await.expect_err("too late");
        assert_eq!(trouble.class, Class::Transport, "{behaviour}: {trouble:?}");
        assert_eq!(voyager.requests().len(), 1, "{behaviour}");
    }
}

#[tokio::test]
async fn an_answer_beyond_the_cap_is_refused() {
    let voyager = oak_street();
    voyager.behave("oakst", "many/20000");
    let mut account = account(&voyager, Profile::Conceptual);
    account.options.answer_cap = 1 << 20;
    let trouble = service(account.clone()).poll("oakst", window()).await.expect_err("too long");
    assert_eq!((trouble.class, trouble.text.as_str()), (Class::Unusable, "the answer is longer than 1 MiB"));
    account.options.answer_cap = 64 << 20;
    assert_eq!(service(account).poll("oakst", window()).await.expect("an answer").prospects.len(), 20_000);
}

#[tokio::test]
async fn credentials_do_not_come_back_and_do_not_go_elsewhere() {
    let catcher = Voyager::start().expect("loopback");
    let voyager = oak_street();
    let behaviours =
        ["echo/500", "echo/200", "echo-page/401", "echo-page/403", "echo-page/500", "echo-page/200"];
    for profile in [Profile::Conceptual, Profile::Voyager] {
        for behaviour in behaviours {
            voyager.behave("oakst", behaviour);
            is_clean(&poll(&voyager, profile).await.expect_err(behaviour));
        }
        voyager.behave("oakst", &format!("redirect/{}", catcher.url("/soap")));
        let trouble = poll(&voyager, profile).await.expect_err("elsewhere");
        assert_eq!(trouble.class, Class::Html);
        voyager.behave("oakst", &format!("external/{}", catcher.url("/dtd")));
        poll(&voyager, profile).await.expect_err("a DTD");
        voyager.behave("oakst", &format!("parameter/{}", catcher.url("/dtd")));
        poll(&voyager, profile).await.expect_err("a DTD");
    }
    assert_eq!(catcher.connections(), 0);
    let fault = poll(&voyager, Profile::Conceptual).await;
    assert!(fault.is_err());
}

#[tokio::test]
async fn wrong_credentials_are_told_apart() {
    let voyager = oak_street();
    type Spoil = fn(&mut Account);
    let cases: [(Spoil, Class); 5] = [
        (|account| account.password = Hidden::new("wrong"), Class::Auth),
        (|account| account.server = "other".into(), Class::EmptyResult),
        (|account| account.database = "other".into(), Class::EmptyResult),
        (|account| account.entity = "other".into(), Class::Licence),
        (|account| account.licence = Hidden::new("other"), Class::Licence),
    ];
    for (spoil, class) in cases {
        let mut account = account(&voyager, Profile::Voyager);
        spoil(&mut account);
        let trouble = service(account).poll("oakst", window()).await.expect_err("refused");
        assert_eq!(trouble.class, class);
        assert_eq!(trouble.class.opens_circuit(), matches!(class, Class::Auth | Class::Licence));
    }
    let trouble =
        service(account(&voyager, Profile::Voyager)).poll("elmst", window()).await.expect_err("unknown");
    assert_eq!(trouble.class, Class::PropertyAccess);
}

#[tokio::test]
async fn a_fault_is_shown_escaped_and_cut() {
    let voyager = oak_street();
    voyager.behave("oakst", &format!("fault/\u{1b}[2J\u{202e}{}", "x".repeat(2000)));
    let trouble = poll(&voyager, Profile::Conceptual).await.expect_err("a fault");
    assert_eq!(trouble.fault_code.as_deref(), Some("soap:Server"));
    assert!(trouble.text.starts_with("\\x1b[2J\\u{202e}xxx"), "{}", trouble.text);
    assert_eq!(trouble.text.chars().count(), 501);
}

#[tokio::test]
async fn what_a_check_asks_is_understood() {
    let voyager = oak_street();
    voyager.add("elmst", Household::default());
    let service = service(account(&voyager, Profile::Voyager));
    assert_eq!(service.ping().await.expect("an answer"), "pong");
    assert_eq!(service.version().await.expect("an answer"), "Version: 7S.7.60.12");
    let now = crate::clock::Clock::new(0).wall();
    let time = service.server_time(now).await.expect("an answer");
    assert_eq!(time.offset_minutes, -360);
    assert!(time.ahead.is_some_and(|ahead| ahead.abs() < 5_000_000), "{time:?}");
    assert_eq!(service.configured_properties().await.expect("an answer"), ["elmst", "oakst"]);
    assert_eq!(service.attachment_types().await.expect("an answer"), ["Income Verification"]);
    let reference = service.reference("oakst").await.expect("an answer");
    assert_eq!(reference.agents, [("Example".to_owned(), "Agent".to_owned())]);
    assert_eq!(reference.sources, ["Website"]);
}
