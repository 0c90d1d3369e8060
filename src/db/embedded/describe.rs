//! What there is to know about the local database, without starting or changing anything.

use std::path::PathBuf;

use super::{
    Setting, binaries,
    layout::Layout,
    lock, packages,
    socket::{self, PORT},
    version::Version,
};

/// What `database status` shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    pub root: PathBuf,
    /// The directory of binaries: of the server that runs, else of the one that would be started.
    pub binaries: Option<PathBuf>,
    /// Who named it: `HOOKYARD_PG_BIN`, `installed`, `private copy`.
    pub source: Option<&'static str>,
    pub version: Option<String>,
    /// Where its data is, or would be.
    pub data: Option<PathBuf>,
    pub made: bool,
    pub socket_dir: Option<PathBuf>,
    pub port: u16,
    pub log: PathBuf,
    pub running: bool,
    /// The process to look for, if it runs.
    pub supervisor: Option<u32>,
    pub throwaway: bool,
    /// Why other binaries were passed over.
    pub refused: Vec<String>,
    /// With no binaries found: the commands that consent would run.
    pub proposal: Vec<String>,
    /// What stands in the way of even looking.
    pub trouble: Option<String>,
}

pub fn describe(setting: &Setting) -> Description {
    let known = Description {
        root: setting.root.clone(),
        port: PORT,
        throwaway: setting.throwaway,
        ..Description::default()
    };
    let layout = match Layout::of(setting) {
        Ok(layout) => layout,
        Err(failure) => {
            return Description { trouble: Some(format!("{:#}", failure.source)), ..known };
        }
    };
    let known = Description { root: layout.root.clone(), log: layout.log(), ..known };
    match lock::record(&layout.supervisor()) {
        Err(error) => {
            Description { trouble: Some(format!("{}: {error}", layout.supervisor().display())), ..known }
        }
        Ok(lock::Record { alive: true, running: Some(running) }) => Description {
            source: Some(running.source.words()),
            version: Some(running.version.text),
            made: running.data.exists(),
            data: Some(running.data),
            socket_dir: Some(running.socket_dir),
            supervisor: Some(running.supervisor),
            binaries: Some(running.binaries),
            running: true,
            ..known
        },
        Ok(lock::Record { alive, .. }) => stopped(setting, &layout, Description { running: alive, ..known }),
    }
}

/// What would be started.
fn stopped(setting: &Setting, layout: &Layout, known: Description) -> Description {
    let binaries::Search { found, refused } = binaries::search(setting, layout);
    let socket_dir = socket::candidates(&layout.root, super::process::uid()).into_iter().next();
    let known = Description { refused, socket_dir, ..known };
    let Some(found) = found else {
        let proposal = if setting.pg_bin.is_none() { packages::proposal(layout) } else { None };
        return Description { proposal: proposal.unwrap_or_default(), ..known };
    };
    let Version { major, text } = found.version;
    let data = layout.data(major);
    Description {
        binaries: Some(found.directory),
        source: Some(found.source.words()),
        version: Some(text),
        made: data.exists(),
        data: Some(data),
        ..known
    }
}
