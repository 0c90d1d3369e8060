//! `hookyard webhook trigger`: samples of every event, sent to a real receiver, verified and checked there; broken ones
//! refused for the right reason; answers judged.

mod judged;
mod tampered;

use super::support::{Files, Hookyard, Received, Receiver, has_the_promised_keys, hookyard, jwk};

const SECRET: &str = "c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh";

/// A verb that signs, with what it needs for any provider.
struct Keys {
    files: Files,
    private: String,
    jwks: String,
}

impl Keys {
    fn new() -> Keys {
        let files = Files::new();
        let (private, jwks) = jwk(&files);
        Keys { files, private, jwks }
    }

    fn trigger(&self, provider: &str, event: &str) -> Hookyard {
        let run = hookyard(&["webhook", "trigger", provider, event]).env("SECRET", SECRET);
        match provider {
            "plaid" => run.arg("--secret-file").arg(&self.private),
            _ => run.arg("--secret-env").arg("SECRET"),
        }
    }

    /// The arguments of `verify` for this scheme.
    fn verify(&self, scheme: &str) -> Hookyard {
        let run = hookyard(&["webhook", "verify", "--json", "--scheme", scheme]).env("SECRET", SECRET);
        match scheme {
            "plaid" => run.arg("--jwks").arg(&self.jwks),
            _ => run.arg("--secret-env").arg("SECRET"),
        }
    }

    /// The headers and the body as they arrived, judged by the other verbs.
    fn judge(&self, scheme: &str, received: &Received) -> serde_json::Value {
        let lines: Vec<String> =
            received.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let headers = self.files.write("headers", lines.join("\n"));
        let body = self.files.write("body", &received.body);
        self.verify(scheme).arg("--headers").arg(&headers).arg(&body).run().json()
    }
}

/// Provider, event and scheme of all there is.
fn all() -> Vec<(String, String, String)> {
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let listed = hookyard(&["webhook", "trigger", "--json"]).run().succeeds().lines();
    listed.iter().for_each(|line| has_the_promised_keys(line, "webhook_trigger.list"));
    listed.iter().map(|line| (text(&line["provider"]), text(&line["event"]), text(&line["scheme"]))).collect()
}

fn to(run: Hookyard, url: &str) -> Hookyard {
    run.arg("--to").arg(url).arg("--allow-http").arg("--allow-egress").arg("127.0.0.1")
}

/// Sent, received, verified with the provider's scheme, and checked: every event of every provider.
#[test]
fn every_event_arrives_verified_and_valid() {
    let (keys, receiver) = (Keys::new(), Receiver::start());
    let events = all();
    assert!(events.len() >= 50, "{events:?}");
    for (provider, event, scheme) in &events {
        let sent = to(keys.trigger(provider, event), &receiver.url("/ok")).run();
        assert_eq!(sent.code, Some(0), "{provider} {event}: {sent}");
        let received = receiver.received().pop().expect("it arrived");
        let verdict = keys.judge(scheme, &received);
        assert_eq!(verdict["valid"], true, "{provider} {event}: {verdict}");
        let body = keys.files.path("body").display().to_string();
        let checked =
            hookyard(&["webhook", "check", provider, "--strict", "--event", event, &body, "--json"]).run();
        assert_eq!(checked.code, Some(0), "{provider} {event}: {checked}");
    }
    assert_eq!(receiver.count(), events.len());
}

#[test]
fn both_of_snappts_own_signatures_are_there_and_ids_are_fresh() {
    let (keys, receiver) = (Keys::new(), Receiver::start());
    for _ in 0..2 {
        to(keys.trigger("snappt-v2", "REPORT_READY"), &receiver.url("/ok"))
            .arg("--set")
            .arg("apiKeyId=11111111-2222-3333-4444-555555555555")
            .run()
            .succeeds();
    }
    let received = receiver.received();
    let older = keys.judge("snappt-v2", &received[0]);
    assert_eq!(older["valid"], true, "{older}");
    let headers = keys.files.path("headers").display().to_string();
    let body = keys.files.path("body").display().to_string();
    hookyard(&[
        "webhook",
        "verify",
        "--scheme",
        "snappt-v1",
        "--secret-env",
        "KEY",
        "--headers",
        &headers,
        &body,
    ])
    .env("KEY", "11111111-2222-3333-4444-555555555555")
    .run()
    .succeeds();
    assert_ne!(received[0].body, received[1].body);
}

#[test]
fn a_dry_run_prints_what_verify_reads() {
    let keys = Keys::new();
    for (provider, event, scheme) in all().into_iter().step_by(5) {
        let printed = keys.trigger(&provider, &event).arg("--dry-run").run().succeeds();
        assert!(
            printed.stdout.starts_with("POST / HTTP/1.1\nHost: receiver.example\n")
                || provider.contains("handshake"),
            "{printed}"
        );
        if provider == "singlekey-handshake" {
            assert!(
                printed.stdout.contains("Handshake-Token: ***") && !printed.stdout.contains(SECRET),
                "{printed}"
            );
            continue;
        }
        let verified = keys.verify(&scheme).arg("--request").arg("-").stdin(printed.stdout.as_bytes()).run();
        assert_eq!(verified.code, Some(0), "{provider} {event}: {verified}\n{printed}");
        assert!(
            !verified.stderr.contains("note:"),
            "the file's last line break is nothing to tell: {verified}"
        );
        let told = keys.trigger(&provider, &event).arg("--dry-run").arg("--json").run().succeeds().json();
        has_the_promised_keys(&told, "webhook_trigger.dry_run");
    }
}

#[test]
fn fields_are_set_as_asked() {
    let keys = Keys::new();
    let body = |edits: &[&str]| {
        let run = keys.trigger("resident-verify", "REPORT_READY").arg("--dry-run").arg("--json");
        let run = edits.iter().fold(run, |run, edit| run.arg(edit)).run().succeeds();
        (run.json()["body"].as_str().expect("a body").to_owned(), run.stderr)
    };
    let (changed, said) = body(&[
        "--set",
        "data.result=EDITED",
        "--set",
        "data.verificationScore=95.50",
        "--set",
        "data.verificationDetails.position=Überprüfer",
        "--unset",
        "data.verificationMetadata",
    ]);
    assert!(
        changed.contains(r#""result":"EDITED""#) && changed.contains(r#""verificationScore":95.50"#),
        "{changed}"
    );
    assert!(
        changed.contains(r#""position":"\u00dcberpr\u00fcfer""#) && !changed.contains("Metadata"),
        "{changed}"
    );
    assert_eq!(said, "");
    // Nothing stops a wrong sample, and it is said.
    let (wrong, said) =
        body(&["--set", "data.result=7", "--set-new", "data.colour=red", "--unset", "apiKeyId"]);
    assert!(wrong.contains(r#""result":7"#) && wrong.contains(r#""colour":"red""#), "{wrong}");
    for words in [
        "not as documented: apiKeyId is missing",
        "not as documented: data.result is a number, not text",
        "not as documented: warning: data.colour is not known",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let listed = keys
        .trigger("plaid", "CHECK_REPORT_READY")
        .arg("--set")
        .arg("successful_products[1]=\"x\"")
        .arg("--dry-run")
        .run()
        .succeeds();
    assert!(listed.stdout.contains(r#"["cra_base_report","x"]"#), "{listed}");
}

#[test]
fn an_unknown_path_lists_near_ones() {
    let keys = Keys::new();
    insta::assert_snapshot!(
        keys.trigger("resident-verify", "REPORT_READY").arg("--set").arg("data.resullt=EDITED").arg("--dry-run").run(), @r"
    (nothing)
    --- stderr
    error: REPORT_READY has no data.resullt

    hint: it has: data.result
    hint: --set-new adds a field that it does not have
    --- exit 2
    ");
    let event = keys.trigger("singlekey", "screening.complete").arg("--dry-run").run();
    assert!(event.code == Some(2) && event.stderr.contains("it has: screening.completed"), "{event}");
    assert_eq!(keys.trigger("singlekey", "form.opened").arg("--set").arg("novalue").run().code, Some(2));
}

#[test]
fn named_targets_are_built_below_a_base() {
    let (keys, receiver, files) = (Keys::new(), Receiver::start(), Files::new());
    let config = files.write(
        "hookyard.toml",
        format!("[targets]\nresident-verify = \"{}\"\n", receiver.url("/ok?keys=abc")),
    );
    let send = |target: &str, event: &str| {
        let run = to(keys.trigger("resident-verify", event), target);
        run.env("HOOKYARD_CONFIG", &config).hiding(&receiver.url(""), "[receiver]").run().succeeds()
    };
    let sent = send("resident-verify:document_verification", "REPORT_READY");
    assert!(
        sent.stdout.contains("sent to  [receiver]/ok?module=document_verification&action=webhook&keys=***"),
        "{sent}"
    );
    send("resident-verify", "ID_SCANNING");
    let paths: Vec<String> = receiver.received().into_iter().map(|received| received.path).collect();
    assert_eq!(
        paths,
        [
            "/ok?module=document_verification&action=webhook&keys=abc",
            "/ok?module=id_scanning&action=webhook&keys=abc"
        ]
    );
    // Nothing is built in: a line that forgot its base must not reach production.
    let without = to(keys.trigger("resident-verify", "REPORT_READY"), "resident-verify:voi").run();
    assert!(without.code == Some(4) && without.stderr.contains("--base"), "{without}");
    let none = to(keys.trigger("plaid", "CHECK_REPORT_READY"), "resident-verify").run();
    assert!(none.code == Some(2) && none.stderr.contains("resident-verify:voi"), "{none}");
    let unknown = to(keys.trigger("resident-verify", "REPORT_READY"), "resident-verify:nope").run();
    assert!(unknown.code == Some(2) && unknown.stderr.contains("id_scanning"), "{unknown}");
}

#[test]
fn the_purchase_token_is_in_the_url_as_well() {
    let (keys, receiver) = (Keys::new(), Receiver::start());
    to(keys.trigger("singlekey-handshake", "report-complete"), &receiver.url("/ok?a=1")).run().succeeds();
    let received = receiver.received().pop().expect("it arrived");
    let body: serde_json::Value = serde_json::from_slice(&received.body).expect("JSON");
    assert_eq!(received.path, format!("/ok?a=1&pt={}", body["purchase_token"].as_str().expect("text")));
    assert_eq!(received.header("handshake-token"), Some(SECRET));
}
