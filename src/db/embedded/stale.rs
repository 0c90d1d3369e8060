//! The pid file of a postmaster that is no more. Postgres clears it by itself if nobody has that pid now. But after a kill
//! in a container, the pid may be a corpse that nobody buries, or be given to another program after a restart: then
//! postgres refuses to start until a person removes the file. We hold the supervisor's lock and can look closer.

use std::{fs, io, path::Path};

/// Remove `postmaster.pid` if its process is certainly no live postgres. Should we be wrong, postgres still looks for
/// processes attached to the data's shared memory before it touches anything.
///
/// Answers whether there was such a file at all: a server that ended properly leaves none.
pub fn clear(data: &Path) -> io::Result<bool> {
    let file = data.join("postmaster.pid");
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        // Anything but "none" is for postgres to complain of.
        Err(error) => return Ok(error.kind() != io::ErrorKind::NotFound),
    };
    let Some(pid) = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok()) else {
        return Ok(true);
    };
    // Not there: no such process, which postgres sees itself, or not Linux, where we cannot look.
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) if !is_live_postgres(&stat) => fs::remove_file(file)?,
        _ => {}
    }
    Ok(true)
}

/// Read `/proc/<pid>/stat`: `7 (postgres) S 1 …`. A name may hold any character, so its end is the last bracket.
fn is_live_postgres(stat: &str) -> bool {
    let Some((head, tail)) = stat.rsplit_once(')') else { return true };
    let name = head.split_once('(').map_or("", |(_, name)| name);
    let dead = matches!(tail.trim_start().chars().next(), Some('Z' | 'X'));
    !dead && matches!(name, "postgres" | "postmaster")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_live_postgres_keeps_its_pid_file() {
        for (stat, live) in [
            ("7 (postgres) S 1 7 7", true),
            ("7 (postmaster) R 1 7 7", true),
            ("7 (postgres) Z 1 7 7", false),
            ("7 (sshd) S 1 7 7", false),
            ("7 (odd) postgres) S 1 7 7", false),
            ("not understood", true),
        ] {
            assert_eq!(is_live_postgres(stat), live, "{stat}");
        }
    }

    #[test]
    fn the_file_of_a_stranger_is_removed_and_that_of_nobody_is_left_to_postgres() {
        let data = tempfile::tempdir().expect("a directory");
        let file = data.path().join("postmaster.pid");
        assert!(!clear(data.path()).expect("nothing to do"));
        // A pid beyond the kernel's largest.
        fs::write(&file, "4194305\n/data\n").expect("written");
        assert!(clear(data.path()).expect("left"));
        assert!(file.exists());
        fs::write(&file, format!("{}\n/data\n", std::process::id())).expect("written");
        assert!(clear(data.path()).expect("removed"));
        assert_eq!(file.exists(), !cfg!(target_os = "linux"), "this test is no postgres");
    }
}
