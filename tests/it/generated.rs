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

/// False, and said, where the machine has no such shell.
fn has(shell: &str) -> bool {
    let found = Command::new(shell).args(["-c", "true"]).status().is_ok_and(|status| status.success());
    if !found {
        println!("skipped: no {shell} here");
    }
    found
}

/// What fish offers at the end of this line.
fn fish_offers(line: &str) -> Vec<String> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new("fish")
        .args(["--no-config", "-c", "source completions/hookyard.fish; complete -C $LINE"])
        .env("HOME", home.path())
        .env("LINE", line)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("fish runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn fish_offers_the_verbs_and_flags_of_the_place_and_files_only_where_one_is_meant() {
    if !has("fish") {
        return;
    }
    let verbs = ["config", "database", "demo", "report", "webhook", "yardi"];
    assert_eq!(fish_offers("hookyard "), verbs);
    let verbs = ["cancel", "list", "pause", "resume", "status"];
    assert_eq!(fish_offers("hookyard --database x webhook replay "), verbs);
    assert_eq!(fish_offers("hookyard webhook replay list --li"), ["--limit"]);
    assert_eq!(fish_offers("hookyard webhook replay list --st"), [""; 0], "no flag of `webhook list`");
    assert_eq!(fish_offers("hookyard webhook secret add --out"), ["--output"]);
    assert_eq!(fish_offers("hookyard webhook replay 0192f0c1 --rea"), ["--reason"]);
    assert_eq!(fish_offers("hookyard --log-format "), ["json", "text"]);
    assert_eq!(fish_offers("hookyard webhook sign READ"), ["README.md"]);
    assert_eq!(fish_offers("hookyard webhook retry --config READ"), ["README.md"]);
    assert_eq!(fish_offers("hookyard webhook show READ"), [""; 0]);
}

/// What zsh shows at the end of this line, as a person would see it: in a terminal of its own, up to these words.
fn zsh_shows(line: &str, awaited: &str) -> String {
    let home = tempfile::tempdir().expect("a temporary folder");
    let script = r#"zmodload zsh/zpty; setopt extendedglob
        await() { local part; repeat 1200; do
            while zpty -r -t terminal part; do shown+=$part; done
            [[ $shown == *$1* ]] && return; sleep 0.05
        done }
        zpty -b terminal 'TERM=dumb zsh -f -i'
        zpty -w terminal 'stty columns 160 -echo; PROMPT=; fpath=($PWD/completions $fpath); autoload -Uz compinit'
        zpty -w terminal 'compinit -u -D; bindkey "^I" list-choices; print SET"" UP'
        await 'SET UP'; shown=
        zpty -w -n terminal "$LINE"$'\t'
        await "$AWAITED"; print -r -- $shown; zpty -d terminal"#;
    let output = Command::new("zsh")
        .args(["-f", "-c", script])
        .env("HOME", home.path())
        .env("LINE", line)
        .env("AWAITED", awaited)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("zsh runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn zsh_offers_the_verbs_below_a_verb_that_takes_arguments_and_the_flags_of_both() {
    if !has("zsh") {
        return;
    }
    let shows = |line: &str, word: &str, without: &str| {
        let shown = zsh_shows(line, word);
        assert!(shown.contains(word), "{line}: {shown}");
        assert!(!shown.contains(without), "{line}: {shown}");
    };
    shows("hookyard webhook replay ", "Show how far a plan has come", "--reason");
    shows("hookyard webhook replay list --l", "List at most this many", "--lease");
    shows("hookyard webhook replay 0192f0c1 --rea", "Why; kept with operator", "--limit");
    shows("hookyard webhook secret add --out", "Write the generated secret into", "--limit");
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
