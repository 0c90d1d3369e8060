//! What lies where below the root: `data<major>/`, `s/` (the socket), the locks, the log, what was chosen, and private
//! copies of PostgreSQL. The major version is in the data directory's name: one major never opens another's files.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::{Setting, process, root::Identity, socket};
use crate::failure::Failure;

/// Where root's server lives when it must run as another account, which cannot enter root's home.
const SHARED: &str = "/var/lib/hookyard/pg";

/// Memory that looks like a directory: a throwaway database belongs there if there is enough of it.
const MEMORY: &str = "/dev/shm";
const ENOUGH_MEMORY: u64 = 2 << 30;

#[derive(Clone, Debug)]
pub struct Layout {
    pub root: PathBuf,
    pub identity: Identity,
    throwaway: bool,
}

impl Layout {
    pub fn of(setting: &Setting) -> Result<Layout, Failure> {
        let identity = Identity::choose()?;
        let mut root = setting.root.clone();
        if let Identity::Account { .. } = identity {
            // Two throwaway roots stay two.
            root = PathBuf::from(SHARED);
            if setting.throwaway {
                root.set_file_name(format!("pg-{}", socket::short_name(&setting.root)));
            }
        }
        Ok(Layout { root, identity, throwaway: setting.throwaway })
    }

    pub fn lease(&self) -> PathBuf {
        self.root.join("lease.lock")
    }

    pub fn start(&self) -> PathBuf {
        self.root.join("start.lock")
    }

    pub fn supervisor(&self) -> PathBuf {
        self.root.join("supervisor.lock")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// The binaries that made the data, to be used again.
    pub fn chosen(&self) -> PathBuf {
        self.root.join("binaries.json")
    }

    /// Private copies of PostgreSQL.
    pub fn copies(&self) -> PathBuf {
        self.root.join("copies")
    }

    pub fn data(&self, major: u16) -> PathBuf {
        let memory = || {
            let free = process::free_space(Path::new(MEMORY)).unwrap_or(0);
            let name = format!("hookyard-{}-{}", process::uid(), socket::short_name(&self.root));
            (free >= ENOUGH_MEMORY).then(|| Path::new(MEMORY).join(name))
        };
        let parent = if self.throwaway { memory() } else { None };
        parent.as_ref().unwrap_or(&self.root).join(format!("data{major}"))
    }

    /// Make the root, or say why it cannot be ours.
    pub fn prepare(&self) -> Result<(), Failure> {
        let shared = matches!(self.identity, Identity::Account { .. });
        let refuse = |error: io::Error| {
            Failure::blocked(error)
                .context(format!("cannot keep a database in {}", self.root.display()))
                .hint("set XDG_DATA_HOME to a directory of your own, or DATABASE_URL to a running server")
        };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.root).map_err(refuse)?;
        let owner = fs::metadata(&self.root).map_err(refuse)?.uid();
        if owner != process::uid() {
            return Err(refuse(io::Error::other(format!("it belongs to uid {owner}: run as that user"))));
        }
        if shared {
            // Another account has to pass through to its own directories, which are closed. Whatever the umask.
            for passage in self.root.ancestors().take(2) {
                fs::set_permissions(passage, fs::Permissions::from_mode(0o755)).map_err(refuse)?;
            }
        }
        Ok(())
    }

    /// A directory for the socket, short enough and private.
    pub fn socket_dir(&self) -> Result<PathBuf, Failure> {
        let mut refusals = Vec::new();
        for place in socket::candidates(&self.root, process::uid()) {
            match socket::private_directory(&place, self.identity.owner()) {
                Ok(()) => return Ok(place),
                Err(error) => refusals.push(format!("{}: {error}", place.display())),
            }
        }
        Err(Failure::blocked(refusals.join("; "))
            .context("no private directory for the local database's socket")
            .hint("remove that directory, or set XDG_DATA_HOME to a shorter path of your own"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(throwaway: bool) -> Layout {
        Layout { root: PathBuf::from("/home/ada/pg"), identity: Identity::Own, throwaway }
    }

    #[test]
    fn each_major_has_its_own_data() {
        assert_eq!(layout(false).data(15), Path::new("/home/ada/pg/data15"));
        assert_eq!(layout(false).data(16), Path::new("/home/ada/pg/data16"));
    }

    #[test]
    fn throwaway_data_is_never_where_lasting_data_is_in_memory() {
        let data = layout(true).data(15);
        assert!(data.ends_with("data15"));
        assert!(data.starts_with(MEMORY) || data.starts_with("/home/ada/pg"));
        assert!(!layout(false).data(15).starts_with(MEMORY));
    }
}
