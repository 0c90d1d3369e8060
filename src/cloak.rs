//! Secrets as they lie in a database: the format of Elixir's Cloak, AES-256-GCM under a named key.
//!
//! `01 | length | tag | IV | ciphertag (16) | ciphertext`, where the length of the tag is one byte below 128, else
//! `0x80 + n` and n big-endian bytes. The IV has 12 or 16 bytes, which the data do not say: authentication decides.
//! Pure: keys and chance are handed in. No message holds a key, a secret, or what was to be decrypted.

use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce, Tag};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::failure::Failure;
use crate::secret::Secret;

const VERSION: u8 = 1;
const AAD: &[u8] = b"AES256GCM";
const CIPHERTAG: usize = 16;
/// Cloak's other cipher, which nothing authenticates.
const CTR: &str = "AES.CTR";

/// What stands between a stored value and its secret, or the other way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("it is not in Cloak's form (Base64 or bytes that begin with 01, a length and a tag)")]
    NotCloak,
    #[error("it is cut short (tag `{0}`)")]
    CutShort(String),
    #[error("it is encrypted under the tag `{tag}`, and {}", known_tags(.known))]
    UnknownTag { tag: String, known: Vec<String> },
    #[error("it is encrypted with AES.CTR (tag `{0}`), which authenticates nothing and is not read")]
    Unauthenticated(String),
    #[error("it does not decrypt with the configured keys (tag `{0}`)")]
    WrongKey(String),
    #[error("no key is configured to encrypt with")]
    NoKey,
    #[error("it has {length} bytes, and at most {most} fit in the column once encrypted")]
    TooLong { length: usize, most: usize },
}

fn known_tags(known: &[String]) -> String {
    match known {
        [] => "no key is configured".into(),
        known => format!("the configured keys are `{}`", known.join("`, `")),
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        let advice = match &trouble {
            Trouble::NotCloak | Trouble::CutShort(_) | Trouble::TooLong { .. } => None,
            Trouble::Unauthenticated(_) => {
                Some("let the application rewrite it under an AES.GCM tag".to_owned())
            }
            Trouble::UnknownTag { tag, .. } => {
                Some(format!("add a [[keys]] section with `tag = \"{tag}\"` and `env` or `file` to hookyard.toml"))
            }
            Trouble::WrongKey(tag) => {
                Some(format!("compare the key of `{tag}` with the application's: `hookyard config` says where it is read"))
            }
            Trouble::NoKey => Some(
                "add [[keys]] to hookyard.toml: `tag = \"AES.GCM.V1\"` and `env = \"NAME\"`, 32 bytes in Base64 \
                 (`openssl rand -base64 32`)"
                    .to_owned(),
            ),
        };
        let failure = Failure::blocked(&trouble);
        match advice {
            Some(advice) => failure.hint(advice),
            None => failure,
        }
    }
}

/// How a column holds its secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Decided by what is found, and never taken for plain.
    #[default]
    Auto,
    CloakBase64,
    CloakBytea,
    Plain,
}

/// What was found in a column.
pub enum Found {
    Plain(Secret),
    /// Still to be decrypted.
    Cloaked(Vec<u8>),
}

impl Mode {
    /// `auto` takes Base64 or bytes in Cloak's form and refuses everything else: what was meant to be encrypted is
    /// never used as it stands. A column of bytes read as text begins with `\x`, which Base64 never does.
    pub fn read(self, column: &str) -> Result<Found, Trouble> {
        let bytes = match self {
            Mode::Plain => return Ok(Found::Plain(Secret::new(column))),
            Mode::CloakBytea => unhex(column),
            Mode::Auto if column.starts_with("\\x") => unhex(column),
            Mode::Auto | Mode::CloakBase64 => STANDARD.decode(column.trim_ascii()).ok(),
        };
        let bytes = bytes.ok_or(Trouble::NotCloak)?;
        split(&bytes)?;
        Ok(Found::Cloaked(bytes))
    }
}

/// bytea as Postgres writes it
fn unhex(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("\\x")?;
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}

/// Tag, and what follows it.
fn split(stored: &[u8]) -> Result<(&str, &[u8]), Trouble> {
    let (version, rest) = stored.split_first().ok_or(Trouble::NotCloak)?;
    let (first, rest) = rest.split_first().ok_or(Trouble::NotCloak)?;
    let (length, rest) = match first {
        0..0x80 => (usize::from(*first), rest),
        many => {
            let digits = usize::from(many - 0x80);
            let (length, rest) = rest.split_at_checked(digits).ok_or(Trouble::NotCloak)?;
            let add = |sum: usize, digit: &u8| sum.checked_mul(256)?.checked_add(usize::from(*digit));
            (length.iter().try_fold(0, add).ok_or(Trouble::NotCloak)?, rest)
        }
    };
    let (tag, rest) = rest.split_at_checked(length).ok_or(Trouble::NotCloak)?;
    let tag = std::str::from_utf8(tag).map_err(|_| Trouble::NotCloak)?;
    if *version != VERSION || tag.is_empty() || tag.chars().any(char::is_control) {
        return Err(Trouble::NotCloak);
    }
    Ok((tag, rest))
}

/// The tag of a stored value: the name of its key, and no secret.
pub fn tag_of(stored: &[u8]) -> Result<&str, Trouble> {
    split(stored).map(|(tag, _)| tag)
}

fn head(tag: &str) -> Vec<u8> {
    let mut head = vec![VERSION];
    match u8::try_from(tag.len()) {
        Ok(length @ 0..0x80) => head.push(length),
        _ => {
            let length = tag.len().to_be_bytes();
            let digits = &length[length.iter().take_while(|byte| **byte == 0).count()..];
            head.push(0x80 + digits.len() as u8);
            head.extend_from_slice(digits);
        }
    }
    head.extend_from_slice(tag.as_bytes());
    head
}

/// Bytes of an initialisation vector: every guide says 12, Cloak's own default is 16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Iv {
    #[default]
    Twelve,
    Sixteen,
}

impl Iv {
    fn length(self) -> usize {
        match self {
            Iv::Twelve => 12,
            Iv::Sixteen => 16,
        }
    }
}

/// A key by its tag.
pub struct Key {
    tag: String,
    bytes: [u8; 32],
    iv: Iv,
}

impl Key {
    /// None unless it is Base64 of 32 bytes.
    pub fn read(tag: &str, base64: &[u8], iv: Iv) -> Option<Key> {
        let bytes = STANDARD.decode(base64).ok()?.try_into().ok()?;
        Some(Key { tag: tag.to_owned(), bytes, iv })
    }

    fn encrypt(&self, secret: &Secret, chance: [u8; 16]) -> Option<Vec<u8>> {
        let iv = &chance[..self.iv.length()];
        let mut text = secret.reveal().to_vec();
        let key = (&self.bytes).into();
        let tag: Tag = match self.iv {
            Iv::Twelve => {
                let nonce = Nonce::<U12>::try_from(iv).ok()?;
                AesGcm::<Aes256, U12>::new(key).encrypt_inout_detached(
                    &nonce,
                    AAD,
                    text.as_mut_slice().into(),
                )
            }
            Iv::Sixteen => {
                let nonce = Nonce::<U16>::try_from(iv).ok()?;
                AesGcm::<Aes256, U16>::new(key).encrypt_inout_detached(
                    &nonce,
                    AAD,
                    text.as_mut_slice().into(),
                )
            }
        }
        .ok()?;
        Some([&head(&self.tag), iv, &tag[..], &text].concat())
    }

    fn decrypt(&self, sealed: &[u8], iv: Iv) -> Option<Secret> {
        let (iv_bytes, rest) = sealed.split_at_checked(iv.length())?;
        let (tag, text) = rest.split_at_checked(CIPHERTAG)?;
        let tag = Tag::<U16>::try_from(tag).ok()?;
        let mut text = text.to_vec();
        let key = (&self.bytes).into();
        match iv {
            Iv::Twelve => {
                let nonce = Nonce::<U12>::try_from(iv_bytes).ok()?;
                let cipher = AesGcm::<Aes256, U12>::new(key);
                cipher.decrypt_inout_detached(&nonce, AAD, text.as_mut_slice().into(), &tag)
            }
            Iv::Sixteen => {
                let nonce = Nonce::<U16>::try_from(iv_bytes).ok()?;
                let cipher = AesGcm::<Aes256, U16>::new(key);
                cipher.decrypt_inout_detached(&nonce, AAD, text.as_mut_slice().into(), &tag)
            }
        }
        .ok()?;
        Some(Secret::new(text))
    }
}

/// The keys in force: the first encrypts, the others are retired and only read.
#[derive(Default)]
pub struct KeyRing {
    keys: Vec<Key>,
}

impl KeyRing {
    pub fn new(keys: Vec<Key>) -> KeyRing {
        KeyRing { keys }
    }

    /// The tag that is encrypted under.
    pub fn tag(&self) -> Option<&str> {
        self.keys.first().map(|key| key.tag.as_str())
    }

    /// `chance` are fresh bytes of the operating system's generator, of which the IV takes what it needs.
    pub fn encrypt(&self, secret: &Secret, chance: [u8; 16]) -> Result<Vec<u8>, Trouble> {
        let key = self.keys.first().ok_or(Trouble::NoKey)?;
        // The cipher refuses nothing below 64 GiB.
        key.encrypt(secret, chance).ok_or(Trouble::TooLong { length: secret.len(), most: 1 << 30 })
    }

    /// For a column of text with room for so many characters: longer secrets are refused before anything is written.
    pub fn encrypt_text(&self, secret: &Secret, chance: [u8; 16], room: usize) -> Result<String, Trouble> {
        let most = self.longest(room)?;
        if secret.len() > most {
            return Err(Trouble::TooLong { length: secret.len(), most });
        }
        self.encrypt(secret, chance).map(|bytes| STANDARD.encode(bytes))
    }

    /// Bytes of the longest secret whose Base64 has no more than so many characters.
    pub fn longest(&self, room: usize) -> Result<usize, Trouble> {
        let key = self.keys.first().ok_or(Trouble::NoKey)?;
        let spent = head(&key.tag).len() + key.iv.length() + CIPHERTAG;
        Ok((room / 4 * 3).saturating_sub(spent))
    }

    pub fn decrypt(&self, stored: &[u8]) -> Result<Secret, Trouble> {
        let (tag, sealed) = split(stored)?;
        if tag.starts_with(CTR) {
            return Err(Trouble::Unauthenticated(tag.into()));
        }
        let Some(key) = self.keys.iter().find(|key| key.tag == tag) else {
            let known = self.keys.iter().map(|key| key.tag.clone()).collect();
            return Err(Trouble::UnknownTag { tag: tag.into(), known });
        };
        if sealed.len() < Iv::Twelve.length() + CIPHERTAG {
            return Err(Trouble::CutShort(tag.into()));
        }
        let found = key.decrypt(sealed, Iv::Twelve).or_else(|| key.decrypt(sealed, Iv::Sixteen));
        found.ok_or_else(|| Trouble::WrongKey(tag.into()))
    }
}

#[cfg(test)]
mod cases;
