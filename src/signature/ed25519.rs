//! Standard Webhooks v1a: ed25519 over the same bytes. `whpk_` is a public key, `whsk_` the private one with its public
//! half.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::encoding::secret_bytes;
use super::reason::{Reason, Refusal};

pub const BYTES: usize = 64;

pub struct Pair {
    public: Vec<u8>,
    private: Option<Ed25519KeyPair>,
}

impl Pair {
    /// None: the secret is of another kind.
    pub fn read(secret: &[u8]) -> Option<Result<Pair, Refusal>> {
        let malformed = |why: &str| Reason::MalformedSecret.with(why);
        if let Some(text) = secret.strip_prefix(b"whpk_") {
            let public = secret_bytes(text).filter(|bytes| bytes.len() == 32);
            let wrong = || malformed("after `whpk_` come 32 bytes of base64");
            return Some(public.map(|public| Pair { public, private: None }).ok_or_else(wrong));
        }
        let text = secret.strip_prefix(b"whsk_")?;
        let pair = secret_bytes(text).filter(|bytes| bytes.len() == 64).and_then(|bytes| {
            let (seed, public) = bytes.split_at(32);
            Ed25519KeyPair::from_seed_and_public_key(seed, public).ok()
        });
        Some(match pair {
            Some(pair) => Ok(Pair { public: pair.public_key().as_ref().to_vec(), private: Some(pair) }),
            None => {
                Err(malformed("after `whsk_` come 64 bytes of base64: a private key and its public half"))
            }
        })
    }

    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
    }

    /// None: this is a public key.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.private.as_ref().map(|pair| pair.sign(message).as_ref().to_vec())
    }
}
