//! Start the server, or join the one that runs, and hold its lease.

use std::{
    fs::File,
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    Setting,
    handshake::{self, Answer},
    layout::Layout,
    lock::{self, Running},
    process::{self, Signal},
    socket::{self, PORT},
    start::{self, Begun},
    stop,
};
use crate::failure::Failure;

/// A server that is ready. It stays so for as long as this value lives.
#[derive(Debug)]
pub struct Local {
    pub socket_dir: PathBuf,
    pub port: u16,
    pub user: &'static str,
    /// What a person may want to know: `started PostgreSQL 15.14 in 0.5 s`.
    pub notes: Vec<String>,
    /// Never read: the kernel lets go of it when we do.
    _lease: File,
}

/// A busy machine and a cold disk included.
const PATIENCE: Duration = Duration::from_secs(90);
const GLANCE: Duration = Duration::from_millis(10);

/// Start (or join) the server and hold its lease as long as the value lives.
pub async fn ensure(setting: &Setting) -> Result<Local, Failure> {
    let layout = Layout::of(setting)?;
    layout.prepare()?;
    let mut notes = Vec::new();
    let begun = Instant::now();
    let mut last_heard = String::from("nobody has begun to start it");
    let mut lease = take_lease(&layout).await?;
    while begun.elapsed() < PATIENCE {
        let record = lock::record(&layout.supervisor()).map_err(|error| unusable(&layout, error))?;
        match (record.alive, record.running) {
            (true, Some(running)) if other_binaries(setting, &running) => {
                // Ours counts as a lease too.
                drop(lease);
                stop::quietly(&layout, &running).await?;
                notes.push(format!("stopped PostgreSQL {}, which ran before", running.version));
                lease = take_lease(&layout).await?;
                continue;
            }
            (true, Some(running)) => match handshake::ask(&socket::file(&running.socket_dir)).await {
                Answer::Ready => return Ok(local(running, notes, lease)),
                Answer::NotYet(why) | Answer::Absent(why) => last_heard = why,
            },
            (true, None) => {}
            (false, _) => match begin(setting, &layout, &mut notes).await? {
                Some(Begun::Ready(running)) => return Ok(local(running, notes, lease)),
                Some(Begun::Elsewhere) => {}
                None => last_heard = String::from("another command is starting it"),
            },
        }
        tokio::time::sleep(GLANCE).await;
    }
    Err(Failure::later(last_heard)
        .context(format!("the local database is not ready after {} s", PATIENCE.as_secs()))
        .hint(format!("see its log: {}", layout.log().display()))
        .hint("try again, or stop it first: hookyard database stop --force"))
}

/// Start it, unless (`None`) another command is doing that.
async fn begin(
    setting: &Setting,
    layout: &Layout,
    notes: &mut Vec<String>,
) -> Result<Option<Begun>, Failure> {
    let starting = lock::exclusive(&layout.start(), Duration::ZERO).await;
    let Some(_starting) = starting.map_err(|error| unusable(layout, error))? else { return Ok(None) };
    // Looked at again: between our look and our lock, another command may have started a server and gone on. That one
    // is no orphan.
    let record = lock::record(&layout.supervisor()).map_err(|error| unusable(layout, error))?;
    if record.alive {
        return Ok(Some(Begun::Elsewhere));
    }
    if let Some(before) = record.running {
        end_orphan(&before).await;
    }
    start::start(setting, layout, notes).await.map(Some)
}

/// A lease, waiting while a server is being stopped.
async fn take_lease(layout: &Layout) -> Result<File, Failure> {
    let lease = lock::lease(&layout.lease(), PATIENCE).await.map_err(|error| unusable(layout, error))?;
    lease.ok_or_else(|| {
        Failure::later(format!("{} is still held by who stops it", layout.lease().display()))
            .context(format!("the local database has been stopping for {} s", PATIENCE.as_secs()))
            .hint("stop it at once: hookyard database stop --force")
    })
}

/// Only a person's word makes us leave a server that runs: what a search would find today may differ from yesterday.
fn other_binaries(setting: &Setting, running: &Running) -> bool {
    setting.pg_bin.as_ref().is_some_and(|wanted| *wanted != running.binaries)
}

/// A server whose supervisor was killed. On Linux the kernel has told it to stop already; either way nobody would ever
/// stop it for being idle, so it goes, and a new one serves the same data.
async fn end_orphan(before: &Running) {
    let socket = socket::file(&before.socket_dir);
    let begun = Instant::now();
    let mut told = None;
    while let Some(pid) = handshake::listener(&socket).await {
        if told != Some(pid) {
            process::signal(pid, Signal::Fast);
            told = Some(pid);
        }
        if begun.elapsed() > Duration::from_secs(20) {
            process::signal(pid, Signal::Immediate);
        }
        if begun.elapsed() > Duration::from_secs(30) {
            return; // Starting the next one will say what is in the way.
        }
        // Each look is a connection, which postgres forks for.
        tokio::time::sleep(5 * GLANCE).await;
    }
}

fn local(running: Running, notes: Vec<String>, lease: File) -> Local {
    Local { socket_dir: running.socket_dir, port: PORT, user: "postgres", notes, _lease: lease }
}

pub fn unusable(layout: &Layout, error: io::Error) -> Failure {
    Failure::blocked(error)
        .context(format!("cannot use the locks of the local database in {}", layout.root.display()))
        .hint(format!("make {} writable for yourself, or set XDG_DATA_HOME", layout.root.display()))
}
