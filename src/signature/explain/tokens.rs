//! Everything in a request that may be a digest, read leniently: any header that speaks of signatures, any prefix, any
//! encoding. Bounded in number and length.

use super::super::digest::Digest;
use super::super::encoding::readings;
use super::super::scheme::{Form, Scheme, Source};
use super::Case;

pub struct Token {
    pub header: String,
    /// What stands before the digest: `sha256=`, `v1,`, or nothing.
    pub prefix: String,
    pub encoding: &'static str,
    pub digest: Digest,
    pub bytes: Vec<u8>,
}

const MOST: usize = 64;

pub fn read(case: &Case<'_>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let wanted = case.scheme.encoding.name();
    for (name, value) in case.headers.iter().filter(|(name, _)| speaks(case, name)) {
        for word in value.split(|byte| b" ,".contains(byte)).take(MOST) {
            split(wanted, name, word, &mut tokens);
        }
        // `v1,…`: the comma belongs to the prefix.
        for word in value.split(|byte| *byte == b' ').take(MOST) {
            if let Some((version, text)) = pair(word, b',') {
                add(wanted, name, &format!("{version},"), text, &mut tokens);
            }
        }
    }
    if let Source::Body(pointer) = &case.scheme.place
        && let Some(body) = case.body
        && let Ok(value) = serde_json::from_slice::<serde_json::Value>(body)
        && let Some(text) = value.pointer(pointer).and_then(serde_json::Value::as_str)
    {
        split(wanted, pointer, text.as_bytes(), &mut tokens);
    }
    tokens.truncate(MOST);
    tokens
}

fn speaks(case: &Case<'_>, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["signature", "hmac", "digest", "-sign"].iter().any(|word| lower.contains(word))
        || case.scheme.header().is_some_and(|header| header.eq_ignore_ascii_case(name))
}

fn split(wanted: &str, name: &str, word: &[u8], tokens: &mut Vec<Token>) {
    let word = word.trim_ascii();
    add(wanted, name, "", word, tokens);
    // A `=` at the end is padding; one in front belongs to a name.
    if let Some((prefix, text)) = pair(word, b'=') {
        add(wanted, name, &format!("{prefix}="), text, tokens);
    }
}

fn pair(word: &[u8], separator: u8) -> Option<(String, &[u8])> {
    let at = word.iter().position(|byte| *byte == separator).filter(|at| (1..=16).contains(at))?;
    Some((String::from_utf8(word[..at].to_vec()).ok()?, &word[at + 1..]))
}

fn add(wanted: &str, header: &str, prefix: &str, text: &[u8], tokens: &mut Vec<Token>) {
    if !(20..=200).contains(&text.len()) || tokens.len() >= 2 * MOST {
        return;
    }
    for (encoding, bytes) in readings(text) {
        let Some(digest) = Digest::ALL.into_iter().find(|digest| digest.bytes() == bytes.len()) else {
            continue;
        };
        let known =
            |token: &&mut Token| token.bytes == bytes && token.header == header && token.prefix == prefix;
        match tokens.iter_mut().find(known) {
            // In letters that two alphabets share it may be written in either: the scheme's own is meant.
            Some(token) if encoding == wanted => token.encoding = encoding,
            Some(_) => {}
            None => {
                let (header, prefix) = (header.to_owned(), prefix.to_owned());
                tokens.push(Token { header, prefix, encoding, digest, bytes });
            }
        }
    }
}

/// What stands before a signature in this scheme.
pub fn prefixes(scheme: &Scheme) -> Vec<String> {
    match scheme.form {
        Form::Plain | Form::Numbered => vec![scheme.prefix.clone()],
        Form::List => scheme.items.iter().map(|item| format!("{item},")).collect(),
        Form::Items | Form::Groups => scheme.items.iter().map(|item| format!("{item}=")).collect(),
    }
}
