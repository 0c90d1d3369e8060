//! `hookyard webhook verify`: every vector, every refusal, what explains one, and what is never shown.

mod explain;
mod fetched;
mod inputs;
mod secrets;
mod vectors;

use super::support::{Files, Hookyard, has_the_promised_keys, hookyard};

/// The body, secret and header of SNAPPT's fixed value.
const BODY: &str = r#"{"id":"evt_1","event":"report.ready"}"#;
const SECRET: &str = "whsec_hookyard_test";
const HEADER: &str = "SNAPPT-Signature: t=1700000000,v1=VBvNiEXKMKAmwQwUee9QC-tY-DYb5cCkQQb7hPSuOWI";
const NOW: &str = "1700000000";

fn verify(scheme: &str) -> Hookyard {
    hookyard(&["webhook", "verify", "--scheme", scheme, "--secret-env", "SECRET", "--now", NOW])
        .env("SECRET", SECRET)
}

#[test]
fn a_right_signature_says_what_it_covers() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let verified = verify("snappt").arg("--header").arg(HEADER).arg(&body).run();
    insta::assert_snapshot!(verified, @r"
    valid: snappt
      sender authentic: yes (variable SECRET)
      body integrity:   yes
      freshness:        yes (0 s old, below 300 s)
      replay key:       data.id with eventType
    --- stderr
    (nothing)
    --- exit 0
    ");
    let header = "X-SingleKey-Signature: a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b";
    let verified = verify("auto")
        .env("SECRET", "secret")
        .arg("--header")
        .arg(header)
        .arg("--header")
        .arg("X-SingleKey-Timestamp: 1700000100")
        .arg(&body)
        .run();
    insta::assert_snapshot!(verified, @r"
    valid: singlekey
      sender authentic: yes (variable SECRET)
      body integrity:   yes
      freshness:        not covered by the signature (stated: -100 s old); only the id tells a repetition
      replay key:       webhook_id
    --- stderr
    scheme: singlekey, by the name of its header
    --- exit 0
    ");
}

#[test]
fn a_wrong_one_says_why_in_a_line_and_at_length() {
    let files = Files::new();
    let body = files.write("body", format!("{BODY}\n"));
    let verify = || verify("snappt").arg("--header").arg(HEADER).arg(&body);
    insta::assert_snapshot!(verify().run(), @r"
    invalid: signature_mismatch (snappt)
      the signature was not made over these bytes with the secret

    hint: the signature fits the body without its last newline; --explain says more
    --- stderr
    (nothing)
    --- exit 1
    ");
    insta::assert_snapshot!(verify().arg("--explain").run().stdout.replace(|c: char| c.is_ascii_digit(), ""), @r"
    invalid: signature_mismatch (snappt)
      the signature was not made over these bytes with the secret

    what happened:  the signature fits the body without its last newline
    who does that:  an editor, `echo` or a here-document adds one; `$(…)` and templates drop one
    what to change: sign and verify the raw bytes: no editor, no trim, no text mode between

    tried  ways
    ");
}

#[test]
fn json_has_the_reason_the_variant_and_what_is_not_covered() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let told = verify("snappt").arg("--header").arg(HEADER).arg(&body).arg("--json").run().succeeds().json();
    let wanted = serde_json::json!({
        "valid": true, "reason": null, "detail": null, "scheme": "snappt", "family": "snappt", "auto": false,
        "variant": "snappt", "matched": "variable SECRET", "timestamp": 1_700_000_000, "age_s": 0,
        "tolerance_s": 300, "covers": { "body": true, "time": true }, "not_covered": [],
        "replay_key": "data.id with eventType", "hint": null, "explanation": null });
    assert_eq!(told, wanted);
    has_the_promised_keys(&told, "webhook_verify");
    let told = verify("rentvine").arg("--header").arg(HEADER).arg(&body).arg("--json").arg("--explain").run();
    assert_eq!(told.code, Some(1));
    let told = told.json();
    assert_eq!(told["reason"], "missing_header");
    assert_eq!(told["not_covered"], serde_json::json!(["time"]));
    assert_eq!(told["explanation"]["would_match"], "snappt");
}

#[test]
fn the_time_is_judged_after_the_signature() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let run = |now: &str, more: &[&str]| {
        let run = hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            "snappt",
            "--secret-env",
            "SECRET",
            "--header",
            HEADER,
        ])
        .env("SECRET", SECRET)
        .arg(&body);
        let run = if now.is_empty() { run } else { run.arg("--now").arg(now) };
        more.iter().fold(run, |run, argument| run.arg(argument)).run()
    };
    assert_eq!(run("1700000299", &[]).code, Some(0));
    assert_eq!(run("1700000300", &[]).code, Some(1));
    assert_eq!(run("1700000300", &["--tolerance", "301"]).code, Some(0));
    assert_eq!(run("1700000009", &["--tolerance", "10"]).code, Some(0));
    assert_eq!(run("1700000010", &["--tolerance", "10"]).code, Some(1));
    let today = run("", &[]);
    assert!(today.stdout.starts_with("invalid: timestamp_too_old"), "{today}");
    let ignored = run("", &["--ignore-timestamp"]);
    assert!(
        ignored.code == Some(0) && ignored.stderr.starts_with("warning: the time is not judged"),
        "{ignored}"
    );
    for wrong in
        [&["--tolerance", "0"][..], &["--tolerance", "-1"], &["--tolerance", "5", "--ignore-timestamp"]]
    {
        assert_eq!(run(NOW, wrong).code, Some(2));
    }
}

#[test]
fn auto_goes_by_the_header_alone_and_never_guesses() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let run = |headers: &[&str]| {
        let run = verify("auto").arg(&body);
        headers.iter().fold(run, |run, header| run.arg("--header").arg(header)).run()
    };
    assert_eq!(run(&[HEADER]).code, Some(0));
    // The real service's two headers: the default variant is chosen by its own.
    assert_eq!(
        run(&[HEADER, "Snappt-Signature-v2: t=1700000000000,v2=oUC6LOOQrbsfLme2H_duMM6cWVw4AVG86SCT0VclNJg"])
            .code,
        Some(0)
    );
    for unclear in
        [&[][..], &["X-Other: 1"], &[HEADER, "X-Hub-Signature-256: sha256=00"], &["X-Hub-Signature: sha1=00"]]
    {
        let run = run(unclear);
        assert!(run.code == Some(2) && run.stdout.is_empty(), "{run}");
    }
}
