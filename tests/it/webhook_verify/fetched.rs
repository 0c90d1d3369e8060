//! Plaid's public keys, fetched by their id from a service that answers as Plaid's does, and kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::vectors::{JWK, JWT, PLAID};
use crate::support::{Transcript, hookyard};

const NOW: &str = "1642248610";

/// Answers one kid with a key, right credentials only; keeps what it was asked.
struct Plaid {
    url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Plaid {
    fn start(key: &str) -> Plaid {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (kept, key) = (Arc::clone(&asked), key.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(&stream);
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let head = head.to_ascii_lowercase();
                let length =
                    head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
                let mut body = vec![0; length.trim().parse().expect("a number")];
                reader.read_exact(&mut body).expect("a body");
                assert!(head.starts_with("post /webhook_verification_key/get "), "{head}");
                let question: Value = serde_json::from_slice(&body).expect("JSON");
                let (status, answer) = match (question["secret"].as_str(), question["key_id"].as_str()) {
                    (Some("canary-plaid"), Some("test-kid-1")) => {
                        (200, format!("{{\"key\":{key},\"request_id\":\"r\"}}"))
                    }
                    (Some("canary-plaid"), _) => {
                        (400, r#"{"error_code":"INVALID_WEBHOOK_VERIFICATION_KEY_ID"}"#.into())
                    }
                    _ => (400, r#"{"error_type":"INVALID_INPUT","error_code":"INVALID_API_KEYS"}"#.into()),
                };
                kept.lock().expect("lock").push(question);
                let length = answer.len();
                let _ = (&stream).write_all(
                    format!(
                        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
                    )
                    .as_bytes(),
                );
            }
        });
        Plaid { url, asked }
    }

    fn asked(&self) -> usize {
        self.asked.lock().expect("lock").len()
    }
}

struct Caller {
    cache: tempfile::TempDir,
    url: String,
    secret: &'static str,
}

impl Caller {
    fn of(plaid: &Plaid) -> Caller {
        Caller {
            cache: tempfile::tempdir().expect("a folder"),
            url: plaid.url.clone(),
            secret: "canary-plaid",
        }
    }

    fn verify(&self, jwt: &str) -> Transcript {
        self.verify_as("plaid", jwt)
    }

    fn verify_as(&self, scheme: &str, jwt: &str) -> Transcript {
        let shown = hookyard(&["--allow-http", "--allow-egress", "127.0.0.1/32", "-vvv"])
            .arg("webhook")
            .arg("verify")
            .arg("--scheme")
            .arg(scheme)
            .arg("--now")
            .arg(NOW)
            .arg("--json")
            .arg("--header")
            .arg(&format!("Plaid-Verification: {jwt}"))
            .env("HOOKYARD_PLAID_URL", &self.url)
            .env("HOOKYARD_PLAID_CLIENT_ID", "client-1")
            .env("HOOKYARD_PLAID_SECRET", self.secret)
            .env("XDG_CACHE_HOME", self.cache.path().to_str().expect("text"))
            .stdin(PLAID.as_bytes())
            .run();
        assert!(!shown.all().contains("canary"), "{shown}");
        shown
    }
}

/// The vector's token with another head.
fn headed(head: &Value) -> String {
    use base64::Engine;
    let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(head.to_string());
    format!("{head}.{}", JWT.split_once('.').expect("three parts").1)
}

#[test]
fn a_scheme_that_is_recognised_by_its_header_fetches_its_key_as_well() {
    let plaid = Plaid::start(JWK);
    let caller = Caller::of(&plaid);
    let told = caller.verify_as("auto", JWT).succeeds();
    assert!(told.stderr.contains("scheme: plaid, by the name of its header"), "{told}");
    assert_eq!(told.json()["matched"], "key test-kid-1");
    assert_eq!(plaid.asked(), 1);
    let refused = Caller { secret: "wrong", ..Caller::of(&plaid) }.verify_as("auto", JWT).exits(4);
    assert!(refused.stderr.contains("Plaid refuses the credentials"), "{refused}");
}

#[test]
fn a_key_is_fetched_once_and_kept_where_nobody_else_reads_it() {
    let plaid = Plaid::start(JWK);
    let caller = Caller::of(&plaid);
    for _ in 0..3 {
        assert_eq!(caller.verify(JWT).succeeds().json()["matched"], "key test-kid-1");
    }
    assert_eq!(plaid.asked(), 1);
    assert_eq!(
        plaid.asked.lock().expect("lock")[0],
        json!({ "client_id": "client-1", "secret": "canary-plaid", "key_id": "test-kid-1" })
    );
    let mut files = 0;
    let mut folders = vec![caller.cache.path().join("hookyard")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("an entry").path();
            let mode = path.metadata().expect("there").permissions().mode() & 0o777;
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
            files += usize::from(path.extension().is_some_and(|ending| ending == "json"));
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    assert_eq!(files, 1);
}

#[test]
fn an_expired_key_is_refused_and_so_is_one_that_plaid_does_not_know() {
    let plaid = Plaid::start(&JWK.replace("null}", "1642248001}"));
    let caller = Caller::of(&plaid);
    let expired = caller.verify(JWT).exits(1);
    assert_eq!(expired.json()["reason"], "signature_mismatch");
    assert!(expired.stdout.contains("has expired"), "{expired}");
    let unknown = caller.verify(&headed(&json!({ "alg": "ES256", "kid": "other" }))).exits(1);
    assert!(unknown.stderr.contains("Plaid knows no key `other`"), "{unknown}");
}

#[test]
fn nothing_is_asked_for_what_cannot_be_right_and_little_for_ids_without_end() {
    let plaid = Plaid::start(JWK);
    let caller = Caller::of(&plaid);
    for head in [
        json!({ "alg": "none", "kid": "test-kid-1" }),
        json!({ "alg": "HS256", "kid": "test-kid-1" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "ES256", "kid": "../../etc/passwd" }),
        json!({ "alg": "ES256", "kid": "k".repeat(65) }),
    ] {
        caller.verify(&headed(&head)).exits(1);
    }
    caller.verify("a.b.c").exits(1);
    assert_eq!(plaid.asked(), 0);
    let flood = |n: usize| caller.verify(&headed(&json!({ "alg": "ES256", "kid": format!("made-up-{n}") })));
    // The minute is the machine's: a slow run of the test may see it pass.
    let refused = (0..200).map(flood).find(|told| told.code == Some(3)).expect("refused at last");
    assert!(refused.stderr.contains("somebody may be sending key ids that do not exist"), "{refused}");
}

#[test]
fn credentials_are_asked_for_and_refused_ones_are_a_persons_business() {
    let plaid = Plaid::start(JWK);
    let wrong = Caller { secret: "wrong", ..Caller::of(&plaid) };
    let refused = wrong.verify(JWT).exits(4);
    assert!(refused.stderr.contains("Plaid refuses the credentials: INVALID_API_KEYS"), "{refused}");
    let away = Caller { url: "http://127.0.0.1:1".into(), ..Caller::of(&plaid) };
    away.verify(JWT).exits(3);
    let none = hookyard(&["webhook", "verify", "--scheme", "plaid", "--header"])
        .arg(&format!("Plaid-Verification: {JWT}"))
        .stdin(PLAID.as_bytes())
        .run();
    insta::assert_snapshot!(none.to_string(), @r"
    (nothing)
    --- stderr
    error: `plaid` needs Plaid's public keys, and no credentials are configured to fetch them with

    hint: give the keys with --jwks FILE
    hint: or set HOOKYARD_PLAID_CLIENT_ID and HOOKYARD_PLAID_SECRET, or [plaid] in hookyard.toml
    --- exit 2
    ");
}
