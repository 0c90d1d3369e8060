//! What is wished of the local database. Nothing here reads the environment: it is handed in.

use std::{
    ffi::OsString,
    path::{Path, PathBuf, absolute},
    time::Duration,
};

use crate::failure::Failure;

#[derive(Clone, Debug)]
pub struct Setting {
    /// Where everything lies: `$XDG_DATA_HOME/hookyard/pg`, or as chosen.
    pub root: PathBuf,
    /// `HOOKYARD_PG_BIN`: the directory that holds `postgres` and `initdb`, and no other.
    pub pg_bin: Option<PathBuf>,
    /// `PATH`, which is searched first among the installed ones.
    pub path: Option<OsString>,
    /// For tests: nothing is synced, and the data is removed when the server stops.
    pub throwaway: bool,
    /// How long the server outlives its last user.
    pub idle: Duration,
    /// Whether the package manager may be used.
    pub consent: bool,
}

/// Longer than the minute between two runs of a cron job, so that these find it running.
const IDLE: Duration = Duration::from_secs(300);
/// Longer than the gap between two tests, shorter than anybody's patience with a busy machine.
const THROWAWAY_IDLE: Duration = Duration::from_secs(8);

impl Setting {
    pub fn usual(
        pg_bin: Option<PathBuf>,
        path: Option<OsString>,
        xdg_data_home: Option<PathBuf>,
        home: Option<PathBuf>,
        throwaway_root: Option<PathBuf>,
    ) -> Result<Setting, Failure> {
        let here = |path: &Path| {
            absolute(path).map_err(|error| {
                Failure::blocked(error).context(format!("cannot make sense of the path {:?}", path.display()))
            })
        };
        let throwaway = throwaway_root.is_some();
        let root = match throwaway_root {
            Some(root) => here(&root)?,
            None => data_home(xdg_data_home, home)?.join("hookyard/pg"),
        };
        let pg_bin = pg_bin.as_deref().map(here).transpose()?;
        let idle = if throwaway { THROWAWAY_IDLE } else { IDLE };
        Ok(Setting { root, pg_bin, path, throwaway, idle, consent: false })
    }
}

/// As the XDG rules have it: a relative path counts as none.
fn data_home(xdg_data_home: Option<PathBuf>, home: Option<PathBuf>) -> Result<PathBuf, Failure> {
    xdg_data_home
        .filter(|path| path.is_absolute())
        .or_else(|| home.filter(|path| path.is_absolute()).map(|home| home.join(".local/share")))
        .ok_or_else(|| {
            Failure::blocked("neither XDG_DATA_HOME nor HOME is an absolute path")
                .context("no place to keep a local database")
                .hint("set XDG_DATA_HOME to a directory of your own, or DATABASE_URL to a running server")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(xdg: Option<&str>, home: Option<&str>, throwaway: Option<&str>) -> Result<Setting, Failure> {
        Setting::usual(
            None,
            None,
            xdg.map(PathBuf::from),
            home.map(PathBuf::from),
            throwaway.map(PathBuf::from),
        )
    }

    #[test]
    fn the_data_lies_where_the_xdg_rules_put_it() {
        for (xdg, home, expected) in [
            (Some("/x"), Some("/home/ada"), "/x/hookyard/pg"),
            (None, Some("/home/ada"), "/home/ada/.local/share/hookyard/pg"),
            (Some("relative"), Some("/home/ada"), "/home/ada/.local/share/hookyard/pg"),
            (Some(""), Some("/home/ada"), "/home/ada/.local/share/hookyard/pg"),
        ] {
            assert_eq!(root(xdg, home, None).expect("a place").root, Path::new(expected));
        }
    }

    #[test]
    fn without_a_home_it_says_what_to_set() {
        let failure = root(None, Some(""), None).expect_err("there is no place");
        assert!(failure.text().contains("hint: set XDG_DATA_HOME"), "{}", failure.text());
    }

    #[test]
    fn a_chosen_root_is_a_throwaway() {
        let setting = root(Some("/x"), None, Some("/target/pg")).expect("a place");
        assert_eq!(setting.root, Path::new("/target/pg"));
        assert!(setting.throwaway && setting.idle <= Duration::from_secs(10));
    }
}
