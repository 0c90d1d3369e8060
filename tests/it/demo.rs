//! `hookyard demo`: the main job on real parts, in a home of its own.

use std::process::Command;

use crate::support::hookyard;

/// A home that nobody else uses, and the server in it stopped at the end.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().expect("a temporary folder"))
    }

    fn run(&self, arguments: &[&str]) -> crate::support::Transcript {
        let variables = ["PATH", "HOOKYARD_PG_BIN"];
        let mut command = hookyard(arguments).env("HOOKYARD_TEST_LOCAL_ROOT", &self.root());
        for name in variables {
            if let Ok(value) = std::env::var(name) {
                command = command.env(name, &value);
            }
        }
        command.run()
    }

    fn root(&self) -> String {
        self.0.path().join("pg").display().to_string()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = Command::new(env!("CARGO_BIN_EXE_hookyard"))
            .args(["database", "stop", "--force"])
            .env("HOOKYARD_TEST_LOCAL_ROOT", self.root())
            .output();
    }
}

#[test]
fn a_month_can_be_made_up_for_reports_to_show_something() {
    let home = Home::new();
    for _ in 0..2 {
        home.run(&["demo", "--history", "--json"]).succeeds();
        let health = home.run(&["--database", "embedded", "report", "health", "--json"]).json();
        let attempts = health["deliveries"]["total"]["attempts"].as_i64().expect("a number");
        assert!((3000..8000).contains(&attempts), "once, however often: {attempts}");
        assert_eq!(health["yardi"]["properties"], 4);
    }
}

#[test]
fn one_accepts_one_fails_twice_one_refuses_and_every_signature_is_verified() {
    let home = Home::new();
    let told = home.run(&["demo", "--json"]).succeeds().json();
    let attempts: Vec<String> = told["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|attempt| {
            let endpoint = attempt["endpoint"].as_str().expect("a URL");
            let path = endpoint.rsplit('/').next().expect("a path");
            format!("{path} {} {} {}", attempt["number"], attempt["came_to"], attempt["then"])
                .replace('"', "")
        })
        .collect();
    assert_eq!(
        attempts,
        [
            "accepts 1 200 delivered",
            "fails-twice 1 503 attempted again",
            "fails-twice 2 503 attempted again",
            "fails-twice 3 200 delivered",
            "refuses 1 403 dead"
        ]
    );
    assert_eq!(
        (&told["replayed"]["planned"], &told["replayed"]["accepted"]),
        (&1.into(), &1.into()),
        "the dead delivery is replayed and arrives"
    );
    assert_eq!((&told["received"], &told["verified"]), (&6.into(), &6.into()));

    let left = home.run(&["webhook", "list", "--database", "embedded", "--json"]).succeeds();
    assert_eq!(left.stdout.lines().count(), 3, "the database is left to explore");
    let again = home.run(&["demo"]).succeeds();
    assert!(again.stdout.contains("6 signatures verified"), "it can be shown twice\n{again}");
    assert!(again.stdout.contains("403 rejected in "), "the dead delivery is shown\n{again}");
    assert!(again.stdout.contains("1 accepted by their endpoints"), "{again}");
    assert!(again.stdout.contains("hookyard --database embedded webhook list"), "{again}");
}
