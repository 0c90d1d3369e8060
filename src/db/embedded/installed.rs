//! Where systems put a PostgreSQL server when somebody installs one.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// Installed servers: on the PATH, then where systems put them, the highest version first.
pub fn places(path: Option<&OsStr>) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    // An empty or relative entry means "wherever I am", which is nobody's installation.
    places.retain(|place| place.is_absolute());
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/usr/local", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@"),
        ("/Applications/Postgres.app/Contents/Versions", ""),
        ("/Library/PostgreSQL", ""),
        ("/opt/PostgreSQL", ""),
        ("/usr/libexec", "postgresql"),
    ] {
        let names = names_in(Path::new(parent));
        places.extend(newest_first(&names, prefix).into_iter().map(|name| {
            let directory = Path::new(parent).join(name);
            // Alpine keeps the programs without a `bin`.
            if parent == "/usr/libexec" { directory } else { directory.join("bin") }
        }));
    }
    places.retain(|place| place.join("postgres").exists() && place.join("initdb").exists());
    places
}

fn names_in(parent: &Path) -> Vec<String> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Names that are `prefix` and a version, by version and not by spelling: 9.6 is older than 15.
fn newest_first<'a>(names: &'a [String], prefix: &str) -> Vec<&'a str> {
    let mut versions: Vec<(Vec<u16>, &str)> = names
        .iter()
        .filter_map(|name| {
            let numbers = name.strip_prefix(prefix)?.split('.').map(|part| part.parse().ok());
            Some((numbers.collect::<Option<Vec<u16>>>()?, name.as_str()))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_and_not_words() {
        let names = ["9.6", "15", "13", "common", "15.old", "100"].map(str::to_owned);
        assert_eq!(newest_first(&names, ""), ["100", "15", "13", "9.6"]);
        let names = ["pgsql-14", "pgsql-17", "lib", "pgsql-"].map(str::to_owned);
        assert_eq!(newest_first(&names, "pgsql-"), ["pgsql-17", "pgsql-14"]);
    }
}
