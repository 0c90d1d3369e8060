//! Which PostgreSQL it is. The major version is in the data directory's name, and only `postgres --version` knows it.

use std::{
    fmt,
    path::Path,
    process::{Command, Stdio},
};

use super::root::Identity;

/// The lowest major version that works: `gen_random_uuid()` is in core from here on.
pub const LOWEST: u16 = 13;

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Version {
    pub major: u16,
    /// As the server writes it: `15.14`, `18beta2`.
    pub text: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Read what `postgres --version` says: `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
pub fn parse(line: &str) -> Option<Version> {
    let text = line.trim().strip_prefix("postgres (PostgreSQL) ")?.split_whitespace().next()?;
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some(Version { major: text[..digits].parse().ok()?, text: text.to_owned() })
}

/// Run `postgres --version` as the user it will run as. This is also how we learn that binaries cannot run here at
/// all: a `noexec` file system, another libc, a home that the user cannot enter.
pub fn ask(directory: &Path, libraries: Option<&str>, identity: Identity) -> Result<Version, String> {
    for program in ["postgres", "initdb"] {
        if !directory.join(program).is_file() {
            return Err(format!("no `{program}` in it"));
        }
    }
    let mut command = program(directory, "postgres", libraries, identity);
    let output = command.arg("--version").stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    match parse(&said) {
        Some(version) if version.major < LOWEST => {
            Err(format!("PostgreSQL {version} is too old, {LOWEST} is the lowest that works"))
        }
        Some(version) => Ok(version),
        None => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            let complaint = complaint.lines().chain(said.lines()).next().unwrap_or("said nothing");
            Err(format!("`postgres --version` failed: {complaint}"))
        }
    }
}

/// A program of PostgreSQL with a clean environment. The server outlives us: it must inherit neither the secrets nor the
/// `PG*` variables that happened to be set where it was started.
pub fn program(directory: &Path, name: &str, libraries: Option<&str>, identity: Identity) -> Command {
    let mut command = Command::new(directory.join(name));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC").current_dir("/");
    if let Some(libraries) = libraries {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    identity.dress(&mut command);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        for (line, major, text) in [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", 15, "15.14"),
            ("postgres (PostgreSQL) 13.0", 13, "13.0"),
            ("postgres (PostgreSQL) 18beta2\n", 18, "18beta2"),
            ("postgres (PostgreSQL) 19devel", 19, "19devel"),
            ("postgres (PostgreSQL) 9.6.24", 9, "9.6.24"),
        ] {
            assert_eq!(parse(line), Some(Version { major, text: text.to_owned() }), "{line}");
        }
    }

    #[test]
    fn what_is_not_a_version_is_refused() {
        for line in
            ["", "postgres", "psql (PostgreSQL) 15.14", "postgres (PostgreSQL) ", "postgres (PostgreSQL) x"]
        {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
