//! `hookyard database stop`: the local server, and only that one.

use crate::support::hookyard;

#[test]
fn what_does_not_run_is_said_not_to_run() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let stop =
        hookyard(&["database", "stop"]).env("HOOKYARD_TEST_LOCAL_ROOT", &home.path().display().to_string());
    assert_eq!(stop.run().to_string(), "the local server was not running\n--- stderr\n(nothing)\n--- exit 0");
}

#[test]
fn a_running_server_is_stopped_and_the_next_command_starts_it_again() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let root = home.path().join("pg").display().to_string();
    let run = |arguments: &[&str]| {
        let mut command = hookyard(arguments).env("HOOKYARD_TEST_LOCAL_ROOT", &root);
        if let Ok(path) = std::env::var("PATH") {
            command = command.env("PATH", &path);
        }
        command.run()
    };
    run(&["database", "migrate", "--database", "embedded"]).succeeds();
    let stopped = run(&["database", "stop", "--json"]).succeeds().json();
    assert_eq!(stopped["was_running"], true);
    assert_eq!(run(&["database", "stop", "--json"]).succeeds().json()["was_running"], false);
    run(&["database", "migrate", "--database", "embedded"]).succeeds();
    run(&["database", "stop"]).succeeds();
}
