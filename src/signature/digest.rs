//! HMAC over SHA-1, SHA-256 or SHA-512, fed piece by piece, compared in constant time.

use ring::hmac;
use serde::Deserialize;
use subtle::{Choice, ConstantTimeEq};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Digest {
    Sha1,
    #[default]
    Sha256,
    Sha512,
}

impl Digest {
    pub const ALL: [Digest; 3] = [Digest::Sha1, Digest::Sha256, Digest::Sha512];

    pub fn bytes(self) -> usize {
        match self {
            Digest::Sha1 => 20,
            Digest::Sha256 => 32,
            Digest::Sha512 => 64,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Digest::Sha1 => "HMAC-SHA1",
            Digest::Sha256 => "HMAC-SHA256",
            Digest::Sha512 => "HMAC-SHA512",
        }
    }
}

#[derive(Clone)]
pub struct Mac(hmac::Context);

impl Mac {
    pub fn new(digest: Digest, key: &[u8]) -> Mac {
        let algorithm = match digest {
            Digest::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Digest::Sha256 => hmac::HMAC_SHA256,
            Digest::Sha512 => hmac::HMAC_SHA512,
        };
        Mac(hmac::Context::with_key(&hmac::Key::new(algorithm, key)))
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> hmac::Tag {
        self.0.sign()
    }
}

/// Whether the two are alike, in a time that depends on their lengths only.
pub fn alike(left: &[u8], right: &[u8]) -> Choice {
    left.ct_eq(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(value: &serde_json::Value) -> Vec<u8> {
        let text = value.as_str().expect("hex");
        let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
        (0..text.len()).step_by(2).map(pair).collect()
    }

    /// A full tag is right exactly where the published case is valid; a truncation is another algorithm.
    #[test]
    fn published_cases_get_their_verdict() {
        for (file, count) in [
            (include_str!("../../tests/vectors/hmac-sha256-rfc4231.json"), 7),
            (include_str!("../../tests/vectors/hmac-sha256-wycheproof.json"), 174),
        ] {
            let file: serde_json::Value = serde_json::from_str(file).expect("JSON");
            let cases = file["cases"].as_array().expect("cases");
            assert_eq!(cases.len(), count);
            for case in cases {
                let mut mac = Mac::new(Digest::Sha256, &bytes(&case["key_hex"]));
                mac.update(&bytes(&case["msg_hex"]));
                let right = bool::from(alike(mac.finish().as_ref(), &bytes(&case["tag_hex"])));
                let full = case["tag_bits"] == 256;
                assert_eq!(right, full && case["expect"] == "valid", "{case}");
            }
        }
    }
}
