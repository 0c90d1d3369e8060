//! The answer against what was expected; no answer; where it may not go.

use std::net::TcpListener;

use super::super::support::{Receiver, has_the_promised_keys, hookyard};
use super::{Keys, to};

#[test]
fn any_2xx_is_good_and_what_differs_is_said() {
    let (keys, receiver) = (Keys::new(), Receiver::start());
    let send = |path: &str, expected: &[&str]| {
        let run = to(keys.trigger("rentvine", "lease.created"), &receiver.url(path));
        expected.iter().fold(run, |run, argument| run.arg(argument)).run()
    };
    send("/status/204", &[]).succeeds();
    send("/ok", &["--expect-status", "200", "--expect-body", "\"ok\":true", "--max-time", "60s"]).succeeds();
    send("/ok", &["--expect-status", "201,2xx", "--expect-body", "$.ok=true"]).succeeds();
    send("/status/401", &["--expect-status", "401"]).succeeds();
    for (path, expected, words) in [
        ("/status/500", &[][..], "differs  status: 500, expected 2xx"),
        ("/status/302", &[], "differs  status: 302, expected 2xx"),
        ("/ok", &["--expect-status", "202"], "differs  status: 200, expected 202"),
        ("/ok", &["--expect-body", "OK"], "differs  body: does not hold `OK`"),
        ("/ok", &["--expect-body", "ok=true"], "a value of its JSON is compared with $.path=value"),
        ("/ok", &["--expect-body", "$.ok=false"], "differs  body: ok is true, expected false"),
        ("/slow/300", &["--max-time", "50ms"], "expected at most 50 ms"),
    ] {
        let differing = send(path, expected).exits(1);
        assert!(differing.stdout.starts_with("not as expected: rentvine lease.created\n"), "{differing}");
        assert!(differing.stdout.contains(words), "{words}: {differing}");
    }
    let told = send("/ok", &["--expect-status", "202", "--json"]).exits(1).json();
    has_the_promised_keys(&told, "webhook_trigger");
    assert_eq!(told["differences"], serde_json::json!(["status: 200, expected 202"]));
}

#[test]
fn nobody_there_is_later_and_a_closed_network_is_configuration() {
    let keys = Keys::new();
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let nobody =
        to(keys.trigger("rentvine", "lease.created"), &format!("http://127.0.0.1:{port}/")).run().exits(3);
    assert!(nobody.stdout.contains("no answer: refused"), "{nobody}");
    for (url, code, words) in [
        ("https://127.0.0.1/hook", 4, "loopback"),
        ("http://hooks.example.com/", 4, "https is required"),
        ("https://169.254.169.254/", 4, "cannot be used"),
        ("https://", 2, "cannot be used"),
        ("nowhere", 2, "neither a URL nor a provider"),
    ] {
        let refused = keys.trigger("rentvine", "lease.created").arg("--to").arg(url).run();
        assert!(refused.code == Some(code) && refused.stderr.contains(words), "{url}: {refused}");
        assert!(!refused.all().contains(super::SECRET));
    }
    let nowhere = keys.trigger("rentvine", "lease.created").run();
    assert!(nowhere.code == Some(2) && nowhere.stderr.contains("--to URL"), "{nowhere}");
}

#[test]
fn no_secret_and_a_bad_secret_are_told_apart() {
    let bare = hookyard(&["webhook", "trigger", "singlekey", "form.opened", "--dry-run"]).run();
    assert!(bare.code == Some(2) && bare.stderr.contains("never as an argument"), "{bare}");
    let blank =
        hookyard(&["webhook", "trigger", "singlekey", "form.opened", "--dry-run", "--secret-env", "S"])
            .env("S", " ")
            .run();
    assert_eq!(blank.code, Some(4), "{blank}");
    let key =
        hookyard(&["webhook", "trigger", "plaid", "CHECK_REPORT_READY", "--dry-run", "--secret-env", "S"])
            .env("S", "text")
            .run();
    assert!(key.code == Some(4) && key.stderr.contains("private JWK"), "{key}");
}

#[test]
fn the_list_needs_nothing() {
    let one = hookyard(&["webhook", "trigger", "plaid"]).run();
    insta::assert_snapshot!(one, @r"
    plaid: Plaid's income webhooks (signed as plaid)
      CHECK_REPORT_READY         a report is ready, for 24 hours
      CHECK_REPORT_FAILED        a report failed
      USER_CHECK_REPORT_READY    a report is ready, in the newer form
      INCOME_VERIFICATION        payroll income was verified
    --- stderr
    (nothing)
    --- exit 0
    ");
    let all = hookyard(&["webhook", "trigger", "--list"]).run().succeeds();
    assert!(all.stdout.contains("--to resident-verify:document_verification"), "{all}");
    assert_eq!(hookyard(&["webhook", "trigger", "plaids"]).run().code, Some(2));
}
