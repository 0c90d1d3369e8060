//! A fresh database for each test, copied from a template in a few milliseconds and dropped at its end.
//!
//! Templates are named by a hash of all that makes them, so a changed migration makes a new one.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::session::Rows;
use super::{Session, hookyard, server};

/// Whatever shapes a template; the runner is in it for the table it keeps.
const SOURCES: &[&str] = &[
    include_str!("../../../migrations/0001_documented_tables.sql"),
    include_str!("../../../migrations/0002_deliveries.sql"),
    include_str!("../../../migrations/0003_enqueue.sql"),
    include_str!("../../../migrations/0004_replay.sql"),
    include_str!("../../../migrations/0005_queue.sql"),
    include_str!("../../../migrations/0006_yardi.sql"),
    include_str!("../../../migrations/0007_hours.sql"),
    include_str!("../../../migrations/0008_secrets.sql"),
    include_str!("../../../migrations/0009_retention.sql"),
    include_str!("../../../migrations/0010_run_keys.sql"),
    include_str!("../../../migrations/0011_attempts_by_time.sql"),
    include_str!("../../../migrations/0012_claims.sql"),
    include_str!("../../../migrations/0013_failed_hours.sql"),
    include_str!("../../../migrations/0014_order.sql"),
    include_str!("../../../migrations/0015_written_hours.sql"),
    include_str!("../../../migrations/entry_payloads.sql"),
    include_str!("../../../migrations/create_entry.sql"),
    include_str!("../../../src/db/migrations/mod.rs"),
    FOREIGN,
];
const FOREIGN: &str = include_str!("../../foreign/foreign.sql");
const GRANTS: &str = include_str!("../../foreign/grants.sql");
const FOREIGN_VIEW: &str = include_str!("../../foreign/entry_payloads.sql");

pub struct Database {
    name: String,
    /// Who hookyard is there; none for the superuser.
    role: Option<&'static str>,
    session: Mutex<Option<Session>>,
}

impl Database {
    /// Nothing in it.
    pub fn empty() -> Database {
        Database::copied("template1", None)
    }

    /// As `hookyard database migrate` makes it.
    pub fn migrated() -> Database {
        let template = template("migrated", |name| {
            hookyard(&["database", "migrate", "--quiet"])
                .env("DATABASE_URL", &server::url(None, name))
                .run()
                .succeeds();
        });
        Database::copied(&template, None)
    }

    /// Somebody else's, before anyone there has heard of hookyard; hookyard's role has no rights yet.
    pub fn foreign_without_grants() -> Database {
        let template = template("foreign", |name| Session::open(&server::url(None, name)).execute(FOREIGN));
        Database::copied(&template, Some("hookyard_app"))
    }

    /// Somebody else's, and its operator has given hookyard's role what it needs.
    pub fn foreign() -> Database {
        let database = Database::foreign_without_grants();
        database.execute(GRANTS);
        database
    }

    /// The same with the seam written for it, and migrated.
    pub fn foreign_migrated() -> Database {
        let database = Database::foreign();
        database.session_as("hookyard_app").execute(FOREIGN_VIEW);
        hookyard(&["database", "migrate"]).database(&database).run().succeeds();
        database
    }

    /// An empty one in another encoding.
    pub fn encoded(encoding: &str) -> Database {
        let name = fresh_name();
        admin().execute(&format!(
            "create database {name} encoding '{encoding}' lc_collate 'C' lc_ctype 'C' template template0"
        ));
        Database { name, role: None, session: Mutex::new(None) }
    }

    fn copied(template: &str, role: Option<&'static str>) -> Database {
        let name = fresh_name();
        copy(&mut admin(), &name, template);
        Database { name, role, session: Mutex::new(None) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// For hookyard.
    pub fn url(&self) -> String {
        server::url(self.role, &self.name)
    }

    /// A further connection, as the superuser.
    pub fn session(&self) -> Session {
        Session::open(&server::url(None, &self.name))
    }

    pub fn session_as(&self, role: &str) -> Session {
        Session::open(&server::url(Some(role), &self.name))
    }

    /// The same, which may write where the database says nobody may.
    pub fn session_writing(&self) -> Session {
        let mut session = self.session();
        session.execute("set default_transaction_read_only = off");
        session
    }

    pub fn execute(&self, sql: &str) {
        self.with_session(|session| session.execute(sql));
    }

    pub fn query_text(&self, sql: &str) -> Rows {
        self.with_session(|session| session.query_text(sql))
    }

    /// The one value of one row.
    pub fn value(&self, sql: &str) -> String {
        self.query_text(sql)[0][0].clone().unwrap_or_else(|| "NULL".into())
    }

    fn with_session<T>(&self, work: impl FnOnce(&mut Session) -> T) -> T {
        let mut session = self.session.lock().expect("no test panics in a statement and goes on");
        work(session.get_or_insert_with(|| self.session()))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(session) = self.session.get_mut() {
            session.take();
        }
        let _ = admin().attempt(&format!("drop database if exists {} with (force)", self.name));
    }
}

fn admin() -> Session {
    Session::open(&server::url(None, "postgres"))
}

fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("hookyard_test_{}_{count}_{}", std::process::id(), since.subsec_nanos())
}

/// The template's name; made by whoever comes first, among threads and processes alike.
fn template(kind: &str, fill: impl FnOnce(&str)) -> String {
    let mut hasher = DefaultHasher::new();
    SOURCES.hash(&mut hasher);
    let name = format!("hookyard_template_{kind}_{:016x}", hasher.finish());
    let is_ready = format!("select 1 from pg_database where datname = '{name}' and datistemplate");
    let mut admin = admin();
    if !admin.query_text(&is_ready).is_empty() {
        return name;
    }
    admin.execute("select pg_advisory_lock(20211)");
    if admin.query_text(&is_ready).is_empty() {
        admin.execute(&format!("drop database if exists {name} with (force)"));
        copy(&mut admin, &name, "template1");
        fill(&name);
        admin.execute(&format!("alter database {name} is_template true allow_connections false"));
    }
    name
}

/// A session that has just left a template may still be counted there for a moment (55006).
fn copy(admin: &mut Session, name: &str, template: &str) {
    let is_15 = admin.query_text("select 1 where current_setting('server_version_num')::int >= 150000");
    let strategy = if is_15.is_empty() { "" } else { "strategy file_copy" };
    let create = format!("create database {name} template {template} {strategy}");
    for _ in 0..200 {
        match admin.attempt(&create) {
            Ok(_) => return,
            Err(why) if why.starts_with("55006") => std::thread::sleep(Duration::from_millis(50)),
            Err(why) => panic!("{create}: {why}"),
        }
    }
    panic!("{create}: the template stays in use");
}
