//! Keys kept by their id, one file each, which only their owner reads; and how often was asked lately.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

use crate::env;
use crate::failure::Failure;

/// A key may be declared expired later: it is asked for again after a day. Times here are seconds since 1970.
const FRESH: i64 = 86_400;
/// Questions in a minute, over all processes of this user.
const MOST: usize = 10;
const MINUTE: i64 = 60;

pub struct Cache {
    folder: PathBuf,
}

pub struct Kept {
    pub text: Vec<u8>,
    pub is_fresh: bool,
}

impl Cache {
    /// One folder for each environment of Plaid's: a key id means nothing in another.
    pub fn open(url: &str) -> Result<Cache, Failure> {
        let base = match (env::surrounding(env::XDG_CACHE_HOME), env::surrounding(env::HOME)) {
            (Some(cache), _) => PathBuf::from(cache),
            (None, Some(home)) => PathBuf::from(home).join(".cache"),
            (None, None) => {
                return Err(Failure::blocked(
                    "there is nowhere to keep Plaid's keys: neither XDG_CACHE_HOME nor HOME is set",
                )
                .hint("give the keys with --jwks FILE"));
            }
        };
        let host: String =
            url.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect();
        let folder = base.join("hookyard").join("plaid").join(host);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|why| {
            Failure::blocked(format!("{}: {why}", folder.display())).context("Plaid's keys cannot be kept")
        })?;
        Ok(Cache { folder })
    }

    pub fn find(&self, kid: &str, now: i64) -> Option<Kept> {
        let path = self.folder.join(format!("{kid}.json"));
        let text = fs::read(&path).ok()?;
        let age = now - fs::metadata(&path).ok()?.mtime();
        Some(Kept { text, is_fresh: age < FRESH })
    }

    /// Whole or not at all: another process may be reading.
    pub fn keep(&self, kid: &str, text: &[u8]) -> std::io::Result<()> {
        let (path, new) = (
            self.folder.join(format!("{kid}.json")),
            self.folder.join(format!(".{kid}.{}", std::process::id())),
        );
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text)?;
        fs::rename(new, path)
    }

    /// Note that Plaid is about to be asked, and refuse where that was often enough.
    pub fn may_ask(&self, now: i64) -> Result<(), Failure> {
        let path = self.folder.join("asked");
        let asked = fs::read_to_string(&path).unwrap_or_default();
        let recent = |line: &&str| line.parse::<i64>().is_ok_and(|at| (0..MINUTE).contains(&(now - at)));
        let mut lately: Vec<&str> = asked.lines().filter(recent).collect();
        if lately.len() >= MOST {
            return Err(Failure::later(format!(
                "Plaid was asked for {MOST} keys within a minute: somebody may be sending key ids that do not exist"
            ))
            .hint("try again in a minute, or give the keys with --jwks FILE"));
        }
        let this = now.to_string();
        lately.push(&this);
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(lately.join("\n").as_bytes()));
        written.map_err(|why| {
            Failure::blocked(format!("{}: {why}", path.display())).context("Plaid is not asked")
        })
    }
}
