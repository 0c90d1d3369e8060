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
