//! What usually breaks a signature, each broken so and named.

use super::{BODY, Files, Hookyard, SECRET, hookyard};
use crate::support::hex;

const RICH: &str = "{\"b\":95.50,\"a\":\"é/\",\"url\":\"https://x.test/?a=1&b=2\",\"list\":[1,{}]}";

/// Sign `signed` with `key`, hand over `sent`, and give what explains the refusal.
fn told(scheme: &str, key: &str, signed: &[u8], secret: &str, sent: &[u8]) -> String {
    let files = Files::new();
    let path = files.write("signed", signed);
    let headers = hookyard(&[
        "webhook",
        "sign",
        "--scheme",
        scheme,
        "--secret-env",
        "S",
        "--timestamp",
        "1700000000",
        "--id",
        "evt_1",
    ])
    .arg(&path)
    .env("S", key)
    .run()
    .succeeds()
    .stdout;
    told_of(&files, scheme, &headers, secret, sent)
}

fn told_of(files: &Files, scheme: &str, headers: &str, secret: &str, sent: &[u8]) -> String {
    let path = files.write("sent", sent);
    let headers = files.write("headers", headers);
    let run = hookyard(&[
        "webhook",
        "verify",
        "--scheme",
        scheme,
        "--secret-env",
        "S",
        "--now",
        "1700000000",
        "--explain",
    ])
    .arg("--headers")
    .arg(&headers)
    .arg(&path)
    .env("S", secret)
    .run();
    assert_eq!(run.code, Some(1), "{run}");
    // `secret` is a word of the answer itself.
    assert!(secret == "secret" || !run.stdout.contains(secret), "{run}");
    run.stdout
}

#[track_caller]
fn says(told: &str, words: &str) {
    let found = told.lines().any(|line| line.starts_with("what happened:") && line.contains(words));
    assert!(found, "`{words}` is not in\n{told}");
}

#[test]
fn a_body_that_was_changed_on_the_way() {
    let compact = RICH.as_bytes();
    let crlf = b"{\r\n\"a\":1\r\n}";
    let spaced = br#"{"b": 95.50, "a": "\u00e9/", "url": "https://x.test/?a=1&b=2", "list": [1, {}]}"#;
    let indented = "{\n  \"b\": 95.5,\n  \"a\": \"é/\",\n  \"url\": \"https://x.test/?a=1&b=2\",\n  \"list\": [\n    1,\n    {}\n  ]\n}";
    let kept = indented.replace("95.5,", "95.50,");
    let slashed = r#"{"b":95.50,"a":"\u00e9\/","url":"https:\/\/x.test\/?a=1&b=2","list":[1,{}]}"#;
    let go = r#"{"b":95.50,"a":"é/","url":"https://x.test/?a=1\u0026b=2","list":[1,{}]}"#;
    let sorted = r#"{"a":"é/","b":95.50,"list":[1,{}],"url":"https://x.test/?a=1&b=2"}"#;
    let string = serde_json::to_string(RICH).unwrap();
    let long = "x".repeat(70_000);
    let latin: Vec<u8> = RICH.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let mojibake: Vec<u8> = compact.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes();
    let cases: &[(&[u8], &[u8], &str)] = &[
        (b"{}\n", b"{}", "with a newline at its end"),
        (b"{}", b"{}\n", "without its last newline"),
        (b"{}", b"{}\r\n", "without its last CRLF"),
        (b"{}", b"  {}\n\n", "without the white space around it"),
        (b"{\n\"a\":1\n}", crlf, "LF line ends in place of CRLF"),
        (crlf, b"{\n\"a\":1\n}", "CRLF line ends in place of LF"),
        (
            b"{\n\t\"a b\": {\n\t\t\"c\": 1}}",
            b"{\n \"a b\": {\n  \"c\": 1}}",
            "a tab for each blank that its lines begin with",
        ),
        (b"{}", b"\xef\xbb\xbf{}", "without its byte order mark"),
        (b"\xef\xbb\xbf{}", b"{}", "with a byte order mark"),
        (compact, spaced, "without blanks"),
        (spaced, compact, "with a blank after `,` and `:`, non-ASCII escaped"),
        (indented.as_bytes(), compact, "indented by two, numbers as JavaScript writes them"),
        (compact, kept.as_bytes(), "without blanks"),
        (slashed.as_bytes(), compact, "without blanks, slashes and non-ASCII escaped"),
        (compact, slashed.as_bytes(), "without blanks"),
        (go.as_bytes(), compact, "`<`, `>` and `&` escaped"),
        (sorted.as_bytes(), compact, "keys sorted"),
        (compact, string.as_bytes(), "the body was encoded twice"),
        (string.as_bytes(), compact, "decoded once too often"),
        (b"a=b c", b"a%3Db+c", "percent-decoded body"),
        (b"{}", b"payload=%7B%7D", "the form's first field"),
        (mojibake.as_slice(), compact, "read as Latin-1"),
        (latin.as_slice(), compact, "the body in Latin-1"),
        (b"", compact, "an empty body"),
        (&long.as_bytes()[..65_536], long.as_bytes(), "the first 65536 bytes"),
        (b"{\"a\":1}", b"eyJhIjoxfQ==", "base64-decoded body"),
        (b"{\"a\":1}", b"7\r\n{\"a\":1}\r\n0\r\n\r\n", "without its chunk lengths"),
        (b"{}", b"{}\0\0", "up to its first NUL byte"),
        (b"{}", b"\xff\xfe{\0}\0", "it is UTF-16 here"),
        (b"{\0}\0", b"{}", "the body as UTF-16"),
        (b"\x80\x93", "€“".as_bytes(), "in Windows-1252"),
        ("â‚¬".as_bytes(), "€".as_bytes(), "read as Windows-1252"),
        (b"a=b+c&d=%7B%7D", b"a=b c&d={}", "the form with its values percent-encoded"),
        (b"a=b%20c", b"a=b c", "blanks as `%20`"),
        (b"%7B%22a%22%3A%201%7D", b"{\"a\": 1}", "it was decoded on the way"),
        (compact, &compact[..40], "ends in the middle of its JSON"),
        (
            b"{\"b\":{\"d\":1,\"c\":2},\"a\":1,\"e\":3}",
            b"{\"a\":1,\"b\":{\"c\":2,\"d\":1},\"e\":3,\"f\":4}",
            "keys are in alphabetical order",
        ),
    ];
    for (signed, sent, words) in cases {
        says(&told("snappt", SECRET, signed, SECRET, sent), words);
    }
}

#[test]
fn a_secret_that_was_treated_otherwise() {
    let encoded = "whsec_c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh";
    let decoded = "secret-of-enough-length!";
    for (scheme, key, secret, words) in [
        ("stripe", "c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh", encoded, "without its prefix"),
        (
            "stripe",
            encoded,
            "c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh",
            "a prefix (`whsec_` or its like) before the secret",
        ),
        ("stripe", "whsec_test_secret", "test_secret", "a prefix (`whsec_` or its like) before the secret"),
        ("stripe", decoded, encoded, "base64-decoded secret"),
        ("stripe", "Az\u{1}", "417a01", "hex-decoded"),
        ("stripe", "Abc", "\"Abc\"", "without its quotes"),
        ("stripe", "\"Abc\"", "Abc", "the secret in quotes"),
        ("stripe", "abc", "ABC", "in another case"),
        ("stripe", "undefined", "Abc", "with no secret at all"),
    ] {
        says(&told(scheme, key, BODY.as_bytes(), secret, BODY.as_bytes()), words);
    }
    // The key with a newline cannot be configured here; openssl can have it.
    let files = Files::new();
    let tag = |key: &str, message: &str| {
        let key = format!("hexkey:{}", hex(key.as_bytes()));
        hex(&crate::support::openssl(
            &["dgst", "-sha256", "-mac", "HMAC", "-macopt", &key, "-binary"],
            message.as_bytes(),
        ))
    };
    let headers = format!("X-Hub-Signature-256: sha256={}\n", tag("Abc\n", BODY));
    says(&told_of(&files, "github", &headers, "Abc", BODY.as_bytes()), "white space behind the secret");
    // A scheme that decodes, and a sender that does not.
    use base64::Engine;
    let raw = crate::support::openssl(
        &["dgst", "-sha256", "-mac", "HMAC", "-macopt", &format!("key:{encoded}"), "-binary"],
        format!("evt_1.1700000000.{BODY}").as_bytes(),
    );
    let headers = format!(
        "webhook-id: evt_1\nwebhook-timestamp: 1700000000\nwebhook-signature: v1,{}\n",
        base64::engine::general_purpose::STANDARD.encode(raw)
    );
    says(&told_of(&files, "standard", &headers, encoded, BODY.as_bytes()), "secret's whole text");
    // Snappt's older signature, keyed with what stands in the body.
    let body = r#"{"apiKeyId":"api_key_12345"}"#;
    let told = told("snappt", "api_key_12345", body.as_bytes(), SECRET, body.as_bytes());
    says(&told, "the API key id that stands in the body");
}

#[test]
fn another_variant_encoding_prefix_or_header() {
    let files = Files::new();
    let body = BODY.as_bytes();
    let digest = "a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b";
    for (scheme, headers, words) in [
        ("rentvine", format!("X-RentVine-Signature: {digest}"), "right under the scheme `rentvine-hex`"),
        ("singlekey", format!("X-SingleKey-Signature: sha256={digest}\nX-SingleKey-Timestamp: 1700000000"), "right under the scheme `singlekey-prefixed`"),
        ("rentvine", "X-RentVine-Signature: sha256=1179101938f9607540c78f810b3b9610ac4b608f4e5e5100df413e37854c0687\nX-RentVine-Timestamp: 1700000000".into(), "right under the scheme `rentvine-ts-body`"),
        ("github", "X-Hub-Signature-256: sha256=pD7sy23i1muSrcHDSLvgdQn/TJxr8r3FbRN3o8h3Hjs=".into(), "written in base64, not in hex"),
        ("github", format!("X-Hub-Signature-256: {digest}"), "before the digest stands nothing"),
        ("github", format!("Hub_Signature_256: sha256={digest}"), "has a header Hub_Signature_256, not X-Hub-Signature-256"),
        ("github", format!("X-Checkr-Signature: {digest}"), "right under the scheme `checkr`"),
        ("shopify", "X-Slack-Signature: v0=00".into(), "the header of another scheme: slack"),
        ("slack", "X-Slack-Signature: v0=7ba0d1246ccc185b6fcf9d7477b49abc8e41686b2b880686d0f5d253d2a74609".into(), "X-Slack-Request-Timestamp beside it is not"),
        ("github", "X-Other: 1".into(), "nothing in the request looks like"),
        ("github", "X-Hub-Signature-256: {{signature}}".into(), "not written in this scheme's form"),
        ("slack", "X-Slack-Signature: v0=7ba0d1246ccc185b6fcf9d7477b49abc8e41686b2b880686d0f5d253d2a74609\nX-Slack-Request-Timestamp: 2023-11-14T22:13:20Z".into(), "not Unix time in digits"),
    ] {
        says(&told_of(&files, scheme, &headers, "secret", body), words);
    }
}

#[test]
fn a_time_in_the_wrong_unit_or_zone() {
    let files = Files::new();
    let run = |scheme: &str, headers: &str, now: &str| {
        let (headers, path) = (files.write("headers", headers), files.write("body", BODY));
        let run: Hookyard =
            hookyard(&["webhook", "verify", "--scheme", scheme, "--secret-env", "S", "--explain"])
                .env("S", "secret");
        run.arg("--headers").arg(&headers).arg("--now").arg(now).arg(&path).run().stdout
    };
    let sign = |scheme: &str, time: &str| {
        let path = files.write("body", BODY);
        hookyard(&["webhook", "sign", "--scheme", scheme, "--secret-env", "S", "--timestamp", time])
            .arg(&path)
            .env("S", "secret")
            .run()
            .succeeds()
            .stdout
    };
    says(&run("stripe", &sign("stripe", "1700000000000"), "1700000000"), "the time is in milliseconds");
    says(&run("stripe", &sign("stripe", "1700000000"), "1700018002"), "off by 5 h 0 min");
    says(&run("stripe", &sign("stripe", "1700000000"), "1700000700"), "700 s old");
    says(&run("stripe", &sign("stripe", "1700000700"), "1700000000"), "700 s ahead");
    // Signed in one unit, sent in the other.
    let swapped = sign("stripe", "1700000000000").replace("t=1700000000000", "t=1700000000");
    says(&run("stripe", &swapped, "1700000000"), "signed in milliseconds and sent in seconds");
    let headers = sign("slack", "1700000005")
        .replace("Timestamp: 1700000005", "Timestamp: 1700000000\nX-Real-Time: 1700000005");
    says(&run("slack", &headers, "1700000000"), "the one in X-Real-Time");
}

#[test]
fn a_body_that_was_cut_or_read_before() {
    let files = Files::new();
    let headers = "Content-Length: 400\nX-Hub-Signature-256: sha256=a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b";
    says(&told_of(&files, "github", headers, "secret", b"{\"id\":"), "6 of the 400 bytes");
    says(&told_of(&files, "github", &headers[20..], "secret", b""), "the body is empty");
    says(
        &told_of(&files, "github", &headers[20..], "wrong-secret", BODY.as_bytes()),
        "nothing that usually breaks",
    );
}

/// A digest whose letters are the same in two alphabets is not said to be written in the wrong one.
#[test]
fn a_digest_is_read_in_the_schemes_own_encoding_where_it_can_be() {
    for at in 0..12 {
        let signed = format!("{{\"n\":{at}}}");
        let told = told("snappt", SECRET, signed.as_bytes(), SECRET, format!("{signed}\n").as_bytes());
        assert_eq!(told.matches("what happened:").count(), 1, "{told}");
    }
}

#[test]
fn twilios_url_as_the_proxy_had_it() {
    let files = Files::new();
    let form = "To=%2B15550100&Body=hi";
    let body = files.write("form", form);
    let signed = |url: &str, secret: &str| {
        hookyard(&["webhook", "sign", "--scheme", "twilio", "--secret-env", "S", "--url", url])
            .arg(&body)
            .env("S", secret)
            .run()
            .succeeds()
            .stdout
    };
    let run = |headers: &str, url: &str, secret: &str, sent: &str| {
        let (headers, sent) = (files.write("headers", headers), files.write("sent", sent));
        let run = hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            "twilio",
            "--secret-env",
            "S",
            "--explain",
            "--url",
            url,
        ])
        .arg("--headers")
        .arg(&headers)
        .arg(&sent)
        .env("S", secret)
        .run();
        assert_eq!(run.code, Some(1), "{run}");
        run.stdout
    };
    let public = "https://hooks.example.com/in?a=b+c";
    let headers = signed(public, "token");
    for (url, words) in [
        ("http://hooks.example.com/in?a=b+c", "the URL was signed as https"),
        ("https://hooks.example.com/in?a=b%20c", "blanks in the query were signed as `+`"),
        ("https://hooks.example.com:8080/in?a=b+c", "without its port"),
        ("http://hooks.example.com:8080/in?a=b+c", "as https; and the URL was signed without its port"),
    ] {
        says(&run(&headers, url, "token", form), words);
    }
    let forwarded = format!("{headers}X-Forwarded-Host: hooks.example.com\n");
    let inside = "http://10.0.0.7:3000/in?a=b+c";
    says(&run(&forwarded, inside, "token", form), "the host that the header X-Forwarded-Host states");
    says(&run(&headers, public, "\"token\"", form), "the secret without its quotes");
    says(
        &run(
            &signed("https://hooks.example.com/in/", "token"),
            "https://hooks.example.com/in",
            "token",
            form,
        ),
        "with a slash at its end",
    );
    // JSON: the URL states the body's hash.
    use sha2::Digest as _;
    let hash = hex(&sha2::Sha256::digest(b"{\"a\":1}"));
    let url = format!("https://hooks.example.com/in?bodySHA256={hash}");
    let json = files.write("json", "{\"a\":1}");
    let headers = hookyard(&["webhook", "sign", "--scheme", "twilio", "--secret-env", "S", "--url", &url])
        .arg(&json)
        .env("S", "token")
        .run()
        .succeeds()
        .stdout;
    says(&run(&headers, &url, "token", "{\"a\": 1}\n"), "written again: without blanks");
}

#[test]
fn two_faults_at_once_are_both_told() {
    let told = told("stripe", "abc", b"{\"a\":1}", "ABC", b"{\"a\": 1}\n");
    says(&told, "in another case");
    says(&told, "without blanks");
}

/// However much there is to try, the search ends.
#[test]
fn the_search_is_bounded() {
    let files = Files::new();
    let item = r#"{"id":1,"name":"xxxxxxxxxxxxxxxxxxxxxxxx","value":1.50},"#;
    let long = format!("[{}0]", item.repeat(37_000));
    let list: Vec<String> = (0..200).map(|at| format!("v1={at:064x}")).collect();
    let header = format!("Stripe-Signature: t=1700000000,{}", list.join(","));
    for body in [long.as_str(), BODY] {
        let path = files.write("body", body);
        let mut run =
            hookyard(&["webhook", "verify", "--scheme", "stripe", "--now", "1700000000", "--explain"]);
        for at in 0..64 {
            let name = format!("S{at}");
            run = run
                .arg("--secret-env")
                .arg(&name)
                .env(&name, &format!("whsec_c2VjcmV0LW9mLWVub3VnaC1sZW5n{at:04}"));
        }
        let begun = std::time::Instant::now();
        let run = run.arg("--header").arg(&header).arg(&path).run();
        assert!(run.code == Some(1) && begun.elapsed().as_secs() < 30, "{:?}\n{run}", begun.elapsed());
    }
}
