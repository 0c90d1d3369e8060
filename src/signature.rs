//! Signatures over exactly the bytes that are sent: an HMAC is a pure function of secret, time and bytes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header of SNAPPT's scheme.
pub const SNAPPT_HEADER: &str = "snappt-signature";

/// `t=<seconds>,v1=<base64url without padding>` over `t.body`, keyed by the secret's text.
pub fn snappt(secret: &[u8], seconds: i64, body: &[u8]) -> String {
    let stamp = seconds.to_string();
    let tag = hmac_sha256(secret, &[stamp.as_bytes(), b".", body]);
    format!("t={stamp},v1={}", URL_SAFE_NO_PAD.encode(tag))
}

fn hmac_sha256(secret: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length, so this cannot fail; an empty one would sign nothing worth having.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"eventType":"REPORT_READY","apiKeyId":"11111111-2222-3333-4444-555555555555","webhookId":"w-1","applicantDetailId":"d-1","applicantId":"a-1","data":{"id":"r-1","result":"CLEAN","status":"COMPLETE"}}"#;

    #[test]
    fn snappt_signs_as_the_published_value() {
        let key = b"11111111-2222-3333-4444-555555555555";
        assert_eq!(
            snappt(key, 1_642_248_600, BODY.as_bytes()),
            "t=1642248600,v1=HrBnSQwdAzs6iDB8VRPGu7Gf5hN2yjBMifB7vFLxjPo"
        );
    }
}
