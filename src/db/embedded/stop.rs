//! Stop the server now, unless somebody uses it.

use std::{
    fs::File,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    Setting,
    ensure::unusable,
    layout::Layout,
    lock::{self, Running},
    process::{self, Signal},
};
use crate::failure::Failure;

/// What was stopped; `None` if nothing ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub version: Option<String>,
    /// Where the data is, or was: see `removed`.
    pub data: Option<PathBuf>,
    pub removed: bool,
    pub took: Duration,
}

/// The supervisor looks at the lease for an instant now and then; whoever holds it longer uses the server.
const MOMENT: Duration = Duration::from_millis(500);
/// Longer than the supervisor's own patience with postgres.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(10);

/// Stop it now, unless other commands hold leases and it is not to be forced.
pub async fn stop(setting: &Setting, force: bool) -> Result<Stopped, Failure> {
    let layout = Layout::of(setting)?;
    let begun = Instant::now();
    let record = lock::record(&layout.supervisor()).map_err(|error| unusable(&layout, error))?;
    let Some(running) = record.running.filter(|_| record.alive) else {
        return Ok(Stopped { version: None, data: None, removed: false, took: begun.elapsed() });
    };
    if force {
        end(&layout, &running).await?;
    } else {
        quietly(&layout, &running).await?;
    }
    Ok(Stopped {
        version: Some(running.version.text),
        removed: setting.throwaway && !running.data.exists(),
        data: Some(running.data),
        took: begun.elapsed(),
    })
}

/// Stop it only if nobody uses it.
pub async fn quietly(layout: &Layout, running: &Running) -> Result<(), Failure> {
    // Held until it is gone: a command that comes meanwhile waits, and starts a server of its own.
    let Some(_lease) = unused(layout).await? else {
        return Err(Failure::later("other hookyard commands are using it")
            .context(format!("the local database (PostgreSQL {}) was not stopped", running.version))
            .hint("wait for them, or cut them off: hookyard database stop --force"));
    };
    end(layout, running).await
}

async fn unused(layout: &Layout) -> Result<Option<File>, Failure> {
    lock::exclusive(&layout.lease(), MOMENT).await.map_err(|error| unusable(layout, error))
}

/// Tell the supervisor, and wait until it is gone.
async fn end(layout: &Layout, running: &Running) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut told = false;
    while begun.elapsed() < PATIENCE {
        let record = lock::record(&layout.supervisor()).map_err(|error| unusable(layout, error))?;
        // Another pid is another server, started after the one that was meant had gone.
        let same = record.running.is_none_or(|now| now.supervisor == running.supervisor);
        if !record.alive || !same {
            return Ok(());
        }
        if !told {
            // Its lock is held, so the process is alive and the pid its own.
            process::signal(running.supervisor, Signal::Terminate);
            told = true;
        }
        tokio::time::sleep(GLANCE).await;
    }
    Err(Failure::later(format!("its supervisor (pid {}) is still there", running.supervisor))
        .context(format!("the local database has not stopped within {} s", PATIENCE.as_secs()))
        .hint(format!("see its log: {}", layout.log().display())))
}
