//! `[schemes.NAME]`: signature schemes of one's own, by name, and where in the file each stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::file::File;
use crate::signature::{BUILT_IN, Scheme};

/// A scheme of `hookyard.toml`.
#[derive(Clone, Debug)]
pub struct OwnScheme {
    pub name: String,
    /// The signature's header; none where it stands in the body.
    pub header: Option<String>,
    pub line: Option<usize>,
}

pub fn own(file: &File) -> Vec<OwnScheme> {
    let own = file.schemes.iter().map(|(name, scheme)| OwnScheme {
        name: name.clone(),
        header: scheme.header().map(str::to_owned),
        line: file.scheme_line(name),
    });
    own.collect()
}

pub fn read<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Scheme>, D::Error> {
    let schemes = BTreeMap::<String, Scheme>::deserialize(from)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    for name in schemes.keys() {
        let why = match name.as_str() {
            "" | "auto" => "is no name for a scheme",
            name if BUILT_IN.iter().any(|(known, _)| *known == name) => "is built in and stays as it is",
            name if !name.chars().all(plain) => "may hold lower-case letters, digits and `-` only",
            _ => continue,
        };
        return Err(serde::de::Error::custom(format!("schemes.{name}: `{name}` {why}")));
    }
    Ok(schemes)
}

/// The first line of each that has a table of its own.
pub fn lines(text: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let table =
            line.trim_start().strip_prefix("[schemes.").and_then(|rest| rest.split(['.', ']']).next());
        if let Some(name) = table {
            let name = name.trim().trim_matches(['"', '\'']);
            lines.entry(name.to_owned()).or_insert(at + 1);
        }
    }
    lines
}
