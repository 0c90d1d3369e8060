//! The parent of postgres: makes the cluster, starts the server, starts it again should it die, and stops it when it is
//! told to or when nobody has held a lease for the idle time. It is hookyard itself, under a hidden subcommand, in a
//! process group of its own; its output is `postgres.log`. Should it be killed, the kernel stops the server.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitStatus,
    time::{Duration, Instant},
};

use tokio::{
    process::{Child, Command},
    signal::unix::{Signal as Arrival, SignalKind, signal},
};

use super::{
    binaries::Source,
    cluster,
    idle::Idle,
    lock::{self, Running},
    process::{self, Signal},
    root::Identity,
    version::Version,
};

/// What the command that starts the server has decided; nothing is searched for twice.
#[derive(clap::Args, Clone, Debug)]
pub struct SuperviseArgs {
    #[arg(long)]
    pub root: PathBuf,
    #[arg(long)]
    pub data: PathBuf,
    #[arg(long)]
    pub socket_dir: PathBuf,
    #[arg(long)]
    pub binaries: PathBuf,
    #[arg(long)]
    pub libraries: Option<String>,
    #[arg(long)]
    pub source: Source,
    #[arg(long)]
    pub major: u16,
    #[arg(long)]
    pub version: String,
    #[arg(long)]
    pub identity: Identity,
    #[arg(long)]
    pub idle_ms: u64,
    #[arg(long)]
    pub throwaway: bool,
}

/// Exit codes that the starting command reads.
pub const STOPPED: u8 = 0;
pub const FAILED: u8 = 4;

/// A dead postmaster's children hold its shared memory for a moment; the next one has to be told no a few times.
const PATIENCE: Duration = Duration::from_secs(15);
const BETWEEN_STARTS: Duration = Duration::from_millis(200);

/// A server that has run for this long was a good one.
const GOOD: Duration = Duration::from_secs(10);

pub fn supervise(args: SuperviseArgs) -> u8 {
    // A thread and a runtime of our own: the caller may be inside one already.
    let body = std::thread::spawn(move || -> io::Result<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(run(&args))
    });
    match body.join() {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            say(&format!("the local database cannot go on: {error}"));
            FAILED
        }
        Err(_) => 70,
    }
}

async fn run(args: &SuperviseArgs) -> io::Result<u8> {
    let Some(lock) = lock::exclusive(&args.root.join("supervisor.lock"), Duration::from_secs(1)).await?
    else {
        return Ok(STOPPED); // Somebody was faster, which is all that is wanted.
    };
    lock::write(&lock, &record(args))?;
    let mut stop = Stop::listen()?;
    if args.throwaway {
        // A run that was killed may have left a directory that was never synced.
        cluster::remove(args)?;
    }
    let made = tokio::select! {
        made = cluster::make(args) => made,
        () = stop.asked() => return Ok(STOPPED),
    };
    made.map_err(|error| io::Error::other(format!("no data directory at {}: {error}", args.data.display())))?;
    let served = serve(args, &mut stop).await;
    if args.throwaway {
        cluster::remove(args)?;
    }
    served
}

/// Keep a server running until it is to stop.
async fn serve(args: &SuperviseArgs, stop: &mut Stop) -> io::Result<u8> {
    let mut idle = Idle::watch(&args.root.join("lease.lock"))?;
    let limit = Duration::from_millis(args.idle_ms);
    let mut trouble_since: Option<Instant> = None;
    loop {
        let started = Instant::now();
        let mut postgres = Command::from(cluster::serve(args)).spawn()?;
        let Some(status) = watch(&mut postgres, stop, &mut idle, limit).await? else {
            end(&mut postgres).await?;
            return Ok(STOPPED);
        };
        if status.success() {
            return Ok(STOPPED); // Somebody told postgres itself to stop, and it did.
        }
        say(&format!("postgres ended by itself: {status}"));
        if started.elapsed() > GOOD {
            trouble_since = None;
        }
        if trouble_since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
            return Err(io::Error::other(format!("postgres does not stay up: {status}")));
        }
        tokio::time::sleep(BETWEEN_STARTS).await;
    }
}

/// Wait until postgres ends by itself, or (`None`) until it is to be stopped.
async fn watch(
    postgres: &mut Child,
    stop: &mut Stop,
    idle: &mut Idle,
    limit: Duration,
) -> io::Result<Option<ExitStatus>> {
    let glance = (limit / 10).clamp(Duration::from_millis(20), Duration::from_millis(500));
    loop {
        tokio::select! {
            status = postgres.wait() => return status.map(Some),
            () = stop.asked() => return Ok(None),
            () = tokio::time::sleep(glance) => {
                if idle.expired(limit) {
                    return Ok(None);
                }
            }
        }
    }
}

/// Stop postgres: politely, then less so.
async fn end(postgres: &mut Child) -> io::Result<()> {
    for (with, patience) in [(Signal::Fast, 30), (Signal::Immediate, 10), (Signal::Kill, 10)] {
        // Not yet reaped, so the pid is still its own.
        let Some(pid) = postgres.id() else { return Ok(()) };
        process::signal(pid, with);
        if tokio::time::timeout(Duration::from_secs(patience), postgres.wait()).await.is_ok() {
            return Ok(());
        }
        say(&format!("postgres has not ended {patience} s after {with:?}"));
    }
    Err(io::Error::other("postgres cannot be stopped"))
}

/// The ways of being told to stop. A closed terminal is not one of them.
struct Stop {
    terminate: Arrival,
    interrupt: Arrival,
    _hangup: Arrival,
}

impl Stop {
    fn listen() -> io::Result<Stop> {
        Ok(Stop {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn record(args: &SuperviseArgs) -> Running {
    Running {
        supervisor: std::process::id(),
        binaries: args.binaries.clone(),
        source: args.source,
        version: Version { major: args.major, text: args.version.clone() },
        data: args.data.clone(),
        socket_dir: args.socket_dir.clone(),
    }
}

/// Into the log, in the manner of postgres's own lines; the starting command looks for `FATAL`.
fn say(message: &str) {
    writeln!(io::stderr(), "FATAL:  {message}").ok();
}
