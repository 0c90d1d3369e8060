//! Keys that may have been used in place of the configured ones, each with its story.

use super::super::encoding::{Encoding, secret_bytes};
use super::super::key::Key;
use super::super::scheme::Scheme;
use super::Finding;

pub struct Candidate {
    pub bytes: Vec<u8>,
    /// None: the key as the scheme has it.
    pub story: Option<Finding>,
}

const ISSUED: &str = "the other side treats the secret otherwise than this scheme's documents say";

/// What issuers put before a secret.
const PREFIXES: &[&[u8]] = &[b"whsec_", b"wbhsec_", b"sk_"];

pub fn candidates(keys: &[Key], secrets: &[Vec<u8>], body: &[u8]) -> Vec<Candidate> {
    let configured = keys.iter().filter_map(|key| match key {
        Key::Mac(bytes) => Some(bytes.clone()),
        Key::Ed25519(_) | Key::Jwk(_) => None,
    });
    let mut all: Vec<Candidate> = configured.map(|bytes| Candidate { bytes, story: None }).collect();
    let mut add = |bytes: Option<Vec<u8>>, happened: &str, usual: &str, change: &str| {
        if let Some(bytes) = bytes
            && all.iter().all(|known| known.bytes != bytes)
        {
            all.push(Candidate { bytes, story: Some(Finding::new(happened, usual, change)) });
        }
    };
    for secret in secrets.iter().take(Scheme::GROUPS) {
        let unprefixed = prefix_end(secret).map(|end| &secret[end..]);
        let decoded = unprefixed.or(Some(secret)).and_then(secret_bytes).filter(|bytes| !bytes.is_empty());
        add(
            Some(secret.clone()),
            "the signature was made with the secret's whole text, its prefix included and nothing decoded",
            ISSUED,
            "use the scheme's variant that takes the text, or give both sides the same reading",
        );
        add(
            unprefixed.map(<[u8]>::to_vec),
            "the signature was made with the secret's text without its prefix",
            ISSUED,
            "give the secret without the prefix, or have the other side keep it",
        );
        add(
            decoded,
            "the signature was made with the base64-decoded secret",
            ISSUED,
            "use the variant that decodes the secret, or have the other side use its text",
        );
        let bare = PREFIXES.iter().all(|prefix| !secret.starts_with(prefix));
        for prefix in PREFIXES.iter().filter(|_| bare) {
            add(
                Some([prefix, secret.as_slice()].concat()),
                "the signature was made with a prefix (`whsec_` or its like) before the secret",
                "the prefix was taken for a label and left out when the secret was copied",
                "give the secret whole, as it was issued",
            );
        }
        add(
            Encoding::Hex.decode(secret),
            "the signature was made with the hex-decoded secret",
            ISSUED,
            "give the other side the secret as text, or describe the scheme in hookyard.toml",
        );
        for end in [&b"\n"[..], b"\r\n", b" "] {
            add(
                Some([secret, end].concat()),
                "the signature was made with white space behind the secret",
                "the secret was stored with `echo` or pasted with its newline",
                "store the secret without it: `printf %s` in place of `echo`",
            );
        }
        add(
            unquoted(secret),
            "the signature was made with the secret without its quotes",
            "an .env file or a YAML value kept its quotes",
            "configure the secret without quotes here",
        );
        for quote in [b"\"", b"'"] {
            add(
                Some([&quote[..], secret, &quote[..]].concat()),
                "the signature was made with the secret in quotes",
                "an .env file or a YAML value kept its quotes",
                "configure the secret without quotes at the sender",
            );
        }
        for cased in [secret.to_ascii_lowercase(), secret.to_ascii_uppercase()] {
            add(
                Some(cased),
                "the signature was made with the secret in another case",
                "a form or an identifier type changed the case",
                "configure the secret exactly as it was issued",
            );
        }
    }
    for field in ["apiKeyId", "api_key_id"] {
        add(
            id_in(body, field),
            "the signature was made with the API key id that stands in the body",
            "this is Snappt's older signature (variant snappt-v1): whoever has seen one body can make it",
            "ask for the current header (snappt-v2), or verify with --scheme snappt-v1 and the id as the secret",
        );
    }
    for text in ["", "undefined", "null", "None"] {
        add(
            Some(text.as_bytes().to_vec()),
            "the signature was made with no secret at all",
            "the sender's variable for the secret is not set",
            "set the secret at the sender; until then anybody can make this signature",
        );
    }
    all
}

/// Behind `whsec_`, `wbhsec_`, `sk_` and their like.
fn prefix_end(secret: &[u8]) -> Option<usize> {
    let end = secret.iter().position(|byte| *byte == b'_')?;
    let word = secret[..end].iter().all(u8::is_ascii_lowercase);
    (word && (2..=8).contains(&end) && end + 1 < secret.len()).then_some(end + 1)
}

fn unquoted(secret: &[u8]) -> Option<Vec<u8>> {
    let inside =
        |quote: &[u8]| secret.strip_prefix(quote)?.strip_suffix(quote).filter(|text| !text.is_empty());
    inside(b"\"").or_else(|| inside(b"'")).map(<[u8]>::to_vec)
}

fn id_in(body: &[u8], field: &str) -> Option<Vec<u8>> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    value.get(field)?.as_str().filter(|id| !id.is_empty()).map(|id| id.as_bytes().to_vec())
}
