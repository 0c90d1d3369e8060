//! What an answer may cost: 64 KiB of it, and little memory, however much is sent.

use std::process::Command;

use super::*;

#[tokio::test]
async fn at_most_64_kib_of_a_body_is_kept() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    for (path, truncated, length) in [
        ("/large/65536", false, Some(65_536)),
        ("/large/65537", true, Some(65_537)),
        ("/large/3000000", true, Some(3_000_000)),
        ("/endless-length", true, Some(1_000_000_000_000)),
        ("/endless", true, None),
    ] {
        let got = answer(post(&http, &hostile.url(path)).await);
        assert_eq!((got.status, got.body.len(), got.truncated), (200, 65_536, truncated), "{path}");
        assert!(length.map_or(got.length > 65_536, |length| got.length == length), "{path}: {}", got.length);
    }
}

#[tokio::test]
async fn packed_answers_stay_packed() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    let got = answer(post(&http, &hostile.url("/gzip/bomb")).await);
    assert!((200_000..210_000).contains(&got.length), "{}", got.length);
    assert_eq!(got.body[..3], [0x1f, 0x8b, 8]);
    assert!(!hostile.seen("/gzip/bomb")[0].head.to_lowercase().contains("accept-encoding"));
}

/// Memory is the process's, so the measurement has one of its own: this very test, run again alone.
#[test]
fn hostile_answers_cost_little_memory() {
    let own = std::env::current_exe().expect("this test");
    let name = format!("{}::in_a_process_of_its_own", module_path!().split_once("::").expect("a module").1);
    let output =
        Command::new(own).args([&name, "--exact", "--ignored", "--nocapture"]).output().expect("run");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
#[ignore = "measures its process: started by hostile_answers_cost_little_memory"]
async fn in_a_process_of_its_own() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    // The first requests pay for buffers, certificates and threads.
    for path in ["/ok", "/large/65536", "/large/300000"] {
        answer(post(&http, &hostile.url(path)).await);
    }
    let descriptors = open_files();
    for path in
        ["/endless", "/endless-length", "/gzip/bomb", "/large-header", "/headers/101", "/endless-header"]
    {
        let before = from_here();
        for _ in 0..3 {
            post(&http, &hostile.url(path)).await;
        }
        let grown = memory("VmHWM:").saturating_sub(before);
        report(path, grown);
        assert!(grown <= 8 * 1024, "{path}: {grown} KiB");
    }
    let before = from_here();
    let url = hostile.url("/endless");
    futures_util::future::join_all((0..16).map(|_| post(&http, &url))).await;
    let grown = memory("VmHWM:").saturating_sub(before);
    report("16 at once", grown);
    assert!(grown <= 128 * 1024, "16 at once: {grown} KiB");
    for _ in 0..50 {
        if open_files() <= descriptors {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("{} files open, {descriptors} before", open_files());
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}

/// Forget the highest memory so far, and say what is held now, in KiB.
fn from_here() -> u64 {
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux");
    memory("VmRSS:")
}

fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let found = status.lines().find_map(|known| known.strip_prefix(line)).expect("a line about memory");
    found.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number")
}

fn report(what: &str, kib: u64) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{what}: {kib} KiB more");
}
