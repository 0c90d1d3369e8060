//! Secrets, from where other users of the machine cannot see them: a variable, a file, a descriptor, standard input.
//! Never an argument's value.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::output::Printer;
use crate::secret;
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
            let (bytes, from) = flagged_variable(name)?;
            secrets.add(bytes, from)?;
        }
        for path in &self.secret_file {
            secrets.add(secret::file(path, printer)?, format!("file {}", path.display()))?;
        }
        for fd in &self.secret_fd {
            secrets.add(secret::descriptor(*fd)?, format!("descriptor {fd}"))?;
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

/// Perhaps the secret itself was given: then it must not be repeated.
fn flagged_variable(name: &str) -> Result<(Vec<u8>, String), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Failure::usage("--secret-env takes the name of a variable")
            .hint("`--secret-env WEBHOOK_SECRET` with the secret in that variable"));
    }
    let usual = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let shown = if usual { name } else { "named by --secret-env" };
    let bytes = secret::variable(name);
    let bytes = bytes.ok_or_else(|| Failure::blocked(format!("the variable {shown} is not set")))?;
    Ok((bytes, format!("variable {shown}")))
}
