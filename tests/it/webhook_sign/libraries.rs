//! The official libraries of Standard Webhooks, Svix, Stripe and Slack as judges, both ways: what hookyard signs they
//! accept, what they sign hookyard accepts, and both refuse what was tampered with.
//!
//! `tests/judges/install` installs them into `target/judges`; `.ci/run` calls it and sets HOOKYARD_TEST_JUDGES, so that
//! their absence fails there and is told here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Files, hookyard};
use crate::support::{Keys, Receiver, Scene};

const LIBRARIES: [(&str, &str); 4] = [
    ("standard", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
    ("svix", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("stripe", "whsec_test_secret"),
    ("slack", "8f742231b10e8888abcd99yyyzzz85a5"),
];
const BODIES: [&str; 4] = [
    r#"{"id":"evt_1","event":"report.ready"}"#,
    "{\"amount\": 95.50,\r\n \"name\": \"Zoë Müller — 東京\"}\n",
    r#"{"a":1,"a":2,"escaped":"\/\u00e9"}"#,
    "{}",
];

/// The interpreter that has the libraries; none where they are not installed and nobody insists.
fn judges() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/judges/bin/python");
    if python.exists() {
        return Some(python);
    }
    let required = std::env::var_os("HOOKYARD_TEST_JUDGES").is_some();
    assert!(!required, "the judges are not installed: tests/judges/install");
    println!("skipped: the libraries that judge signatures are not installed (tests/judges/install)");
    None
}

fn ask(python: &Path, tasks: &[Value]) -> Vec<Value> {
    use std::io::Write;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/judge.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python runs");
    let text = serde_json::to_vec(tasks).expect("JSON");
    child.stdin.take().expect("piped").write_all(&text).expect("written");
    let output = child.wait_with_output().expect("python ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a list")
}

/// The libraries read the clock themselves.
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
}

#[test]
fn what_is_signed_here_the_official_libraries_accept_and_nothing_else() {
    let Some(python) = judges() else { return };
    let files = Files::new();
    let mut tasks = Vec::new();
    for (library, secret) in LIBRARIES {
        for body in BODIES {
            let path = files.write("body", body);
            let stamp = now().to_string();
            let signed = hookyard(&[
                "webhook",
                "sign",
                "--scheme",
                library,
                "--secret-env",
                "SECRET",
                "--format",
                "json",
            ])
            .arg("--timestamp")
            .arg(&stamp)
            .arg(&path)
            .env("SECRET", secret)
            .run()
            .succeeds()
            .json();
            let task = |secret: &str, body: &str| json!({ "do": "verify", "library": library, "secret": secret, "body": body, "headers": signed["headers"] });
            tasks.push(task(secret, body));
            tasks.push(task(secret, &format!("{body} ")));
            tasks.push(task(&secret.replace('8', "9").replace("test", "tset").replace("hrs", "hrt"), body));
        }
    }
    let verdicts = ask(&python, &tasks);
    for (task, verdict) in tasks.chunks(3).zip(verdicts.chunks(3)) {
        assert_eq!(verdict, [json!(true), json!(false), json!(false)], "{task:#?}");
    }
}

#[test]
fn what_the_official_libraries_sign_is_accepted_here_and_nothing_else() {
    let Some(python) = judges() else { return };
    let files = Files::new();
    let tasks: Vec<Value> = LIBRARIES
        .iter()
        .flat_map(|(library, secret)| {
            BODIES.iter().map(move |body| {
                json!({ "do": "sign", "library": library, "secret": secret, "body": body, "timestamp": 1_700_000_000 })
            })
        })
        .collect();
    for (task, headers) in tasks.iter().zip(ask(&python, &tasks)) {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let verify = |body: &str, headers: &Value| {
            let lines: Vec<String> = headers
                .as_array()
                .expect("a list")
                .iter()
                .map(|pair| format!("{}: {}\n", text(&pair[0]), text(&pair[1])))
                .collect();
            hookyard(&["webhook", "verify", "--scheme", &text(&task["library"]), "--secret-env", "SECRET"])
                .arg("--now")
                .arg("1700000010")
                .arg("--headers")
                .arg(&files.write("headers", lines.concat()))
                .arg(&files.write("body", body))
                .env("SECRET", &text(&task["secret"]))
                .run()
        };
        let body = text(&task["body"]);
        verify(&body, &headers).succeeds();
        verify(&format!("{body}\n"), &headers).exits(1);
        let altered = headers.to_string().replace("1700000000", "1700000001");
        verify(&body, &serde_json::from_str(&altered).expect("JSON")).exits(1);
    }
}

/// What the engine really sends, with two secrets active: each receiver's library accepts it.
#[test]
fn deliveries_of_an_endpoint_with_secrets_satisfy_both_receivers() {
    let Some(python) = judges() else { return };
    let (scene, receiver, keys) = (Scene::new(), Receiver::start(), Keys::new());
    let webhook = scene.webhook(&receiver.url("/ok"));
    let secrets = [LIBRARIES[0].1, LIBRARIES[1].1];
    secrets.iter().for_each(|secret| drop(keys.add(&scene, &webhook, secret)));
    scene.enqueue(3);
    keys.hookyard(&scene, &["webhook", "retry"]).run().succeeds();
    let mut tasks = Vec::new();
    for request in receiver.received() {
        let body = String::from_utf8(request.body.clone()).expect("text");
        for secret in secrets {
            for library in ["standard", "svix"] {
                tasks.push(json!({
                    "do": "verify", "library": library, "secret": secret, "body": body, "headers": request.headers,
                }));
            }
        }
    }
    assert_eq!(tasks.len(), 12);
    assert_eq!(ask(&python, &tasks), vec![json!(true); 12]);
}
