//! The data directory: made under a temporary name and renamed when it is complete, so that it is either whole or not
//! there; and the command line that serves it.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    socket::{self, PORT},
    supervisor::SuperviseArgs,
    version,
};

/// Make the cluster if it is not there. Our output is the log, so initdb's is too.
pub async fn make(args: &SuperviseArgs) -> io::Result<()> {
    own_parent(args)?;
    sweep(args)?;
    if args.data.exists() {
        return Ok(());
    }
    let unfinished = beside(&args.data, &format!("{UNFINISHED}{}", std::process::id()));
    socket::private_directory(&unfinished, args.identity.owner())?;
    let mut initdb = program(args, "initdb");
    initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D"]).arg(&unfinished);
    if args.throwaway {
        initdb.arg("--no-sync");
    }
    super::process::die_with_parent(&mut initdb);
    let status = tokio::process::Command::from(initdb).kill_on_drop(true).status().await?;
    if !status.success() {
        fs::remove_dir_all(&unfinished).ok();
        return Err(io::Error::other(format!("initdb: {status}")));
    }
    fs::rename(&unfinished, &args.data)
}

/// The server's command line.
pub fn serve(args: &SuperviseArgs) -> Command {
    let mut postgres = program(args, "postgres");
    postgres.arg("-D").arg(&args.data).arg("-k").arg(&args.socket_dir).arg("-p").arg(PORT.to_string());
    let always = [
        "listen_addresses=",
        "shared_buffers=64MB",
        "max_connections=200",
        // Whatever a packager put into the sample configuration: our log is our own.
        "logging_collector=off",
        "log_destination=stderr",
        "ssl=off",
        // A compiler for long queries; ours are short, and a private copy has none.
        "jit=off",
        "cluster_name=hookyard",
    ];
    // Safe only where losing everything is the plan.
    let throwaway = [
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "autovacuum=off",
        "wal_level=minimal",
        "max_wal_senders=0",
    ];
    for option in always.iter().chain(throwaway.iter().filter(|_| args.throwaway)) {
        postgres.args(["-c", option]);
    }
    super::process::die_with_parent(&mut postgres);
    postgres
}

/// Remove a throwaway's data, and the directory in shared memory that held it.
pub fn remove(args: &SuperviseArgs) -> io::Result<()> {
    own_parent(args)?;
    match fs::remove_dir_all(&args.data) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Only if it is empty: otherwise it is the root, or somebody else's.
    if let Some(parent) = args.data.parent() {
        fs::remove_dir(parent).ok();
    }
    Ok(())
}

/// The directory that holds the data is ours, or nothing is made or removed in it: shared memory is open to all.
fn own_parent(args: &SuperviseArgs) -> io::Result<()> {
    let Some(parent) = args.data.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let created = match DirBuilder::new().mode(0o700).create(parent) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        answer => answer.is_ok(),
    };
    let found = fs::symlink_metadata(parent)?;
    if !found.is_dir() || found.uid() != super::process::uid() {
        return Err(io::Error::other(format!("{} is not a directory of our own", parent.display())));
    }
    if created && args.identity.owner().1.is_some() {
        // Another account has to pass through to the data, which is closed itself.
        fs::set_permissions(parent, fs::Permissions::from_mode(0o711))?;
    }
    Ok(())
}

const UNFINISHED: &str = ".unfinished-";

/// What a killed initdb left. We hold the supervisor's lock, so nobody is at work on it.
fn sweep(args: &SuperviseArgs) -> io::Result<()> {
    let Some(parent) = args.data.parent().filter(|parent| parent.exists()) else { return Ok(()) };
    for entry in fs::read_dir(parent)?.flatten() {
        if entry.file_name().to_string_lossy().contains(UNFINISHED) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

fn program(args: &SuperviseArgs, name: &str) -> Command {
    let mut command = version::program(&args.binaries, name, args.libraries.as_deref(), args.identity);
    command.stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_cluster_is_named_after_the_finished_one() {
        assert_eq!(beside(Path::new("/pg/data15"), ".unfinished-7"), Path::new("/pg/data15.unfinished-7"));
    }
}
