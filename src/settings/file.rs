//! `hookyard.toml`: its shape, where it is looked for, and errors that name file and line.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use super::keys::{self, KeySource};
use super::schemes;
use super::{Database, Yardi, count, duration, network, policy, url_of};
use crate::backoff::Policy;
use crate::env;
use crate::failure::Failure;
use crate::secret::SafeUrl;
use crate::signature::Scheme;

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
    pub plaid: PlaidSection,
    pub mail: Mail,
    pub yardi: Yardi,
    /// The section below `databases` that reports are read from.
    pub report_database: Option<String>,
    pub health: Health,
    pub operator: Option<String>,
    pub pg_bin: Option<PathBuf>,
    /// Bases of addresses that providers have names for.
    pub targets: BTreeMap<String, String>,
    /// Signature schemes of one's own, usable wherever a built-in one is.
    #[serde(deserialize_with = "schemes::read")]
    pub schemes: BTreeMap<String, Scheme>,
    /// The lines at which they begin, where they have a table of their own.
    #[serde(skip)]
    scheme_lines: BTreeMap<String, usize>,
    /// Where the keys of stored secrets come from; the first encrypts.
    #[serde(deserialize_with = "keys::sources")]
    pub keys: Vec<KeySource>,
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

/// Where Plaid's public keys come from. The secret stays out of this file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlaidSection {
    pub url: Option<String>,
    pub client_id: Option<String>,
    pub secret_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alert {
    pub url: Option<String>,
}

/// Invites to applicants.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    pub smtp_url: Option<String>,
    pub from: Option<String>,
    pub reply_to: Option<String>,
    pub subject: Option<String>,
}

/// Limits of `report health`, in the words of its flags.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Health {
    pub warn: Option<String>,
    pub fail_on: Option<String>,
    #[serde(deserialize_with = "by_webhook")]
    pub endpoints: BTreeMap<Uuid, OwnLimits>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnLimits {
    pub warn: Option<String>,
    pub fail_on: Option<String>,
}

/// The file that is in force, if there is one.
#[derive(Default)]
pub struct Found {
    pub path: Option<PathBuf>,
    pub file: File,
    pub warning: Option<String>,
}

impl File {
    /// The named file, else `HOOKYARD_CONFIG`, else the one in the configuration directory if there is one.
    pub fn find(named: Option<&Path>) -> Result<Found, Failure> {
        let chosen = match named {
            Some(path) => Some(path.to_path_buf()),
            None => env::read(env::CONFIG)?.map(PathBuf::from),
        };
        let must_exist = chosen.is_some();
        let Some(path) = chosen.or_else(usual_place) else { return Ok(Found::default()) };
        match std::fs::read_to_string(&path) {
            Ok(text) => File::parse(&path, &text)?.found(path),
            Err(why)
                if !must_exist && matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(Found::default())
            }
            Err(why) => {
                Err(Failure::blocked(format!("{}: {why}", path.display())).context("no configuration"))
            }
        }
    }

    /// A file that others may write decides where customers' data go; one that others may read gives passwords away.
    fn found(self, path: PathBuf) -> Result<Found, Failure> {
        let failed = |why| Failure::blocked(format!("{}: {why}", path.display()));
        let mode = std::fs::metadata(&path).map_err(failed)?.permissions().mode();
        if mode & 0o022 != 0 {
            return Err(Failure::blocked(format!("{}: others may write this file", path.display()))
                .hint(format!("chmod go-w {}", path.display())));
        }
        let readable = mode & 0o044 != 0 && self.has_secret();
        let warning = readable.then(|| {
            format!("{} holds a secret and others may read it: chmod 600 {}", path.display(), path.display())
        });
        Ok(Found { path: Some(path), file: self, warning })
    }

    fn has_secret(&self) -> bool {
        let passwords =
            self.databases.values().any(|section| SafeUrl::new(section.url.as_str()).has_password());
        let smtp = self.mail.smtp_url.as_deref().is_some_and(|url| SafeUrl::new(url).has_password());
        passwords || smtp || self.alert.url.is_some()
    }

    fn parse(path: &Path, text: &str) -> Result<File, Failure> {
        let mut file: File = toml::from_str(text).map_err(|why: toml::de::Error| {
            // toml's own Display repeats the offending line, which may hold a password.
            let line = why.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let place = line.map(|line| format!(":{line}")).unwrap_or_default();
            Failure::blocked(format!("{}{place}: {}", path.display(), without_values(why.message())))
                .hint("`hookyard config` shows what is in force; README, \"Configuration\", lists every key")
        })?;
        if !file.schemes.is_empty() {
            file.scheme_lines = schemes::lines(text);
        }
        Ok(file)
    }

    /// The line of `[schemes.NAME]`.
    pub fn scheme_line(&self, name: &str) -> Option<usize> {
        self.scheme_lines.get(name).copied()
    }

    pub fn database(&self, name: &str) -> Result<Database, Failure> {
        if matches!(name, "embedded" | "embedded:") {
            return Ok(Database::Embedded);
        }
        if let Some(section) = self.databases.get(name) {
            return url_of(&section.url);
        }
        // What is no name may be a URL with a password: it is not repeated.
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
            return Err(Failure::blocked(
                "the database is neither `embedded`, nor the name of a [databases] section, nor a postgres:// URL",
            ));
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

/// A wrong type's message repeats the value, which may be a secret in the wrong place.
fn without_values(message: &str) -> String {
    match (message.find("string \""), message.rfind('"')) {
        (Some(from), Some(to)) if to > from + 8 => format!("{}***{}", &message[..from + 8], &message[to..]),
        _ => message.to_owned(),
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

fn by_webhook<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Uuid, OwnLimits>, D::Error> {
    let named = BTreeMap::<String, OwnLimits>::deserialize(from)?;
    let id = |name: &str| name.parse().map_err(|_| format!("health.endpoints: `{name}` is no webhook's id"));
    named
        .into_iter()
        .map(|(name, limits)| Ok((id(&name)?, limits)))
        .collect::<Result<_, String>>()
        .map_err(serde::de::Error::custom)
}
