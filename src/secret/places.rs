//! Where a secret may come from without other users of the machine seeing it: a variable, a file, a descriptor, standard
//! input. Never an argument's value.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::env;
use crate::failure::Failure;
use crate::output::Printer;

/// Longer is no secret but a file given by mistake.
const MOST: u64 = 64 << 10;

/// None where it is not set.
pub fn variable(name: &str) -> Option<Vec<u8>> {
    env::named(name)
}

/// A file that others may write is refused, one that every user may read is warned of.
pub fn file(path: &Path, printer: &Printer) -> Result<Vec<u8>, Failure> {
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

pub fn descriptor(fd: u32) -> Result<Vec<u8>, Failure> {
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
