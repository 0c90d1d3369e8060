//! Children, and what they cost: CPU and memory as the kernel counted them when they ended.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// A process that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub status: ExitStatus,
    pub cpu: Duration,
    pub peak_kib: u64,
}

/// Wait for a child without blocking the runtime.
pub async fn ended(child: &Child, within: Duration) -> Result<Spent> {
    let begun = Instant::now();
    loop {
        if let Some(spent) = reap(child, libc::WNOHANG)? {
            return Ok(spent);
        }
        if begun.elapsed() > within {
            kill(child, libc::SIGKILL);
            anyhow::bail!("a child did not end within {within:?}");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub fn reap(child: &Child, options: i32) -> Result<Option<Spent>> {
    let mut status = 0;
    // SAFETY: rusage is plain numbers, for which zeroes are a value, and wait4 gets pointers to our own.
    let (pid, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(child.id() as i32, &mut status, options, &mut usage), usage)
    };
    ensure!(pid >= 0, "wait4: {}", std::io::Error::last_os_error());
    if pid == 0 {
        return Ok(None);
    }
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    Ok(Some(Spent {
        status: ExitStatus::from_raw(status),
        cpu: time(usage.ru_utime) + time(usage.ru_stime),
        peak_kib: usage.ru_maxrss as u64,
    }))
}

pub fn kill(child: &Child, signal: i32) {
    // SAFETY: sends a signal to a child of ours that has not been waited for.
    unsafe { libc::kill(child.id() as i32, signal) };
}

/// CPU of a living process and its resident memory in KiB.
pub fn usage(pid: u32) -> Result<(Duration, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|text| text.split_whitespace().next())
        .unwrap_or("0");
    Ok((ticks(pid, 11..13)?, resident.parse()?))
}

/// Fields 11 and 12 behind the name are a process's own CPU, 13 and 14 that of its children that have ended.
fn ticks(pid: u32, fields: std::ops::Range<usize>) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let all: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks: u64 =
        all.get(fields).unwrap_or_default().iter().filter_map(|text| text.parse::<u64>().ok()).sum();
    // SAFETY: asks for a number.
    let hertz = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as u64;
    Ok(Duration::from_millis(ticks * 1000 / hertz))
}

/// CPU of all living processes below `parent`, itself included: the server and its backends.
pub fn family(parent: u32) -> Duration {
    let Ok(all) = std::fs::read_dir("/proc") else { return Duration::ZERO };
    let mut sum = ticks(parent, 11..15).unwrap_or_default();
    for pid in all.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let above = stat.rsplit(')').next().unwrap_or("").split_whitespace().nth(1).unwrap_or("").to_owned();
        if above == parent.to_string() {
            sum += usage(pid).map(|(cpu, _)| cpu).unwrap_or_default();
        }
    }
    sum
}
