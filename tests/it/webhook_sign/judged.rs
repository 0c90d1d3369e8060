//! `openssl` as the judge, over random bodies and keys.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{Files, hookyard};
use crate::support::{hex, openssl, random_bytes};

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
    ("tabapay", "1700000000.", "sha256", "hex", "t=1700000000,v1="),
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
