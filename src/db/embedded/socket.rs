//! Where the socket is. The kernel allows a socket's path little room, and homes can be deep: a path that is too long is
//! replaced by a short private directory whose name follows from the long one.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// The port only names the socket file; nothing listens on a network.
pub const PORT: u16 = 5432;

/// The longest path of a socket, without its NUL.
const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The socket file that postgres makes in a directory.
pub fn file(directory: &Path) -> PathBuf {
    directory.join(format!(".s.PGSQL.{PORT}"))
}

/// The directories to try for the socket of the server below `root`, best first.
pub fn candidates(root: &Path, uid: u32) -> Vec<PathBuf> {
    let near = root.join("s");
    if file(&near).as_os_str().len() <= LONGEST {
        return vec![near];
    }
    // Not $TMPDIR or $XDG_RUNTIME_DIR: they differ between a login and a cron job, and the two must meet.
    let name = format!("hookyard-{uid}-{}", short_name(root));
    ["/tmp", "/var/tmp"].iter().map(|parent| Path::new(parent).join(&name)).collect()
}

/// A short name that stands for a long path.
pub fn short_name(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Make a directory that only its owner can enter, or make sure that it is one: in `/tmp` somebody else may have been
/// there first.
pub fn private_directory(path: &Path, owner: (u32, Option<u32>)) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            if let (uid, Some(gid)) = owner {
                chown(path, Some(uid), Some(gid))?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // Not followed if it is a link: that would be somebody else's choice of a place.
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Err(io::Error::other("it exists and is no directory"));
    }
    if found.uid() != owner.0 {
        let (theirs, ours) = (found.uid(), owner.0);
        return Err(io::Error::other(format!("it belongs to uid {theirs}, not to uid {ours}")));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_root_keeps_its_socket() {
        assert_eq!(candidates(Path::new("/home/ada/pg"), 7), [Path::new("/home/ada/pg/s")]);
    }

    #[test]
    fn a_long_root_gets_a_short_name_of_its_own() {
        let deep = |end: &str| PathBuf::from(format!("/home/{}/{end}", "deep/".repeat(20)));
        let places = candidates(&deep("a"), 7);
        assert_eq!(places, candidates(&deep("a"), 7), "two commands must meet at the same place");
        assert_ne!(places, candidates(&deep("b"), 7));
        assert_ne!(places, candidates(&deep("a"), 8));
        assert!(places[0].starts_with("/tmp") && places[1].starts_with("/var/tmp"));
        assert!(places.iter().all(|place| file(place).as_os_str().len() <= LONGEST));
    }

    #[test]
    fn the_limit_is_the_kernels() {
        let around = |length: usize| PathBuf::from(format!("/{}", "r".repeat(length - 1)));
        let tail = "/s/.s.PGSQL.5432".len();
        assert_eq!(candidates(&around(LONGEST - tail), 7)[0], around(LONGEST - tail).join("s"));
        assert!(candidates(&around(LONGEST - tail + 1), 7)[0].starts_with("/tmp"));
    }

    #[test]
    fn a_private_directory_is_closed_and_a_link_is_refused() {
        let parent = tempfile::tempdir().expect("a directory");
        let ours = (super::super::process::uid(), None);
        let open = parent.path().join("open");
        fs::create_dir(&open).expect("a directory");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("ours");
        private_directory(&open, ours).expect("ours to close");
        assert_eq!(fs::metadata(&open).expect("there").mode() & 0o777, 0o700);

        let link = parent.path().join("link");
        std::os::unix::fs::symlink(&open, &link).expect("a link");
        assert!(private_directory(&link, ours).is_err());
        assert!(private_directory(&open, (ours.0 + 1, None)).is_err());
    }
}
