//! A payload is any JSON, stored, sent and signed byte for byte; what is none is refused before anything is touched.

use crate::support::{API_KEY, Receiver, Scene, snappt_signature};

const MIB: usize = 1024 * 1024;

fn arguments(payload: &str) -> [&str; 7] {
    ["webhook", "send", "entry.completed", "--payload", payload, "--api-key", API_KEY]
}

#[test]
fn every_json_arrives_byte_for_byte_and_is_signed_as_it_stands() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let largest = format!("\"{}\"", "x".repeat(MIB - 2));
    let payloads = [
        "  {\n\t\"b\": 1,   \"a\": 2 }\r\n\n",
        "{\"a\":1,\"a\":2}",
        "{\"rent\":95.50,\"big\":12345678901234567890123}",
        "1e400",
        "1e200000",
        "{\"nul\":\"\\u0000\"}",
        "\"\\ud800\"",
        "null",
        "[]",
        "\"ключ 🏠\"",
        &deep,
        &largest,
    ];
    for payload in payloads {
        let sent = scene.hookyard(&arguments("-")).stdin(payload.as_bytes()).run();
        assert_eq!(sent.code, Some(0), "{sent}");
    }
    let received = receiver.received();
    assert_eq!(received.len(), payloads.len());
    for (request, payload) in received.iter().zip(payloads) {
        assert!(request.body == payload.as_bytes(), "{}", &payload[..payload.len().min(80)]);
        let signature = request.header("snappt-signature").expect("signed");
        let stamp = signature.strip_prefix("t=").and_then(|rest| rest.split(',').next()).expect("a time");
        assert_eq!(signature, snappt_signature(stamp, &request.body));
    }
    assert_eq!(scene.states(), format!("delivered {}", payloads.len()));
    let documented = "select count(*) from webhook_delivery_attempts where payload is not null";
    assert_eq!(scene.count(documented), payloads.len(), "what jsonb refuses is stored wrapped");
    assert_eq!(scene.count("select count(*) from webhook_delivery_attempts where payload ? 'raw'"), 4);
}

#[test]
fn a_file_is_read_as_it_is() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    scene.webhook(&receiver.url("/ok"));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("event.json"), b" {\"a\" : 1}\n").expect("written");
    scene.hookyard(&arguments("event.json")).current_dir(folder.path()).run().succeeds();
    assert_eq!(receiver.received()[0].body, b" {\"a\" : 1}\n");
    let missing = scene.hookyard(&arguments("nothing.json")).current_dir(folder.path()).run().exits(2);
    assert_eq!(
        missing.stderr,
        "error: cannot read the payload\n  caused by: nothing.json: No such file or directory (os error 2)\n"
    );
}

#[test]
fn what_is_no_json_is_refused_with_the_place_and_nothing_is_enqueued() {
    let scene = Scene::new();
    let before = scene.checksums();
    let too_long = [b"\"".as_slice(), &vec![b'x'; MIB - 1], b"\""].concat();
    let table: [(&[u8], &str); 8] = [
        (b"", "the payload is not JSON: EOF while parsing a value at line 1 column 0"),
        (b"{\"a\":}", "line 1 column 6"),
        (b"{} {}", "trailing characters at line 1 column 4"),
        (b"NaN", "the payload is not JSON"),
        (b"{'a':1}", "the payload is not JSON"),
        (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
        (b"\"\xff\"", "is not UTF-8: byte 1"),
        (&too_long, "at most 1048576 (1 MiB) are delivered"),
    ];
    for (payload, why) in table {
        let refused = scene.hookyard(&arguments("-")).stdin(payload).run().exits(2);
        assert!(refused.stderr.contains(why) && refused.stdout.is_empty(), "{why}\n{refused}");
    }
    assert_eq!(scene.checksums(), before);
}
