//! From a configured secret to a key: what is unusable is refused as configuration, never as a mismatch.

use super::ed25519::Pair;
use super::encoding::secret_bytes;
use super::jwt::PrivateJwk;
use super::reason::{Reason, Refusal};
use super::scheme::{Proof, Scheme};

pub enum Key {
    Mac(Vec<u8>),
    Ed25519(Pair),
    Jwk(PrivateJwk),
}

/// The secrets of a call as keys, in the order they were given.
pub struct Ring {
    pub keys: Vec<Key>,
    pub warnings: Vec<String>,
}

/// Below this a Standard Webhooks key is weaker than the specification allows.
const SHORT: usize = 24;

impl Ring {
    pub fn read(scheme: &Scheme, secrets: &[Vec<u8>]) -> Result<Ring, Refusal> {
        let mut warnings: Vec<String> = scheme.warning.clone().into_iter().collect();
        let mut keys = Vec::new();
        for (at, secret) in secrets.iter().enumerate() {
            let key = key(scheme, secret).map_err(|refusal| {
                let which = if secrets.len() > 1 { format!("secret {}: ", at + 1) } else { String::new() };
                refusal.reason.with(format!("{which}{}", refusal.detail))
            })?;
            if let (Key::Mac(bytes), Some(_)) = (&key, &scheme.base64_after)
                && bytes.len() < SHORT
            {
                let length = bytes.len();
                warnings.push(format!("secret {} has {length} bytes; fewer than {SHORT} are weak", at + 1));
            }
            keys.push(key);
        }
        Ok(Ring { keys, warnings })
    }
}

fn key(scheme: &Scheme, secret: &[u8]) -> Result<Key, Refusal> {
    given(secret)?;
    if scheme.proof == Proof::Jwt {
        return PrivateJwk::read(secret).map(Key::Jwk);
    }
    if scheme.ed25519.is_some()
        && let Some(pair) = Pair::read(secret)
    {
        return pair.map(Key::Ed25519);
    }
    let Some(prefix) = &scheme.base64_after else { return Ok(Key::Mac(secret.to_vec())) };
    let text = secret.strip_prefix(prefix.as_bytes()).unwrap_or(secret);
    if text.is_empty() {
        return Err(Reason::EmptySecret.with(format!("the secret is nothing but `{prefix}`")));
    }
    match secret_bytes(text) {
        Some(bytes) if !bytes.is_empty() => Ok(Key::Mac(bytes)),
        _ => Err(Reason::MalformedSecret.with(format!("the secret is not base64 (after `{prefix}`)"))),
    }
}

/// Neither empty nor blank, and no white space at its ends.
pub fn given(secret: &[u8]) -> Result<(), Refusal> {
    if secret.iter().all(u8::is_ascii_whitespace) {
        return Err(Reason::EmptySecret.with("the secret is empty"));
    }
    let edges = [secret.first(), secret.last()];
    if edges.into_iter().flatten().any(u8::is_ascii_whitespace) {
        return Err(Reason::SecretWhitespace.with("the secret begins or ends with white space"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_configuration_not_mismatch() {
        let reason = |secret: &[u8]| given(secret).map_err(|refusal| refusal.reason);
        assert_eq!(reason(b""), Err(Reason::EmptySecret));
        assert_eq!(reason(b" \t\r\n"), Err(Reason::EmptySecret));
        assert_eq!(reason(b" a"), Err(Reason::SecretWhitespace));
        assert_eq!(reason(b"a\n"), Err(Reason::SecretWhitespace));
        assert_eq!(reason(b"a b"), Ok(()));
    }
}
