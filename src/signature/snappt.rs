//! Signatures over exactly the bytes that are sent: an HMAC is a pure function of secret, time and bytes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header of SNAPPT's scheme.
pub const SNAPPT_HEADER: &str = "snappt-signature";

/// `t=<seconds>,v1=<base64url without padding>` over `t.body`, keyed by the secret's text.
/// None for an empty secret.
pub fn snappt(secret: &[u8], seconds: i64, body: &[u8]) -> Option<String> {
    let stamp = seconds.to_string();
    let tag = mac(secret, &[stamp.as_bytes(), b".", body])?.finalize().into_bytes();
    Some(format!("t={stamp},v1={}", URL_SAFE_NO_PAD.encode(tag)))
}

/// Whether the header's `v1` is right for the body and its own `t`. Says nothing of the time's age.
pub fn snappt_matches(secret: &[u8], header: &str, body: &[u8]) -> bool {
    let item =
        |name: &str| header.split(',').find_map(|item| item.trim().strip_prefix(name)?.strip_prefix('='));
    let (Some(stamp), Some(value)) = (item("t"), item("v1")) else { return false };
    let Ok(tag) = URL_SAFE_NO_PAD.decode(value) else { return false };
    mac(secret, &[stamp.as_bytes(), b".", body]).is_some_and(|mac| mac.verify_slice(&tag).is_ok())
}

pub(super) fn mac(secret: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    // HMAC takes a key of any length; an empty one would sign nothing worth having.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok().filter(|_| !secret.is_empty())?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"eventType":"REPORT_READY","apiKeyId":"11111111-2222-3333-4444-555555555555","webhookId":"w-1","applicantDetailId":"d-1","applicantId":"a-1","data":{"id":"r-1","result":"CLEAN","status":"COMPLETE"}}"#;

    #[test]
    fn snappt_signs_as_the_published_value() {
        let key = b"11111111-2222-3333-4444-555555555555";
        let header = "t=1642248600,v1=HrBnSQwdAzs6iDB8VRPGu7Gf5hN2yjBMifB7vFLxjPo";
        assert_eq!(snappt(key, 1_642_248_600, BODY.as_bytes()).as_deref(), Some(header));
        assert!(snappt_matches(key, header, BODY.as_bytes()));
        assert!(!snappt_matches(key, &header.replace("1642248600", "1642248601"), BODY.as_bytes()));
        assert!(!snappt_matches(key, header, &BODY.as_bytes()[1..]));
        assert!(!snappt_matches(b"", header, BODY.as_bytes()));
    }
}
