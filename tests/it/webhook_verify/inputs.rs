//! The request from wherever it comes: arguments, files, captures, standard input.

use std::time::{Duration, Instant};

use super::{BODY, Files, HEADER, NOW, SECRET, hookyard, verify};

#[test]
fn a_captured_request_is_taken_byte_for_byte() {
    let files = Files::new();
    let (name, value) = HEADER.split_once(": ").unwrap();
    let raw = format!(
        "POST /hook?a=1 HTTP/1.1\r\nHost: x.test\r\n{HEADER}\r\nContent-Length: {}\r\n\r\n{BODY}\n",
        BODY.len()
    );
    let chunked = format!(
        "POST /hook HTTP/1.1\nTransfer-Encoding: chunked\n{HEADER}\n\n{:x}\r\n{BODY}\r\n0\r\n\r\n",
        BODY.len()
    );
    let request = serde_json::json!({ "method": "POST", "url": "https://x.test/", "headers": [{ "name": name, "value": value }], "postData": { "text": BODY } });
    let curl = format!(
        "curl 'https://x.test/hook' \\\n  -X POST \\\n  -H '{HEADER}' \\\n  --data-raw $'{BODY}' --compressed\n"
    );
    let quoted = format!("curl https://x.test -H \"{HEADER}\" -d \"{}\"", BODY.replace('"', "\\\""));
    let windows = BODY.replace('"', "^\\^\"").replace('{', "^{").replace('}', "^}");
    let windows = format!(
        "curl ^\"https://x.test/hook^\" ^\r\n  -X ^\"POST^\" ^\r\n  -H ^\"{HEADER}^\" ^\r\n  --data-raw ^\"{windows}^\"\r\n"
    );
    let firefox = format!(
        "curl \"https://x.test/hook\" ^\r\n  -X POST ^\r\n  -H \"{HEADER}\" ^\r\n  --data-raw \"{}\"\r\n",
        BODY.replace('"', "\"\"")
    );
    for captured in [
        raw,
        chunked,
        request.to_string(),
        serde_json::json!({ "request": request }).to_string(),
        serde_json::json!({ "log": { "entries": [{ "request": request }] } }).to_string(),
        curl,
        quoted,
        windows,
        firefox,
    ] {
        let path = files.write("captured", &captured);
        let run = verify("auto").arg("--request").arg(&path).run();
        assert_eq!(run.code, Some(0), "{captured}\n{run}");
    }
    let entry = serde_json::json!({ "request": request });
    for (unclear, words) in [
        (serde_json::json!({ "log": { "entries": [entry, entry] } }).to_string(), "2 entries"),
        ("{}".into(), "not a HAR entry"),
        ("hello".into(), "neither raw HTTP"),
        (String::new(), "empty"),
        ("curl -d @body.json x".into(), "reads a file"),
        ("curl -F a=b x".into(), "-F is not understood"),
        ("curl \"$URL\"".into(), "expand"),
        ("curl ^\"https://x.test".into(), "is not closed"),
        ("curl ^\"https://x.test^\" -d ^\"^\u{fffd}^\u{fffd}^\"".into(), "copy it as cURL (bash)"),
        ("fetch(\"https://x.test/\", {\n  \"body\": \"{}\"\n});".into(), "copied as fetch"),
        (
            "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\nInvoke-WebRequest".into(),
            "copied as PowerShell",
        ),
        ("Invoke-WebRequest -UseBasicParsing -Uri \"https://x.test/\"".into(), "save the request as HAR"),
    ] {
        let path = files.write("captured", unclear);
        let run = verify("snappt").arg("--request").arg(&path).run();
        assert!(run.code == Some(2) && run.stderr.contains(words), "{words}: {run}");
    }
}

#[test]
fn headers_come_from_a_file_or_one_by_one() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let headers = files.write("headers", format!("HTTP/1.1 200 OK\r\n{HEADER}\r\n\r\n"));
    assert_eq!(verify("snappt").arg("--headers").arg(&headers).arg(&body).run().code, Some(0));
    let twice = verify("snappt")
        .arg("--headers")
        .arg(&headers)
        .arg("--header")
        .arg(HEADER)
        .arg(&body)
        .arg("--json")
        .run();
    assert_eq!(twice.json()["reason"], "duplicate_header");
    let wrong = files.write("headers", "no header\n");
    assert_eq!(verify("snappt").arg("--headers").arg(&wrong).arg(&body).run().code, Some(2));
    assert_eq!(verify("snappt").arg("--header").arg("no header").arg(&body).run().code, Some(2));
}

#[test]
fn standard_input_is_one() {
    let files = Files::new();
    let body = files.write("body", BODY);
    let secret = files.write("secret", SECRET);
    let run = hookyard(&["webhook", "verify", "--scheme", "snappt", "--header", HEADER, "--now", NOW]);
    let run = run.arg("--secret-file").arg(&secret).stdin(BODY.as_bytes()).run();
    assert_eq!(run.code, Some(0), "{run}");
    let run = hookyard(&["webhook", "verify", "--scheme", "snappt", "--header", HEADER, "--now", NOW]);
    let run = run.arg("--secret-file").arg("-").arg(&body).stdin(SECRET.as_bytes()).run();
    assert_eq!(run.code, Some(0), "{run}");
    let run = hookyard(&["webhook", "verify", "--scheme", "snappt", "--header", HEADER, "--now", NOW]);
    let run = run.arg("--secret-fd").arg("0").arg(&body).stdin(SECRET.as_bytes()).run();
    assert_eq!(run.code, Some(0), "{run}");
    for twice in [
        &["--secret-file", "-"][..],
        &["--secret-fd", "0", "-"],
        &["--headers", "-"],
        &["--secret-file", "-", "--request", "-"],
        &["--secret-file", "-", "--secret-file", "-", "/dev/null"],
        &["--jwks", "-"],
    ] {
        let run = hookyard(&["webhook", "verify", "--scheme", "snappt"]);
        let run = twice.iter().fold(run, |run, argument| run.arg(argument)).run();
        assert!(run.code == Some(2) && run.stderr.contains("standard input"), "{twice:?}: {run}");
    }
    let sign = hookyard(&["webhook", "sign", "--scheme", "snappt", "--secret-file", "-"]).run();
    assert_eq!(sign.code, Some(2), "{sign}");
}

#[test]
fn a_missing_body_or_one_that_is_a_folder_is_a_mistyped_call() {
    for path in ["/no/such/file", "/tmp"] {
        let run = verify("snappt").arg("--header").arg(HEADER).arg(path).run();
        assert!(run.code == Some(2) && run.stdout.is_empty(), "{run}");
    }
}

/// Half a gibibyte through one HMAC, with nothing kept.
#[test]
fn a_long_body_is_streamed_in_constant_memory() {
    let files = Files::new();
    let path = files.path("long");
    std::fs::File::create(&path).unwrap().set_len(512 << 20).unwrap();
    let path = path.display().to_string();
    let mut running = verify("github")
        .arg("--header")
        .arg("X-Hub-Signature-256: sha256=00")
        .arg("--header")
        .arg("X-Unused: 1")
        .arg(&path)
        .start();
    let (begun, mut most) = (Instant::now(), 0);
    while !running.is_over() && begun.elapsed() < Duration::from_secs(60) {
        most = most.max(running.resident_kib());
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(running.finish().code, Some(1));
    assert!(most < 48 << 10, "{most} KiB");
}

/// Firefox writes tabs as blanks there, and which blanks were tabs cannot be told.
#[test]
fn a_capture_for_windows_whose_signature_fails_may_have_lost_its_tabs() {
    let files = Files::new();
    let told = |command: String| {
        let path = files.write("captured", &command);
        let run = verify("auto").arg("--explain").arg("--request").arg(&path).run().exits(1);
        run.stdout.contains("Firefox's `Copy as cURL (Windows)` writes every tab")
    };
    let windows = |body: &str| {
        format!("curl.exe ^\"https://x.test/^\" ^\n  -H ^\"{HEADER}^\" ^\n  --data-raw ^\"{body}^\"")
    };
    assert!(told(windows("a b")));
    assert!(!told(windows("ab")), "no blank, no tab");
    assert!(
        !told(format!("curl 'https://x.test/' -H '{HEADER}' --data-raw 'a b'")),
        "not in the form for a shell"
    );
}
