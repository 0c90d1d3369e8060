//! Secrets, from where other users of the machine cannot see them: a variable, a file, a descriptor, standard input.
//! Never an argument's value.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::env;
use crate::failure::Failure;
use crate::output::Printer;
use crate::signature::{Refusal, given};

#[derive(clap::Args, Default)]
pub struct SecretArgs {
    /// Take a secret from this environment variable (repeatable)
    #[arg(long, value_name = "NAME")]
    secret_env: Vec<String>,
    /// Take a secret from this file, `-` for standard input (repeatable)
    #[arg(long, value_name = "FILE")]
    secret_file: Vec<PathBuf>,
    /// Take a secret from this open file descriptor (repeatable)
    #[arg(long, value_name = "N")]
    secret_fd: Vec<u32>,
}

/// Secrets with where each comes from; there is no way to print one.
#[derive(Default)]
pub struct Secrets {
    pub bytes: Vec<Vec<u8>>,
    pub from: Vec<String>,
}

/// Longer is no secret but a file given by mistake.
const MOST: u64 = 64 << 10;

impl SecretArgs {
    pub fn is_empty(&self) -> bool {
        self.secret_env.is_empty() && self.secret_file.is_empty() && self.secret_fd.is_empty()
    }

    /// How many of the secrets come from standard input.
    pub fn on_stdin(&self) -> usize {
        let files = self.secret_file.iter().filter(|path| path.as_path() == Path::new("-")).count();
        files + self.secret_fd.iter().filter(|fd| **fd == 0).count()
    }

    pub fn read(&self, printer: &Printer) -> Result<Secrets, Failure> {
        let mut secrets = Secrets::default();
        for name in &self.secret_env {
            secrets.add(variable(name)?, format!("variable {}", shown(name)))?;
        }
        for path in &self.secret_file {
            secrets.add(file(path, printer)?, format!("file {}", path.display()))?;
        }
        for fd in &self.secret_fd {
            secrets.add(descriptor(*fd)?, format!("descriptor {fd}"))?;
        }
        Ok(secrets)
    }
}

impl Secrets {
    fn add(&mut self, bytes: Vec<u8>, from: String) -> Result<(), Failure> {
        given(&bytes)
            .map_err(|refusal| unusable(&refusal).context(format!("cannot use the secret of {from}")))?;
        self.bytes.push(bytes);
        self.from.push(from);
        Ok(())
    }
}

/// A secret that cannot be used is configuration, not a verdict.
pub fn unusable(refusal: &Refusal) -> Failure {
    Failure::blocked(&refusal.detail).reason(refusal.reason.code())
}

fn variable(name: &str) -> Result<Vec<u8>, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
        // Perhaps the secret itself was given: it must not be repeated.
        return Err(Failure::usage("--secret-env takes the name of a variable")
            .hint("`--secret-env WEBHOOK_SECRET` with the secret in that variable"));
    }
    env::named(name).ok_or_else(|| Failure::blocked(format!("the variable {} is not set", shown(name))))
}

/// A name that does not look like one may be a secret given by mistake.
fn shown(name: &str) -> &str {
    let usual = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if usual { name } else { "named by --secret-env" }
}

fn file(path: &Path, printer: &Printer) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        return contents(std::io::stdin().lock(), "standard input");
    }
    let place = path.display();
    let wrong =
        |why: std::io::Error| Failure::blocked(format!("{place}: {why}")).context("cannot read a secret");
    let file = File::open(path).map_err(wrong)?;
    let about = file.metadata().map_err(wrong)?;
    let mode = about.permissions().mode();
    // A pipe (`<(…)`) has no mode worth judging.
    if about.is_file() && mode & 0o022 != 0 {
        return Err(Failure::blocked(format!(
            "{place} can be written by others (mode {:03o})",
            mode & 0o777
        ))
        .hint(format!("chmod 600 {place}")));
    }
    if about.is_file() && mode & 0o004 != 0 {
        printer.warn(&format!(
            "{place} can be read by every user (mode {:03o}); chmod 600 {place}",
            mode & 0o777
        ));
    }
    contents(file, &place.to_string())
}

fn descriptor(fd: u32) -> Result<Vec<u8>, Failure> {
    if matches!(fd, 1 | 2) {
        return Err(Failure::usage(format!("--secret-fd {fd} is an output")));
    }
    let path = format!("/dev/fd/{fd}");
    let file = File::open(&path).map_err(|why| {
        Failure::blocked(format!("descriptor {fd}: {why}"))
            .context("cannot read a secret")
            .hint(format!("`{fd}<secret.txt` or `{fd}< <(command)` opens it in the shell"))
    })?;
    contents(file, &format!("descriptor {fd}"))
}

/// One newline at the end is the file's, not the secret's.
fn contents(from: impl Read, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    from.take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|why| Failure::blocked(format!("{what}: {why}")).context("cannot read a secret"))?;
    if bytes.len() as u64 > MOST {
        return Err(Failure::blocked(format!("{what} is too long for a secret")));
    }
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    Ok(bytes)
}
