//! An answer that goes to a file: whoever reads it sees the old one or the new one, and never a part.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::failure::Failure;

/// Through a file beside it, readable by all: a scraper runs as another user.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let wrong = |why: std::io::Error| Failure::no(why).context(format!("cannot write {}", path.display()));
    let name = path.file_name().ok_or_else(|| Failure::usage(format!("{} is no file", path.display())))?;
    let mut beside = name.to_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = File::create(&beside).and_then(|mut file| {
        file.set_permissions(Permissions::from_mode(0o644))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(wrong)
}
