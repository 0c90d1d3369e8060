//! What a verb may reach: clock, chance, settings, printer, and, on first use only, the database and the HTTP client.
//! `sign` needs neither, so it never pays for them.

use std::path::PathBuf;

use tokio::sync::OnceCell;

use crate::cloak::KeyRing;
use crate::clock::Clock;
use crate::db::{self, Db, embedded};
use crate::env;
use crate::failure::Failure;
use crate::http::{self, Http};
use crate::output::Printer;
use crate::random::Random;
use crate::settings::{self, Database, Settings};

pub struct Context {
    pub clock: Clock,
    pub random: Random,
    pub settings: Settings,
    pub printer: Printer,
    /// Noun and verb, for the database's list of sessions and for the record of runs.
    pub command: String,
    /// Whether the local database's binaries may be fetched.
    consent: bool,
    db: OnceCell<Db>,
    report_db: OnceCell<Db>,
    http: std::cell::OnceCell<Http>,
    keys: std::cell::OnceCell<KeyRing>,
}

impl Context {
    pub fn new(settings: Settings, printer: Printer, command: String) -> Result<Context, Failure> {
        Ok(Context {
            clock: clock()?,
            random: Random::fresh(),
            settings,
            printer,
            command,
            consent: false,
            db: OnceCell::new(),
            report_db: OnceCell::new(),
            http: std::cell::OnceCell::new(),
            keys: std::cell::OnceCell::new(),
        })
    }

    pub fn consenting(mut self, consent: bool) -> Context {
        self.consent = consent;
        self
    }

    /// The database that is configured; never another one because that one is away.
    pub async fn db(&self) -> Result<&Db, Failure> {
        self.db.get_or_try_init(|| async { self.open(self.database()?).await }).await
    }

    /// Where reports are read: a replica where one is configured, else the database.
    pub async fn report_db(&self) -> Result<&Db, Failure> {
        match &self.settings.report_database {
            Some(set) => self.report_db.get_or_try_init(|| self.open(&set.value)).await,
            None => self.db().await,
        }
    }

    /// The same, where it was used already.
    pub fn opened_db(&self) -> Option<&Db> {
        self.db.get()
    }

    async fn open(&self, database: &Database) -> Result<Db, Failure> {
        tracing::info!(target: "hookyard::db", "the database is {database}");
        let (db, notes) = db::open(database, || self.local(), &self.command.replace(' ', "-")).await?;
        notes.iter().for_each(|note| self.printer.note(note));
        Ok(db)
    }

    fn database(&self) -> Result<&Database, Failure> {
        self.settings.database.as_ref().map(|set| &set.value).ok_or_else(|| {
            Failure::blocked("no database is configured")
                .hint(format!("set {} to a postgres:// URL", env::DATABASE_URL))
                .hint("or add `--database embedded` for a local one that hookyard starts itself")
        })
    }

    /// Where the local server lives.
    pub fn local(&self) -> Result<embedded::Setting, Failure> {
        let path = |name| env::surrounding(name).map(PathBuf::from);
        let mut setting = embedded::Setting::usual(
            self.settings.pg_bin.as_ref().map(|set| set.value.clone()),
            env::surrounding(env::PATH).map(Into::into),
            path(env::XDG_DATA_HOME),
            path(env::HOME),
            path(env::TEST_LOCAL_ROOT),
        )?;
        setting.consent = self.consent;
        Ok(setting)
    }

    /// The one HTTP client, built on first use.
    pub fn http(&self) -> Result<&Http, Failure> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let (http, warnings) = Http::new(http::Settings {
            rules: self.rules(),
            ca_file: self.settings.ca_file.as_ref().map(|set| set.value.clone()),
            pool_idle: self.settings.concurrency.value,
            #[cfg(debug_assertions)]
            names: test_names()?,
        })?;
        warnings.iter().for_each(|warning| self.printer.warn(warning));
        Ok(self.http.get_or_init(|| http))
    }

    /// The keys of stored secrets, read on first use: a verb that touches no secret needs no key.
    pub fn keys(&self) -> Result<&KeyRing, Failure> {
        if let Some(keys) = self.keys.get() {
            return Ok(keys);
        }
        let keys = settings::read_keys(&self.settings.keys, &self.printer)?;
        Ok(self.keys.get_or_init(|| keys))
    }

    pub fn rules(&self) -> crate::egress::Rules {
        crate::egress::Rules {
            allow: self.settings.allow_egress.value.clone(),
            allow_http: self.settings.allow_http.value,
        }
    }

    /// The name of this machine, for leases and records.
    pub fn host(&self) -> String {
        std::fs::read_to_string("/proc/sys/kernel/hostname")
            .map(|name| name.trim().to_owned())
            .unwrap_or_else(|_| "unknown".into())
    }
}

#[cfg(debug_assertions)]
pub fn clock() -> Result<Clock, Failure> {
    let offset = env::read(env::TEST_CLOCK_OFFSET)?.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    Ok(Clock::new(offset * 1_000_000))
}

#[cfg(not(debug_assertions))]
pub fn clock() -> Result<Clock, Failure> {
    Ok(Clock::new(0))
}

#[cfg(debug_assertions)]
fn test_names() -> Result<Option<http::TestNames>, Failure> {
    let parse = |text: String| http::TestNames::parse(&text).map_err(Failure::usage);
    env::read(env::TEST_NAMES)?.map(parse).transpose()
}
