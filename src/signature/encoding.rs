//! Digest to text and back, strictly: the alphabet, the padding and the length of the scheme, and nothing else.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    Hex,
    Base64,
    /// Without padding.
    Base64url,
}

impl Encoding {
    pub fn encode(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Hex => hex(bytes),
            Encoding::Base64 => STANDARD.encode(bytes),
            Encoding::Base64url => URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    /// Hex in either case; base64 canonical. None for everything else.
    pub fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Encoding::Hex => unhex(text),
            Encoding::Base64 => STANDARD.decode(text).ok(),
            Encoding::Base64url => URL_SAFE_NO_PAD.decode(text).ok(),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Encoding::Hex => "hex",
            Encoding::Base64 => "base64",
            Encoding::Base64url => "base64url without padding",
        }
    }
}

/// Every reading of the text as bytes, with the name of the encoding: for explaining only.
pub fn readings(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let engines = [
        ("base64", &STANDARD),
        ("base64 without padding", &STANDARD_NO_PAD),
        ("base64url with padding", &URL_SAFE),
        ("base64url without padding", &URL_SAFE_NO_PAD),
    ];
    let mut all: Vec<(&'static str, Vec<u8>)> = unhex(text).map(|bytes| ("hex", bytes)).into_iter().collect();
    all.extend(engines.iter().filter_map(|(name, engine)| Some((*name, engine.decode(text).ok()?))));
    all
}

/// A secret's base64: padding may be there or not, and its last character may hold idle bits, as issuers' do.
const SECRET: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub fn secret_bytes(text: &[u8]) -> Option<Vec<u8>> {
    SECRET.decode(text).ok()
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = text.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_is_strict() {
        assert_eq!(Encoding::Hex.decode(b"0aFF"), Some(vec![10, 255]));
        for wrong in ["0", "0g", " 0a", "0a\n"] {
            assert_eq!(Encoding::Hex.decode(wrong.as_bytes()), None, "{wrong:?}");
        }
        for wrong in ["AA", "AB==", "AA==\n", "AA= ="] {
            assert_eq!(Encoding::Base64.decode(wrong.as_bytes()), None, "{wrong:?}");
        }
        for wrong in ["AA==", "AB", "+/AA"] {
            assert_eq!(Encoding::Base64url.decode(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
