//! Reports from a real hot standby, which takes no writes, and from a server that asks for a password.

use crate::support::{Replica, Session, hookyard};

#[test]
fn a_standby_is_read_while_the_primary_is_not_asked() {
    let Some(mut replica) = Replica::primary() else { return };
    let primary = replica.primary_url();
    hookyard(&["database", "migrate"]).env("DATABASE_URL", &primary).run().succeeds();
    let mut session = Session::open(&primary);
    let attempts = |hours: &str| {
        format!(
            "insert into webhook_delivery_attempts (webhook_id, payload, response_data, response_status, created_at)
             select '00000000-0000-4000-8000-000000000901', '{{}}', jsonb_build_object('code', n % 3),
                 (array[200, 200, 404, 503])[1 + n % 4], now() - n % 100 * interval '1 minute' - interval '{hours}'
             from generate_series(1, 6000) n"
        )
    };
    session.execute(&format!(
        "insert into api_keys (id, name, inserted_at, updated_at)
         values ('00000000-0000-4000-8000-00000000000a', 'acme', now(), now());
         insert into webhooks (id, url, events, api_key_id, inserted_at, updated_at)
         values ('00000000-0000-4000-8000-000000000901', 'https://hooks.example.com', '{{}}',
             '00000000-0000-4000-8000-00000000000a', now(), now());
         alter table webhook_delivery_attempts set (fillfactor = 10, autovacuum_enabled = off);
         {}",
        attempts("5 hours")
    ));
    hookyard(&["webhook", "retry"]).env("DATABASE_URL", &primary).run().succeeds();
    session.execute("delete from hookyard.counted_hours where hour > now() - interval '4 hours'");
    replica.follow();
    session.execute("select hookyard.count_writes(true)");
    session.execute(&attempts("0"));
    replica.catch_up();

    let nowhere = "postgres://127.0.0.1:1/none";
    let report = |variables: &[(&str, &str)], more: &[&str]| {
        let start = hookyard(&[&["report", "health", "--json", "--fail-on", "success=off"], more].concat());
        variables.iter().fold(start, |run, (name, value)| run.env(name, value)).run()
    };
    let standby = replica.standby_url();
    let from_standby = [("DATABASE_URL", nowhere), ("HOOKYARD_REPORT_DATABASE_URL", standby.as_str())];
    let read = report(&from_standby, &[]).succeeds().json();
    assert_eq!(read["source"]["standby"], true);
    assert!(
        read["source"]["lag_s"].as_f64().is_some_and(|lag| (0.0..60.0).contains(&lag)),
        "{}",
        read["source"]
    );
    let expected = report(&[("DATABASE_URL", &primary)], &[]).succeeds().json();
    assert_eq!((&expected["source"]["standby"], &expected["source"]["lag_s"]), (&false.into(), &().into()));
    for part in ["total", "by_url", "failed", "counted_hours"] {
        assert_eq!(read["deliveries"][part], expected["deliveries"][part], "{part}");
    }
    assert_eq!(read["deliveries"]["total"]["attempts"], 12_000);
    let live = report(&from_standby, &["--live"]).succeeds().json();
    assert_eq!(live["deliveries"]["total"], expected["deliveries"]["total"]);

    // Whoever would write there is told so, and the password stays where it is.
    let status = hookyard(&["database", "status"]).env("DATABASE_URL", &standby).run().exits(4);
    assert!(status.stdout.contains("the server is a standby: nothing can be recorded there"), "{status}");
    let retry = hookyard(&["webhook", "retry"]).env("DATABASE_URL", &standby);
    let refused = retry.env("HOOKYARD_TEST_FAULT", "patience:1").run().exits(3);
    assert!(refused.stderr.contains("the server is read-only: is it a standby?"), "{refused}");
    for told in [&status, &refused] {
        assert!(!told.to_string().contains("marks"), "{told}");
    }
    let wrong = standby.replacen("long", "wrong", 1);
    let told = hookyard(&["report", "health"]).env("HOOKYARD_REPORT_DATABASE_URL", &wrong).run().exits(4);
    assert!(
        told.stderr.contains("password authentication failed") && !told.stderr.contains("marks"),
        "{told}"
    );
}
