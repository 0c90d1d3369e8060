//! The search, on directories of pretended binaries: shell scripts that say a version.

use super::*;
use crate::db::embedded::root::Identity;

struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Machine {
        Machine(tempfile::tempdir().expect("a directory"))
    }

    /// A directory with `postgres` and `initdb` that say `line`.
    fn server(&self, name: &str, line: &str) -> PathBuf {
        let directory = self.0.path().join(name);
        fs::create_dir_all(&directory).expect("a directory");
        // Written by a shell: a file that we had open for writing, a test's fork beside us might hold a moment longer,
        // and then it cannot be run ("text file busy").
        let script = "for name in postgres initdb; do\n\
            printf '#!/bin/sh\\necho \"%s\"\\n' \"$2\" >\"$1/$name\" && chmod 755 \"$1/$name\"\n\
            done";
        let shell =
            std::process::Command::new("sh").args(["-c", script, "sh"]).arg(&directory).arg(line).status();
        assert!(shell.expect("a shell").success());
        directory
    }

    fn setting(&self) -> Setting {
        Setting {
            root: self.0.path().join("pg"),
            pg_bin: None,
            path: None,
            throwaway: false,
            idle: std::time::Duration::from_secs(1),
            consent: false,
        }
    }

    fn layout(&self) -> Layout {
        // As ourselves even when we are root: a script does not mind.
        let mut layout = Layout::of(&self.setting()).expect("a layout");
        (layout.root, layout.identity) = (self.setting().root, Identity::Own);
        fs::create_dir_all(&layout.root).expect("a directory");
        layout
    }
}

#[test]
fn the_first_that_runs_here_wins_and_the_others_are_explained() {
    let machine = Machine::new();
    let empty = machine.0.path().join("empty");
    fs::create_dir(&empty).expect("a directory");
    let old = machine.server("old", "postgres (PostgreSQL) 12.22");
    let broken = machine.server("broken", "version GLIBC_2.38 not found");
    let good = machine.server("good", "postgres (PostgreSQL) 16.3");
    let newer = machine.server("newer", "postgres (PostgreSQL) 17.1");
    let places = [empty, old, broken, good.clone(), newer]
        .map(|place| (place, Source::Installed))
        .into_iter()
        .collect();
    let search = first(places, &machine.layout());
    let found = search.found.expect("one works");
    assert_eq!((found.directory, found.version.text.as_str()), (good, "16.3"));
    let whys: Vec<&str> =
        search.refused.iter().map(|why| why.split_once(": ").expect("a place and a reason").1).collect();
    assert_eq!(
        whys,
        [
            "no `postgres` in it",
            "PostgreSQL 12.22 is too old, 13 is the lowest that works",
            "`postgres --version` failed: version GLIBC_2.38 not found",
        ]
    );
}

#[test]
fn what_made_the_data_comes_before_what_is_installed_now() {
    let machine = Machine::new();
    let layout = machine.layout();
    let mine = machine.server("mine", "postgres (PostgreSQL) 14.9");
    let search = first(vec![(mine.clone(), Source::Installed)], &layout);
    remember(&layout, &search.found.expect("it works")).expect("written");

    let newer = machine.server("newer", "postgres (PostgreSQL) 17.1");
    let setting = Setting { path: Some(newer.into_os_string()), ..machine.setting() };
    assert_eq!(super::search(&setting, &layout).found.expect("it works").directory, mine);
}

#[test]
fn the_environment_overrules_all_and_is_not_remembered() {
    let machine = Machine::new();
    let layout = machine.layout();
    let mine = machine.server("mine", "postgres (PostgreSQL) 14.9");
    let setting = Setting { pg_bin: Some(mine.clone()), ..machine.setting() };
    let found = search(&setting, &layout).found.expect("it works");
    assert_eq!((&found.directory, found.source), (&mine, Source::Environment));
    remember(&layout, &found).expect("nothing to do");
    assert_eq!(remembered(&layout), None);
}

#[test]
fn a_wrong_environment_variable_is_an_error_and_never_a_fall_back() {
    let machine = Machine::new();
    let setting = Setting { pg_bin: Some("/nowhere/bin".into()), ..machine.setting() };
    let failure = obtain(&setting, &machine.layout(), &mut Vec::new()).expect_err("there is nothing");
    assert_eq!(
        failure.text(),
        "error: HOOKYARD_PG_BIN is /nowhere/bin, which cannot be used\n  \
         caused by: /nowhere/bin: no `postgres` in it\n\n\
         hint: set it to the directory that holds `postgres` and `initdb`, or unset it\n"
    );
    assert_eq!(failure.kind, crate::failure::Kind::Blocked);
}

#[test]
fn a_path_entry_that_means_here_is_not_searched() {
    let machine = Machine::new();
    let server = machine.server("on-path", "postgres (PostgreSQL) 16.3");
    let path = std::env::join_paths([Path::new(""), Path::new("bin"), &server]).expect("no colon in it");
    assert_eq!(installed::places(Some(&path)).first(), Some(&server));
}
