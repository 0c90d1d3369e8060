//! Runs that overlap, runs that are killed, and the pooler between: nobody is lost, nobody comes twice.

use std::time::Duration;

use crate::support::{Estate, Pooler, Soap};

#[test]
fn three_polls_at_once_import_each_person_once_and_ask_one_at_a_time() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.delays(Duration::from_millis(150));
    for n in 1..5 {
        estate.property("ACME", &format!("PROP-70{n}"));
    }
    for n in 0..5 {
        soap.has_people(&format!("PROP-70{n}"), n * 100, n * 100 + 50);
    }
    let runs: Vec<_> = (0..3).map(|_| estate.poll(&["--quiet"]).start()).collect();
    for run in runs {
        run.finish().succeeds();
    }
    estate.poll(&[]).run().succeeds();
    assert_eq!(estate.rows(), "250 invites, 250 entries, 250 links, 250 applicants");
    assert_eq!((soap.count(), soap.most_at_once()), (5, 1), "shared, not repeated, and one at a time");
    assert_eq!(
        estate.text("select count(*) from hookyard.yardi_accounts where lease_until is not null"),
        "0"
    );
}

#[test]
fn whoever_names_an_integration_that_is_held_is_told_so() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.delays(Duration::from_millis(1500));
    let first = estate.poll(&["--quiet"]).start();
    soap.wait_for(1);
    let second = estate.poll(&["--integration", "ACME"]).run().exits(3);
    assert_eq!(second.stdout, "ACME: another run is at work on it\n");
    let silent = estate.poll(&[]).run();
    assert_eq!(silent.to_string(), "(nothing)\n--- stderr\n(nothing)\n--- exit 0");
    first.finish().succeeds();
}

#[test]
fn a_lease_is_renewed_while_an_answer_is_awaited() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.delays(Duration::from_millis(2500));
    let first = estate.poll(&["--quiet"]).env("HOOKYARD_YARDI_LEASE", "1s").start();
    soap.wait_for(1);
    std::thread::sleep(Duration::from_millis(1600));
    estate.poll(&["--quiet"]).env("HOOKYARD_YARDI_LEASE", "1s").run().succeeds();
    first.finish().succeeds();
    assert_eq!(soap.count(), 1, "not taken over");
}

#[test]
fn integrations_are_asked_side_by_side_up_to_the_concurrency() {
    let soap = Soap::start();
    let estate = Estate::new();
    soap.delays(Duration::from_millis(400));
    for n in 0..6 {
        estate.integration(&format!("I{n}"), &soap.url("/x"));
        estate.property(&format!("I{n}"), &format!("P{n}"));
    }
    estate.poll(&["--quiet", "--concurrency", "3"]).run().succeeds();
    assert_eq!((soap.count(), soap.most_at_once()), (6, 3));
}

#[test]
fn kill_9_twenty_times_during_polls_of_a_thousand_loses_nobody_and_repeats_nobody() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 0, 1000);
    let run = || estate.poll(&["--quiet"]).env("HOOKYARD_YARDI_LEASE", "1ms");
    // Spread over the whole of a poll, from the claim to the commit.
    for n in 0..20 {
        let mut poll = run().start();
        let asked = soap.count();
        while n % 4 != 0 && soap.count() == asked && !poll.is_over() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(n * 17));
        poll.kill();
        let torn = "select (select count(*) from yardi_invites) in (0, 1000)
            and (select count(*) from yardi_invites) = (select count(*) from entries)
            and (select last_poll_run is not null from yardi_properties) = (select count(*) > 0 from yardi_invites)";
        // The server may still be at work on what was sent to it.
        let busy = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'hookyard%'";
        while estate.text(busy) != "0" {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(estate.text(torn), "t", "after kill {n}");
        estate
            .database
            .execute("update yardi_properties set last_poll_run = last_poll_run - interval '1 hour'");
    }
    run().run().succeeds();
    assert_eq!(estate.rows(), "1000 invites, 1000 entries, 1000 links, 1000 applicants");
}

#[test]
fn a_run_that_is_killed_before_its_commit_leaves_no_trace_but_its_lease() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 0, 10);
    let stalled = "read-pause-ms:1,stall-import:yes";
    let mut run = estate.poll(&["--quiet"]).env("HOOKYARD_TEST_FAULT", stalled).start();
    let sleeping =
        "select count(*) from pg_stat_activity where datname = current_database() and query like '%pg_sleep%'
        and application_name like 'hookyard%'";
    while estate.text(sleeping) == "0" {
        std::thread::sleep(Duration::from_millis(10));
    }
    run.kill();
    estate.database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
            and application_name like 'hookyard%'",
    );
    assert_eq!(estate.rows(), "0 invites, 0 entries, 0 links, 0 applicants");
    assert_eq!(estate.text("select last_poll_run is null from yardi_properties"), "t");
    estate.time_passes();
    estate.poll(&["--quiet"]).run().succeeds();
    assert_eq!(estate.rows(), "10 invites, 10 entries, 10 links, 10 applicants");
}

/// What twenty polls that are killed with an answer in hand leave behind.
fn after_a_kill_before_the_commit(fault: &str) -> String {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    estate.configure("overlap = \"0s\"\n");
    soap.has_people("PROP-700", 0, 10);
    let faults = format!("read-pause-ms:1,stall-import:yes{fault}");
    let mut run = estate.poll(&["--quiet"]).env("HOOKYARD_TEST_FAULT", &faults).start();
    let sleeping =
        "select count(*) from pg_stat_activity where datname = current_database() and query like '%pg_sleep%'
        and application_name like 'hookyard%'";
    while estate.text(sleeping) == "0" {
        std::thread::sleep(Duration::from_millis(10));
    }
    run.kill();
    estate.database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
            and application_name like 'hookyard%';
         update hookyard.yardi_accounts set lease_until = null, leased_by = null",
    );
    // Yardi tells of each once: what was new since the stamp.
    if estate.text("select last_poll_run is not null from yardi_properties") == "t" {
        soap.has_people("PROP-700", 0, 0);
    }
    estate.poll(&["--quiet", "--force"]).run().succeeds();
    estate.rows()
}

#[test]
fn a_stamp_before_its_rows_would_lose_them_and_the_test_would_see_it() {
    assert_eq!(after_a_kill_before_the_commit(""), "10 invites, 10 entries, 10 links, 10 applicants");
    assert_eq!(
        after_a_kill_before_the_commit(",early-stamp:yes"),
        "0 invites, 0 entries, 0 links, 0 applicants"
    );
}

/// Three polls of one property at once, none of which heeds the lease.
fn three_without_a_lease(fault: &str) -> String {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 0, 300);
    soap.gathers(3);
    let faults = format!("read-pause-ms:1,no-account-lease:yes{fault}");
    let start = || estate.poll(&["--quiet", "--force"]).env("HOOKYARD_TEST_FAULT", &faults).start();
    let runs: Vec<_> = (0..3).map(|_| start()).collect();
    for run in runs {
        run.finish();
    }
    assert_eq!(soap.count(), 3, "all three asked");
    estate.text("select case when count(*) = 300 then 'once' else 'more than once' end from yardi_invites")
}

#[test]
fn the_lock_of_a_property_keeps_persons_single_even_where_leases_fail() {
    assert_eq!(three_without_a_lease(""), "once");
    assert_eq!(
        // Each has looked who is known before any of them commits.
        three_without_a_lease(",no-property-lock:yes,linger-import:yes"),
        "more than once",
        "a test that cannot fail is no test"
    );
}

#[test]
fn a_signal_ends_a_poll_between_properties_and_gives_the_lease_back() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.delays(Duration::from_secs(20));
    let run = estate.poll(&["--quiet"]).start();
    soap.wait_for(1);
    run.signal(15);
    run.finish().exits(143);
    assert_eq!(
        estate.text("select count(*) from hookyard.yardi_accounts where lease_until is not null"),
        "0"
    );
}

#[test]
fn everything_works_through_the_pooler() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    let Some(pooler) = Pooler::before(&estate.database) else { return };
    for n in 1..4 {
        estate.property("ACME", &format!("PROP-70{n}"));
    }
    for n in 0..4 {
        soap.has_people(&format!("PROP-70{n}"), n * 100, n * 100 + 50);
    }
    let url = pooler.url(&estate.database);
    let runs: Vec<_> = (0..4).map(|_| estate.poll(&["--quiet"]).env("DATABASE_URL", &url).start()).collect();
    for run in runs {
        run.finish().succeeds();
    }
    assert_eq!(estate.rows(), "200 invites, 200 entries, 200 links, 200 applicants");
    estate.hookyard(&["yardi", "list"]).env("DATABASE_URL", &url).run().succeeds();
    assert_eq!(soap.count(), 4);
}

#[test]
fn a_hundred_thousand_prospects_in_one_answer_are_imported_in_little_memory() {
    let soap = Soap::start();
    let estate = Estate::simple(&soap);
    soap.has_people("PROP-700", 0, 100_000);
    let mut run = estate.poll(&["--quiet"]).start();
    let mut most = 0;
    while !run.is_over() {
        most = most.max(run.resident_kib());
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = run.finish().succeeds();
    assert!(
        told.stdout.starts_with("1 property polled, 100000 rows: 100000 new invites, 100000 entries\n"),
        "{told}"
    );
    assert!(most <= 96 << 10, "{most} KiB");
}

#[test]
fn a_hundred_properties_use_the_concurrency_that_is_allowed() {
    let soap = Soap::start();
    let estate = Estate::new();
    soap.delays(Duration::from_millis(200));
    for n in 0..10 {
        estate.integration(&format!("I{n}"), &soap.url("/x"));
        (0..10).for_each(|m| drop(estate.property(&format!("I{n}"), &format!("P{n}{m}"))));
    }
    estate.poll(&["--quiet", "--concurrency", "10"]).run().succeeds();
    assert_eq!((soap.count(), soap.most_at_once()), (100, 10));
}
