//! A private copy of PostgreSQL by way of the system's package manager: downloaded and unpacked below our own root.
//! No root is needed, nothing is installed, nothing is started, and the package manager's own signatures are checked.
//! Only after consent. Where there is no apt, all we can do is say what to type.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{layout::Layout, version};
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
    let apt = Apt::with_lists(layout);
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
    let mut apt = Apt::with_lists(layout);
    if !apt.works() {
        return Err(Failure::blocked(
            "no package manager here that makes private copies (apt-get and dpkg do)",
        ));
    }
    let unpacking = layout.copies().join(".unpacking");
    fs::remove_dir_all(&unpacking).ok();
    let server = match apt.newest() {
        Some(server) => server,
        None => {
            // A fresh container has no package lists. Ours are our own: the system's stay as they are.
            apt = Apt::without_lists(layout);
            apt.run("update", &[], &layout.root, notes)?;
            apt.newest().ok_or_else(|| Failure::blocked("apt knows no package postgresql-<version>"))?
        }
    };
    let (archives, tree) = (unpacking.join("archives"), unpacking.join(&server));
    make(&archives).and_then(|()| make(&tree)).map_err(|error| {
        Failure::blocked(error).context(format!("cannot write below {}", layout.copies().display()))
    })?;
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
    let moved = fs::rename(&tree, &copy).map_err(Failure::blocked);
    fs::remove_dir_all(&unpacking).ok();
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

/// apt, on the system's package lists or on lists of our own.
struct Apt {
    options: Vec<String>,
}

impl Apt {
    fn with_lists(_layout: &Layout) -> Apt {
        // As root, apt would download as a user that cannot enter our directory.
        Apt { options: vec!["-o".to_owned(), "APT::Sandbox::User=root".to_owned()] }
    }

    fn without_lists(layout: &Layout) -> Apt {
        let ours = layout.copies().join(".apt");
        make(&ours.join("lists/partial")).and_then(|()| make(&ours.join("cache/archives/partial"))).ok();
        let mut apt = Apt::with_lists(layout);
        for (option, place) in [("Dir::State::Lists", "lists"), ("Dir::Cache", "cache")] {
            apt.options.extend(["-o".to_owned(), format!("{option}={}", ours.join(place).display())]);
        }
        apt
    }

    fn works(&self) -> bool {
        let answers = |program: &str| {
            let mut command = Command::new(program);
            command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        answers("apt-get") && answers("apt-cache") && answers("dpkg")
    }

    /// The server package of the highest version that can be downloaded.
    fn newest(&self) -> Option<String> {
        let listed = self.listen("apt-cache", &["pkgnames", "postgresql-"])?;
        let mut majors: Vec<u16> =
            listed.lines().filter_map(|name| name.strip_prefix("postgresql-")?.parse().ok()).collect();
        majors.sort_unstable();
        majors.into_iter().rev().filter(|major| *major >= version::LOWEST).find_map(|major| {
            let name = format!("postgresql-{major}");
            // An installed package stays known without lists, but cannot be downloaded.
            self.listen("apt-get", &["download", "--print-uris", &name])
                .filter(|addresses| !addresses.trim().is_empty())
                .map(|_| name)
        })
    }

    /// The server, and the libraries it would pull in that are not installed.
    fn wanted(&self, server: &str) -> Vec<String> {
        let rehearsal = self.listen("apt-get", &["-s", "install", "--no-install-recommends", server]);
        let mut wanted = vec![server.to_owned()];
        wanted.extend(libraries_to_install(&rehearsal.unwrap_or_default()));
        wanted
    }

    fn words(&self, verb: &str, packages: &[String]) -> String {
        let mut words = vec!["apt-get".to_owned()];
        words.extend(self.options.clone());
        words.push(verb.to_owned());
        words.extend_from_slice(packages);
        words.join(" ")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(&self.options).env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    fn listen(&self, program: &str, args: &[&str]) -> Option<String> {
        let output = self.command(program).args(args).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn run(
        &self,
        verb: &str,
        packages: &[String],
        at: &Path,
        notes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let words = self.words(verb, packages);
        tracing::info!(command = %words, "running the package manager");
        notes.push(format!("running: {words}"));
        let mut command = self.command("apt-get");
        command.arg(verb).args(packages).current_dir(at);
        finish(command, &words)
    }
}

/// Libraries that a rehearsed installation lists (`Inst libpq5 (15.14 …)`), but for those that only serve Perl, or the
/// compiler that we switch off: LLVM alone is larger than the server.
fn libraries_to_install(rehearsal: &str) -> Vec<String> {
    let names = rehearsal.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next());
    let needed = |name: &&str| {
        name.starts_with("lib")
            && !name.contains("perl")
            && !["libllvm", "libz3"].iter().any(|other| name.starts_with(other))
    };
    names.filter(needed).map(str::to_owned).collect()
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

fn make(directory: &Path) -> std::io::Result<()> {
    fs::create_dir_all(directory)
}

fn finish(mut command: Command, words: &str) -> Result<(), Failure> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure::blocked(error).context(format!("cannot run `{words}`")))?;
    if output.status.success() {
        return Ok(());
    }
    // The reason is in what it says last.
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it did not say why");
    Err(Failure::blocked(format!("{reason} ({})", output.status)).context(format!("`{words}` failed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_libraries_that_the_server_needs_are_fetched() {
        let rehearsal = "NOTE: This is only a simulation!\n\
            Inst libjson-perl (4.10000-1 Debian:12.1/stable [all])\n\
            Inst postgresql-common (248 Debian:12.1/stable [all])\n\
            Inst libllvm14 (1:14.0.6-12 Debian:12.1/stable [amd64])\n\
            Inst libpq5 [15.1] (15.14-0+deb12u1 Debian:12.1/stable [amd64])\n\
            Inst libldap-2.5-0 (2.5.13 Debian:12.1/stable [amd64])\n\
            Inst postgresql-15 (15.14-0+deb12u1 Debian:12.1/stable [amd64])\n\
            Conf libpq5 (15.14-0+deb12u1 Debian:12.1/stable [amd64])\n";
        assert_eq!(libraries_to_install(rehearsal), ["libpq5", "libldap-2.5-0"]);
    }

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
