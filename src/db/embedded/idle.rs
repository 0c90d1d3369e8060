//! When nobody has used the server for a while.

use std::{
    fs::File,
    io,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use super::lock;

/// Watches the leases.
pub struct Idle {
    lease: File,
    stamp: Option<SystemTime>,
    since: Instant,
}

impl Idle {
    pub fn watch(lease: &Path) -> io::Result<Idle> {
        Ok(Idle { lease: lock::open(lease)?, stamp: None, since: Instant::now() })
    }

    /// Whether nobody has held a lease for `limit`. If so the lease stays ours until we are gone: a command that comes
    /// now waits, and then starts a server of its own.
    pub fn expired(&mut self, limit: Duration) -> bool {
        // A lock that cannot be read keeps the server: a stop that somebody notices is worse than one too late.
        let free = lock::got(self.lease.try_lock()).unwrap_or(false);
        let stamp = self.lease.metadata().and_then(|found| found.modified()).ok();
        // Between two looks, a short command leaves no lock but its time stamp.
        if !free || stamp != self.stamp {
            self.stamp = stamp;
            self.since = Instant::now();
        }
        if free && self.since.elapsed() >= limit {
            return true;
        }
        if free {
            self.lease.unlock().ok();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn idle_means_neither_a_lease_nor_a_trace_of_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lease.lock");
        let moment = Duration::from_millis(20);
        let mut idle = Idle::watch(&path).expect("a file");
        assert!(!idle.expired(moment), "the first look begins the count");

        let lease = lock::lease(&path, moment).await.expect("readable").expect("free");
        std::thread::sleep(moment);
        assert!(!idle.expired(moment), "somebody holds a lease");
        drop(lease);
        std::thread::sleep(moment);
        drop(lock::lease(&path, moment).await.expect("readable").expect("free"));
        assert!(!idle.expired(moment), "somebody was here since");

        std::thread::sleep(moment);
        assert!(idle.expired(moment));
        assert!(
            lock::lease(&path, moment).await.expect("readable").is_none(),
            "who comes too late waits until the server is gone"
        );
    }
}
