//! Personal data, shown only when asked for: the values of known fields of a payload become `***`.

use serde_json::Value;

/// Field names, compared without case, `_` and `-`.
const PERSONAL: &[&str] = &[
    "fullname",
    "firstname",
    "lastname",
    "name",
    "email",
    "emailaddress",
    "phone",
    "phonenumber",
    "address",
    "dateofbirth",
    "dob",
    "ssn",
    "documentnumber",
    "licensenumber",
    "employername",
    "employeraddress",
    "salary",
    "reporturl",
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
                if personal(name) && !value.is_null() && !value.is_object() && !value.is_array() {
                    *value = Value::String("***".into());
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

fn personal(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    PERSONAL.contains(&plain.as_str())
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
}
