//! PgBouncer in transaction mode, with three server connections for everybody.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Database, Proxy, redirected};

pub struct Pooler {
    process: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
    // Wherever the server listens, the pooler reaches it by TCP.
    _way: Proxy,
}

/// Who runs the pooler where the tests run as root, which it refuses.
const NOBODY: u32 = 65_534;

impl Pooler {
    /// In front of this database; none where PgBouncer is not installed, which CI does not forgive.
    pub fn before(database: &Database) -> Option<Pooler> {
        let Some(binary) = binary() else {
            let told = "NOT PROVEN: pgbouncer is not installed (Debian: apt-get install pgbouncer)";
            assert!(std::env::var_os("CI").is_none(), "{told}");
            let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
            return None;
        };
        let way = Proxy::before(database);
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("ours");
        let address =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let server = url::Url::parse(&way.url(database)).expect("a URL");
        let password = server.password().map(|word| format!(" password={word}")).unwrap_or_default();
        let settings = format!(
            "[databases]\n\
             {name} = host=127.0.0.1 port={port} dbname={name} user={user}{password}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {listen}\n\
             unix_socket_dir =\n\
             auth_type = any\n\
             pool_mode = transaction\n\
             default_pool_size = 3\n\
             max_db_connections = 3\n\
             max_client_conn = 300\n",
            name = database.name(),
            port = server.port().expect("the way has a port"),
            user = server.username(),
            listen = address.port(),
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("written");
        let mut command = Command::new(binary);
        command.arg("-q").arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(std::fs::File::create(folder.path().join("log")).expect("created"));
        if std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
            command.uid(NOBODY).gid(NOBODY);
        }
        let process = command.spawn().expect("pgbouncer starts");
        let pooler = Pooler { process, address, folder, _way: way };
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            let log = || std::fs::read_to_string(pooler.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "pgbouncer does not listen: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(pooler)
    }

    pub fn url(&self, database: &Database) -> String {
        redirected(&database.url(), self.address)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn binary() -> Option<&'static str> {
    ["pgbouncer", "/usr/sbin/pgbouncer"].into_iter().find(|name| {
        Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    })
}
