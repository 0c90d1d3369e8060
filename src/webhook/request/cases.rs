//! Every header case of the shared vectors, and the shapes that the column can hold.

use super::*;

const DEFAULT_USER_AGENT: &str = "SNAPPT-Webhook/1.0";
const CASES: &str = include_str!("../../../tests/vectors/egress-cases.json");

fn read(raw: &str) -> Result<(HeaderList, Vec<String>), Fault> {
    headers(Some(raw), "evt_1", DEFAULT_USER_AGENT, &[])
}

fn values<'a>(list: &'a HeaderList, name: &str) -> Vec<&'a str> {
    list.iter().filter(|(known, _)| known == name).map(|(_, value)| value.to_str().expect("text")).collect()
}

/// The cases that the vectors only describe.
fn described(header: &str) -> Vec<String> {
    let one = |value: &str| format!(r#"{{"name":"X-A","value":"{value}"}}"#);
    match header {
        "two objects with the same name" => vec![format!("[{},{}]", one("1"), one("2"))],
        "200 headers, or 64 KiB of headers" => {
            vec![format!("[{}]", vec![one("v"); 200].join(",")), format!("[{}]", one(&"v".repeat(64 * 1024)))]
        }
        element => vec![format!("[{element}]")],
    }
}

fn check(verdict: &str, raw: &str) -> Result<(), String> {
    let read = read(raw);
    let (list, warnings) = match (&read, verdict.starts_with("refused")) {
        (Err(_), true) => return Ok(()),
        (Ok((list, warnings)), false) => (list, warnings),
        _ => return Err(format!("{read:?}")),
    };
    let as_meant = values(list, "content-type") == ["application/json"]
        && values(list, "webhook-id") == ["evt_1"]
        && warnings.len() == usize::from(verdict == "ignored, warned")
        && match verdict {
            "sent, shown as ***" => {
                values(list, "authorization") == ["Bearer t"]
                    && masked(list).contains(&("authorization".to_owned(), "***".to_owned()))
            }
            "sent" => values(list, "x-forwarded-for") == ["127.0.0.1"],
            "sent once" | "ignored, warned" => list.len() == 3,
            "our own is sent" => values(list, "user-agent") == [DEFAULT_USER_AGENT],
            "both sent, or last wins; documented, tested" => values(list, "x-a") == ["1", "2"],
            _ => false,
        };
    if as_meant { Ok(()) } else { Err(format!("{list:?} {warnings:?}")) }
}

#[test]
fn every_header_case_gets_its_verdict() {
    let cases: serde_json::Value = serde_json::from_str(CASES).expect("the vectors");
    let cases = cases["header_cases"].as_array().expect("header cases");
    for case in cases {
        let verdict = case["verdict"].as_str().expect("a verdict");
        for raw in described(case["header"].as_str().expect("a header")) {
            if let Err(got) = check(verdict, &raw) {
                panic!("{}: {got} instead of {verdict}", case["id"]);
            }
        }
    }
    assert_eq!(cases.len(), 20);
}

#[test]
fn a_column_without_headers_sends_ours() {
    for raw in [None, Some("[]"), Some("null")] {
        let (list, warnings) = headers(raw, "evt_1", "x/1", &[]).expect("read");
        let shown = masked(&list);
        let shown: Vec<_> = shown.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            shown,
            [("content-type", "application/json"), ("user-agent", "x/1"), ("webhook-id", "evt_1")]
        );
        assert!(warnings.is_empty());
    }
}

#[test]
fn a_malformed_element_is_named_and_its_value_is_not() {
    let table = [
        (r#"[{"name":"A","value":"1"},null]"#, "header 2 is null"),
        (r#"["hunter2"]"#, "header 1 is not an object {name, value}"),
        (r#"[[{"name":"A","value":"hunter2"}]]"#, "header 1 is not an object {name, value}"),
        (r#"[{"value":"hunter2"}]"#, "header 1 has no name"),
        (r#"[{"name":7,"value":"hunter2"}]"#, "header 1 has a name that is not text"),
        (r#"[{"name":"Bearer hunter2","value":""}]"#, "header 1 has a name that HTTP does not allow"),
        (r#"[{"name":"A"}]"#, "header 1 (a) has no value"),
        (r#"[{"name":"A","value":["hunter2"]}]"#, "header 1 (a) has a value that is not text"),
        (
            r#"[{"name":"A","value":"hunter2é"}]"#,
            "header 1 (a) has a value with a line end, a control character or a letter outside ASCII",
        ),
        (r#"{"Authorization":"hunter2"}"#, "headers are not a list of {name, value}"),
        (r#"[{"name":"A","value":"hunter2"#, "headers are not a list of {name, value}"),
    ];
    for (raw, expected) in table {
        assert_eq!(read(raw).expect_err(raw).to_string(), expected);
    }
}

#[test]
fn names_that_are_ours_are_refused_in_any_case() {
    let names = [
        "HOST",
        "Keep-Alive",
        "Connection",
        "Webhook-Id",
        "WEBHOOK-TIMESTAMP",
        "webhook-Signature",
        "Svix-Id",
        "svix-anything",
        "snappt-SIGNATURE",
        "Proxy-Connection",
        "Trailer",
        "Expect",
    ];
    for name in names {
        let fault = read(&format!(r#"[{{"name":"{name}","value":"v"}}]"#)).expect_err(name);
        assert!(fault.to_string().ends_with("is not the endpoint's to set"), "{fault}");
    }
    let signature = [(HeaderName::from_static("x-own-signature"), HeaderValue::from_static("v1"))];
    let raw = r#"[{"id":1,"name":"X-Own-Signature","value":"forged"}]"#;
    assert!(headers(Some(raw), "evt_1", "x/1", &signature).is_err());
    let (list, _) = headers(None, "evt_1", "x/1", &signature).expect("read");
    assert_eq!(values(&list, "x-own-signature"), ["v1"]);
}

#[test]
fn the_endpoints_user_agent_wins_over_ours() {
    let (list, _) = read(r#"[{"name":"User-Agent","value":"customer/2"}]"#).expect("read");
    assert_eq!(values(&list, "user-agent"), ["customer/2"]);
}

#[test]
fn the_limits_are_64_headers_and_16_kib() {
    let many = |count: usize, value: &str| {
        let element = format!(r#"{{"name":"a","value":"{value}"}}"#);
        read(&format!("[{}]", vec![element; count].join(",")))
    };
    assert!(many(64, "v").is_ok());
    assert!(many(65, "v").is_err());
    // A name of one byte, and four for the colon, the space and the line end.
    assert!(many(64, &"v".repeat(256 - 5)).is_ok());
    assert!(many(64, &"v".repeat(256 - 4)).is_err());
}
