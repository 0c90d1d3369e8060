//! Start the supervisor and wait until its server is ready, or say why it will not be.

use std::{
    fs::File,
    io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use super::{
    Setting,
    binaries::{self, Binaries},
    handshake::{self, Answer},
    layout::Layout,
    lock::{self, Running},
    log, process, socket,
};
use crate::failure::{Failure, Kind};

/// What became of an attempt to start.
pub enum Begun {
    Ready(Running),
    /// Another supervisor was there first, or ours was told to stop.
    Elsewhere,
}

/// The hidden subcommand whose body is `supervise`.
const SUBCOMMAND: &str = "local-server";

const PATIENCE: Duration = Duration::from_secs(90);
const GLANCE: Duration = Duration::from_millis(10);

/// Start the server. The caller holds `start.lock` and a lease.
pub async fn start(setting: &Setting, layout: &Layout, notes: &mut Vec<String>) -> Result<Begun, Failure> {
    let before = binaries::remembered(layout);
    let binaries = obtain(setting, layout, notes).await?;
    notes.extend(before.and_then(|before| left_behind(&before, &binaries, layout)));
    let begun = Instant::now();
    let cannot = |error: io::Error| {
        Failure::blocked(error)
            .context(format!("cannot start the local database (PostgreSQL {})", binaries.version))
            .hint(format!("see its log: {}", layout.log().display()))
            .hint("set DATABASE_URL to a running server to do without it")
    };
    let data = layout.data(binaries.version.major);
    let first = setting.throwaway || !data.exists();
    let socket_dir = layout.socket_dir()?;
    let (log, from) = log::open(&layout.log()).map_err(cannot)?;
    let command = command(setting, layout, &binaries, [&data, &socket_dir], log).map_err(cannot)?;
    // tokio reaps it whenever it ends; dropping it does not end it.
    let mut child = tokio::process::Command::from(command).spawn().map_err(cannot)?;
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().map_err(cannot)? {
            return match status.code() {
                Some(0) => Ok(Begun::Elsewhere),
                None => Err(Failure { kind: Kind::Later, ..cannot(killed(status)) }.hint("try again")),
                _ => Err(cannot(io::Error::other(log::reason(&layout.log(), from)))),
            };
        }
        let record = lock::record(&layout.supervisor()).map_err(cannot)?;
        if let (true, Some(running)) = (record.alive, record.running)
            && handshake::ask(&socket::file(&running.socket_dir)).await == Answer::Ready
        {
            if !setting.throwaway {
                binaries::remember(layout, &binaries).map_err(cannot)?;
            }
            let took = begun.elapsed().as_secs_f32();
            let made =
                if first { format!(", with a new data directory {}", data.display()) } else { String::new() };
            notes.push(format!("started PostgreSQL {} in {took:.2} s{made}", binaries.version));
            return Ok(Begun::Ready(running));
        }
        tokio::time::sleep(GLANCE).await;
    }
    Err(cannot(io::Error::other(format!("not ready after {} s", PATIENCE.as_secs()))))
}

fn killed(status: ExitStatus) -> io::Error {
    io::Error::other(format!("its supervisor was killed ({status})"))
}

/// Searching runs programs, and a package manager may take its time: not on the thread that drives everything else.
async fn obtain(setting: &Setting, layout: &Layout, notes: &mut Vec<String>) -> Result<Binaries, Failure> {
    let (setting, layout) = (setting.clone(), layout.clone());
    let (found, said) = tokio::task::spawn_blocking(move || {
        let mut said = Vec::new();
        (binaries::obtain(&setting, &layout, &mut said), said)
    })
    .await
    .map_err(Failure::fault)?;
    notes.extend(said);
    found
}

/// Data of another major version stays where it is; that must not look like lost data.
fn left_behind(before: &Binaries, now: &Binaries, layout: &Layout) -> Option<String> {
    let data = layout.data(before.version.major);
    (before.version.major != now.version.major && data.exists()).then(|| {
        format!(
            "now on PostgreSQL {} instead of {}, whose data stays untouched in {}",
            now.version,
            before.version,
            data.display()
        )
    })
}

/// Hookyard itself as the supervisor: in the background, deaf to this terminal, and with nothing of ours but its orders.
fn command(
    setting: &Setting,
    layout: &Layout,
    binaries: &Binaries,
    [data, socket_dir]: [&PathBuf; 2],
    log: File,
) -> io::Result<Command> {
    let mut command = Command::new(ourselves()?);
    command.arg0("hookyard").arg(SUBCOMMAND);
    command.arg("--root").arg(&layout.root).arg("--data").arg(data).arg("--socket-dir").arg(socket_dir);
    command.arg("--binaries").arg(&binaries.directory).args(["--source", binaries.source.words()]);
    command.args(["--major", &binaries.version.major.to_string(), "--version", &binaries.version.text]);
    command.args(["--identity", &layout.identity.to_string()]);
    command.args(["--idle-ms", &setting.idle.as_millis().to_string()]);
    if let Some(libraries) = &binaries.libraries {
        command.args(["--libraries", libraries]);
    }
    if setting.throwaway {
        command.arg("--throwaway");
    }
    // A group of its own: Ctrl-C is for the command at the terminal. No environment: it may hold secrets, and the server
    // outlives us.
    command.process_group(0).current_dir("/").env_clear().env("PATH", "/usr/bin:/bin");
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    process::keep_no_descriptors(&mut command);
    Ok(command)
}

fn ourselves() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    // Replaced by a newer build while we run: the kernel still has the one we are.
    Ok(if path.exists() { path } else { PathBuf::from("/proc/self/exe") })
}
