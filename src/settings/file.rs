//! `hookyard.toml`: its shape, where it is looked for, and errors that name file and line.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use super::{Database, count, duration, network, policy, url_of};
use crate::backoff::Policy;
use crate::env;
use crate::failure::Failure;
use crate::signature::{BUILT_IN, Scheme};

/// The whole file. An unknown key is an error: a misspelt one would otherwise be silently without effect.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// The section below `databases` that is used when none is named, or `embedded`.
    pub database: Option<String>,
    pub databases: BTreeMap<String, Section>,
    pub egress: Egress,
    pub delivery: Delivery,
    pub alert: Alert,
    pub operator: Option<String>,
    pub pg_bin: Option<PathBuf>,
    /// Signature schemes of one's own, usable wherever a built-in one is.
    #[serde(deserialize_with = "schemes")]
    pub schemes: BTreeMap<String, Scheme>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Egress {
    #[serde(deserialize_with = "networks")]
    pub allow: Option<Vec<IpNet>>,
    pub allow_http: Option<bool>,
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    #[serde(deserialize_with = "counted")]
    pub concurrency: Option<usize>,
    #[serde(deserialize_with = "counted")]
    pub per_endpoint: Option<usize>,
    #[serde(deserialize_with = "counted")]
    pub in_flight: Option<usize>,
    #[serde(deserialize_with = "timed")]
    pub lease: Option<Duration>,
    #[serde(deserialize_with = "timed")]
    pub timeout: Option<Duration>,
    #[serde(deserialize_with = "named_policy")]
    pub policy: Option<&'static Policy>,
    pub user_agent: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alert {
    pub url: Option<String>,
}

impl File {
    /// The named file, else `HOOKYARD_CONFIG`, else the one in the configuration directory if there is one.
    pub fn find(named: Option<&Path>) -> Result<(Option<PathBuf>, File), Failure> {
        let chosen = match named {
            Some(path) => Some(path.to_path_buf()),
            None => env::read(env::CONFIG)?.map(PathBuf::from),
        };
        if let Some(path) = chosen {
            let text = std::fs::read_to_string(&path).map_err(|why| {
                Failure::blocked(format!("{}: {why}", path.display())).context("no configuration")
            })?;
            return Ok((Some(path.clone()), File::parse(&path, &text)?));
        }
        let Some(path) = usual_place() else { return Ok((None, File::default())) };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok((Some(path.clone()), File::parse(&path, &text)?)),
            Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok((None, File::default()))
            }
            Err(why) => Err(Failure::blocked(format!("{}: {why}", path.display()))),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<File, Failure> {
        toml::from_str(text).map_err(|why| {
            // toml's own Display repeats the offending line, which may hold a password.
            let line = why.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let place = line.map(|line| format!(":{line}")).unwrap_or_default();
            Failure::blocked(format!("{}{place}: {}", path.display(), why.message()))
                .hint("`hookyard config` shows what is in force; README, \"Configuration\", lists every key")
        })
    }

    pub fn database(&self, name: &str) -> Result<Database, Failure> {
        if matches!(name, "embedded" | "embedded:") {
            return Ok(Database::Embedded);
        }
        if let Some(section) = self.databases.get(name) {
            return url_of(&section.url);
        }
        let known: Vec<&str> = self.databases.keys().map(String::as_str).collect();
        let failure = Failure::blocked(format!("no database is called `{name}` in the configuration"));
        Err(if known.is_empty() {
            failure.hint(format!(
                "write a section [databases.{name}] with `url = \"postgres://…\"`, or say `embedded`"
            ))
        } else {
            failure.hint(format!("there are: embedded, {}", known.join(", ")))
        })
    }
}

fn usual_place() -> Option<PathBuf> {
    let base = match env::surrounding(env::XDG_CONFIG_HOME) {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env::surrounding(env::HOME)?).join(".config"),
    };
    Some(base.join("hookyard").join("hookyard.toml"))
}

fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<IpNet>>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts
        .iter()
        .map(|text| network(text))
        .collect::<Result<_, _>>()
        .map(Some)
        .map_err(serde::de::Error::custom)
}

fn counted<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    count(&i64::deserialize(from)?.to_string()).map(Some).map_err(serde::de::Error::custom)
}

fn timed<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(&String::deserialize(from)?).map(Some).map_err(serde::de::Error::custom)
}

fn named_policy<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'static Policy>, D::Error> {
    policy(&String::deserialize(from)?).map(Some).map_err(serde::de::Error::custom)
}

fn schemes<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Scheme>, D::Error> {
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
