//! A database that is away, silent or slow; a reader that goes; a terminal that changes.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::health;
use crate::support::{Proxy, Scene, hookyard};

#[test]
fn a_silent_or_slow_database_is_an_answer_within_ten_seconds() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("postgres://x@{}/x", silent.local_addr().expect("an address"));
    let slow = Scene::new();
    // Somebody holds a table that every look needs.
    let mut holder = slow.database.session();
    holder.execute("begin; lock table webhooks in access exclusive mode");
    for (form, code) in [(&[][..], 3), (&["--nagios"], 2)] {
        for url in [url.as_str(), &slow.database.url()] {
            let begun = Instant::now();
            let told =
                hookyard(&[&["report", "health"], form].concat()).env("DATABASE_URL", url).run().exits(code);
            assert!(begun.elapsed() < Duration::from_secs(20), "{told}");
            assert!(!told.stderr.is_empty(), "{told}");
        }
    }
    holder.execute("rollback");
    health(&slow, &[]).succeeds();
}

#[test]
fn a_closed_pipe_is_no_error_and_a_full_disk_is() {
    let scene = Scene::new();
    let run = |line: &str| {
        let binary = env!("CARGO_BIN_EXE_hookyard");
        let line = line.replace("HEALTH", &format!("{binary} report health"));
        let output = Command::new("bash")
            .args(["-c", &line])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("DATABASE_URL", scene.database.url())
            .output()
            .expect("bash");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for form in ["", "--json", "--csv", "--nagios", "--prometheus", "--markdown"] {
        let quiet = (Some(0), String::new());
        assert_eq!(run(&format!("HEALTH {form} | true; exit ${{PIPESTATUS[0]}}")), quiet, "{form}");
        assert_eq!(run(&format!("HEALTH {form} >&-")), quiet, "{form}");
        let (code, told) = run(&format!("HEALTH {form} > /dev/full"));
        let full = if form == "--nagios" { 3 } else { 1 };
        assert_eq!(code, Some(full), "{form} {told}");
        assert!(told.contains("cannot write the answer") && !told.contains("panicked"), "{told}");
    }
    // Watched by nobody, it ends.
    assert_eq!(
        run("HEALTH --watch --every 10ms | head -1 > /dev/null; exit ${PIPESTATUS[0]}"),
        (Some(0), String::new())
    );
}

/// What the terminal saw of a watch that was looked at until `seen` says so, then interrupted. The name of the terminal
/// stands in the first line.
fn watched(url: &str, size: &str, mut seen: impl FnMut(&str) -> bool) -> String {
    let binary = env!("CARGO_BIN_EXE_hookyard");
    let line = format!("stty {size}; tty; exec {binary} report health --watch --every 200ms");
    let mut child = Command::new("script")
        .args(["-qefc", &line, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .env("DATABASE_URL", url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of util-linux, gives a terminal");
    let (mut stdout, mut stdin) = (child.stdout.take().expect("piped"), child.stdin.take().expect("piped"));
    // A character may arrive in two reads.
    let (mut raw, mut text, mut bytes) = (Vec::new(), String::new(), [0; 4096]);
    let begun = Instant::now();
    while !seen(&text) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{text:?}");
        let read = stdout.read(&mut bytes).expect("readable");
        assert!(read > 0, "it ended by itself: {text:?}");
        raw.extend_from_slice(&bytes[..read]);
        text = String::from_utf8_lossy(&raw).into_owned();
    }
    std::io::Write::write_all(&mut stdin, b"\x03").expect("Ctrl-C");
    stdout.read_to_end(&mut Vec::new()).expect("readable");
    assert_eq!(child.wait().expect("ends").code(), Some(130), "Ctrl-C is how one ends it");
    text
}

#[test]
fn a_watch_draws_in_place_and_outlives_a_database_that_goes() {
    let scene = Scene::new();
    let proxy = Proxy::before(&scene.database);
    let (mut gone, mut back) = (false, false);
    let text = watched(&proxy.url(&scene.database), "cols 100 rows 30", |text| {
        if !gone && text.matches("deliveries: ok").count() >= 2 {
            gone = true;
            proxy.pause();
        }
        if gone && !back && text.contains("not up to date") {
            back = true;
            proxy.resume();
        }
        back && text.rsplit("not up to date").next().is_some_and(|rest| rest.matches("\u{1b}[H").count() >= 2)
    });
    assert!(
        text.contains("\u{1b}[H") && text.matches("\u{1b}[2J").count() == 1,
        "drawn over, not scrolled: {text:?}"
    );
}

/// How wide the tables of a picture are.
fn widest(frame: &str) -> usize {
    let plain = |line: &str| {
        let mut rest = line;
        let mut count = 0;
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            count += before.trim_end_matches('\r').chars().count();
            rest = after.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
        }
        count + rest.trim_end_matches('\r').chars().count()
    };
    // As columns, or told row by row.
    let of_a_table = |line: &&str| line.contains(['│', '┌', '├', '└', '·']) && !line.contains("worst first");
    let tables: Vec<&str> = frame.lines().filter(of_a_table).collect();
    assert!(tables.len() > 2, "{frame:?}");
    tables.into_iter().map(plain).max().unwrap_or_default()
}

/// Narrower, wider, lower: the picture that is drawn after it is of the new size, and all of the old one is gone.
#[test]
fn a_watch_is_drawn_anew_when_its_terminal_changes_its_size() {
    let scene = Scene::new();
    for n in 0..3 {
        scene.webhook(&format!("https://endpoint-with-a-long-name-{n}.customer.example.com/webhooks/in"));
    }
    let mut sizes = ["cols 90", "cols 200", "rows 9"].iter();
    let mut drawn = 0;
    let text = watched(&scene.database.url(), "cols 150 rows 80", |text| {
        // After another size everything is cleared first; a picture is whole when what is below it is cleared.
        let cleared = text.matches("\u{1b}[2J").count();
        if cleared == drawn || !text.rsplit("\u{1b}[2J").next().is_some_and(|rest| rest.contains("\u{1b}[J"))
        {
            return false;
        }
        let Some(size) = sizes.next() else { return text.ends_with(" more lines") };
        let terminal = text.lines().next().expect("its name").trim();
        let mut words = vec!["-F", terminal];
        words.extend(size.split(' '));
        assert!(Command::new("stty").args(words).status().expect("stty").success());
        drawn = cleared;
        false
    });
    let frames: Vec<&str> = text
        .split("\u{1b}[2J")
        .skip(1)
        .map(|rest| rest.split("\u{1b}[J").next().unwrap_or_default())
        .collect();
    assert_eq!(frames.len(), 4, "{text:?}");
    for (frame, (more, most)) in frames.iter().zip([(90, 150), (0, 90), (150, 200)]) {
        let width = widest(frame);
        assert!(more < width && width <= most, "{more} < {width} <= {most}: {frame:?}");
    }
    assert_eq!(frames[3].lines().count(), 8, "the ninth says how many more there are: {:?}", frames[3]);
}

#[test]
fn a_table_fits_its_terminal() {
    let scene = Scene::new();
    for n in 0..9 {
        scene.webhook(&format!("https://endpoint-with-a-long-name-{n}.customer.example.com/webhooks/in"));
    }
    let text = watched(&scene.database.url(), "cols 80 rows 90", |text| text.contains("hookyard: ok"));
    let frame = text.split("\u{1b}[H").nth(1).expect("a frame");
    assert!(widest(frame) <= 80, "{frame:?}");
    // Off a terminal nothing is wrapped and nothing coloured.
    let off = health(&scene, &[]).succeeds().stdout;
    assert!(
        off.contains("endpoint-with-a-long-name-8.customer.example.com/webhooks/in")
            && !off.contains('\u{1b}')
    );
}

#[test]
fn poor_surroundings_change_nothing() {
    let scene = Scene::new();
    scene.webhook("https://hooks.example.com/in");
    // The time stands in the first line.
    let rest = |name: &str, value: &str| {
        let told =
            hookyard(&["report", "health"]).database(&scene.database).env(name, value).run().succeeds();
        assert!(!told.all().contains('\u{1b}'), "{name}={value} {told}");
        told.all().split_once('\n').expect("lines").1.to_owned()
    };
    let plain = rest("TERM", "xterm");
    for (name, value) in [
        ("TERM", "dumb"),
        ("NO_COLOR", "1"),
        ("CLICOLOR", "0"),
        ("COLUMNS", "1"),
        ("LANG", "C"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("TZ", "Asia/Tokyo"),
        ("HOME", "/nonexistent"),
    ] {
        assert_eq!(rest(name, value), plain, "{name}={value}");
    }
}
