//! Something that happened: a type that subscribers list, and a payload that is sent byte for byte. Pure.

use serde::de::IgnoredAny;

/// The largest payload, in bytes.
pub const LARGEST: usize = 1024 * 1024;

/// Compared as it stands; only what no column can hold is refused.
pub fn event_type(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0 => Err("an event type cannot be empty".into()),
        1..=255 if !text.contains('\0') => Ok(text.to_owned()),
        _ => Err("an event type has at most 255 characters, and no NUL".into()),
    }
}

/// Any JSON is a payload, `null` and arrays too; the bytes stay as they are.
pub fn payload(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() > LARGEST {
        return Err(format!(
            "the payload has {} bytes; at most {LARGEST} (1 MiB) are delivered",
            bytes.len()
        ));
    }
    let text = String::from_utf8(bytes).map_err(|why| {
        format!("the payload is not UTF-8: byte {} is in no character", why.utf8_error().valid_up_to())
    })?;
    if text.starts_with('\u{feff}') {
        return Err("the payload begins with a byte order mark, which is not JSON".into());
    }
    // Only the grammar is checked, without building a value: numbers and escapes stay what they are.
    serde_json::from_str::<IgnoredAny>(&text).map_err(|why| format!("the payload is not JSON: {why}"))?;
    Ok(text)
}

/// What `database prune` leaves of a payload: an object with this key, whose value says when.
const ERASED: &str = "hookyard_payload_erased_at";

/// When the payload was erased, if this is what is left of one.
pub fn erased_at(payload: &[u8]) -> Option<String> {
    // Looked for before anything is parsed: nearly no payload is a stub.
    if payload.len() > 600 || !payload.windows(ERASED.len()).any(|part| part == ERASED.as_bytes()) {
        return None;
    }
    let stub: serde_json::Value = serde_json::from_slice(payload).ok()?;
    stub.get(ERASED)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_is_told_from_a_payload() {
        let stub = br#"{"event": "e", "hookyard_payload_erased_at": "2026-11-02T08:15:30Z"}"#;
        assert_eq!(erased_at(stub).as_deref(), Some("2026-11-02T08:15:30Z"));
        assert_eq!(erased_at(br#"{"event":"e","note":"hookyard_payload_erased_at"}"#), None);
        assert_eq!(erased_at(br#"{"event":"e"}"#), None);
    }

    #[test]
    fn any_json_passes_unchanged() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        for text in [
            "null",
            "[]",
            " {\"a\": 95.50, \"a\":1e200000}\n",
            r#""\ud800""#,
            r#"{"a":"\u0000"}"#,
            deep.as_str(),
        ] {
            assert_eq!(payload(text.as_bytes().to_vec()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_not_json_says_where() {
        assert!(payload(b"{\"a\":}".to_vec()).is_err_and(|why| why.contains("line 1 column 6")));
        assert!(payload(b"{} x".to_vec()).is_err());
        assert!(payload(vec![b'"', 0xff, b'"']).is_err_and(|why| why.contains("byte 1")));
        assert!(payload(b"\xef\xbb\xbf{}".to_vec()).is_err());
        assert!(payload(vec![b' '; LARGEST + 1]).is_err_and(|why| why.contains("1 MiB")));
    }
}
