//! Standard Webhooks (v1) as the delivery engine signs it: one HMAC for each active secret, newest first.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use hmac::Mac;

use super::encoding::secret_bytes;
use super::key::given;
use super::reason::{Reason, Refusal};
use super::snappt::mac;

pub const STANDARD_TIMESTAMP: &str = "webhook-timestamp";
pub const STANDARD_SIGNATURE: &str = "webhook-signature";
/// What every generated secret begins with.
pub const STANDARD_PREFIX: &str = "whsec_";

/// The key that a secret's text stands for: what follows `whsec_`, decoded.
pub fn standard_key(secret: &[u8]) -> Result<Vec<u8>, Refusal> {
    given(secret)?;
    if secret.starts_with(b"whsk_") || secret.starts_with(b"whpk_") {
        return Err(Reason::MalformedSecret
            .with("`whsk_` and `whpk_` are key pairs of v1a; a secret of v1 is needed"));
    }
    let text = secret.strip_prefix(STANDARD_PREFIX.as_bytes()).unwrap_or(secret);
    if text.is_empty() {
        return Err(Reason::EmptySecret.with("the secret is nothing but `whsec_`"));
    }
    match secret_bytes(text) {
        Some(key) if !key.is_empty() => Ok(key),
        _ => Err(Reason::MalformedSecret.with("the secret is not base64 (after `whsec_`)")),
    }
}

/// `v1,… v1,…` over `id.seconds.body`. None where there is no key, or an empty one.
pub fn standard<'a>(
    keys: impl IntoIterator<Item = &'a [u8]>,
    id: &str,
    seconds: i64,
    body: &[u8],
) -> Option<String> {
    let stamp = seconds.to_string();
    let mut value = String::new();
    for key in keys {
        let tag = mac(key, &[id.as_bytes(), b".", stamp.as_bytes(), b".", body])?.finalize().into_bytes();
        value.push_str(if value.is_empty() { "v1," } else { " v1," });
        STANDARD.encode_string(tag, &mut value);
    }
    Some(value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published vectors of Standard Webhooks and of Svix.
    #[test]
    fn standard_signs_as_the_published_values() {
        let first = (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        );
        let second = (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        );
        for (secret, id, seconds, body, value) in [first, second] {
            let key = standard_key(secret.as_bytes()).expect("a key");
            assert_eq!(standard([&key[..]], id, seconds, body.as_bytes()).as_deref(), Some(value));
        }
        let keys = [first.0, second.0].map(|secret| standard_key(secret.as_bytes()).expect("a key"));
        let both = standard(keys.iter().map(|key| &key[..]), first.1, first.2, first.3.as_bytes());
        assert!(both.is_some_and(|both| both.starts_with(&format!("{} v1,", first.4))));
        assert_eq!(standard([], "id", 1, b""), None);
        assert_eq!(standard([&b"key"[..], b""], "id", 1, b""), None, "never half-signed");
    }

    #[test]
    fn what_is_no_secret_of_v1_is_refused() {
        for wrong in ["", " ", "whsec_", "whsk_AAAA", "whpk_AAAA", "whsec_not base64!", "whsec_AAAA\n"] {
            assert!(standard_key(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
