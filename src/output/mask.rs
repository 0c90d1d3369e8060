//! Personal data, shown only when asked for: text of a payload that may be a person's becomes `***`.

use serde_json::Value;

/// Names, or their ends, of text that is nobody's: identifiers, kinds, verdicts, times. Compared without case, `_`
/// and `-`. Text under any other name may be a person's, so it is not shown: a list of the bad names always misses one.
const HARMLESS: &[&str] = &["id", "event", "type", "kind", "result", "status", "state", "code", "version"];
const HARMLESS_TIMES: &[&str] = &["completedat", "createdat", "updatedat", "insertedat", "timestamp"];

/// In a name, these make even numbers and whole objects a person's.
const PERSONAL: &[&str] = &[
    "name", "mail", "phone", "mobile", "address", "birth", "dob", "ssn", "social", "passport", "licen",
    "document", "employer", "salary", "income", "account", "token", "secret", "password", "url",
];

/// The payload for a person's eyes: unknown text that is no JSON is not shown at all.
pub fn masked(payload: &str) -> String {
    match serde_json::from_str::<Value>(payload) {
        Ok(mut value) => {
            mask(&mut value);
            value.to_string()
        }
        Err(_) => format!("(not shown: {} bytes)", payload.len()),
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let plain = plain(name);
                match value {
                    Value::String(_) if harmless(&plain) => {}
                    _ if personal(&plain) => hide(value),
                    _ => mask(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::String(_) => hide(value),
        _ => {}
    }
}

/// Null says that nothing is known, which is no secret.
fn hide(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.values_mut().for_each(hide),
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => *value = Value::String("***".into()),
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

fn harmless(plain: &str) -> bool {
    HARMLESS_TIMES.contains(&plain)
        || HARMLESS.iter().any(|end| plain.ends_with(end)) && !number_of_a_person(plain)
}

/// `document_id` or `passport_id` is a person's, `property_id` is not; `income_result` is a verdict.
fn number_of_a_person(plain: &str) -> bool {
    !plain.ends_with("result") && !plain.ends_with("status") && personal(plain)
}

fn personal(plain: &str) -> bool {
    PERSONAL.iter().any(|part| plain.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_not_readable_in_a_payload() {
        let payload = r#"{"event":"x","applicant":{"full_name":"John Smith","email":"j@example.com"},"report_url":"https://x"}"#;
        let shown = masked(payload);
        assert!(!shown.contains("Smith") && !shown.contains("example.com") && !shown.contains("https"));
        assert!(shown.contains("\"event\":\"x\""));
    }

    #[test]
    fn what_is_not_known_to_be_harmless_is_hidden() {
        let table = [
            (r#""John Smith""#, r#""***""#),
            (r#"["John Smith",7,null]"#, r#"["***",7,null]"#),
            (
                r#"{"name":{"first":"John"},"emails":["a@b.c"]}"#,
                r#"{"name":{"first":"***"},"emails":["***"]}"#,
            ),
            (r#"{"data":{"tenant":"John"},"salary":5000}"#, r#"{"data":{"tenant":"***"},"salary":"***"}"#),
            (
                r#"{"entry_id":"7","income_result":"CLEAN","ssn_id":"1"}"#,
                r#"{"entry_id":"7","income_result":"CLEAN","ssn_id":"***"}"#,
            ),
            (r#"{"email":null,"n":1}"#, r#"{"email":null,"n":1}"#),
        ];
        for (payload, shown) in table {
            assert_eq!(masked(payload), shown);
        }
        assert_eq!(masked("1e999"), "(not shown: 5 bytes)");
    }
}
