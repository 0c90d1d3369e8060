//! All tests share one process, and an ordinary user's soft limit of 1024 open files is too low for their sockets.

use std::sync::Once;

/// Raise the soft limit to the hard one.
#[allow(unsafe_code)]
pub fn many_files() {
    static RAISED: Once = Once::new();
    RAISED.call_once(|| {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: both calls get a valid pointer to a limit of ours, and touch nothing else.
        unsafe {
            if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
                limit.rlim_cur = limit.rlim_max;
                libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
            }
        }
    });
}
