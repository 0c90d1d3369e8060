//! `hookyard webhook sign`: signatures as other implementations make them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::support::{Files, hex, hookyard, openssl, random_bytes};

const BODY: &str = r#"{"id":"evt_1","event":"report.ready"}"#;
const SNAPPT: &str = r#"{"eventType":"REPORT_READY","apiKeyId":"11111111-2222-3333-4444-555555555555","webhookId":"w-1","applicantDetailId":"d-1","applicantId":"a-1","data":{"id":"r-1","result":"CLEAN","status":"COMPLETE"}}"#;
const SINGLEKEY: &str = r#"{"event":"screening.completed","timestamp":"2026-01-15T10:30:00Z","webhook_id":"wh_1","api_version":"v1","data":{"purchase_token":"0123456789abcdef0123456789abcdef","external_tenant_id":"t-1","external_customer_id":"c-1","singlekey_score":720}}"#;
const RENTVINE: &str = r#"{"event_type":"work_order.created","data":{"id":"wo-1"}}"#;

/// Scheme, secret, time, body, the value it must make.
const PUBLISHED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "standard",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "1700000000",
        BODY,
        "v1,JQ+BUQa2vfT+AbNi2xYc2vcHy2iiRjfEQbhudV/qWug=",
    ),
    (
        "svix",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "1700000000",
        BODY,
        "v1,JQ+BUQa2vfT+AbNi2xYc2vcHy2iiRjfEQbhudV/qWug=",
    ),
    (
        "stripe",
        "whsec_test_secret",
        "1700000000",
        BODY,
        "t=1700000000,v1=b5326e6ed5a0562c8f1609c013cfd06b7782c3ad8b32e493b70c462d19066acd",
    ),
    (
        "stripe",
        "whsec_test_secret",
        "1700000000",
        r#"{"id":"evt_1","object":"event"}"#,
        "t=1700000000,v1=0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd",
    ),
    (
        "github",
        "secret",
        "1700000000",
        BODY,
        "sha256=a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "github",
        "mysecret",
        "1700000000",
        r#"{"foo":"bar"}"#,
        "sha256=4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3",
    ),
    (
        "github",
        "It's a Secret to Everybody",
        "1700000000",
        "Hello, World!",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ),
    (
        "slack",
        "secret",
        "1700000000",
        BODY,
        "v0=7ba0d1246ccc185b6fcf9d7477b49abc8e41686b2b880686d0f5d253d2a74609",
    ),
    ("shopify", "secret", "1700000000", BODY, "pD7sy23i1muSrcHDSLvgdQn/TJxr8r3FbRN3o8h3Hjs="),
    ("docusign", "secret", "1700000000", BODY, "pD7sy23i1muSrcHDSLvgdQn/TJxr8r3FbRN3o8h3Hjs="),
    (
        "checkr",
        "test_api_key",
        "1700000000",
        BODY,
        "8de2aa43dbbfcea77850acc7365b3fd4d1cce7c1f122d1e4f4aab64aadb01f16",
    ),
    (
        "truv",
        "access_secret",
        "1700000000",
        BODY,
        "v1=7c8ebd5ed54bd42b993af3664a80a8d0a4ad56e6c2b953c152547dceeea8e0af",
    ),
    (
        "persona",
        "wbhsec_test",
        "1700000000",
        BODY,
        "t=1700000000,v1=b7f6524ef2f9dd69d6ffe0e23c2558ce03b4e7fdfe78124b51917c453ba0d702",
    ),
    (
        "snappt",
        "whsec_hookyard_test",
        "1700000000",
        BODY,
        "t=1700000000,v1=VBvNiEXKMKAmwQwUee9QC-tY-DYb5cCkQQb7hPSuOWI",
    ),
    (
        "snappt-v1",
        "11111111-2222-4333-8444-555555555555",
        "1700000000005",
        BODY,
        "t=1700000000005,v1=822XTdOpDUC6-4p_ILouCz8Xb06t_-KQldRCEPKcCdE",
    ),
    (
        "snappt-v2",
        "whsec_hookyard_test",
        "1700000000000",
        BODY,
        "t=1700000000000,v2=oUC6LOOQrbsfLme2H_duMM6cWVw4AVG86SCT0VclNJg",
    ),
    (
        "singlekey",
        "secret",
        "1700000000",
        BODY,
        "a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "singlekey-ts-body",
        "secret",
        "1700000000",
        BODY,
        "1179101938f9607540c78f810b3b9610ac4b608f4e5e5100df413e37854c0687",
    ),
    (
        "singlekey-prefixed",
        "secret",
        "1700000000",
        BODY,
        "sha256=a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "rentvine",
        "secret",
        "1700000000",
        BODY,
        "sha256=a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "rentvine-hex",
        "secret",
        "1700000000",
        BODY,
        "a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "rentvine-ts-body",
        "secret",
        "1700000000",
        BODY,
        "sha256=1179101938f9607540c78f810b3b9610ac4b608f4e5e5100df413e37854c0687",
    ),
    ("rentvine-ts-base64", "secret", "1700000000", BODY, "iIk9/t+DRC8PLwCxx8zgFRrrgJV/Fajqz35Ad333NLY="),
    (
        "snappt",
        "11111111-2222-3333-4444-555555555555",
        "1642248600",
        SNAPPT,
        "t=1642248600,v1=HrBnSQwdAzs6iDB8VRPGu7Gf5hN2yjBMifB7vFLxjPo",
    ),
    (
        "snappt",
        "whsec_test_0123456789abcdef",
        "1642248600",
        SNAPPT,
        "t=1642248600,v1=Kt43Acw8-RNc0_hi327W5Tf5DBQroAXKyCygZtMFaU0",
    ),
    (
        "snappt-v2",
        "whsec_test_0123456789abcdef",
        "1642248600000",
        SNAPPT,
        "t=1642248600000,v2=ViQRPNOm6rSWIOfT2-EHCZCgRAVZRQ8dzKOUPcuXqOM",
    ),
    (
        "singlekey",
        "sk_test_secret",
        "1642248600",
        SINGLEKEY,
        "7c7d451450d29980db541fd71fdcf360bd73c0d47a1a914fe88188944076ae98",
    ),
    (
        "rentvine",
        "rv_test_secret",
        "1642248600",
        RENTVINE,
        "sha256=f77a43250dd49c4444c3eabd8a1e3b785e89055210a358d98e7d8115c8c17a20",
    ),
    (
        "rentvine-ts-body",
        "rv_test_secret",
        "1642248600",
        RENTVINE,
        "sha256=1286fd576252d08b85c54041e7f69d448e656132929296c698d1bf0fbc0be1f8",
    ),
];

#[test]
fn published_and_fixed_values_are_made_again_and_verified() {
    let files = Files::new();
    for (at, (scheme, secret, time, body, value)) in PUBLISHED.iter().enumerate() {
        let path = files.write(&format!("body-{at}"), body);
        let secret = files.write(&format!("secret-{at}"), format!("{secret}\n"));
        let run = |format: &str| {
            hookyard(&["webhook", "sign", "--scheme", scheme, "--secret-file", &secret, "--timestamp", time])
                .arg("--id")
                .arg("evt_1")
                .arg("--format")
                .arg(format)
                .arg(&path)
                .run()
                .succeeds()
                .stdout
        };
        assert_eq!(run("value"), format!("{value}\n"), "{scheme}");
        let headers = files.write(&format!("headers-{at}"), run("headers"));
        let verified = hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            scheme,
            "--secret-file",
            &secret,
            "--now",
            &time[..10],
        ])
        .arg("--headers")
        .arg(&headers)
        .arg(&path)
        .run()
        .succeeds();
        assert!(verified.stdout.starts_with(&format!("valid: {scheme}\n")), "{verified}");
    }
}

/// What each scheme signs before the body, its digest and encoding, what stands before its value: written down here
/// once more, so that `openssl` and not hookyard is the judge.
const FORMS: &[(&str, &str, &str, &str, &str)] = &[
    ("snappt", "1700000000.", "sha256", "url", "t=1700000000,v1="),
    ("snappt-v1", "1700000000.", "sha256", "url", "t=1700000000,v1="),
    ("snappt-v2", "1700000000.", "sha256", "url", "t=1700000000,v2="),
    ("snappt-v2-decoded", "1700000000.", "sha256", "url", "t=1700000000,v2="),
    ("singlekey", "", "sha256", "hex", ""),
    ("singlekey-ts-body", "1700000000.", "sha256", "hex", ""),
    ("singlekey-prefixed", "", "sha256", "hex", "sha256="),
    ("rentvine", "", "sha256", "hex", "sha256="),
    ("rentvine-ts-body", "1700000000.", "sha256", "hex", "sha256="),
    ("rentvine-hex", "", "sha256", "hex", ""),
    ("rentvine-ts-base64", "1700000000", "sha256", "base64", ""),
    ("standard", "evt_1.1700000000.", "sha256", "base64", "v1,"),
    ("svix", "evt_1.1700000000.", "sha256", "base64", "v1,"),
    ("stripe", "1700000000.", "sha256", "hex", "t=1700000000,v1="),
    ("github", "", "sha256", "hex", "sha256="),
    ("github-sha1", "", "sha1", "hex", "sha1="),
    ("slack", "v0:1700000000:", "sha256", "hex", "v0="),
    ("shopify", "", "sha256", "base64", ""),
    ("docusign", "", "sha256", "base64", ""),
    ("checkr", "", "sha256", "hex", ""),
    ("truv", "", "sha256", "hex", "v1="),
    ("persona", "1700000000.", "sha256", "hex", "t=1700000000,v1="),
    ("convoy", "1700000000,", "sha256", "hex", "t=1700000000,v1="),
    (
        "hook0",
        "1700000000.content-type x-a.application/json.1.",
        "sha256",
        "hex",
        "t=1700000000,h=content-type x-a,v1=",
    ),
    ("hook0-v0", "1700000000.", "sha256", "hex", "t=1700000000,v0="),
];

#[test]
fn openssl_makes_the_same_of_random_bodies() {
    let files = Files::new();
    let text = "whsec_c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh";
    let secret = files.write("secret", text);
    for (at, length) in [0_usize, 1, 4097].iter().enumerate() {
        let body = random_bytes(at as u64 + 1, *length);
        let path = files.write("body", &body);
        for (scheme, before, digest, encoding, prefix) in FORMS {
            let decoded = ["standard", "svix", "snappt-v2-decoded"].contains(scheme);
            let key = if decoded { STANDARD.decode(&text[6..]).unwrap() } else { text.as_bytes().to_vec() };
            let key = format!("hexkey:{}", hex(&key));
            let message = [before.as_bytes(), &body].concat();
            let digest = format!("-{digest}");
            let tag = openssl(&["dgst", &digest, "-mac", "HMAC", "-macopt", &key, "-binary"], &message);
            let tag = match *encoding {
                "hex" => hex(&tag),
                "url" => URL_SAFE_NO_PAD.encode(tag),
                _ => STANDARD.encode(tag),
            };
            let further: &[&str] = if *scheme == "hook0" {
                &["--header", "Content-Type: application/json", "--header", "X-A:1"]
            } else {
                &[]
            };
            let run = hookyard(&["webhook", "sign", "--scheme", scheme, "--secret-file", &secret]);
            let signed = further
                .iter()
                .fold(run, |run, argument| run.arg(argument))
                .arg("--timestamp")
                .arg("1700000000")
                .arg("--id")
                .arg("evt_1")
                .arg("--format")
                .arg("value")
                .arg(&path)
                .run()
                .succeeds();
            assert_eq!(signed.stdout, format!("{prefix}{tag}\n"), "{scheme}, {length} bytes");
        }
    }
    // Every HMAC scheme of the list is in the table above.
    let listed = hookyard(&["webhook", "schemes", "--json"]).run().succeeds().stdout;
    for line in listed.lines() {
        let scheme: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = scheme["scheme"].as_str().unwrap();
        let other = ["plaid", "singlekey-handshake", "rentvine-body-auth", "twilio"].contains(&name);
        assert!(other || FORMS.iter().any(|form| form.0 == name), "{name} is not checked");
    }
}

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

/// Our JWT by openssl's judgement, with a key that openssl made.
#[test]
fn plaids_jwt_is_what_openssl_verifies() {
    let files = Files::new();
    let der = openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-outform", "DER"], b"");
    let public = openssl(&["ec", "-inform", "DER", "-pubout"], &der);
    let public = files.write("public.pem", public);
    let (d, point) = (&der[7..39], &der[der.len() - 64..]);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let mut jwk = serde_json::json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "k1",
        "x": encode(&point[..32]), "y": encode(&point[32..]) });
    let jwks = files.write("jwks.json", serde_json::json!({ "keys": [jwk] }).to_string());
    jwk["d"] = encode(d).into();
    let private = files.write("private.jwk", jwk.to_string());
    let body = files.write("body", random_bytes(5, 3000));
    let signed = hookyard(&[
        "webhook",
        "sign",
        "--scheme",
        "plaid",
        "--secret-file",
        &private,
        "--timestamp",
        "1700000000",
        "--format",
        "value",
    ])
    .arg(&body)
    .run()
    .succeeds()
    .stdout;
    let (message, signature) = signed.trim().rsplit_once('.').unwrap();
    let rs = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let integer = |bytes: &[u8]| {
        let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(31);
        let mut bytes = bytes[first..].to_vec();
        if bytes[0] & 0x80 != 0 {
            bytes.insert(0, 0);
        }
        [&[2, u8::try_from(bytes.len()).unwrap()][..], &bytes].concat()
    };
    let both = [integer(&rs[..32]), integer(&rs[32..])].concat();
    let sequence = [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat();
    let signature = files.write("signature.der", sequence);
    let said =
        openssl(&["dgst", "-sha256", "-verify", &public, "-signature", &signature], message.as_bytes());
    assert_eq!(String::from_utf8_lossy(&said).trim(), "Verified OK");
    let header = format!("Plaid-Verification: {}", signed.trim());
    for (now, code) in [("1700000299", 0), ("1700000300", 1)] {
        let verified = hookyard(&[
            "webhook", "verify", "--scheme", "auto", "--jwks", &jwks, "--header", &header, "--now", now,
        ])
        .arg(&body)
        .run();
        assert_eq!(verified.code, Some(code), "{verified}");
    }
}

#[test]
fn every_active_secret_signs_where_there_is_room() {
    let files = Files::new();
    let body = files.write("body", "x");
    let signed = |scheme: &str| {
        hookyard(&[
            "webhook",
            "sign",
            "--scheme",
            scheme,
            "--secret-env",
            "A",
            "--secret-env",
            "B",
            "--timestamp",
            "1700000000",
            "--id",
            "i",
        ])
        .arg(&body)
        .env("A", "c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh")
        .env("B", "b3RoZXItb2YtZW5vdWdoLWxlbmd0aCEh")
        .run()
        .succeeds()
        .stdout
    };
    assert_eq!(signed("standard").matches("v1,").count(), 2);
    assert_eq!(signed("persona").matches("t=1700000000,v1=").count(), 2);
    assert_eq!(signed("docusign").lines().count(), 2);
    assert_eq!(signed("snappt").matches("v1=").count(), 1);
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
