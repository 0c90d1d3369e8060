//! What is generated is committed, and proven fresh: `hookyard generate .` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    entries
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("text"))
        })
        .collect()
}

/// What bash offers for the last of these words, by the committed file.
fn offered(words: &[&str]) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions/hookyard.bash");
    let script = r#"source "$1"; shift
        read -ra registered <<< "$(complete -p hookyard)"
        for at in "${!registered[@]}"; do [[ ${registered[at]} == -F ]] && function=${registered[at + 1]}; done
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        "$function" hookyard "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}""#;
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", script, "bash"])
        .arg(file)
        .args(words)
        .output()
        .expect("bash runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_verbs_first_flags_behind_a_dash_and_nothing_hidden() {
    assert_eq!(offered(&["hookyard", ""]), ["webhook", "report", "yardi", "database", "config", "demo"]);
    assert_eq!(offered(&["hookyard", "webhook", "secret", ""]), ["add", "rotate", "list", "retire", "rekey"]);
    assert_eq!(offered(&["hookyard", "webhook", "list", "--st"]), ["--state", "--status"]);
    assert!(offered(&["hookyard", "webhook", "sign", "--sch"]).contains(&"--scheme".to_owned()));
    let flags = offered(&["hookyard", "webhook", "sign", ""]);
    assert!(flags.contains(&"--scheme".to_owned()), "a verb without verbs shows its flags: {flags:?}");
    assert!(!flags.iter().any(|word| word.contains("FILE")), "no placeholder can be typed: {flags:?}");
    assert_eq!(offered(&["hookyard", "webhook", "sign", "body"]), [""; 0], "left to bash, which knows files");
}

#[test]
fn man_pages_and_completions_are_fresh() {
    let made = tempfile::tempdir().expect("a temporary folder");
    let status = Command::new(env!("CARGO_BIN_EXE_hookyard"))
        .arg("generate")
        .arg(made.path())
        .env_clear()
        .status()
        .expect("the binary runs");
    assert!(status.success());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["man", "completions"] {
        let (committed, fresh) = (files(&root.join(folder)), files(&made.path().join(folder)));
        let names = |all: &BTreeMap<String, String>| all.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&committed), names(&fresh), "{folder}/: run `cargo run -- generate .`");
        for (name, text) in &fresh {
            assert!(committed[name] == *text, "{folder}/{name} is stale: run `cargo run -- generate .`");
        }
    }
}
