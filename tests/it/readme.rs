//! The README's lines for CI, run as they stand.

use std::path::Path;
use std::process::Command;

use super::support::Files;

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
