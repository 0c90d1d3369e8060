//! The place of an experiment: a Postgres of its own with its data on disk, a receiver, and a queue that can be
//! filled again and again.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use tokio_postgres::{Client, NoTls};

use crate::load::ask;
use crate::process::{self, Spent};
use crate::receiver::Counts;

pub const ENDPOINTS: usize = 50;

/// One kilobyte of JSON, with something of the caller's own in it.
pub fn payload(mark: &str) -> String {
    let head = format!(r#"{{"event":"REPORT_READY","mark":"{mark}","text":""#);
    let filler = "x".repeat(1024 - head.len() - 2);
    format!("{head}{filler}\"}}")
}

/// SQL that enqueues events in bulk: what is measured is delivering them.
pub fn events(first: u64, count: u64) -> String {
    let (body, last) = (payload("@@@@@@@@@@@@"), first + count - 1);
    format!(
        "with made as (
            insert into hookyard.events (id, event_type, payload, payload_sha256, is_jsonb)
            select hookyard.new_id(), 'REPORT_READY', p, sha256(convert_to(p, 'UTF8')), true
            from (select replace('{body}', '@@@@@@@@@@@@', lpad(n::text, 12, '0')) as p
                  from generate_series({first}, {last}) n) x
            returning id
         )
         insert into hookyard.deliveries (id, event_id, webhook_id)
         select hookyard.new_id(), id,
            lpad((({first} + row_number() over ()) % {ENDPOINTS})::text, 32, '0')::uuid
         from made"
    )
}

pub struct Lab {
    folder: PathBuf,
    bin: PathBuf,
    hookyard: PathBuf,
    server: Child,
    receiver: Child,
    pub receiver_port: u16,
    port: u16,
    pub db: Client,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.receiver.kill();
        let _ = self.receiver.wait();
        process::kill(&self.server, libc::SIGINT);
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// As the user `postgres` or, failing that, `nobody` when we are root, since the server refuses to run as root.
fn unprivileged() -> Option<(u32, u32)> {
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    find("postgres").or_else(|| find("nobody")).or(Some((65534, 65534)))
}

/// A child that ends with us, however we end.
fn bound(mut command: Command, signal: i32) -> Command {
    // SAFETY: prctl is a system call that touches no memory.
    unsafe {
        command.pre_exec(move || {
            libc::prctl(libc::PR_SET_PDEATHSIG, signal);
            Ok(())
        })
    };
    command
}

fn command(program: &Path) -> Command {
    let mut command = bound(Command::new(program), libc::SIGINT);
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Where `initdb` and `postgres` are: the newest of the packaged versions, else on PATH.
fn binaries() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|dir| dir.join("initdb").exists());
    found.pop().map(|(_, bin)| bin).or(on_path).context("no initdb in /usr/lib/postgresql/*/bin or on PATH")
}

impl Lab {
    pub async fn set_up(hookyard: &Path, base: &Path) -> Result<Lab> {
        let bin = binaries()?;
        let folder = base.join(format!("hookyard-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        if let Some((user, group)) = unprivileged() {
            std::os::unix::fs::chown(&folder, Some(user), Some(group))?;
        }
        let data = folder.join("data");
        let made = command(&bin.join("initdb"))
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-D"])
            .arg(&data)
            .status()?;
        ensure!(made.success(), "initdb failed");
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        // The server's defaults, but for commit times, which say when an attempt became durable.
        let server = command(&bin.join("postgres"))
            .args(["-c", "track_commit_timestamp=on", "-c", "listen_addresses=127.0.0.1"])
            .args(["-p", &port.to_string()])
            .arg("-k")
            .arg(&folder)
            .arg("-D")
            .arg(&data)
            .spawn()?;
        let (receiver, receiver_port) = receiver()?;
        let mut tries = 0;
        let db = loop {
            match connect(port, "postgres").await {
                Ok(db) => break db,
                Err(_) if tries < 100 => tries += 1,
                Err(why) => return Err(why),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        db.batch_execute("create database hookyard").await?;
        let db = connect(port, "hookyard").await?;
        let lab = Lab { folder, bin, hookyard: hookyard.into(), server, receiver, receiver_port, port, db };
        lab.migrate()?;
        lab.make_endpoints().await?;
        Ok(lab)
    }

    fn migrate(&self) -> Result<()> {
        let done = self.hookyard(&["database", "migrate", "--quiet"]).status()?;
        ensure!(done.success(), "`hookyard database migrate` failed");
        Ok(())
    }

    async fn make_endpoints(&self) -> Result<()> {
        let port = self.receiver_port;
        let sql = format!(
            "insert into api_keys (id, name, inserted_at, updated_at)
             values ('00000000-0000-4000-8000-000000000000', 'bench', now(), now());
             insert into webhooks (id, url, events, api_key_id, inserted_at, updated_at)
             select lpad(n::text, 32, '0')::uuid, 'http://127.0.0.1:{port}/w/' || n, '{{REPORT_READY}}',
                '00000000-0000-4000-8000-000000000000', now(), now()
             from generate_series(0, {}) n",
            ENDPOINTS - 1
        );
        Ok(self.db.batch_execute(&sql).await?)
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/hookyard", self.port)
    }

    pub fn hookyard(&self, args: &[&str]) -> Command {
        let mut command = bound(Command::new(&self.hookyard), libc::SIGKILL);
        command
            .args(args)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("DATABASE_URL", self.url())
            .env("HOOKYARD_ALLOW_HTTP", "true")
            .env("HOOKYARD_ALLOW_EGRESS", "127.0.0.0/8")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        command
    }

    pub fn psql(&self) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        command.args(["-X", &self.url(), "-c", "select 1"]).stdout(Stdio::null());
        command
    }

    /// An empty queue, and a receiver that has seen nothing.
    pub async fn clear(&self) -> Result<()> {
        self.db
            .batch_execute(
                "truncate hookyard.events, hookyard.deliveries, hookyard.attempts, hookyard.endpoints,
                    hookyard.alerts, hookyard.runs, hookyard.hours, hookyard.counted_hours, hookyard.failed_hours,
                    webhook_delivery_attempts",
            )
            .await?;
        self.point("w").await?;
        ask(self.receiver_port, "/_reset").await?;
        Ok(())
    }

    /// `w`: every endpoint answers; `hang`: the last one never does.
    pub async fn point(&self, last: &str) -> Result<()> {
        let (port, at) = (self.receiver_port, ENDPOINTS - 1);
        let sql = format!(
            "update webhooks set url = 'http://127.0.0.1:{port}/{last}/{at}' where id = lpad('{at}', 32, '0')::uuid"
        );
        Ok(self.db.batch_execute(&sql).await?)
    }

    /// Enqueue `count` events of 1 KB, each for one endpoint in turn, all due.
    pub async fn fill(&self, count: usize) -> Result<()> {
        Ok(self.db.batch_execute(&events(0, count as u64)).await?)
    }

    /// Start every measurement from the same state: statistics fresh, nothing left to write.
    pub async fn settle(&self) -> Result<()> {
        self.db.batch_execute("vacuum (analyze) hookyard.deliveries").await?;
        self.db.batch_execute("vacuum (analyze) hookyard.events").await?;
        self.db.batch_execute("checkpoint").await?;
        Ok(())
    }

    pub async fn counts(&self) -> Result<Counts> {
        Counts::parse(&ask(self.receiver_port, "/_counts").await?)
    }

    pub async fn number(&self, sql: &str) -> Result<i64> {
        Ok(self.db.query_one(sql, &[]).await.with_context(|| sql.to_owned())?.get(0))
    }

    /// Commits so far; the statistics of a session that is busy come late, so ask when it has ended.
    pub async fn commits(&self) -> Result<i64> {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        self.number("select xact_commit from pg_stat_database where datname = current_database()").await
    }

    pub fn server_cpu(&self) -> Duration {
        process::family(self.server.id())
    }

    pub fn receiver_cpu(&self) -> Duration {
        process::usage(self.receiver.id()).map(|(cpu, _)| cpu).unwrap_or_default()
    }

    pub async fn server_version(&self) -> Result<String> {
        Ok(self.db.query_one("show server_version", &[]).await?.get(0))
    }

    /// Nothing lost, nothing twice, and the rows say what the receiver says.
    pub async fn prove(&self, deliveries: usize) -> Result<()> {
        let counts = self.counts().await?;
        let delivered =
            self.number("select count(*) from hookyard.deliveries where state = 'delivered'").await?;
        let attempts =
            self.number("select count(*) from hookyard.attempts where outcome = 'accepted'").await?;
        let documented =
            self.number("select count(*) from webhook_delivery_attempts where response_status = 200").await?;
        let all = [counts.ids, counts.requests, delivered as u64, attempts as u64, documented as u64];
        ensure!(
            all.iter().all(|&number| number == deliveries as u64),
            "of {deliveries}: ids, requests, delivered, attempts, documented = {all:?}"
        );
        Ok(())
    }

    pub async fn run(&self, args: &[&str], within: Duration) -> Result<(Duration, Spent)> {
        let begun = std::time::Instant::now();
        let child = self.hookyard(args).spawn()?;
        let spent = process::ended(&child, within).await?;
        ensure!(spent.status.success(), "hookyard {args:?}: {}", spent.status);
        Ok((begun.elapsed(), spent))
    }
}

fn receiver() -> Result<(Child, u16)> {
    let mut child = Command::new(std::env::current_exe()?).arg("receiver").stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let out = child.stdout.take().ok_or_else(|| anyhow!("no stdout"))?;
    BufReader::new(out).read_line(&mut line)?;
    Ok((child, line.trim().parse()?))
}

pub async fn connect(port: u16, database: &str) -> Result<Client> {
    let url = format!("host=127.0.0.1 port={port} user=postgres dbname={database}");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::task::spawn_local(async move { drop(connection.await) });
    Ok(client)
}

impl Lab {
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub async fn another(&self) -> Result<Client> {
        connect(self.port, "hookyard").await
    }
}
