//! Three file locks keep hookyard's processes out of each other's way. The kernel drops a killed process's lock by
//! itself, so none of them can go stale.
//!
//! `lease.lock`: held shared by every command that uses the server, exclusively by who stops it.
//! `start.lock`: held by the one command that is starting it. `supervisor.lock`: held by the parent of postgres for its
//! life; the file says what it runs.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use super::{binaries::Source, version::Version};

/// What the supervisor wrote about itself when it began.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Running {
    pub supervisor: u32,
    pub binaries: PathBuf,
    pub source: Source,
    pub version: Version,
    pub data: PathBuf,
    pub socket_dir: PathBuf,
}

/// Between two looks at a lock that somebody else holds.
const GLANCE: Duration = Duration::from_millis(10);

pub fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Whether the lock was to be had, an error being only what is not "somebody holds it".
pub fn got(attempt: Result<(), TryLockError>) -> io::Result<bool> {
    match attempt {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Take a lease: shared among commands, refused only while the server is being stopped.
pub async fn lease(path: &Path, patience: Duration) -> io::Result<Option<File>> {
    let file = open(path)?;
    let begun = Instant::now();
    while !got(file.try_lock_shared())? {
        if begun.elapsed() > patience {
            return Ok(None);
        }
        tokio::time::sleep(GLANCE).await;
    }
    // The supervisor looks at the lock only now and then; the time stamp tells it of commands too short to be seen.
    file.set_modified(SystemTime::now()).ok();
    Ok(Some(file))
}

/// Take a lock for ourselves alone, trying for a while: others look at it for an instant to see whether it is held.
pub async fn exclusive(path: &Path, patience: Duration) -> io::Result<Option<File>> {
    let file = open(path)?;
    let begun = Instant::now();
    while !got(file.try_lock())? {
        if begun.elapsed() > patience {
            return Ok(None);
        }
        tokio::time::sleep(GLANCE).await;
    }
    Ok(Some(file))
}

/// What became of a lock file that we hold. Somebody may remove the whole root under a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ours,
    Gone,
    /// Another file by that name: another supervisor's.
    Replaced,
}

pub fn standing(held: &File, path: &Path) -> Standing {
    match (held.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(held), Ok(found)) if (held.dev(), held.ino()) == (found.dev(), found.ino()) => Standing::Ours,
        (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => Standing::Gone,
        // What cannot be looked at is left alone.
        (Ok(_), Ok(_)) => Standing::Replaced,
        _ => Standing::Ours,
    }
}

/// What the supervisor says of itself, and whether it is alive to say it.
pub struct Record {
    pub alive: bool,
    /// What was written last; `None` in the instant between the lock and the first writing.
    pub running: Option<Running>,
}

pub fn record(path: &Path) -> io::Result<Record> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Record { alive: false, running: None });
        }
        Err(error) => return Err(error),
    };
    let alive = !got(file.try_lock_shared())?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(Record { alive, running: serde_json::from_str(&text).ok() })
}

/// Write a record into the lock that its writer holds.
pub fn write(mut lock: &File, running: &Running) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    lock.write_all(serde_json::to_string_pretty(running)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_alive_only_while_its_writer_holds_the_lock() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("supervisor.lock");
        assert!(!record(&path).expect("readable").alive);

        let lock = open(&path).expect("a file");
        lock.lock().expect("nobody else holds it");
        let running = Running {
            supervisor: 7,
            binaries: "/usr/lib/postgresql/15/bin".into(),
            source: Source::Installed,
            version: Version { major: 15, text: "15.14".to_owned() },
            data: "/data15".into(),
            socket_dir: "/s".into(),
        };
        write(&lock, &running).expect("writable");
        let seen = record(&path).expect("readable");
        assert!(seen.alive);
        assert_eq!(seen.running, Some(running.clone()));

        drop(lock);
        let seen = record(&path).expect("readable");
        assert!(!seen.alive, "the file of a dead supervisor is history, not news");
        assert_eq!(seen.running, Some(running));
    }

    #[test]
    fn a_lock_file_that_was_removed_or_replaced_is_noticed() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("supervisor.lock");
        let lock = open(&path).expect("a file");
        assert_eq!(standing(&lock, &path), Standing::Ours);
        std::fs::remove_file(&path).expect("ours");
        assert_eq!(standing(&lock, &path), Standing::Gone);
        let _other = open(&path).expect("a file");
        assert_eq!(standing(&lock, &path), Standing::Replaced);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn leases_are_shared_and_keep_the_stopper_out() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lease.lock");
        let moment = Duration::from_millis(30);
        let one = lease(&path, moment).await.expect("readable").expect("free");
        let two = lease(&path, moment).await.expect("readable").expect("shared");
        assert!(exclusive(&path, moment).await.expect("readable").is_none());
        drop((one, two));
        let stopper = exclusive(&path, moment).await.expect("readable").expect("free");
        assert!(lease(&path, moment).await.expect("readable").is_none());
        drop(stopper);
    }
}
