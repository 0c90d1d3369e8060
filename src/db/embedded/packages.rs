//! A private copy of PostgreSQL by way of the system's package manager: downloaded and unpacked below our own root.
//! No root is needed, nothing is installed, nothing is started, and the package manager's own signatures are checked.
//! Only after consent. Where there is no apt, all we can do is say what to type.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    apt::{Apt, finish, own_lists},
    layout::Layout,
    version,
};
use crate::failure::Failure;

/// `bin` directories of private copies made earlier, the highest version first.
pub fn copies(layout: &Layout) -> Vec<PathBuf> {
    let names = fs::read_dir(layout.copies()).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut copies: Vec<(u16, PathBuf)> = names.filter_map(|copy| programs(&copy)).collect();
    copies.sort_by(|a, b| b.cmp(a));
    copies.into_iter().map(|(_, directory)| directory).collect()
}

/// What `LD_LIBRARY_PATH` has to be for binaries of a private copy; nothing for any others.
pub fn libraries(layout: &Layout, directory: &Path) -> Option<String> {
    let below = directory.strip_prefix(layout.copies()).ok()?;
    let copy = layout.copies().join(below.components().next()?);
    let mut places = Vec::new();
    for parent in ["usr/lib", "lib"] {
        let entries = fs::read_dir(copy.join(parent)).into_iter().flatten().flatten();
        // Debian names them by machine: x86_64-linux-gnu.
        places.extend(entries.map(|entry| entry.path()).filter(|path| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.contains("-linux-"))
        }));
    }
    places.sort();
    std::env::join_paths(places).ok()?.into_string().ok().filter(|joined| !joined.is_empty())
}

/// The commands that `fetch` would run, so that a person can be asked.
pub fn proposal(layout: &Layout) -> Option<Vec<String>> {
    let apt = Apt::with_lists();
    if !apt.works() {
        return None;
    }
    let copies = layout.copies();
    Some(match apt.newest() {
        Some(server) => {
            let packages = apt.wanted(&server);
            vec![apt.words("download", &packages), unpack_words(&copies.join(&server))]
        }
        None => {
            let apt = Apt::without_lists(layout);
            let unknown = ["'postgresql-<newest>'".to_owned()];
            vec![
                apt.words("update", &[]),
                apt.words("download", &unknown),
                unpack_words(&copies.join("postgresql-<newest>")),
            ]
        }
    })
}

/// Make a private copy; answers its `bin` directory.
pub fn fetch(layout: &Layout, notes: &mut Vec<String>) -> Result<PathBuf, Failure> {
    let mut apt = Apt::with_lists();
    if !apt.works() {
        return Err(Failure::blocked(
            "no package manager here that makes private copies (apt-get and dpkg do)",
        ));
    }
    let unwritable = |error: io::Error| {
        Failure::blocked(error).context(format!("cannot write below {}", layout.copies().display()))
    };
    let unpacking = layout.copies().join(".unpacking");
    fs::remove_dir_all(&unpacking).ok();
    let server = match apt.newest() {
        Some(server) => server,
        None => {
            // A fresh container has no package lists. Ours are our own: the system's stay as they are.
            apt = Apt::without_lists(layout);
            for place in ["lists/partial", "cache/archives/partial"] {
                make(&own_lists(layout).join(place)).map_err(unwritable)?;
            }
            apt.run("update", &[], &layout.root, notes)?;
            apt.newest()
                .ok_or_else(|| Failure::blocked("apt knows no postgresql-<version> that it can download"))?
        }
    };
    let (archives, tree) = (unpacking.join("archives"), unpacking.join(&server));
    make(&archives).and_then(|()| make(&tree)).map_err(unwritable)?;
    // Another account may have to read it, whatever the umask; what is in it is public.
    fs::set_permissions(layout.copies(), fs::Permissions::from_mode(0o755)).ok();
    apt.run("download", &apt.wanted(&server), &archives, notes)?;
    let copy = layout.copies().join(&server);
    notes.push(format!("running: {}", unpack_words(&copy)));
    for archive in fs::read_dir(&archives).into_iter().flatten().flatten() {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg("-x").arg(archive.path()).arg(&tree);
        finish(dpkg, "dpkg -x")?;
    }
    // Tried where it will be, since its libraries are found from there; a copy that cannot run is no copy.
    fs::remove_dir_all(&copy).ok();
    let moved = fs::rename(&tree, &copy).map_err(unwritable);
    // Archives and lists have done their service, and are larger than the server.
    fs::remove_dir_all(&unpacking).ok();
    fs::remove_dir_all(own_lists(layout)).ok();
    moved?;
    let tried = programs(&copy).ok_or_else(|| "it holds no server".to_owned()).and_then(|(_, directory)| {
        version::ask(&directory, libraries(layout, &directory).as_deref(), layout.identity).map(|_| directory)
    });
    tried.map_err(|why| {
        fs::remove_dir_all(&copy).ok();
        Failure::blocked(why).context(format!("the private copy of {server} does not run here"))
    })
}

/// What to type to install a server, by the package manager that is here.
pub fn install_hint() -> &'static str {
    let managers = [
        ("/usr/bin/apt-get", "install one: `sudo apt-get install postgresql`"),
        ("/usr/bin/dnf", "install one: `sudo dnf install postgresql-server`"),
        ("/usr/bin/zypper", "install one: `sudo zypper install postgresql-server`"),
        ("/usr/bin/pacman", "install one: `sudo pacman -S postgresql`"),
        ("/sbin/apk", "install one: `apk add postgresql`"),
        ("/opt/homebrew/bin/brew", "install one: `brew install postgresql@17`"),
        ("/usr/local/bin/brew", "install one: `brew install postgresql@17`"),
    ];
    let here = managers.iter().find(|(program, _)| Path::new(program).exists());
    here.map_or("install PostgreSQL 13 or later: https://www.postgresql.org/download/", |(_, hint)| hint)
}

/// The programs in an unpacked server package, and their major version.
fn programs(copy: &Path) -> Option<(u16, PathBuf)> {
    let versions = fs::read_dir(copy.join("usr/lib/postgresql")).ok()?.flatten();
    versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .max()
}

fn unpack_words(copy: &Path) -> String {
    format!("dpkg -x <each>.deb {}", copy.display())
}

fn make(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_of_a_copy_is_used() {
        let copy = tempfile::tempdir().expect("a directory");
        for major in ["9.6", "13", "15", "doc"] {
            fs::create_dir_all(copy.path().join("usr/lib/postgresql").join(major)).expect("a directory");
        }
        let (major, directory) = programs(copy.path()).expect("there are two");
        assert_eq!(major, 15);
        assert!(directory.ends_with("usr/lib/postgresql/15/bin"));
    }
}
