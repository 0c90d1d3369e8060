//! What ends a server that works: being told to, nobody using it, or losing its ground.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{
    idle::Idle,
    lock::{self, Standing},
};

/// The supervisor's eyes. Holds its lock, too.
pub struct Watch {
    lock: File,
    path: PathBuf,
    idle: Idle,
    limit: Duration,
    terminate: Signal,
    interrupt: Signal,
    /// Taken so that it does not kill us: a closed terminal is no reason to stop.
    _hangup: Signal,
}

impl Watch {
    pub fn begin(lock: File, root: &Path, limit: Duration) -> io::Result<Watch> {
        Ok(Watch {
            lock,
            path: root.join("supervisor.lock"),
            idle: Idle::watch(&root.join("lease.lock"))?,
            limit,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Until somebody tells us to stop.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Until there is any reason to stop.
    pub async fn over(&mut self) {
        let glance = (self.limit / 10).clamp(Duration::from_millis(20), Duration::from_millis(300));
        loop {
            tokio::select! {
                () = self.asked() => return,
                () = tokio::time::sleep(glance) => {}
            }
            // With the root removed, the next command will not find us, and start a server at the same place: be gone
            // before that.
            if self.standing() != Standing::Ours || self.idle.expired(self.limit) {
                return;
            }
        }
    }

    pub fn standing(&self) -> Standing {
        lock::standing(&self.lock, &self.path)
    }
}
