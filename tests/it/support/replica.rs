//! A primary of its own and a hot standby that follows it, both reached by TCP with a password.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Database, Session};

pub struct Replica {
    binaries: PathBuf,
    folder: tempfile::TempDir,
    primary: Server,
    standby: Option<Server>,
}

struct Server {
    process: Child,
    port: u16,
}

/// Who runs servers where the tests run as root, which they refuse.
const NOBODY: u32 = 65_534;
const PASSWORD: &str = "a long one, with 'marks' & signs";

impl Replica {
    /// The primary alone; none where the server's binaries are not on this machine, which CI does not forgive.
    pub fn primary() -> Option<Replica> {
        let binaries = Database::empty().value("select setting from pg_config() where name = 'BINDIR'");
        let binaries = PathBuf::from(binaries);
        if !binaries.join("initdb").exists() || !binaries.join("pg_basebackup").exists() {
            let told =
                "NOT PROVEN: no initdb and pg_basebackup beside the tests' server, so there is no standby";
            assert!(std::env::var_os("CI").is_none(), "{told}");
            let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("ours");
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("given away");
        }
        let secret = folder.path().join("password");
        std::fs::write(&secret, PASSWORD).expect("written");
        let mut initdb = bare(&binaries.join("initdb"), folder.path());
        initdb.args(["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync", "--no-locale"]);
        initdb.arg("--pwfile").arg(&secret).arg("-D").arg(folder.path().join("primary"));
        succeeds(initdb);
        let primary = Server::start(&binaries, folder.path(), "primary");
        Some(Replica { binaries, folder, primary, standby: None })
    }

    /// Copies what the primary has by now, and follows it from there.
    pub fn follow(&mut self) {
        let mut copy = bare(&self.binaries.join("pg_basebackup"), self.folder.path());
        copy.args(["-h", "127.0.0.1", "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        copy.args(["-p", &self.primary.port.to_string()]).arg("-D").arg(self.folder.path().join("standby"));
        copy.env("PGPASSWORD", PASSWORD);
        succeeds(copy);
        self.standby = Some(Server::start(&self.binaries, self.folder.path(), "standby"));
    }

    pub fn primary_url(&self) -> String {
        url(self.primary.port)
    }

    pub fn standby_url(&self) -> String {
        url(self.standby.as_ref().expect("it follows").port)
    }

    /// Waits until the standby has all that the primary has written.
    pub fn catch_up(&self) {
        let written =
            Session::open(&self.primary_url()).query_text("select pg_current_wal_lsn()")[0][0].clone();
        let written = written.expect("a place");
        let mut standby = Session::open(&self.standby_url());
        let there = format!("select pg_last_wal_replay_lsn() >= '{written}'");
        let until = Instant::now() + Duration::from_secs(20);
        while standby.query_text(&there)[0][0].as_deref() != Some("t") {
            assert!(Instant::now() < until, "the standby does not follow");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Server {
    fn start(binaries: &Path, folder: &Path, name: &str) -> Server {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let mut command = bare(&binaries.join("postgres"), folder);
        command.arg("-D").arg(folder.join(name)).args(["-p", &port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"] {
            command.args(["-c", setting]);
        }
        let log = folder.join(format!("{name}.log"));
        command.stdout(Stdio::null()).stderr(File::create(&log).expect("created"));
        let server = Server { process: command.spawn().expect("a server starts"), port };
        let until = Instant::now() + Duration::from_secs(30);
        while let Err(why) = Session::try_open(&url(port)) {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            assert!(Instant::now() < until, "{name}: {why}\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // At once, as a fast shutdown does not while a standby is away.
        let _ = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

fn url(port: u16) -> String {
    let mut url = url::Url::parse(&format!("postgres://postgres@127.0.0.1:{port}/postgres")).expect("a URL");
    url.set_password(Some(PASSWORD)).expect("a host takes a password");
    url.to_string()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// With nothing of the tests' own environment, and with nobody's rights.
fn bare(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").current_dir(folder).stdin(Stdio::null());
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[track_caller]
fn succeeds(mut command: Command) {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
