//! Who postgres runs as. It refuses uid 0, and CI and containers are mostly root.
//!
//! Best is a user namespace of its own, in which root is called by another number: nothing changes owner, and it works
//! below root's own home. Some container profiles forbid it, so it is tried with a harmless program first. Then the
//! account `postgres` or `nobody` it is, with the data below `/var/lib/hookyard`, where such a user can get to.

use std::{
    fmt, io,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    str::FromStr,
};

use super::process;
use crate::failure::Failure;

/// The user that postgres and initdb run as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Ourselves.
    Own,
    /// Ourselves under another number, in a user namespace.
    Namespace { inside: u32 },
    /// Another account of this machine.
    Account { uid: u32, gid: u32 },
}

/// What every Linux and macOS calls the user that owns nothing.
const NOBODY: u32 = 65534;

impl Identity {
    /// The first identity that works here.
    pub fn choose() -> Result<Identity, Failure> {
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let inside = account(&accounts, "nobody").map_or(NOBODY, |(uid, _)| uid);
        let namespace = Identity::Namespace { inside };
        if process::uid() != 0 {
            // initdb insists on an account for its uid; containers like to make uids up.
            let known = !cfg!(target_os = "linux") || has_uid(&accounts, process::uid());
            return Ok(if known || namespace.probe().is_err() { Identity::Own } else { namespace });
        }
        let Err(forbidden) = namespace.probe() else { return Ok(namespace) };
        ["postgres", "_postgres", "nobody"]
            .iter()
            .filter_map(|name| account(&accounts, name))
            .map(|(uid, gid)| Identity::Account { uid, gid })
            .find(|identity| identity.probe().is_ok())
            .ok_or_else(|| {
                Failure::blocked(format!(
                    "a user namespace: {forbidden}; `postgres` or `nobody`: not to be had"
                ))
                .context("PostgreSQL does not run as root, and no other user can be had here")
                .hint("run hookyard as an ordinary user, or set DATABASE_URL to a running server")
            })
    }

    /// Have `command` run as this identity.
    pub fn dress(self, command: &mut Command) {
        match self {
            Identity::Own => {}
            Identity::Namespace { inside } => enter_namespace(command, inside),
            // The standard library drops the supplementary groups with it.
            Identity::Account { uid, gid } => {
                command.uid(uid).gid(gid);
            }
        }
    }

    /// The owner, as seen from outside, of what postgres writes.
    pub fn owner(self) -> (u32, Option<u32>) {
        match self {
            Identity::Account { uid, gid } => (uid, Some(gid)),
            _ => (process::uid(), None),
        }
    }

    fn probe(self) -> io::Result<()> {
        let mut harmless = Command::new("/bin/sh");
        harmless.args(["-c", ":"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.dress(&mut harmless);
        let status = harmless.status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("/bin/sh: {status}"))) }
    }
}

/// One user of its own: `inside` there is us out here. Only plain system calls, since this happens between fork and
/// exec, where nothing may allocate.
#[cfg(target_os = "linux")]
fn enter_namespace(command: &mut Command, inside: u32) {
    let users = format!("{inside} {} 1", process::uid());
    // SAFETY: getegid takes nothing and cannot fail. The closure makes system calls on strings made before the fork.
    #[allow(unsafe_code, reason = "the standard library has no user namespaces")]
    unsafe {
        let groups = format!("{inside} {} 1", libc::getegid());
        command.pre_exec(move || {
            if libc::unshare(libc::CLONE_NEWUSER) != 0 {
                return Err(io::Error::last_os_error());
            }
            // Without giving up setgroups first, the kernel does not let go of the groups.
            write_once(c"/proc/self/uid_map", users.as_bytes())?;
            write_once(c"/proc/self/setgroups", b"deny")?;
            write_once(c"/proc/self/gid_map", groups.as_bytes())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn enter_namespace(command: &mut Command, _inside: u32) {
    // SAFETY: the closure only makes a value.
    #[allow(unsafe_code, reason = "the refusal has to come where it would on Linux")]
    unsafe {
        command.pre_exec(|| Err(io::ErrorKind::Unsupported.into()));
    }
}

/// The kernel takes a map in one write or not at all.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "runs between fork and exec: raw open and write only")]
fn write_once(path: &std::ffi::CStr, text: &[u8]) -> io::Result<()> {
    // SAFETY: the path ends in NUL, the length is the text's own, and the descriptor is ours to close.
    unsafe {
        let file = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        let written = libc::write(file, text.as_ptr().cast(), text.len());
        let failed = (written < 0).then(io::Error::last_os_error);
        libc::close(file);
        failed.map_or(Ok(()), Err)
    }
}

/// uid and gid of an account, out of `/etc/passwd`.
fn account(accounts: &str, name: &str) -> Option<(u32, u32)> {
    accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [found, _, uid, gid, ..] = fields[..] else { return None };
        (found == name).then_some((uid.parse().ok()?, gid.parse().ok()?))
    })
}

fn has_uid(accounts: &str, uid: u32) -> bool {
    accounts.lines().any(|line| line.split(':').nth(2).and_then(|field| field.parse().ok()) == Some(uid))
}

/// As the supervisor is told it on its command line.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::Own => write!(f, "own"),
            Identity::Namespace { inside } => write!(f, "namespace:{inside}"),
            Identity::Account { uid, gid } => write!(f, "account:{uid}:{gid}"),
        }
    }
}

impl FromStr for Identity {
    type Err = String;

    fn from_str(text: &str) -> Result<Identity, String> {
        let number = |text: &str| text.parse::<u32>().map_err(|error| format!("{text:?}: {error}"));
        match text.split(':').collect::<Vec<_>>()[..] {
            ["own"] => Ok(Identity::Own),
            ["namespace", inside] => Ok(Identity::Namespace { inside: number(inside)? }),
            ["account", uid, gid] => Ok(Identity::Account { uid: number(uid)?, gid: number(gid)? }),
            _ => Err(format!("{text:?} is no identity")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str =
        "root:x:0:0:root:/root:/bin/bash\n# odd\nnobody:x:65534:65533:nobody:/:/bin/false\n";

    #[test]
    fn an_account_is_found_by_name_and_by_number() {
        assert_eq!(account(ACCOUNTS, "nobody"), Some((65534, 65533)));
        assert_eq!(account(ACCOUNTS, "postgres"), None);
        assert!(has_uid(ACCOUNTS, 0));
        assert!(!has_uid(ACCOUNTS, 1000));
    }

    #[test]
    fn an_identity_survives_the_command_line() {
        for identity in
            [Identity::Own, Identity::Namespace { inside: 65534 }, Identity::Account { uid: 101, gid: 104 }]
        {
            assert_eq!(identity.to_string().parse(), Ok(identity));
        }
        assert!("account:postgres".parse::<Identity>().is_err());
    }
}
