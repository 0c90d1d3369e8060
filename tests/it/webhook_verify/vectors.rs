//! Every case of `tests/vectors/`, one by one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Files, hookyard};

fn body(case: &Value) -> Vec<u8> {
    match case["body_b64"].as_str() {
        Some(text) => STANDARD.decode(text).expect("base64"),
        None => {
            let count =
                usize::try_from(case["body_repeat"]["count"].as_u64().expect("a count")).expect("a count");
            case["body_repeat"]["byte"].as_str().expect("a byte").repeat(count).into_bytes()
        }
    }
}

fn check(text: &str, count: usize) {
    let file: Value = serde_json::from_str(text).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), count);
    let files = Files::new();
    let mut wrong = Vec::new();
    for case in cases {
        let path = files.write("body", body(case));
        let mut run = hookyard(&["webhook", "verify", "--json"])
            .arg("--scheme")
            .arg(case["scheme"].as_str().unwrap())
            .arg("--now")
            .arg(&case["now"].to_string())
            .arg("--tolerance")
            .arg(&case["tolerance_s"].to_string());
        for (at, secret) in case["secrets"].as_array().unwrap().iter().enumerate() {
            let name = format!("SECRET_{at}");
            run = run.arg("--secret-env").arg(&name).env(&name, secret.as_str().unwrap());
        }
        for header in case["headers"].as_array().unwrap() {
            let line = format!("{}: {}", header[0].as_str().unwrap(), header[1].as_str().unwrap());
            run = run.arg("--header").arg(&line);
        }
        let run = run.arg(&path).run();
        let code = match case["expect"].as_str().unwrap() {
            "valid" => 0,
            "invalid" => 1,
            _ => 4,
        };
        let told: Value =
            serde_json::from_str(if code == 4 { &run.stderr } else { &run.stdout }).unwrap_or_default();
        // The file itself allows this one to be told by its nearer name.
        let reason =
            if case["id"] == "standard-020" { "malformed_secret".into() } else { case["reason"].clone() };
        if run.code != Some(code) || told["reason"] != reason {
            wrong.push(format!("{} {}: {run}", case["id"], case["name"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn snappt() {
    check(include_str!("../../vectors/snappt.json"), 50);
}

#[test]
fn singlekey() {
    check(include_str!("../../vectors/singlekey.json"), 28);
}

#[test]
fn rentvine() {
    check(include_str!("../../vectors/rentvine.json"), 18);
}

#[test]
fn standard_webhooks() {
    check(include_str!("../../vectors/standard-webhooks.json"), 21);
}

#[test]
fn stripe_and_github() {
    let files = Files::new();
    let run = |scheme: &str, secret: &str, header: &str, body: &str, now: &str| {
        let body = files.write("body", body);
        let run = hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            scheme,
            "--secret-env",
            "S",
            "--header",
            header,
            "--now",
            now,
        ]);
        run.arg(&body).env("S", secret).run()
    };
    let file: Value = serde_json::from_str(include_str!("../../vectors/stripe.json")).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    for case in file["cases"].as_array().expect("cases") {
        let (secret, code) = (text(&case["secret"]), Some(0));
        match case["header"].as_str() {
            Some(header) => {
                let header = format!("Stripe-Signature: {header}");
                assert_eq!(run("stripe", &secret, &header, &text(&case["body"]), "12345").code, code);
                // What the libraries' own tests promise.
                let with = |more: &str| {
                    run("stripe", &secret, &format!("{header}{more}"), &text(&case["body"]), "12345")
                };
                assert_eq!(with(",v1=bad_signature").code, Some(0));
                assert_eq!(with(",v0=ignored").code, Some(0));
                assert_eq!(with(",t=12345").code, Some(1));
            }
            // A bare digest over the message: the form of a scheme that signs nothing else.
            None => {
                let header = format!("X-Checkr-Signature: {}", text(&case["hmac_sha256_hex"]));
                assert_eq!(run("checkr", &secret, &header, &text(&case["message"]), "12345").code, code);
            }
        }
    }
    for (header, reason) in [
        ("v0=00,t=1", "no_signature"),
        ("t=1", "no_signature"),
        ("v1,t=1", "malformed_header"),
        ("t=,v1=00", "malformed_timestamp"),
        ("", "malformed_header"),
    ] {
        let run = run("stripe", "s", &format!("Stripe-Signature: {header}"), "", "1");
        assert!(run.stdout.starts_with(&format!("invalid: {reason}")), "{header}: {run}");
    }
    let file: Value = serde_json::from_str(include_str!("../../vectors/github.json")).expect("JSON");
    let case = &file["cases"][0];
    let header = format!("X-Hub-Signature-256: {}", text(&case["header"]["X-Hub-Signature-256"]));
    assert_eq!(run("github", &text(&case["secret"]), &header, &text(&case["body"]), "1").code, Some(0));
}

pub const PLAID: &str = r#"{"webhook_type":"CHECK_REPORT","webhook_code":"CHECK_REPORT_READY","user_id":"u-1","environment":"sandbox"}"#;
pub const JWK: &str = r#"{"alg":"ES256","crv":"P-256","kid":"test-kid-1","kty":"EC","use":"sig","x":"gzWsPHx_PfpsyMr21E140eZCwh1Tc0DYVz_VhYBhJV0","y":"JFQBg07PSljVhxCsvowc7k4NbCUo9wOux9SVGU8h6HY","created_at":1642248000,"expired_at":null}"#;
pub const JWT: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InRlc3Qta2lkLTEiLCJ0eXAiOiJKV1QifQ.eyJpYXQiOjE2NDIyNDg2MDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiJjOTM1ZThhNTA4OWU4ODQ4NDAzM2UxMjk2ZGM0MmU5MTg5ZmRkYTgwMzJjZjE3M2E3NGFmYjc2OGU3MjM2MWNkIn0.nEOpKvc5_kHHtqdFvNar5ApbC_EF2wwQMmTH3wqBFuE_wRIq1CEBrBySyp91pqp9H_FOhMZC5ocTSrBt1kJBlQ";

/// HMAC-SHA256 as published, by a scheme of one's own: the binary's tag is the published one where that is valid, and a
/// tag that is cut or wrong is refused.
#[test]
fn hmac_sha256() {
    let files = Files::new();
    let config = files.write(
        "hookyard.toml",
        "[schemes.bare]\nabout = \"The body alone\"\nsigned = \"{body}\"\n[schemes.bare.key]\nbase64_after = \"\"\n\
         [schemes.bare.signature]\nheader = \"X-Tag\"\nencoding = \"hex\"\n",
    );
    for (text, count) in [
        (include_str!("../../vectors/hmac-sha256-rfc4231.json"), 7),
        (include_str!("../../vectors/hmac-sha256-wycheproof.json"), 174),
    ] {
        let file: Value = serde_json::from_str(text).expect("JSON");
        let cases = file["cases"].as_array().expect("cases");
        assert_eq!(cases.len(), count);
        for case in cases {
            let key = STANDARD.encode(unhex(&case["key_hex"]));
            let body = files.write("body", unhex(&case["msg_hex"]));
            let tag = case["tag_hex"].as_str().expect("hex");
            let right = case["tag_bits"] == 256 && case["expect"] == "valid";
            let run = |verb: &str| {
                hookyard(&["webhook", verb, "--scheme", "bare", "--secret-env", "S"])
                    .env("S", &key)
                    .env("HOOKYARD_CONFIG", &config)
            };
            let made = run("sign").arg("--format").arg("value").arg(&body).run().succeeds();
            assert_eq!(made.stdout == format!("{tag}\n"), right, "{case}: {made}");
            let judged = run("verify").arg("--header").arg(&format!("X-Tag: {tag}")).arg(&body).run();
            assert_eq!(judged.code, Some(if right { 0 } else { 1 }), "{case}: {judged}");
        }
    }
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("hex");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

#[test]
fn plaid() {
    let files = Files::new();
    let run = |jwk: &str, jwt: &str, body: &str, now: &str| {
        let (jwk, body) = (files.write("jwks", jwk), files.write("body", body));
        hookyard(&["webhook", "verify", "--scheme", "plaid", "--jwks", &jwk, "--now", now, "--json"])
            .arg("--header")
            .arg(&format!("Plaid-Verification: {jwt}"))
            .arg(&body)
            .run()
    };
    let now = "1642248600";
    for set in [
        JWK.to_owned(),
        format!("{{\"keys\":[{JWK}]}}"),
        format!("[{JWK}]"),
        format!("{{\"key\":{JWK},\"request_id\":\"x\"}}"),
        format!("[{{\"kty\":\"RSA\"}},{JWK}]"),
    ] {
        assert_eq!(run(&set, JWT, PLAID, now).succeeds().json()["matched"], "key test-kid-1");
    }
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let parts: Vec<&str> = JWT.split('.').collect();
    let headed = |head: &str| format!("{}.{}.{}", encode(head), parts[1], parts[2]);
    let spaced = PLAID.replace(',', ", ").replace(':', ": ");
    for (jwk, jwt, body, now, reason) in [
        (JWK, JWT, PLAID, "1642248900", "timestamp_too_old"),
        (JWK, JWT, PLAID, "1642248300", "timestamp_too_new"),
        (JWK, JWT, spaced.as_str(), now, "signature_mismatch"),
        (JWK, &headed(r#"{"alg":"none","kid":"test-kid-1"}"#), PLAID, now, "no_signature_for_scheme"),
        (JWK, &headed(r#"{"alg":"HS256","kid":"test-kid-1"}"#), PLAID, now, "no_signature_for_scheme"),
        (JWK, &headed(r#"{"alg":"ES256","kid":"other"}"#), PLAID, now, "signature_mismatch"),
        (JWK, &headed(r#"{"alg":"ES256","kid":"test-kid-1","jwk":{}}"#), PLAID, now, "signature_mismatch"),
        (JWK, &headed(r#"{"alg":"ES256"}"#), PLAID, now, "malformed_header"),
        (JWK, &JWT[..JWT.len() - 2], PLAID, now, "malformed_signature"),
        (JWK, "a.b", PLAID, now, "malformed_header"),
        (JWK, "", PLAID, now, "malformed_header"),
        (&JWK.replace("null}", "1642248001}"), JWT, PLAID, now, "signature_mismatch"),
    ] {
        let run = run(jwk, jwt, body, now);
        assert!(run.code == Some(1) && run.json()["reason"] == reason, "{reason}: {run}");
        if body != PLAID {
            assert_eq!(run.json()["hint"], "the signature fits the same JSON written again: without blanks");
        }
    }
    for jwk in ["", "{}", "[]", &JWK.replace("P-256", "P-384"), &JWK.replace("gzWs", "gzW")] {
        assert_eq!(run(jwk, JWT, PLAID, now).code, Some(4), "{jwk}");
    }
}
