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
    // As somebody who looks around first: by then a run has counted the month's hours as empty.
    home.run(&["demo", "--json"]).succeeds();
    home.run(&["--database", "embedded", "webhook", "retry"]).succeeds();
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

#[test]
fn prospects_come_in_and_a_result_goes_out_once() {
    let home = Home::new();
    let told = home.run(&["demo", "--yardi", "--json"]).succeeds().json();
    assert_eq!((told["invites"].as_u64(), told["writes"].as_u64()), (Some(4), Some(1)));
    let said: Vec<&str> =
        told["acts"].as_array().unwrap().iter().map(|act| act["said"].as_str().unwrap()).collect();
    assert!(said[1].contains("4 new invites, 3 entries"), "{said:?}");
    assert!(said[2].contains("1 result accepted by Yardi"), "{said:?}");
    assert!(said[3].contains("0 new invites, 0 entries"), "{said:?}");
    let notes = told["notes"].as_array().unwrap();
    assert!(
        notes[0].as_str().unwrap().contains("Screening Completed; fraud Clean; income Approved"),
        "{notes:?}"
    );
    // Again on the same database: other prospects, and the results of before stay as they are.
    let again = home.run(&["demo", "--yardi", "--json"]).succeeds().json();
    assert_eq!((again["invites"].as_u64(), again["writes"].as_u64()), (Some(4), Some(1)));
}
