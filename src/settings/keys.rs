//! `[[keys]]`: where the keys of stored secrets come from. The first encrypts, the others are retired and only decrypt.
//! A key itself is read when something is to be encrypted or decrypted, and never stands in the file.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use crate::cloak::{Iv, Key, KeyRing};
use crate::failure::Failure;
use crate::output::Printer;
use crate::secret;

/// One key by its tag.
#[derive(Clone, Debug)]
pub struct KeySource {
    pub tag: String,
    pub place: Place,
    iv: Iv,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Variable(String),
    File(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Variable(name) => write!(f, "environment {name}"),
            Place::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tag: String,
    env: Option<String>,
    file: Option<PathBuf>,
    /// Bytes of the initialisation vectors that this key writes: 12, or 16 where the application's Cloak has its own
    /// default.
    iv_length: Option<u8>,
}

impl Written {
    fn checked(self) -> Result<KeySource, String> {
        let tag = self.tag;
        let wrong = |why: &str| Err(format!("key `{tag}`: {why}"));
        if tag.is_empty() || tag.len() > 255 || tag.chars().any(char::is_control) {
            return wrong("a tag is 1 to 255 printable characters, such as AES.GCM.V1");
        }
        if tag.starts_with("AES.CTR") {
            return wrong("AES.CTR authenticates nothing and is not read; give the tag of an AES.GCM cipher");
        }
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let place = match (self.env, self.file) {
            // What is no name may be the key itself: it is not repeated.
            (Some(name), None) if name.is_empty() || !name.chars().all(named) => {
                return wrong("`env` takes the name of a variable, not the key");
            }
            (Some(name), None) => Place::Variable(name),
            (None, Some(path)) => Place::File(path),
            _ => return wrong("say where it is read, by exactly one of `env` and `file`"),
        };
        let iv = match self.iv_length {
            None | Some(12) => Iv::Twelve,
            Some(16) => Iv::Sixteen,
            Some(_) => return wrong("iv_length is 12 or 16"),
        };
        Ok(KeySource { tag, place, iv })
    }
}

pub fn sources<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<KeySource>, D::Error> {
    let mut sources: Vec<KeySource> = Vec::new();
    for written in Vec::<Written>::deserialize(from)? {
        let source = written.checked().map_err(serde::de::Error::custom)?;
        if sources.iter().any(|known| known.tag == source.tag) {
            let why = format!("key `{}`: two keys have this tag; a new key takes a new one", source.tag);
            return Err(serde::de::Error::custom(why));
        }
        sources.push(source);
    }
    Ok(sources)
}

/// Read every key. A key that is configured and away is an error: half of what is stored would be unreadable.
pub fn read(sources: &[KeySource], printer: &Printer) -> Result<KeyRing, Failure> {
    let keys: Result<Vec<Key>, Failure> = sources
        .iter()
        .map(|source| key(source, printer).map_err(|why| why.context(format!("no key `{}`", source.tag))))
        .collect();
    keys.map(KeyRing::new)
}

fn key(source: &KeySource, printer: &Printer) -> Result<Key, Failure> {
    let bytes = match &source.place {
        Place::Variable(name) => secret::variable(name)
            .ok_or_else(|| Failure::blocked(format!("the variable {name} is not set")))?,
        Place::File(path) => secret::file(path, printer)?,
    };
    Key::read(&source.tag, &bytes, source.iv).ok_or_else(|| {
        Failure::blocked(format!("{}: it is not Base64 of 32 bytes", source.place))
            .hint("`openssl rand -base64 32` makes one")
    })
}
