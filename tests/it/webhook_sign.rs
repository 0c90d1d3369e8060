//! `hookyard webhook sign`: signatures as other implementations make them.

mod judged;
mod libraries;
mod published;

use super::support::{Files, has_the_promised_keys, hex, hookyard, openssl};

const BODY: &str = r#"{"id":"evt_1","event":"report.ready"}"#;
#[test]
fn rentvines_triple_is_made_for_the_body() {
    let files = Files::new();
    let body = files.write("body", "{}");
    let signed = hookyard(&[
        "webhook",
        "sign",
        "--scheme",
        "rentvine-body-auth",
        "--secret-env",
        "KEY",
        "--format",
        "json",
    ])
    .arg("--timestamp")
    .arg("1642248600")
    .arg("--id")
    .arg("tok_0123456789")
    .arg(&body)
    .env("KEY", "rv_test_key")
    .run()
    .succeeds()
    .json();
    let auth = serde_json::json!({ "auth": {
        "token": "tok_0123456789", "timestamp": "1642248600",
        "signature": "766b81160ef96d76d57720060f9a3daac5f8af4b6a4c837a202b57a031dc0585" } });
    assert_eq!(signed["body"], auth);
    has_the_promised_keys(&signed, "webhook_sign");
    let body = files.write("body", auth.to_string());
    let verified = hookyard(&[
        "webhook",
        "verify",
        "--scheme",
        "rentvine-body-auth",
        "--secret-env",
        "KEY",
        "--now",
        "1642248600",
    ])
    .arg(&body)
    .arg("--json")
    .env("KEY", "rv_test_key")
    .run()
    .succeeds()
    .json();
    assert_eq!(verified["not_covered"], serde_json::json!(["body"]));
    let headers = hookyard(&["webhook", "sign", "--scheme", "rentvine-body-auth", "--secret-env", "KEY"])
        .arg(&body)
        .env("KEY", "rv_test_key")
        .run();
    assert_eq!(headers.code, Some(2), "{headers}");
}

#[test]
fn twilio_signs_the_url() {
    let files = Files::new();
    let sign = |url: &str, body: &str| {
        let path = files.write("body", body);
        let run = |verb: &str| {
            hookyard(&["webhook", verb, "--scheme", "twilio", "--url", url, "--secret-env", "TOKEN"])
                .env("TOKEN", "twilio_test_token")
        };
        let signed = run("sign").arg("--format").arg("value").arg(&path).run();
        let header = format!("X-Twilio-Signature: {}", signed.stdout.trim());
        let code = |body: &str, url: &str| {
            let path = files.write("body", body);
            hookyard(&[
                "webhook",
                "verify",
                "--scheme",
                "twilio",
                "--url",
                url,
                "--secret-env",
                "TOKEN",
                "--header",
                &header,
            ])
            .arg(&path)
            .env("TOKEN", "twilio_test_token")
            .run()
        };
        if signed.code == Some(0) {
            assert_eq!(code(body, url).code, Some(0));
            assert_eq!(code(body, &url.replace("example.test", "example.test:443")).code, Some(0));
            assert_eq!(code(&format!("{body}x"), url).code, Some(1));
            let other = code(body, &url.replace("https", "http"));
            assert!(other.code == Some(1) && other.stdout.contains("the URL was signed as https"), "{other}");
        }
        signed
    };
    let json = sign(
        "https://example.test/hook?bodySHA256=f3a554fffb1ce475b8afd97f1cf0c44f25848ce5c8a5a065ca20cb1931ab55f0",
        BODY,
    );
    assert_eq!(json.succeeds().stdout, "lec7Vn6aa/BeKE/YD1Oa071FXD8=\n");
    let form = sign("https://example.test/hook", "To=%2B15550100&From=%2B15550199&Body=hi");
    assert_eq!(form.succeeds().stdout, "7HVIAqpMR06TeUE+N8mrCBjK1bs=\n");
    let bare = sign("https://example.test/hook", BODY);
    assert!(bare.code == Some(2) && bare.stderr.contains("bodySHA256=f3a554"), "{bare}");
}

#[test]
fn ed25519_is_as_published() {
    let files = Files::new();
    let body = files.write("body", r#"{"test": 2432232314}"#);
    let private =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    let signed = hookyard(&[
        "webhook",
        "sign",
        "--scheme",
        "standard",
        "--secret-env",
        "A",
        "--timestamp",
        "1614265330",
    ])
    .arg("--id")
    .arg("msg_p5jXN8AQM9LWM0D4loKWxJek")
    .arg(&body)
    .env("A", private)
    .run()
    .succeeds();
    assert!(signed.stdout.contains("webhook-signature: v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==\n"), "{signed}");
    let headers = files.write("headers", &signed.stdout);
    let public = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    for (secret, body, code) in
        [(public, &body, 0), (private, &body, 0), (public, &headers, 1), ("whsec_c2VjcmV0", &body, 1)]
    {
        let verified = hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            "standard",
            "--secret-env",
            "A",
            "--now",
            "1614265330",
            "--headers",
            &headers,
        ])
        .arg(body)
        .env("A", secret)
        .run();
        assert_eq!(verified.code, Some(code), "{verified}");
    }
    let public = hookyard(&["webhook", "sign", "--scheme", "standard", "--secret-env", "A"])
        .arg(&body)
        .env("A", public)
        .run();
    assert_eq!(public.code, Some(4), "{public}");
}

#[test]
fn every_active_secret_signs_where_there_is_room() {
    let files = Files::new();
    let body = files.write("body", "x");
    let (old, new) = ("b3RoZXItb2YtZW5vdWdoLWxlbmd0aCEh", "c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh");
    let signed = |scheme: &str| {
        let run =
            hookyard(&["webhook", "sign", "--scheme", scheme, "--secret-env", "A", "--secret-env", "B"]);
        let run = run.arg("--timestamp").arg("1700000000").arg("--id").arg("i").arg(&body);
        run.env("A", new).env("B", old).run().succeeds()
    };
    // Whoever knows the old or the new secret alone can verify.
    for scheme in ["standard", "svix", "persona", "docusign", "tabapay"] {
        let headers = files.write("headers", signed(scheme).stdout);
        for (secret, code) in [(new, 0), (old, 0), ("dGhpcmQtb2YtZW5vdWdoLWxlbmd0aCEh", 1)] {
            let run = hookyard(&[
                "webhook",
                "verify",
                "--scheme",
                scheme,
                "--secret-env",
                "S",
                "--now",
                "1700000000",
            ]);
            let run = run.arg("--headers").arg(&headers).arg(&body).env("S", secret).run();
            assert_eq!(run.code, Some(code), "{scheme}: {run}");
        }
    }
    let first = signed("snappt");
    assert_eq!(first.stdout.matches("v1=").count(), 1);
    assert!(first.stderr.contains("room for 1 signature"), "{first}");
}

#[test]
fn a_command_for_a_terminal_is_quoted() {
    let files = Files::new();
    let body = files.write("it's a body.json", "{}");
    let signed = hookyard(&[
        "webhook",
        "sign",
        "--scheme",
        "github",
        "--secret-env",
        "S",
        "--format",
        "curl",
        "--url",
        "https://example.test/a b?x='y'",
    ])
    .arg(&body)
    .env("S", "s")
    .hiding(&files.path("").display().to_string(), "/")
    .run()
    .succeeds();
    assert_eq!(signed.stdout, "curl --request POST 'https://example.test/a b?x='\\''y'\\''' --header 'Content-Type: application/json' --header 'X-Hub-Signature-256: sha256=ea4a2abc7d3d6e50f6fe71ae3e90c9a13ca7d8a97dd60e7d05a6de11ff3a3a10' --data-binary '@/it'\\''s a body.json'\n".replace("ea4a2abc7d3d6e50f6fe71ae3e90c9a13ca7d8a97dd60e7d05a6de11ff3a3a10", &hex(&openssl(&["dgst", "-sha256", "-mac", "HMAC", "-macopt", "key:s", "-binary"], b"{}"))));
}

#[test]
fn a_mistyped_call_is_told_from_an_unusable_secret() {
    let files = Files::new();
    let body = files.write("body", "x");
    let code = |arguments: &[&str]| {
        let run = hookyard(&["webhook", "sign"]);
        arguments
            .iter()
            .fold(run, |run, argument| run.arg(argument))
            .arg(&body)
            .env("S", "secret")
            .env("E", "")
            .run()
    };
    for usage in [
        &["--scheme", "github"][..],
        &["--scheme", "nothing", "--secret-env", "S"],
        &["--scheme", "singlekey-handshake", "--secret-env", "S"],
        &["--scheme", "twilio", "--secret-env", "S"],
        &["--scheme", "github", "--secret-env", "S", "--timestamp", "-5"],
        &["--scheme", "github", "--secret-env", "S", "--timestamp", "1.5"],
        &["--scheme", "standard", "--secret-env", "S", "--id", "two words"],
        &["--scheme", "github", "--secret-env", "whsec_x+y=="],
        &["--scheme", "github", "--secret-fd", "1"],
    ] {
        let run = code(usage);
        assert_eq!(run.code, Some(2), "{usage:?}: {run}");
        assert!(!run.stderr.contains("whsec_x"), "{run}");
    }
    for unusable in [
        &["--scheme", "github", "--secret-env", "E"][..],
        &["--scheme", "github", "--secret-env", "UNSET"],
        &["--scheme", "standard", "--secret-env", "E"],
        &["--scheme", "plaid", "--secret-env", "S"],
        &["--scheme", "github", "--secret-file", "/no/such/file"],
        &["--scheme", "github", "--secret-fd", "99"],
    ] {
        assert_eq!(code(unusable).code, Some(4), "{unusable:?}");
    }
}

/// A right signature of the weaker kind counts for nothing beside a stronger one.
#[test]
fn hook0s_weaker_signature_rescues_nothing() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let sign = |scheme: &str, more: &[&str]| {
        let run = hookyard(&[
            "webhook",
            "sign",
            "--scheme",
            scheme,
            "--secret-env",
            "S",
            "--timestamp",
            "1700000000",
            "--format",
            "value",
        ]);
        more.iter().fold(run, |run, argument| run.arg(argument)).arg(&body).env("S", "secret").run()
    };
    let header = ["--header", "Content-Type: text/plain"];
    let (v1, v0) = (sign("hook0", &header).succeeds().stdout, sign("hook0-v0", &[]).succeeds().stdout);
    assert!(sign("hook0", &[]).code == Some(2) && sign("hook0-v0", &header).code == Some(2));
    let verify = |scheme: &str, signature: &str, content_type: &str| {
        let header = format!("X-Hook0-Signature: {signature}");
        hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            scheme,
            "--secret-env",
            "S",
            "--now",
            "1700000000",
            "--header",
            &header,
        ])
        .arg("--header")
        .arg(&format!("content-type: {content_type}"))
        .arg(&body)
        .env("S", "secret")
        .run()
    };
    let (v1, v0) = (v1.trim(), v0.trim());
    let wrong = v0.replace("v0=", "h=content-type,v1=").replace(&v0[v0.len() - 64..], &"0".repeat(64));
    let both = format!("{v0},{}", &wrong["t=1700000000,".len()..]);
    assert_eq!(verify("hook0", v1, "text/plain").code, Some(0));
    assert_eq!(verify("hook0-v0", v0, "text/plain").code, Some(0));
    assert_eq!(verify("hook0", v1, "text/html").code, Some(1));
    assert_eq!(verify("hook0", &both, "text/plain").code, Some(1));
    let beside = verify("hook0-v0", &both, "text/plain");
    assert!(beside.stdout.starts_with("invalid: no_signature_for_scheme"), "{beside}");
    let older = verify("hook0", v0, "text/plain");
    assert!(older.code == Some(1) && older.stdout.contains("right under the scheme `hook0-v0`"), "{older}");
}

#[test]
fn a_body_that_is_empty_is_signed_and_told() {
    let sign = |body: &[u8]| {
        hookyard(&["webhook", "sign", "--scheme", "github", "--secret-env", "S"])
            .env("S", "secret")
            .stdin(body)
            .run()
    };
    let told = sign(b"").succeeds();
    assert_eq!(told.stderr, "note: the body is empty\n", "{told}");
    assert!(
        told.stdout.contains("sha256=f9e66e179b6747ae54108f82f8ade8b3c25d76fd30afde6c395822c530196169"),
        "{told}"
    );
    assert_eq!(sign(b"x").succeeds().stderr, "");
}
