//! `postgres.log`: what initdb, postgres and the supervisor say, and what of it explains a failed start.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::supervisor;

/// A log beyond this is put aside at the next start; one old log is kept.
const LONG_LOG: u64 = 10 << 20;

/// The log, and where in it this start begins.
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    if fs::metadata(path).is_ok_and(|found| found.len() > LONG_LOG) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    let mut log = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let from = log.seek(SeekFrom::End(0))?;
    Ok((log, from))
}

/// Why a start failed, out of what it wrote to the log.
pub fn reason(log: &Path, from: u64) -> String {
    let mut text = Vec::new();
    let read = File::open(log).and_then(|mut log| {
        log.seek(SeekFrom::Start(from))?;
        log.take(1 << 20).read_to_end(&mut text)
    });
    match read {
        Ok(_) => complaint(&String::from_utf8_lossy(&text)),
        Err(error) => format!("and its log cannot be read: {error}"),
    }
}

/// The last complaint of initdb or postgres, then the supervisor's last words.
fn complaint(log: &str) -> String {
    let theirs = log.lines().rev().find_map(|line| {
        let marks = ["FATAL:", "PANIC:", "initdb: error:", "postgres: "];
        let (_, words) = marks.iter().find_map(|mark| line.split_once(mark))?;
        // What we were told when we knocked too early is no complaint.
        (!words.trim().starts_with("the database system is")).then(|| words.trim().to_owned())
    });
    let ours =
        log.lines().rev().find_map(|line| Some(line.strip_prefix(supervisor::MARK)?.trim().to_owned()));
    let both: Vec<String> = theirs.into_iter().chain(ours).collect();
    if !both.is_empty() {
        return both.join("; ");
    }
    let last = log.lines().rfind(|line| !line.trim().is_empty());
    last.map_or_else(|| "it left no word in its log".to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_start_is_explained_by_the_last_words_of_both() {
        let log = "2026-01-01 10:00:00.000 UTC [7] FATAL:  could not map anonymous shared memory\n\
            hookyard: postgres ended by itself: exit status: 1\n\
            2026-01-01 10:00:00.200 UTC [8] FATAL:  the database system is starting up\n\
            hookyard: postgres does not stay up: exit status: 1\n";
        assert_eq!(
            complaint(log),
            "could not map anonymous shared memory; postgres does not stay up: exit status: 1"
        );
        assert_eq!(complaint("initdb: error: no space\n"), "no space");
        assert_eq!(
            complaint("error while loading shared libraries\n\n"),
            "error while loading shared libraries"
        );
        assert_eq!(complaint(""), "it left no word in its log");
    }
}
