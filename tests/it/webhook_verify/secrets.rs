//! Secrets: where they may come from, what is refused, and that none is ever shown.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{BODY, Files, HEADER, NOW, SECRET, hookyard, verify};

#[test]
fn a_file_that_others_can_write_is_refused_and_one_they_can_read_is_told() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let secret = files.write("secret", format!("{SECRET}\n"));
    let run = |mode: u32| {
        fs::set_permissions(files.path("secret"), fs::Permissions::from_mode(mode)).unwrap();
        hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            "snappt",
            "--header",
            HEADER,
            "--now",
            NOW,
            "--secret-file",
            &secret,
        ])
        .arg(&body)
        .run()
    };
    let quiet = run(0o600);
    assert!(quiet.code == Some(0) && quiet.stderr.is_empty(), "{quiet}");
    let warned = run(0o644);
    assert!(
        warned.code == Some(0) && warned.stderr.contains("can be read by every user (mode 644)"),
        "{warned}"
    );
    for mode in [0o620, 0o602, 0o666] {
        let refused = run(mode);
        assert!(refused.code == Some(4) && refused.stdout.is_empty(), "{refused}");
    }
}

#[test]
fn one_newline_belongs_to_the_file_and_no_more() {
    let files = Files::new();
    let body = files.write("body", BODY);
    for (text, code, reason) in [
        (format!("{SECRET}\n"), 0, ""),
        (format!("{SECRET}\r\n"), 0, ""),
        (SECRET.to_owned(), 0, ""),
        (format!("{SECRET}\n\n"), 4, "secret_whitespace"),
        (format!(" {SECRET}"), 4, "secret_whitespace"),
        ("\n".to_owned(), 4, "empty_secret"),
        (" \t ".to_owned(), 4, "empty_secret"),
    ] {
        let secret = files.write("secret", &text);
        let run = hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            "snappt",
            "--header",
            HEADER,
            "--now",
            NOW,
            "--json",
            "--secret-file",
            &secret,
        ])
        .arg(&body)
        .run();
        assert_eq!(run.code, Some(code), "{text:?}: {run}");
        if code == 4 {
            let told: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
            assert_eq!(told["reason"], reason, "{run}");
        }
    }
}

#[test]
fn a_header_that_is_a_secret_comes_from_a_file_only() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let headers = files.write("headers", "Handshake-Token: canary-token\n");
    let run = || {
        hookyard(&["webhook", "verify", "--scheme", "singlekey-handshake", "--secret-env", "S", "--json"])
            .arg(&body)
    };
    let right = run().arg("--headers").arg(&headers).env("S", "canary-token").run().succeeds();
    assert_eq!(right.json()["not_covered"], serde_json::json!(["body", "time"]));
    let wrong = run().arg("--headers").arg(&headers).env("S", "canary-other").run();
    assert_eq!(wrong.code, Some(1));
    let seen = run().arg("--header").arg("handshake-token: canary-token").env("S", "canary-token").run();
    assert_eq!(seen.code, Some(2));
    for run in [right, wrong, seen] {
        assert!(!run.to_string().contains("canary"), "{run}");
    }
}

/// Neither a secret nor what the signature should have been, in any form, at any verbosity.
#[test]
fn nothing_secret_is_shown() {
    let files = Files::new();
    let body = files.write("body", format!("{BODY}\n"));
    let right = "t=1700000000,v1=VBvNiEXKMKAmwQwUee9QC-tY-DYb5cCkQQb7hPSuOWI";
    let canaries = ["whsec_canary", "canary_two"];
    let schemes = hookyard(&["webhook", "schemes", "--json"]).run().succeeds().stdout;
    for line in schemes.lines() {
        let scheme: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = scheme["scheme"].as_str().unwrap();
        if name == "plaid" {
            continue;
        }
        let header = scheme["header"].as_str().unwrap_or("X-None").to_owned();
        for json in ["--json", "--verbose"] {
            let headers = files.write("headers", format!("{header}: t=1700000000,v1=AAAA\n"));
            let run = hookyard(&[
                "webhook",
                "verify",
                "-vv",
                "--explain",
                "--scheme",
                name,
                "--url",
                "https://x.test/",
                "--secret-env",
                "A",
                "--secret-env",
                "B",
                json,
            ])
            .arg("--headers")
            .arg(&headers)
            .arg(&body)
            .env("A", canaries[0])
            .env("B", canaries[1])
            .run();
            assert!(matches!(run.code, Some(1 | 4)), "{run}");
            assert!(!run.to_string().contains("canary"), "{name}: {run}");
        }
    }
    // A body that the key fits but for its newline: the digest of the longer body is never said.
    let told = verify("snappt").arg("--header").arg(HEADER).arg("--explain").arg(&body).run();
    let signed = hookyard(&[
        "webhook",
        "sign",
        "--scheme",
        "snappt",
        "--secret-env",
        "S",
        "--timestamp",
        NOW,
        "--format",
        "value",
    ])
    .arg(&body)
    .env("S", SECRET)
    .run()
    .succeeds()
    .stdout;
    let expected = signed.trim().rsplit('=').next().unwrap();
    assert!(told.code == Some(1) && !told.to_string().contains(expected), "{told}");
    assert!(!told.to_string().contains(right), "{told}");
}
