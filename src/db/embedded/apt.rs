//! apt, as a private copy needs it: which packages, and how to get them without installing them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{layout::Layout, process, version};
use crate::failure::Failure;

/// apt, on the system's package lists or on lists of our own.
pub struct Apt {
    options: Vec<String>,
}

impl Apt {
    pub fn with_lists() -> Apt {
        // Root's apt would otherwise download as a user that cannot enter our directory.
        let sandbox = ["-o", "APT::Sandbox::User=root"].map(str::to_owned);
        Apt { options: if process::uid() == 0 { sandbox.to_vec() } else { Vec::new() } }
    }

    pub fn without_lists(layout: &Layout) -> Apt {
        let mut apt = Apt::with_lists();
        for (option, place) in [("Dir::State::Lists", "lists"), ("Dir::Cache", "cache")] {
            apt.options
                .extend(["-o".to_owned(), format!("{option}={}", own_lists(layout).join(place).display())]);
        }
        apt
    }

    pub fn works(&self) -> bool {
        let answers = |program: &str| {
            let mut command = Command::new(program);
            command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        answers("apt-get") && answers("apt-cache") && answers("dpkg")
    }

    /// The server package of the highest version that can be downloaded.
    pub fn newest(&self) -> Option<String> {
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
    pub fn wanted(&self, server: &str) -> Vec<String> {
        let install = ["-s", "install", "--no-install-recommends", server];
        let libraries = match self.listen("apt-get", &install) {
            Some(rehearsal) => libraries_to_install(&rehearsal),
            // One broken package anywhere, and apt rehearses nothing. So as if nothing were installed, less what is.
            None => {
                let bare = [&["-o", "Dir::State::status=/dev/null"], &install[..]].concat();
                let here = self.listen("dpkg-query", &["-W", "-f=${db:Status-Status} ${Package}\n"]);
                let here = here.unwrap_or_default();
                let installed = |name: &String| here.lines().any(|line| line == format!("installed {name}"));
                let mut all = libraries_to_install(&self.listen("apt-get", &bare).unwrap_or_default());
                all.retain(|name| !installed(name));
                all
            }
        };
        [vec![server.to_owned()], libraries].concat()
    }

    pub fn words(&self, verb: &str, packages: &[String]) -> String {
        let mut words = vec!["apt-get".to_owned()];
        words.extend(self.options.clone());
        words.push(verb.to_owned());
        words.extend_from_slice(packages);
        words.join(" ")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        if program.starts_with("apt") {
            command.args(&self.options);
        }
        command.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    fn listen(&self, program: &str, args: &[&str]) -> Option<String> {
        let output = self.command(program).args(args).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub fn run(
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

/// Libraries that a rehearsed installation lists (`Inst libpq5 (15.14 …)`), but for those that only serve Perl, the
/// compiler that we switch off (LLVM alone is larger than the server), and the C library, which must fit the loader.
fn libraries_to_install(rehearsal: &str) -> Vec<String> {
    let names = rehearsal.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next());
    let needed = |name: &&str| {
        name.starts_with("lib")
            && !name.contains("perl")
            && *name != "libc6"
            && !["libllvm", "libz3"].iter().any(|other| name.starts_with(other))
    };
    names.filter(needed).map(str::to_owned).collect()
}

/// Package lists of our own, where the system has none.
pub fn own_lists(layout: &Layout) -> PathBuf {
    layout.copies().join(".apt")
}

/// Run a command to its end; what it says last is why it failed.
pub fn finish(mut command: Command, words: &str) -> Result<(), Failure> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure::blocked(error).context(format!("cannot run `{words}`")))?;
    if output.status.success() {
        return Ok(());
    }
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
            Inst libc6 [2.36-9] (2.36-9+deb12u13 Debian:12.1/stable [amd64])\n\
            Inst libldap-2.5-0 (2.5.13 Debian:12.1/stable [amd64])\n\
            Inst postgresql-15 (15.14-0+deb12u1 Debian:12.1/stable [amd64])\n\
            Conf libpq5 (15.14-0+deb12u1 Debian:12.1/stable [amd64])\n";
        assert_eq!(libraries_to_install(rehearsal), ["libpq5", "libldap-2.5-0"]);
    }
}
