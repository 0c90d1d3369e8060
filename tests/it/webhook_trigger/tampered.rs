//! Broken requests: refused by `verify` for the reason that was foretold; what nobody could notice is no test.

use super::super::support::{Receiver, hookyard};
use super::{Keys, to};

const KINDS: [&str; 11] = [
    "body",
    "whitespace",
    "signature",
    "malformed",
    "missing-header",
    "duplicate-header",
    "timestamp-old",
    "timestamp-future",
    "timestamp-changed",
    "timestamp-missing",
    "secret",
];

#[test]
fn each_kind_is_refused_for_the_reason_foretold() {
    let (keys, receiver) = (Keys::new(), Receiver::start());
    let mut refused = Vec::new();
    for (provider, event, scheme) in [
        ("snappt", "entry.completed", "snappt"),
        ("snappt-v2", "REPORT_READY", "snappt-v2"),
        ("resident-verify", "INCOME_VERIFICATION", "snappt"),
        ("plaid", "CHECK_REPORT_READY", "plaid"),
        ("singlekey", "screening.failed", "singlekey"),
        ("singlekey", "screening.failed", "singlekey-ts-body"),
        ("singlekey-handshake", "report-complete", "singlekey-handshake"),
        ("rentvine", "work_order.created", "rentvine"),
        ("rentvine", "work_order.created", "rentvine-ts-base64"),
        ("rentvine-body-auth", "work_order.updated", "rentvine-body-auth"),
        ("snappt", "entry.completed", "standard"),
    ] {
        for kind in KINDS {
            let run = keys.trigger(provider, event).arg("--scheme").arg(scheme).arg("--tamper").arg(kind);
            let sent = to(run, &receiver.url("/status/401/")).arg("--json").run();
            if sent.code == Some(2) {
                assert!(sent.stderr.contains(kind), "{provider} {kind}: {sent}");
                continue;
            }
            let told = sent.succeeds().json();
            assert_eq!(told["tampered"], kind);
            let verdict = keys.judge(scheme, &receiver.received().pop().expect("it arrived"));
            assert_eq!(verdict["valid"], false, "{provider} {scheme} {kind}: {verdict}");
            assert_eq!(verdict["reason"], told["refusal"], "{provider} {scheme} {kind}: {verdict}");
            refused.push((scheme, kind));
        }
    }
    for kind in KINDS {
        assert!(refused.contains(&("snappt", kind)), "{kind}");
    }
}

#[test]
fn what_a_scheme_cannot_notice_is_refused_as_a_test() {
    let keys = Keys::new();
    for (provider, event, kind, words) in [
        ("rentvine", "lease.created", "timestamp-old", "states no time"),
        ("singlekey", "form.opened", "timestamp-changed", "does not sign its time"),
        ("singlekey-handshake", "report-complete", "body", "does not cover the body"),
        ("rentvine-body-auth", "lease.created", "duplicate-header", "no header of its own"),
        ("plaid", "CHECK_REPORT_READY", "secret", "give another one with --secret-file"),
    ] {
        let run = keys.trigger(provider, event).arg("--tamper").arg(kind).arg("--dry-run").run();
        assert!(run.code == Some(2) && run.stderr.contains(words), "{run}");
    }
}

#[test]
fn a_receiver_that_takes_a_broken_request_fails_the_run() {
    let (keys, receiver) = (Keys::new(), Receiver::start());
    let run = keys.trigger("rentvine", "lease.created").arg("--tamper").arg("body");
    let sent = to(run, &receiver.url("/ok")).run().exits(1);
    assert!(
        sent.stdout.contains("broken   a field was added to the body after it was signed; a receiver should refuse it (signature_mismatch)")
            && sent.stdout.contains("differs  status: 200, expected 4xx")
            && sent.stdout.contains("does it verify at all?"),
        "{sent}"
    );
    // A signature that is left out needs no secret.
    let bare = hookyard(&["webhook", "trigger", "rentvine", "lease.created", "--tamper", "missing-header"]);
    to(bare, &receiver.url("/status/401")).run().succeeds();
    assert!(
        receiver.received().pop().is_some_and(|received| received.header("x-rentvine-signature").is_none())
    );
}
