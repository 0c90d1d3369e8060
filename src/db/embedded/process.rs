//! The few things the operating system offers that the standard library does not: signals, the dying parent, free
//! space. All `unsafe` of the local database that is not a user namespace is here, one narrow function each.

#[cfg(target_os = "linux")]
use std::os::unix::process::CommandExt;
use std::{io, path::Path, process::Command};

/// The user we act as.
pub fn uid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    #[allow(unsafe_code, reason = "the standard library has no geteuid")]
    unsafe {
        libc::geteuid()
    }
}

/// How a server is told to stop, from the gentlest to the last resort.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// To a supervisor: stop the server, then yourself.
    Terminate,
    /// To postgres: roll back what is open, write a checkpoint, exit.
    Fast,
    /// To postgres: exit at once; the next start recovers from the log.
    Immediate,
    Kill,
}

/// Send a signal; a process that is gone already is no error.
pub fn signal(pid: u32, signal: Signal) {
    let number = match signal {
        Signal::Terminate => libc::SIGTERM,
        Signal::Fast => libc::SIGINT,
        Signal::Immediate => libc::SIGQUIT,
        Signal::Kill => libc::SIGKILL,
    };
    // Zero would mean our own group and a negative number another group: never what is meant here.
    if let Ok(pid @ 2..) = i32::try_from(pid) {
        // SAFETY: plain numbers; the worst a wrong pid can do is excluded above.
        #[allow(
            unsafe_code,
            reason = "the standard library can only send SIGKILL, and only to its own children"
        )]
        unsafe {
            libc::kill(pid, number)
        };
    }
}

/// Bytes that an unprivileged process may still write below `path`.
pub fn free_space(path: &Path) -> io::Result<u64> {
    let path = std::ffi::CString::new(path.as_os_str().as_encoded_bytes())?;
    // SAFETY: statvfs is plain data for which zeroes are valid; the path ends in NUL and outlives the call.
    #[allow(unsafe_code, reason = "the standard library does not tell the free space")]
    let (answer, space) = unsafe {
        let mut space: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &mut space), space)
    };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    // The fields' widths differ between systems.
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
    Ok((space.f_bavail as u64).saturating_mul(space.f_frsize as u64))
}

/// Let the child keep no descriptor but the three standard ones. A cron job wrapped in `flock` hands its lock down
/// as an open descriptor: a server that kept it would hold that lock until it is idle.
pub fn keep_no_descriptors(command: &mut Command) {
    // SAFETY: between fork and exec only one system call is made; it allocates nothing and touches no lock.
    #[cfg(target_os = "linux")]
    #[allow(unsafe_code, reason = "pre_exec is the only place between fork and exec")]
    unsafe {
        command.pre_exec(|| {
            // Marked rather than closed: the standard library reports a failed exec through one of them. A kernel
            // before 5.11 refuses, and then things are as they always were.
            libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
            Ok(())
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// Have the kernel stop the child (a fast shutdown) should this very thread die, SIGKILL included.
/// Add this last: changing user or namespace clears the wish.
pub fn die_with_parent(command: &mut Command) {
    // SAFETY: between fork and exec only two system calls are made; they allocate nothing and touch no lock.
    #[cfg(target_os = "linux")]
    #[allow(unsafe_code, reason = "pre_exec is the only place between fork and exec")]
    unsafe {
        let parent = std::process::id();
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the wish was made.
            match u32::try_from(libc::getppid()) {
                Ok(now) if now == parent => Ok(()),
                _ => Err(io::ErrorKind::BrokenPipe.into()),
            }
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}
