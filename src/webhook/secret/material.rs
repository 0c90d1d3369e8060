//! Where a new secret comes from, and where a generated one goes: it is seen once.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::inputs::{SecretArgs, unusable};
use crate::context::Context;
use crate::failure::Failure;
use crate::random;
use crate::secret::Secret;
use crate::signature;

/// A key of fewer bytes is weaker than Standard Webhooks allows.
const SHORT: usize = 24;
/// Longer is no signing secret.
const LONGEST: usize = 1024;

#[derive(clap::Args)]
pub struct MaterialArgs {
    #[command(flatten)]
    given: SecretArgs,
    /// Print the generated secret on stdout, this once
    #[arg(long, conflicts_with = "output")]
    show: bool,
    /// Write the generated secret into this new file, which nobody else can read
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Random bytes of a generated secret
    #[arg(long, value_name = "COUNT", default_value = "32", value_parser = clap::value_parser!(u8).range(24..=64))]
    bytes: u8,
}

/// A secret that may be signed with.
pub struct Material {
    pub secret: Secret,
    /// What it stands for.
    pub key: Vec<u8>,
    /// It is to be printed.
    pub shown: bool,
    pub written: Option<Written>,
}

/// A file that holds a secret which is not yet in force: gone again unless it is kept.
pub struct Written {
    path: PathBuf,
    kept: bool,
}

impl Written {
    pub fn keep(&mut self) {
        self.kept = true;
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl MaterialArgs {
    /// What is wrong with the call, before anything is read or connected to.
    pub fn check(&self, dry_run: bool) -> Result<(), Failure> {
        let somewhere = self.show || self.output.is_some();
        match (self.given.is_empty(), somewhere) {
            (false, true) => Err(Failure::usage(
                "a secret that is given is known already: --show and --output are for a generated one",
            )),
            (true, false) if !dry_run => Err(Failure::usage("a generated secret is shown once: say where")
                .hint("--output FILE writes it into a new file, --show prints it")
                .hint("or give one: --secret-file FILE, --secret-env NAME")),
            _ => Ok(()),
        }
    }

    pub fn make(&self, context: &Context) -> Result<Material, Failure> {
        let secret = if self.given.is_empty() { self.generate()? } else { self.read(context)? };
        let key = signature::standard_key(secret.reveal())
            .map_err(|refusal| unusable(&refusal).context("the secret cannot be used"))?;
        if key.len() < SHORT {
            context.printer.warn(&format!("the secret has {} bytes; fewer than {SHORT} are weak", key.len()));
        }
        let written = self.output.as_deref().map(|path| write(path, &secret)).transpose()?;
        Ok(Material { secret, key, shown: self.show, written })
    }

    fn generate(&self) -> Result<Secret, Failure> {
        let bytes: [u8; 64] = random::bytes()?;
        let text = STANDARD.encode(&bytes[..usize::from(self.bytes)]);
        Ok(Secret::new(format!("{}{text}", signature::STANDARD_PREFIX)))
    }

    fn read(&self, context: &Context) -> Result<Secret, Failure> {
        let mut read = self.given.read(&context.printer)?.bytes;
        match (read.pop(), read.is_empty()) {
            (Some(secret), true) if secret.len() <= LONGEST => Ok(Secret::new(secret)),
            (Some(_), true) => Err(Failure::blocked(format!("the secret is longer than {LONGEST} bytes"))),
            _ => Err(Failure::usage("one secret at a time is added")),
        }
    }
}

fn write(path: &Path, secret: &Secret) -> Result<Written, Failure> {
    let wrong = |why: std::io::Error| {
        let failure =
            Failure::blocked(format!("{}: {why}", path.display())).context("cannot write the secret");
        match why.kind() {
            std::io::ErrorKind::AlreadyExists => failure.hint("name a file that is not there yet"),
            _ => failure,
        }
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(wrong)?;
    let written = Written { path: path.to_path_buf(), kept: false };
    file.write_all(&[secret.reveal(), b"\n"].concat()).and_then(|()| file.sync_all()).map_err(wrong)?;
    // The name must outlast a crash as well as the bytes do.
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(written)
}
