//! The server the tests run on, and the only place that knows where it is: hookyard's own local one, started by the
//! binary under test and kept as long as a test runs; or a throw-away server of your own, named by
//! `HOOKYARD_TEST_SERVER` (a superuser's URL).

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The URL of a database on the tests' server, as `role` or as the superuser.
pub fn url(role: Option<&str>, database: &str) -> String {
    super::limit::many_files();
    static SERVER: OnceLock<String> = OnceLock::new();
    let server = SERVER.get_or_init(|| env::var("HOOKYARD_TEST_SERVER").unwrap_or_else(|_| local()));
    let mut url = url::Url::parse(server).expect("the server's URL");
    url.set_path(database);
    if let Some(role) = role {
        // The fixtures' roles have no password: the throw-away server trusts its callers.
        url.set_username(role).expect("a host takes a user");
        url.set_password(None).expect("a host takes a user");
    }
    url.to_string()
}

/// How hookyard names the server in its output.
pub fn place() -> String {
    let url = url::Url::parse(&url(None, "")).expect("a URL");
    let host = url.host_str().unwrap_or_default().replace("%2F", "/");
    if host.starts_with('/') { host } else { format!("{host}:{}", url.port().unwrap_or(5432)) }
}

/// Where the throw-away server lives; one for all tests of a checkout.
pub fn local_root() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("local")
}

/// Start the local server, and hold its lease until this process ends.
fn local() -> String {
    static LEASE: OnceLock<File> = OnceLock::new();
    let root = local_root();
    let started = Command::new(env!("CARGO_BIN_EXE_hookyard"))
        .args(["database", "status", "--database", "embedded", "--json"])
        .env_clear()
        .envs(
            ["PATH", "HOME", "HOOKYARD_PG_BIN"]
                .into_iter()
                .filter_map(|name| Some((name, env::var_os(name)?))),
        )
        .env("HOOKYARD_TEST_LOCAL_ROOT", &root)
        .output()
        .expect("the binary runs");
    // Exit 4 is an answer, too: the schema is not there yet.
    let status: serde_json::Value = serde_json::from_slice(&started.stdout).unwrap_or_else(|_| {
        panic!("no local server for the tests:\n{}", String::from_utf8_lossy(&started.stderr));
    });
    let lease = File::open(root.join("lease.lock")).expect("the lease");
    lease.lock_shared().expect("a share of the lease");
    LEASE.set(lease).expect("started once");
    let socket = status["place"].as_str().expect("a place");
    format!("postgres://postgres@{}:5432/postgres", socket.replace('/', "%2F"))
}
