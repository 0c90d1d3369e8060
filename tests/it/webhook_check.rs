//! `hookyard webhook check`: a payload's shape, each fault by its path, and which event it is.

use serde_json::Value;

use super::support::{Transcript, has_the_promised_keys, hookyard};

/// The sample of the webhook document's income family.
const INCOME: &str = r#"{"webhook_type":"CHECK_REPORT","webhook_code":"CHECK_REPORT_READY","user_id":"user_12345","successful_products":["cra_base_report","cra_income_insights"],"environment":"sandbox","timestamp":"2024-01-15T10:30:00Z"}"#;

fn check(provider: &str, payload: &str, more: &[&str]) -> Transcript {
    hookyard(&[&["webhook", "check", provider], more].concat()).stdin(payload.as_bytes()).run()
}

#[track_caller]
fn faults(provider: &str, payload: &str) -> Vec<(String, String)> {
    let told = check(provider, payload, &["--json"]).exits(1).json();
    has_the_promised_keys(&told, "webhook_check");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = told["errors"].as_array().expect("a list");
    errors.iter().map(|error| (text(&error["path"]), text(&error["fault"]))).collect()
}

#[test]
fn a_documented_payload_is_valid_and_named() {
    insta::assert_snapshot!(check("resident-verify", INCOME, &["--strict"]), @r"
    valid: resident-verify CHECK_REPORT_READY (income verification: the report is ready)
    --- stderr
    (nothing)
    --- exit 0
    ");
    for (provider, payload) in [
        // The Postman guide's: without an end date and metadata, Unix seconds as the timestamp.
        (
            "resident-verify",
            r#"{"apiKeyId":"k","webhookId":"webhook_test_123","eventType":"REPORT_READY","applicantDetailId":"d","applicantId":"a","data":{"result":"CLEAN","verificationDate":"2024-01-15T10:30:00Z","documentType":"PAY_STUB","verificationScore":95.5,"verificationDetails":{"employerName":"Test Company","employerAddress":"123 Test St, Test City, TS","employmentStartDate":"2020-01-15","position":"Test Engineer","salary":75000,"payFrequency":"BI_WEEKLY"}},"timestamp":"1705314600"}"#,
        ),
        (
            "resident-verify",
            r#"{"webhook_type":"INCOME","webhook_code":"INCOME_VERIFICATION","item_id":"gAXl","user_id":"user_12345","verification_status":"VERIFICATION_STATUS_PROCESSING_FAILED","environment":"sandbox","timestamp":"2024-01-15T10:30:00Z"}"#,
        ),
        (
            "resident-verify",
            r#"{"identity_verification_id":"id_verification_12345","verification_status":"COMPLETED","verification_result":"VERIFIED","document_type":"DRIVERS_LICENSE","verification_score":98.5,"verification_details":{"documentNumber":"DL123456789","expirationDate":"2025-12-31","state":"CA","firstName":"John","lastName":"Doe","dateOfBirth":"1990-01-15"},"timestamp":"2024-01-15T10:30:00Z"}"#,
        ),
        (
            "snappt",
            r#"{"event":"entry.completed","entry_id":"abc-123","short_id":"SNAP-12345","property_id":"prop-456","result":"CLEAN","applicant":{"full_name":"John Smith","email":"john@example.com"},"fraud_result":"CLEAN","income_result":"APPROVED","asset_result":"APPROVED","identity_result":null,"completed_at":"2024-01-15T10:30:00Z","report_url":"https://app.snappt.com/reports/abc-123"}"#,
        ),
        (
            "snappt-v2",
            r#"{"eventType":"REPORT_READY","apiKeyId":"11111111-2222-3333-4444-555555555555","webhookId":"w-1","applicantDetailId":"d-1","applicantId":"a-1","data":{"id":"r-1","result":"CLEAN","status":"COMPLETE"}}"#,
        ),
        (
            "plaid",
            r#"{"webhook_type":"CHECK_REPORT","webhook_code":"CHECK_REPORT_READY","user_id":"u-1","environment":"sandbox"}"#,
        ),
        (
            "singlekey",
            r#"{"event":"screening.completed","timestamp":"2026-01-15T10:30:00Z","webhook_id":"wh_1","api_version":"v1","data":{"purchase_token":"0123456789abcdef0123456789abcdef","external_tenant_id":"t-1","external_customer_id":"c-1","singlekey_score":720}}"#,
        ),
        // The id inside `data`, the score inside `result`.
        (
            "singlekey",
            r#"{"event":"screening.completed","timestamp":"2026-01-15T10:30:00Z","data":{"webhook_id":"wh_1","purchase_token":"x","external_tenant_id":"t-1","external_customer_id":"c-1","result":{"singlekey_score":720,"recommendation":"approved"}}}"#,
        ),
        ("rentvine", r#"{"event_type":"work_order.created","data":{"id":"wo-1"}}"#),
        (
            "rentvine-body-auth",
            r#"{"auth":{"token":"tok_0123456789","timestamp":"1642248600","signature":"00"},"event":{"eventType":"Work Order Updated","objectID":"77","userID":"3","changes":{"workOrderStatusID":{"previous":"1","current":"2"}},"options":{"sendVendorNotification":"0"}},"data":{"workOrderID":"77","workOrderNumber":"1077","description":"<p>leak</p>","propertyID":"5"}}"#,
        ),
        (
            "singlekey-handshake",
            r#"{"detail":"Report Complete","purchase_token":"0123456789abcdef0123456789abcdef","external_customer_id":"c","external_tenant_id":"t"}"#,
        ),
    ] {
        let checked = check(provider, payload, &["--strict"]);
        assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{provider} {payload}\n{checked}");
    }
}

#[test]
fn every_fault_is_named_by_its_path() {
    let payload = r#"{"event":"entry.completed","entry_id":7,"short_id":"SNAP-1","property_id":"p","result":"CLEEN",
        "applicant":{"full_name":"John Smith","email":null,"phone":"555"},"fraud_result":"CLEAN","income_result":"Approved",
        "asset_result":"APPROVED","completed_at":"2024-01-15","completed_at":"2024-01-15T10:30:00Z","report_url":"x"}"#;
    insta::assert_snapshot!(check("snappt", payload, &[]), @r"
    invalid: snappt entry.completed (an entry's screening is completed)
      identity_result is missing
      entry_id is a number, not text
      result `CLEEN` is none of CLEAN, EDITED, UNDETERMINED, PENDING, PASSED, FAILED
      income_result is `Approved`, not a code in capitals
      completed_at is `2024-01-15`, not a time such as 2030-01-15T10:30:00Z
      completed_at stands there again: receivers differ in which one they take
      report_url is `x`, not a URL
      warning: applicant.phone is not known
    --- stderr
    (nothing)
    --- exit 1
    ");
}

#[test]
fn lists_maps_and_codes_are_looked_into() {
    let pair = |path: &str, fault: &str| (path.to_owned(), fault.to_owned());
    let income = INCOME.replace("\"cra_income_insights\"", "7").replace("\"sandbox\"", "\"moon\"");
    assert_eq!(
        faults("resident-verify", &income),
        [pair("successful_products[1]", "mistyped"), pair("environment", "value")]
    );
    let rent = r#"{"event_type":"unit.updated","data":{"id":{}},"changes":{"rent":{"old":1},"x":5}}"#;
    assert_eq!(
        faults("rentvine", rent),
        [pair("data.id", "mistyped"), pair("changes.rent.new", "missing"), pair("changes.x", "mistyped")]
    );
    let failed = r#"{"event":"screening.failed","timestamp":"2026-01-15T10:30:00Z","data":{"purchase_token":"x","reason":"bored","errors":"none"}}"#;
    assert_eq!(
        faults("singlekey", failed),
        [pair("webhook_id", "missing"), pair("data.reason", "value"), pair("data.errors", "mistyped")]
    );
    let token = r#"{"detail":"Report Complete","purchase_token":"short","external_customer_id":"c","external_tenant_id":"t"}"#;
    assert_eq!(faults("singlekey-handshake", token), [pair("purchase_token", "value")]);
    let long = format!(
        r#"{{"eventType":"APPLICATION_SUBMITTED","apiKeyId":"k","webhookId":"w","applicantId":"a","applicantDetailId":"d","externalId":"{}","data":{{"id":"r"}}}}"#,
        "x".repeat(256)
    );
    assert_eq!(faults("snappt-v2", &long), [pair("externalId", "value")]);
}

#[test]
fn numbers_beyond_any_range_are_numbers() {
    let number = |number: &str| {
        let payload = INCOME.replace("\"user_12345\"", "\"u\"").replace("\"sandbox\"", "\"sandbox\",\"n\":1");
        check("resident-verify", &payload.replace(":1,", &format!(":{number},")), &[])
    };
    for text in ["12345678901234567890123", "1e400", "-0.50"] {
        assert_eq!(number(text).code, Some(0), "{text}");
    }
    let id = r#"{"identity_verification_id":"i","verification_status":"COMPLETED","verification_result":"VERIFIED","document_type":"PASSPORT","verification_score":98.500000000000000000000001,"verification_details":{"documentNumber":"D","expirationDate":"2025-12-31","state":"CA","firstName":"J","lastName":"D","dateOfBirth":"1990-01-15"},"timestamp":"1705314600"}"#;
    check("resident-verify", id, &["--strict"]).succeeds();
}

#[test]
fn what_nobody_documents_is_a_warning_unless_strict() {
    let payload = INCOME.replace('{', r#"{"trace":"x","#);
    insta::assert_snapshot!(check("resident-verify", &payload, &[]), @r"
    valid: resident-verify CHECK_REPORT_READY (income verification: the report is ready)
      warning: trace is not known
    --- stderr
    (nothing)
    --- exit 0
    ");
    insta::assert_snapshot!(check("resident-verify", &payload, &["--strict"]), @r"
    invalid: resident-verify CHECK_REPORT_READY (income verification: the report is ready)
      trace is not known
    --- stderr
    (nothing)
    --- exit 1
    ");
}

#[test]
fn an_event_of_another_provider_is_recognised_as_such() {
    insta::assert_snapshot!(check("snappt", r#"{"webhook_code":"INCOME_VERIFICATION","webhook_type":"INCOME"}"#, &[]), @r"
    invalid: no event of snappt is recognised
      the payload has no event, which tells the event

    hint: it is INCOME_VERIFICATION of another provider: hookyard webhook check resident-verify
    hint: it is INCOME_VERIFICATION of another provider: hookyard webhook check plaid
    --- stderr
    (nothing)
    --- exit 1
    ");
    insta::assert_snapshot!(check("singlekey", r#"{"event":"screening.complete"}"#, &[]), @r"
    invalid: no event of singlekey is recognised
      event `screening.complete` is no event of singlekey: screening.completed
    --- stderr
    (nothing)
    --- exit 1
    ");
    let other = check("resident-verify", INCOME, &["--event", "REPORT_READY"]);
    assert!(
        other.code == Some(1) && other.stdout.contains("is CHECK_REPORT_READY, not REPORT_READY"),
        "{other}"
    );
}

#[test]
fn what_is_no_json_says_where() {
    for (payload, words) in [
        ("", "is empty"),
        ("{\"event\":", "EOF while parsing"),
        ("POST /hook HTTP/1.1\r\nHost: x.test\r\n\r\n{}", "give it by --request"),
        ("{\"event\":}", "line 1 column 10"),
        ("\u{feff}{}", "byte order mark"),
        ("[]", "is a list, not an object"),
        ("{\"event\":\"\\ud800\"}", "half a surrogate pair"),
        (&"[".repeat(100_000), "is not JSON"),
        (&format!("{}{}", "[".repeat(200), "]".repeat(200)), "nested deeper than 64"),
    ] {
        let checked = check("snappt", payload, &[]);
        let reason = checked.stdout.strip_prefix("invalid: the payload ").unwrap_or_default();
        assert!(checked.code == Some(1) && reason.contains(words), "{words}: {checked}");
        assert_eq!(checked.stdout.lines().count(), 1, "the reason, and nothing else: {checked}");
    }
    let binary = hookyard(&["webhook", "check", "snappt"]).stdin(b"{\"a\":\"\xff\"}").run();
    assert!(binary.code == Some(1) && binary.stdout.contains("byte 6"), "{binary}");
}

#[test]
fn a_captured_request_is_read_as_verify_reads_it() {
    let request =
        format!("POST /hook HTTP/1.1\r\nHost: x.test\r\nContent-Length: {}\r\n\r\n{INCOME}", INCOME.len());
    let run = hookyard(&["webhook", "check", "resident-verify", "--request", "-"]);
    run.stdin(request.as_bytes()).run().succeeds();
    assert_eq!(hookyard(&["webhook", "check", "plaid", "--request", "-"]).stdin(b"{").run().code, Some(2));
}

#[test]
fn many_faults_are_cut_for_people_only() {
    let fields: Vec<String> = (0..20_000).map(|at| format!("\"x{at}\":1")).collect();
    let payload = INCOME.replace('{', &format!("{{{},", fields.join(",")));
    let shown = check("resident-verify", &payload, &[]).succeeds();
    assert!(shown.stdout.ends_with("  … and 19900 more; --json has all\n"), "{shown}");
    let told = check("resident-verify", &payload, &["--json"]).succeeds().json();
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(20_000));
}

#[test]
fn a_person_is_not_repeated() {
    let payload =
        r#"{"event":"entry.completed","result":"John Smith lives here","completed_at":"john@example.com"}"#;
    let checked = check("snappt", payload, &[]);
    assert!(!checked.all().contains("John") && !checked.all().contains("john@"), "{checked}");
}

#[test]
fn a_mistyped_call_says_what_there_is() {
    let unknown = check("snapt", "{}", &[]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("there are: snappt, snappt-v2"), "{unknown}");
    let event = check("plaid", "{}", &["--event", "REPORT_REDY"]);
    assert!(event.code == Some(2) && event.stderr.contains("CHECK_REPORT_READY"), "{event}");
    assert_eq!(hookyard(&["webhook", "check", "plaid", "/does/not/exist"]).run().code, Some(2));
}
