//! The README's lines for CI, cron and monitoring, run as they stand.

use std::path::Path;
use std::process::Command;

use super::support::{Files, Scene};

#[test]
fn the_lines_for_ci_work_as_they_stand() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("readable");
    let section = readme.split("<!-- in ci -->").nth(1).and_then(|rest| rest.split("<!-- end -->").next());
    let script: String = section
        .expect("the README has the section")
        .lines()
        .filter(|line| !line.starts_with("```"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(script.matches("hookyard webhook").count() >= 4, "{script}");
    let files = Files::new();
    let binary = Path::new(env!("CARGO_BIN_EXE_hookyard")).parent().expect("a folder");
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(files.path(""))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", binary.display()))
        .output()
        .expect("bash runs");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{said}");
}

fn section(mark: &str) -> String {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("readable");
    let section = readme.split(mark).nth(1).and_then(|rest| rest.split("<!-- end -->").next());
    section.unwrap_or_else(|| panic!("the README has no {mark}")).to_owned()
}

#[test]
fn the_lines_for_cron_and_monitoring_work_as_they_stand() {
    let text = section("<!-- is it well -->");
    let (files, scene) = (Files::new(), Scene::new());
    let folder = files.path("").display().to_string();
    let cron = text.lines().filter(|line| line.contains("* * * *"));
    let nagios = text.lines().filter_map(|line| line.trim().strip_prefix("command_line"));
    let lines: Vec<&str> = cron
        .map(|line| line.splitn(6, ' ').nth(5).expect("five fields, then the command"))
        .chain(nagios)
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    let binary = Path::new(env!("CARGO_BIN_EXE_hookyard")).parent().expect("a folder");
    for line in lines {
        assert!(!line.contains('%'), "a crontab makes a newline of it: {line}");
        let line = line.replace("/var/lib/node_exporter/textfile", folder.trim_end_matches('/'));
        let output = Command::new("/bin/sh")
            .args(["-c", &line])
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", binary.display()))
            .env("DATABASE_URL", scene.database.url())
            .output()
            .expect("sh runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && output.stderr.is_empty(), "{line}\n{output:?}");
        let expected = if line.contains("--nagios") { "HOOKYARD OK" } else { "" };
        assert!(said.starts_with(expected) && (said.is_empty() == expected.is_empty()), "{line}\n{said}");
    }
    let written = std::fs::read_to_string(files.path("hookyard.prom")).expect("written");
    assert!(written.contains("hookyard_up 1"), "{written}");
}

/// The README's table of limits is the help's.
#[test]
fn the_limits_are_those_in_force() {
    let help = super::support::hookyard(&["report", "health", "--help"]).run().succeeds().stdout;
    let rows: Vec<String> = section("<!-- limits -->")
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> =
                line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            format!("{} {} {}; {}: {}", cells[0], cells[1], cells[2], cells[3], cells[4])
        })
        .collect();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let help = words(&help);
    assert!(rows.len() > 10);
    for row in rows {
        assert!(help.contains(&words(&row)), "{row}\n{help}");
    }
}
