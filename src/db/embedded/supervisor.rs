//! The parent of postgres: makes the cluster, starts the server, starts it again should it die, and stops it when it is
//! told to or when nobody has held a lease for the idle time. It is hookyard itself, under a hidden subcommand, in a
//! process group of its own; its output is `postgres.log`. Should it be killed, the kernel stops the server.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use super::{
    binaries::Source,
    cluster,
    lock::{self, Running, Standing},
    process::{self, Signal},
    root::Identity,
    stale,
    version::Version,
    watch::Watch,
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

/// What begins our own lines in the log.
pub const MARK: &str = "hookyard:";

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
    let path = args.root.join("supervisor.lock");
    let Some(lock) = lock::exclusive(&path, Duration::from_secs(1)).await? else {
        return Ok(STOPPED); // Somebody was faster, which is all that is wanted.
    };
    lock::write(&lock, &record(args))?;
    let mut watch = Watch::begin(lock, &args.root, Duration::from_millis(args.idle_ms))?;
    if args.throwaway {
        // A run that was killed may have left a directory that was never synced.
        cluster::remove(args)?;
    }
    let made = tokio::select! {
        made = cluster::make(args) => made,
        () = watch.asked() => return Ok(STOPPED),
    };
    made.map_err(|error| io::Error::other(format!("no data directory at {}: {error}", args.data.display())))?;
    let served = serve(args, &mut watch).await;
    // What lies there now may be another supervisor's, if somebody removed the root under us.
    if args.throwaway && watch.standing() != Standing::Replaced {
        cluster::remove(args)?;
    }
    served
}

/// Keep a server running until it is to stop.
async fn serve(args: &SuperviseArgs, watch: &mut Watch) -> io::Result<u8> {
    let mut trouble_since: Option<Instant> = None;
    // Whether a server before this one may have left children behind. Without, a refusal to start is final.
    let mut unclean = false;
    loop {
        unclean |= stale::clear(&args.data)?;
        let started = Instant::now();
        let mut postgres = Command::from(cluster::serve(args)).spawn()?;
        let status = tokio::select! {
            status = postgres.wait() => status?,
            () = watch.over() => {
                end(&mut postgres).await?;
                return Ok(STOPPED);
            }
        };
        if status.success() {
            return Ok(STOPPED); // Somebody told postgres itself to stop, and it did.
        }
        say(&format!("postgres ended by itself: {status}"));
        if !unclean && status.code().is_some() {
            return Err(io::Error::other(format!("postgres does not start: {status}")));
        }
        if started.elapsed() > GOOD {
            trouble_since = None;
        }
        if trouble_since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
            return Err(io::Error::other(format!("postgres does not stay up: {status}")));
        }
        tokio::time::sleep(BETWEEN_STARTS).await;
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

/// Into the log; the starting command reads it there.
fn say(message: &str) {
    writeln!(io::stderr(), "{MARK} {message}").ok();
}
