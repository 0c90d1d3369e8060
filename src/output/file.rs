//! An answer that goes into a file: whoever reads the file sees the whole of the old one or the whole of the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Beside the file first, then in its place. What fails leaves the old one as it was.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = beside(path);
    let written = whole(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|why| {
        // Where it could not even be made there is nothing to remove.
        let _ = fs::remove_file(&beside);
        Failure::no(why).context(format!("cannot write {}", path.display()))
    })
}

fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// In the same folder, since a name moves within one file system only; two runs at once have two.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.new", std::process::id()))
}
