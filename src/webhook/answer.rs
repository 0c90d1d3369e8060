//! The documented form of an outcome: what stands in `response_data`, which takes JSON only and not all of it. An
//! answer that jsonb refuses is stored wrapped, since an attempt that cannot be recorded would be made for ever.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::attempt::{Answer, Outcome};

/// Nesting below which jsonb is certain to take a document.
const DEPTH: usize = 100;

/// JSON text that jsonb takes.
pub fn documented(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered(answer) => of_answer(answer),
        Outcome::Silent { kind, detail } => {
            json!({ "error": { "kind": kind.word(), "detail": clean(detail) } }).to_string()
        }
    }
}

/// For an answer that the database refused all the same: the facts without the bytes.
pub fn bare(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered(answer) => {
            json!({ "raw": "", "unstorable": true, "length": answer.length }).to_string()
        }
        Outcome::Silent { kind, .. } => json!({ "error": { "kind": kind.word() } }).to_string(),
    }
}

fn of_answer(answer: &Answer) -> String {
    let Ok(text) = std::str::from_utf8(&answer.body) else {
        return wrapped(answer, "base64", &STANDARD.encode(&answer.body));
    };
    if !answer.truncated && storable(text) {
        return text.to_owned();
    }
    if text.contains('\0') {
        wrapped(answer, "base64", &STANDARD.encode(text))
    } else {
        wrapped(answer, "raw", text)
    }
}

fn wrapped(answer: &Answer, key: &str, text: &str) -> String {
    let mut fields = serde_json::Map::new();
    fields.insert(key.to_owned(), Value::String(text.to_owned()));
    if answer.truncated {
        fields.insert("truncated".to_owned(), Value::Bool(true));
        fields.insert("length".to_owned(), answer.length.into());
    }
    Value::Object(fields).to_string()
}

/// Whether jsonb is certain to take the text as it stands: JSON, not deep, no escaped NUL, no half surrogate, no
/// number beyond its range. In doubt no, which only means that it is stored wrapped.
fn storable(text: &str) -> bool {
    let escapes = text.contains("\\u");
    serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
        && depth(text) <= DEPTH
        && !text.contains('\0')
        && !(escapes && (text.contains("\\u0000") || serde_json::from_str::<Value>(text).is_err()))
        && !numbers_out_of_range(text)
}

/// The deepest nesting, brackets in strings aside.
fn depth(text: &str) -> usize {
    let (mut deepest, mut now, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                now += 1;
                deepest = deepest.max(now);
            }
            b']' | b'}' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// An exponent of more than three digits may exceed what numeric holds.
fn numbers_out_of_range(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        matches!(byte, b'e' | b'E')
            && at > 0
            && bytes[at - 1].is_ascii_digit()
            && bytes[at + 1..]
                .iter()
                .skip_while(|b| matches!(b, b'+' | b'-'))
                .take_while(|b| b.is_ascii_digit())
                .count()
                > 3
    })
}

fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(body: &[u8]) -> String {
        documented(&Outcome::Answered(Answer {
            status: 200,
            retry_after: None,
            body: body.to_vec(),
            truncated: false,
            length: body.len() as u64,
        }))
    }

    #[test]
    fn json_stays_as_it_is_and_everything_else_is_wrapped() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        let cases: &[(&[u8], &str)] = &[
            (br#"{"status":"received","n":95.50}"#, r#"{"status":"received","n":95.50}"#),
            (b"", r#"{"raw":""}"#),
            (b"OK", r#"{"raw":"OK"}"#),
            (br#"{"a":"\u0000"}"#, r#"{"raw":"{\"a\":\"\\u0000\"}"}"#),
            (br#"{"a":"\ud800"}"#, r#"{"raw":"{\"a\":\"\\ud800\"}"}"#),
            (b"1e200000", r#"{"raw":"1e200000"}"#),
            (b"\xff\xfe", r#"{"base64":"//4="}"#),
            (b"a\0b", r#"{"base64":"YQBi"}"#),
        ];
        for (body, stored) in cases {
            assert_eq!(answered(body), *stored);
        }
        assert!(answered(deep.as_bytes()).starts_with(r#"{"raw":"[[["#));
    }

    #[test]
    fn silence_says_its_kind() {
        let outcome = Outcome::silent(super::super::attempt::Silence::Dns, "no such name");
        assert_eq!(documented(&outcome), r#"{"error":{"kind":"dns","detail":"no such name"}}"#);
    }
}
