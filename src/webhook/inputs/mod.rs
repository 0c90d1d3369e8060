//! What the verbs without a database read: files, standard input, secrets. Standard input is one, so only one may ask
//! for it.

mod secrets;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

pub use secrets::{SecretArgs, Secrets, unusable};

use crate::failure::Failure;

/// The largest file that is read as a whole.
const MOST: usize = 64 << 20;
const CHUNK: usize = 128 << 10;

/// `-`, or no file where one may be left out.
pub fn is_stdin(path: Option<&Path>) -> bool {
    path.is_none_or(|path| path == Path::new("-"))
}

/// Whoever wants standard input, by name: more than one cannot have it.
pub fn one_stdin(wanting: &[&str]) -> Result<(), Failure> {
    match wanting {
        [] | [_] => Ok(()),
        [first, second, ..] => {
            Err(Failure::usage(format!("{first} and {second} are both to come from standard input"))
                .hint("put one of them into a file, or the secret into a variable (--secret-env)"))
        }
    }
}

fn open(path: Option<&Path>, what: &str) -> Result<Box<dyn Read>, Failure> {
    let Some(path) = path.filter(|path| *path != Path::new("-")) else {
        return Ok(Box::new(std::io::stdin().lock()));
    };
    let wrong = |why: std::io::Error| {
        Failure::usage(format!("{}: {why}", path.display())).context(format!("cannot read {what}"))
    };
    let file = File::open(path).map_err(wrong)?;
    if file.metadata().map_err(wrong)?.is_dir() {
        return Err(wrong(ErrorKind::IsADirectory.into()));
    }
    Ok(Box::new(file))
}

/// Hand over the bytes piece by piece, and keep them all unless they are more than `keep`.
pub fn stream(
    path: Option<&Path>,
    what: &str,
    keep: usize,
    mut each: impl FnMut(&[u8]),
) -> Result<Option<Vec<u8>>, Failure> {
    let mut from = open(path, what)?;
    let mut kept = Some(Vec::new());
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(kept),
            Ok(read) => read,
            Err(why) if why.kind() == ErrorKind::Interrupted => continue,
            Err(why) => return Err(Failure::later(why).context(format!("cannot read {what}"))),
        };
        each(&buffer[..read]);
        if let Some(bytes) = &mut kept {
            if bytes.len() + read > keep {
                kept = None;
            } else {
                bytes.extend_from_slice(&buffer[..read]);
            }
        }
    }
}

/// All of a file.
pub fn whole(path: Option<&Path>, what: &str) -> Result<Vec<u8>, Failure> {
    let kept = stream(path, what, MOST, |_| {})?;
    kept.ok_or_else(|| Failure::usage(format!("{what} is longer than {} MiB", MOST >> 20)))
}
