//! What is in force, and from where: a flag wins over the environment, the environment over `hookyard.toml`, the file
//! over the default.

mod file;
mod keys;
mod schemes;
mod yardi;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use crate::backoff::{self, Policy};
use crate::env;
use crate::failure::{Failure, Kind};
use crate::secret::{SafeUrl, Secret};

use file::Found;
pub use file::{File, Health};
pub use keys::{KeySource, read as read_keys};
pub use schemes::OwnScheme;
pub use yardi::{CodeSource, Operation, Profile, Section, Way, Yardi};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    Environment(&'static str),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value and its origin.
#[derive(Clone, Debug)]
pub struct Set<T> {
    pub value: T,
    pub origin: Origin,
}

/// Which database a command talks to.
#[derive(Clone, Debug)]
pub enum Database {
    Embedded,
    Url(SafeUrl),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Embedded => f.write_str("embedded"),
            Database::Url(url) => url.fmt(f),
        }
    }
}

/// The flags that every verb shares.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub database: Option<String>,
    pub allow_egress: Vec<IpNet>,
    pub allow_http: bool,
}

/// How Plaid's public keys are fetched.
#[derive(Clone, Debug)]
pub struct Plaid {
    pub url: Set<String>,
    pub client_id: Option<Set<String>>,
    pub secret: Option<Set<Secret>>,
    pub secret_file: Option<Set<PathBuf>>,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub file: Option<PathBuf>,
    /// What is amiss with the file and stops nothing.
    pub warning: Option<String>,
    pub database: Option<Set<Database>>,
    /// Where reports are read, when it is not the same: a replica.
    pub report_database: Option<Set<Database>>,
    pub health: Health,
    pub allow_egress: Set<Vec<IpNet>>,
    pub allow_http: Set<bool>,
    pub ca_file: Option<Set<PathBuf>>,
    pub alert_url: Option<Set<SafeUrl>>,
    pub concurrency: Set<usize>,
    pub per_endpoint: Set<usize>,
    pub in_flight: Set<usize>,
    pub lease: Set<Duration>,
    pub timeout: Set<Duration>,
    pub policy: Set<&'static Policy>,
    pub user_agent: Set<String>,
    pub operator: Set<String>,
    pub pg_bin: Option<Set<PathBuf>>,
    /// Where invite mails are handed in; none: no invite is mailed.
    pub smtp_url: Option<Set<SafeUrl>>,
    pub mail_from: Option<Set<String>>,
    pub mail_reply_to: Option<Set<String>>,
    pub mail_subject: Set<String>,
    /// The link in an invite where no section of `[yardi]` has its own.
    pub invite_url: Option<Set<String>>,
    /// Integrations of Yardi asked side by side.
    pub yardi_concurrency: Set<usize>,
    /// How long an integration is ours without renewal.
    pub yardi_lease: Set<Duration>,
    /// How long after its completion a result is submitted, or submitted again when it has changed.
    pub submit_window: Set<Duration>,
    pub yardi: Yardi,
    /// By provider: what its named addresses are below.
    pub targets: Set<BTreeMap<String, SafeUrl>>,
    pub plaid: Plaid,
    /// The first encrypts; read from where they are only when needed.
    pub keys: Vec<KeySource>,
    /// Signature schemes of one's own.
    pub schemes: Vec<OwnScheme>,
}

const PLAID: &str = "https://production.plaid.com";

impl Settings {
    pub fn read(flags: &Flags) -> Result<Settings, Failure> {
        let Found { path, file, warning } = File::find(flags.config.as_deref())?;
        let layers = Layers { path: path.as_deref() };
        let delivery = &file.delivery;
        let database = database(flags, &file, &layers)?;
        Ok(Settings {
            database,
            report_database: report_database(flags, &file, &layers)?,
            health: file.health.clone(),
            allow_egress: allow_egress(flags, &file, &layers)?,
            allow_http: if flags.allow_http {
                Set { value: true, origin: Origin::Flag("--allow-http") }
            } else {
                layers.pick(env::ALLOW_HTTP, flag_text, file.egress.allow_http, false)?
            },
            ca_file: layers.find(env::CA_FILE, path_text, file.egress.ca_file.clone())?,
            alert_url: layers.find(env::ALERT_URL, url_text, file.alert.url.clone().map(SafeUrl::new))?,
            concurrency: layers.pick(env::CONCURRENCY, count, delivery.concurrency, 64)?,
            per_endpoint: layers.pick(env::PER_ENDPOINT, count, delivery.per_endpoint, 10)?,
            in_flight: layers.pick(env::IN_FLIGHT, count, delivery.in_flight, 512)?,
            lease: layers.pick(env::LEASE, duration, delivery.lease, Duration::from_secs(30))?,
            timeout: layers.pick(env::TIMEOUT, duration, delivery.timeout, Duration::from_secs(30))?,
            policy: layers.pick(env::POLICY, policy, delivery.policy, backoff::INTEGRATION_LAYER)?,
            user_agent: layers.pick(
                env::USER_AGENT,
                header_text,
                delivery.user_agent.clone(),
                "SNAPPT-Webhook/1.0".into(),
            )?,
            operator: layers.pick(env::OPERATOR, plain, file.operator.clone(), operator())?,
            pg_bin: layers.find(env::PG_BIN, path_text, file.pg_bin.clone())?,
            smtp_url: layers.find(env::SMTP_URL, url_text, file.mail.smtp_url.clone().map(SafeUrl::new))?,
            mail_from: layers.find(env::MAIL_FROM, plain, file.mail.from.clone())?,
            mail_reply_to: file
                .mail
                .reply_to
                .clone()
                .map(|value| Set { value, origin: layers.file_origin() }),
            mail_subject: match file.mail.subject.clone() {
                Some(value) => Set { value, origin: layers.file_origin() },
                None => Set { value: "Your screening for {property}".into(), origin: Origin::Default },
            },
            invite_url: layers.find(env::INVITE_URL, plain, file.yardi.all.invite_url.clone())?,
            yardi_concurrency: layers.pick(env::YARDI_CONCURRENCY, count, file.yardi.concurrency, 4)?,
            yardi_lease: layers.pick(
                env::YARDI_LEASE,
                duration,
                file.yardi.lease,
                Duration::from_secs(30),
            )?,
            submit_window: layers.pick(
                env::SUBMIT_WINDOW,
                duration,
                file.yardi.submit_window,
                Duration::from_secs(30 * 86_400),
            )?,
            yardi: file.yardi.clone(),
            targets: targets(&file, &layers),
            plaid: Plaid {
                url: layers.pick(env::PLAID_URL, plain, file.plaid.url.clone(), PLAID.into())?,
                client_id: layers.find(env::PLAID_CLIENT_ID, plain, file.plaid.client_id.clone())?,
                secret: layers.find(env::PLAID_SECRET, secret_text, None)?,
                secret_file: file
                    .plaid
                    .secret_file
                    .clone()
                    .map(|value| Set { value, origin: layers.file_origin() }),
            },
            keys: file.keys.clone(),
            schemes: schemes::own(&file),
            file: path,
            warning,
        })
    }
}

/// Environment over file over default, each with its origin.
struct Layers<'a> {
    path: Option<&'a Path>,
}

impl Layers<'_> {
    fn find<T>(
        &self,
        name: &'static str,
        parse: fn(&str) -> Result<T, String>,
        from_file: Option<T>,
    ) -> Result<Option<Set<T>>, Failure> {
        if let Some(text) = env::read(name)? {
            let value = parse(&text).map_err(|why| Failure::blocked(format!("{name}: {why}")))?;
            return Ok(Some(Set { value, origin: Origin::Environment(name) }));
        }
        Ok(from_file.map(|value| Set { value, origin: self.file_origin() }))
    }

    fn pick<T>(
        &self,
        name: &'static str,
        parse: fn(&str) -> Result<T, String>,
        from_file: Option<T>,
        default: T,
    ) -> Result<Set<T>, Failure> {
        Ok(self.find(name, parse, from_file)?.unwrap_or(Set { value: default, origin: Origin::Default }))
    }

    fn file_origin(&self) -> Origin {
        Origin::File(self.path.map(Path::to_path_buf).unwrap_or_default())
    }
}

fn database(flags: &Flags, file: &File, layers: &Layers<'_>) -> Result<Option<Set<Database>>, Failure> {
    if let Some(text) = &flags.database {
        let origin = Origin::Flag("--database");
        let (name, url) = (!text.contains("://"), SafeUrl::new(text.as_str()));
        if name {
            let mistyped = |failure: Failure| match text.contains(['@', '=', ':', '/']) {
                true => Failure { kind: Kind::Usage, ..failure },
                false => failure,
            };
            return Ok(Some(Set { value: file.database(text).map_err(mistyped)?, origin }));
        }
        if url.has_password() {
            return Err(Failure::usage(
                "--database holds a password, which every user of this machine can see",
            )
            .hint(format!("put the URL into {}, or into a [databases.NAME] section", env::DATABASE_URL)));
        }
        let mistyped = |failure: Failure| Failure { kind: Kind::Usage, ..failure };
        return Ok(Some(Set { value: url_of(text).map_err(mistyped)?, origin }));
    }
    if let Some(text) = env::read(env::DATABASE_URL)? {
        return Ok(Some(Set { value: url_of(&text)?, origin: Origin::Environment(env::DATABASE_URL) }));
    }
    let Some(name) = &file.database else { return Ok(None) };
    Ok(Some(Set { value: file.database(name)?, origin: layers.file_origin() }))
}

/// Whoever names a database on the command line means that one.
fn report_database(
    flags: &Flags,
    file: &File,
    layers: &Layers<'_>,
) -> Result<Option<Set<Database>>, Failure> {
    if flags.database.is_some() {
        return Ok(None);
    }
    if let Some(text) = env::read(env::REPORT_DATABASE_URL)? {
        return Ok(Some(Set {
            value: url_of(&text)?,
            origin: Origin::Environment(env::REPORT_DATABASE_URL),
        }));
    }
    let Some(name) = &file.report_database else { return Ok(None) };
    Ok(Some(Set { value: file.database(name)?, origin: layers.file_origin() }))
}

fn url_of(text: &str) -> Result<Database, Failure> {
    if text == "embedded:" || text == "embedded" {
        return Ok(Database::Embedded);
    }
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(Database::Url(SafeUrl::new(text))),
        Ok(url) => Err(Failure::blocked(format!("the database URL's scheme is `{}`", url.scheme()))
            .hint("it begins with postgres://")),
        Err(why) => Err(Failure::blocked(format!("the database URL cannot be read: {why}")).hint(
            "it reads postgres://USER@HOST/NAME, or postgres:///NAME?host=/run/postgresql for a socket",
        )),
    }
}

fn allow_egress(flags: &Flags, file: &File, layers: &Layers<'_>) -> Result<Set<Vec<IpNet>>, Failure> {
    if !flags.allow_egress.is_empty() {
        return Ok(Set { value: flags.allow_egress.clone(), origin: Origin::Flag("--allow-egress") });
    }
    layers.pick(env::ALLOW_EGRESS, networks, file.egress.allow.clone(), Vec::new())
}

fn targets(file: &File, layers: &Layers<'_>) -> Set<BTreeMap<String, SafeUrl>> {
    let bases = file.targets.iter().map(|(name, url)| (name.clone(), SafeUrl::new(url.as_str())));
    let value: BTreeMap<_, _> = bases.collect();
    let origin = if value.is_empty() { Origin::Default } else { layers.file_origin() };
    Set { value, origin }
}

fn operator() -> String {
    env::surrounding(env::USER).unwrap_or_else(|| "unknown".into())
}

fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    text.split(',').map(|part| network(part.trim())).collect()
}

/// `10.20.0.0/16`, or one address.
pub fn network(text: &str) -> Result<IpNet, String> {
    IpNet::from_str(text)
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| format!("`{text}` is not an address range such as 10.20.0.0/16"))
}

/// A whole number from 1 to 100,000.
pub fn count(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(number) if (1..=100_000).contains(&number) => Ok(number),
        _ => Err(format!("`{text}` is not a whole number from 1 to 100000")),
    }
}

/// `250ms`, `30s`, `5m`, `1h`; longer than nothing and no longer than 31 days.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a length of time such as 30s, 5m or 1h");
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let value = Duration::try_from(parsed).map_err(|_| wrong())?;
    let bounds = Duration::from_millis(1)..=Duration::from_secs(31 * 86_400);
    if bounds.contains(&value) { Ok(value) } else { Err(wrong()) }
}

/// A retry policy by its name.
pub fn policy(text: &str) -> Result<&'static Policy, String> {
    backoff::find(text).ok_or_else(|| {
        let names: Vec<_> = backoff::POLICIES.iter().map(|policy| policy.name).collect();
        format!("there is no retry policy `{text}`: choose one of {}", names.join(", "))
    })
}

fn flag_text(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

fn path_text(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(text))
}

fn url_text(text: &str) -> Result<SafeUrl, String> {
    match url::Url::parse(text) {
        Ok(_) => Ok(SafeUrl::new(text)),
        Err(why) => Err(format!("cannot be read as a URL: {why}")),
    }
}

fn header_text(text: &str) -> Result<String, String> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        Ok(text.to_owned())
    } else {
        Err("may hold printable ASCII only".into())
    }
}

fn secret_text(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

fn plain(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}
