//! Where PostgreSQL itself comes from: one search, the first that can run here wins.
//!
//! `HOOKYARD_PG_BIN` · what made the data that is here · installed ones · an earlier private copy · the system's
//! package manager, if that was agreed to · an error that says what to type.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{
    Setting, installed,
    layout::Layout,
    packages,
    version::{self, Version},
};
use crate::failure::Failure;

/// Who named a directory of binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Environment,
    Installed,
    PrivateCopy,
}

/// As the supervisor is told it on its command line.
impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Source, String> {
        let all = [Source::Environment, Source::Installed, Source::PrivateCopy];
        all.into_iter().find(|source| source.words() == text).ok_or_else(|| format!("{text:?} is no source"))
    }
}

impl Source {
    pub fn words(self) -> &'static str {
        match self {
            Source::Environment => "HOOKYARD_PG_BIN",
            Source::Installed => "installed",
            Source::PrivateCopy => "private copy",
        }
    }
}

/// Binaries that can run here.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Binaries {
    pub directory: PathBuf,
    pub source: Source,
    pub version: Version,
    /// Where a private copy has its shared libraries, as `LD_LIBRARY_PATH` takes it.
    pub libraries: Option<String>,
}

/// What the search came to: the first that works, and why each one before it did not.
#[derive(Debug, Default)]
pub struct Search {
    pub found: Option<Binaries>,
    pub refused: Vec<String>,
}

/// Look, without changing anything.
pub fn search(setting: &Setting, layout: &Layout) -> Search {
    if let Some(directory) = &setting.pg_bin {
        return first(vec![(directory.clone(), Source::Environment)], layout);
    }
    let mut places: Vec<(PathBuf, Source)> = Vec::new();
    places.extend(remembered(layout).map(|binaries| (binaries.directory, binaries.source)));
    places.extend(
        installed::places(setting.path.as_deref()).into_iter().map(|place| (place, Source::Installed)),
    );
    places.extend(packages::copies(layout).into_iter().map(|place| (place, Source::PrivateCopy)));
    first(places, layout)
}

/// Look, and with consent have the package manager bring what is missing.
pub fn obtain(setting: &Setting, layout: &Layout, notes: &mut Vec<String>) -> Result<Binaries, Failure> {
    let Search { found, refused } = search(setting, layout);
    if let Some(found) = found {
        return Ok(found);
    }
    if let Some(directory) = &setting.pg_bin {
        // Named by a person: nothing else is meant.
        return Err(Failure::blocked(refused.join("; "))
            .context(format!("HOOKYARD_PG_BIN is {}, which cannot be used", directory.display()))
            .hint("set it to the directory that holds `postgres` and `initdb`, or unset it"));
    }
    let failure = if setting.consent {
        match packages::fetch(layout, notes) {
            Ok(directory) => {
                let brought = first(vec![(directory, Source::PrivateCopy)], layout);
                match brought.found {
                    Some(found) => return Ok(found),
                    None => Failure::blocked(brought.refused.join("; ")),
                }
            }
            Err(failure) => failure,
        }
    } else {
        Failure::blocked(match refused.is_empty() {
            true => "none is installed where hookyard looks".to_owned(),
            false => refused.join("; "),
        })
    };
    Err(advise(
        failure.context("no PostgreSQL server to run the local database with"),
        layout,
        setting.consent,
    ))
}

/// What to type on this system.
fn advise(failure: Failure, layout: &Layout, asked: bool) -> Failure {
    let proposal = if asked { None } else { packages::proposal(layout) };
    let failure = match proposal {
        Some(commands) => failure
            .hint(format!("say `--yes` to let hookyard make a private copy with: {}", commands.join(" && "))),
        None => failure,
    };
    failure
        .hint(packages::install_hint())
        .hint("or set HOOKYARD_PG_BIN to a directory that holds `postgres` and `initdb`")
        .hint("or set DATABASE_URL to a running server, such as postgres://user@localhost/hookyard")
}

/// The binaries that made the data here. They come first: a newer PostgreSQL, installed meanwhile, would start with an
/// empty directory of its own.
pub fn remembered(layout: &Layout) -> Option<Binaries> {
    serde_json::from_slice(&fs::read(layout.chosen()).ok()?).ok()
}

/// An environment variable is for one call; everything else is for the life of the data.
pub fn remember(layout: &Layout, binaries: &Binaries) -> io::Result<()> {
    if binaries.source == Source::Environment || remembered(layout).as_ref() == Some(binaries) {
        return Ok(());
    }
    let unfinished = layout.chosen().with_extension("new");
    fs::write(&unfinished, serde_json::to_vec_pretty(binaries)?)?;
    fs::rename(unfinished, layout.chosen())
}

fn first(places: Vec<(PathBuf, Source)>, layout: &Layout) -> Search {
    let mut search = Search::default();
    let mut seen: Vec<&Path> = Vec::new();
    for (directory, source) in &places {
        if seen.contains(&directory.as_path()) {
            continue;
        }
        seen.push(directory);
        let libraries = packages::libraries(layout, directory);
        match version::ask(directory, libraries.as_deref(), layout.identity) {
            Ok(version) => {
                let (directory, source) = (directory.clone(), *source);
                search.found = Some(Binaries { directory, source, version, libraries });
                break;
            }
            Err(why) => search.refused.push(format!("{}: {why}", directory.display())),
        }
    }
    search
}

#[cfg(test)]
#[path = "binaries_tests.rs"]
mod tests;
