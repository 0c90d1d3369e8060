//! `hookyard webhook doctor`: an endpoint or a URL, step by step: what each proves and what to do; nothing is sent unless
//! asked for, and a test never counts as a delivery.

use std::net::TcpListener;

use serde_json::Value;

use super::support::{
    Hookyard, Hostile, Receiver, Scene, Transcript, has_the_promised_keys, hookyard, snappt_signature,
};

const NAMES: &str = r#"{"good.example":["127.0.0.1","127.0.0.2"],"mixed.example":["93.184.216.34","10.0.0.7"],
    "half.example":["127.0.0.1","10.0.0.7"],"nobody.example":[]}"#;

fn doctor(what: &str) -> Hookyard {
    hookyard(&["webhook", "doctor", what, "--allow-egress", "127.0.0.1/8", "--allow-http"])
        .env("HOOKYARD_TEST_NAMES", NAMES)
}

/// State and finding of one step.
#[track_caller]
fn step(told: &Value, name: &str) -> (String, String) {
    let steps = told["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("{name}: {told}"));
    has_the_promised_keys(step, "webhook_doctor.step");
    let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
    let failed = matches!(text("state").as_str(), "failed" | "warning");
    assert_eq!(failed, step["to_do"].is_string(), "{step}");
    (text("state"), text("found"))
}

fn json(run: Hookyard) -> (Value, Option<i32>) {
    let run: Transcript = run.arg("--json").run();
    let told = run.json();
    has_the_promised_keys(&told, "webhook_doctor");
    assert_eq!(told["good"] == true, run.code == Some(0), "{told}");
    (told, run.code)
}

#[test]
fn a_good_url_is_examined_without_a_request() {
    let hostile = Hostile::start();
    let port = hostile.https.port();
    let run = doctor(&format!("https://good.example:{port}/in?key=s3cret"))
        .env("HOOKYARD_CA_FILE", &hostile.ca_pem.display().to_string())
        .hiding(&port.to_string(), "[port]");
    let told = run.run();
    assert!(!told.all().contains("s3cret"), "{told}");
    // The certificate's end is years away, and differs from library to library.
    let shown: String = told
        .to_string()
        .lines()
        .map(|line| match line.find("certificate by") {
            Some(at) => format!("{}certificate …\n", &line[..at]),
            None => format!("{line}\n"),
        })
        .collect();
    insta::assert_snapshot!(shown, @r"
    https://good.example:[port]/in?key=***

    url
      good     form: https://good.example:[port]/in?key=***
               proves: the URL can be called as it is written
      good     DNS: 127.0.0.1, 127.0.0.2
               proves: the name leads somewhere, and every address of it is known
      good     egress rule: all of them may be dialled
               proves: hookyard may dial all of its addresses
      good     TCP: 127.0.0.1:[port] accepts connections
               proves: the network lets us through and somebody listens on the port
      good     TLS: TLS 1.3, certificate …
               proves: the far side is who the URL says, by a certificate that we trust

    authentication
      skipped  secret: no secret was given: --secret-env NAME, --secret-file FILE or --secret-fd N
               would prove: a request can be signed, and the signature holds over the same bytes
      skipped  headers: a URL alone has no configured headers
               would prove: every configured header can be sent as it stands

    payload
      good     shape: no payload is recorded; a sample is as documented
               proves: a receiver that follows the document can read it

    response
      skipped  test delivery: not sent: --send-test sends one marked request
               would prove: the receiver takes a signed request, and says so with 2xx

    database
      skipped  last attempts: a URL alone has no history; give the webhook's id
               would prove: the endpoint accepted what was sent to it last

    6 good, 0 with a warning, 0 failed, 4 skipped
    --- stderr
    (nothing)
    --- exit 0
    ");
    assert_eq!(hostile.seen("/in?key=s3cret").len() + hostile.seen("/in").len(), 0, "no request was made");
}

#[test]
fn each_step_that_fails_says_which_and_ends_with_its_code() {
    let hostile = Hostile::start();
    let closed = TcpListener::bind("127.0.0.1:0").expect("loopback").local_addr().expect("bound");
    let ca = hostile.ca_pem.display().to_string();
    for (url, name, state, words, code) in [
        ("https://a..b/in".to_owned(), "form", "failed", "not a usable name", 4),
        ("ftp://x.example/in".to_owned(), "egress rule", "failed", "only https", 4),
        ("https://10.0.0.1/in".to_owned(), "egress rule", "failed", "private", 4),
        ("https://mixed.example/in".to_owned(), "egress rule", "failed", "10.0.0.7", 4),
        ("https://mixed.example/in".to_owned(), "DNS", "good", "93.184.216.34, 10.0.0.7", 4),
        ("https://nobody.example/in".to_owned(), "DNS", "failed", "no address", 3),
        (format!("https://{closed}/in"), "TCP", "failed", "connection refused", 3),
        (format!("https://{}/in", hostile.expired), "TLS", "failed", "expired", 1),
        (format!("https://{}/in", hostile.wrong_name), "TLS", "failed", "not valid for name", 1),
        (format!("https://{}/in", hostile.unknown_ca), "TLS", "failed", "invalid peer certificate", 1),
        (format!("http://{}/in", hostile.http), "TLS", "warning", "plain http", 0),
    ] {
        let (told, ended) = json(doctor(&url).env("HOOKYARD_CA_FILE", &ca));
        let (found_state, found) = step(&told, name);
        assert_eq!((found_state.as_str(), ended), (state, Some(code)), "{url} {name}: {told}");
        assert!(found.contains(words), "{url} {name}: {found}");
    }
    assert_eq!(hostile.seen("/in").len(), 0, "no request was made");
}

#[test]
fn a_name_that_is_refused_is_not_dialled() {
    let hostile = Hostile::start();
    let (told, code) = json(doctor(&format!("http://half.example:{}/in", hostile.http.port())));
    assert_eq!(code, Some(4), "{told}");
    assert_eq!(step(&told, "egress rule").0, "failed", "{told}");
    assert_eq!(step(&told, "TCP"), ("skipped".into(), "nothing was dialled".into()));
    assert_eq!(hostile.connections(), 0, "one bad answer refuses the whole name");
}

#[test]
fn a_certificate_that_ends_soon_is_a_warning() {
    let hostile = Hostile::start();
    let url = format!("https://{}/in", hostile.https);
    let run = |offset: &str| {
        let run = doctor(&url).env("HOOKYARD_CA_FILE", &hostile.ca_pem.display().to_string());
        step(&json(run.env("HOOKYARD_TEST_CLOCK_OFFSET", offset)).0, "TLS")
    };
    let (state, found) = run("0");
    assert!(state == "good" && found.contains("certificate by hostile test CA, valid until "), "{found}");
    // Ours is the clock that the days are counted by, and TLS judges by the machine's.
    let until = found.split("valid until ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a time");
    let left: jiff::Timestamp = until.parse().expect("a time");
    let ahead = left.as_second() - jiff::Timestamp::now().as_second() - 7 * 86_400;
    let (state, found) = run(&ahead.to_string());
    assert!(
        state == "warning" && (found.contains("(6 days)") || found.contains("(7 days)")),
        "{state} {found}"
    );
}

#[test]
fn an_endpoint_is_examined_with_its_history() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/switch"));
    scene
        .hookyard(&["webhook", "send", "entry.completed", "--entry", super::support::SHORT_ID])
        .run()
        .exits(1);
    let before = (receiver.count(), scene.checksums());
    let run = scene.hookyard(&["webhook", "doctor", &webhook]);
    let told = run.hiding(&receiver.url(""), "[receiver]").run();
    let attempt = scene.text("select id from webhook_delivery_attempts");
    let at = scene.text("select to_char(created_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from webhook_delivery_attempts");
    let port = receiver.url("").rsplit(':').next().unwrap_or_default().to_owned();
    let shown =
        told.to_string().replace(&attempt, "[attempt]").replace(&at, "[time]").replace(&port, "[port]");
    insta::assert_snapshot!(shown, @r"
    endpoint 00000000-0000-4000-8000-000000000101

    url
      good     form: [receiver]/switch
               proves: the URL can be called as it is written
      good     DNS: 127.0.0.1
               proves: the name leads somewhere, and every address of it is known
      good     egress rule: all of them may be dialled
               proves: hookyard may dial all of its addresses
      good     TCP: 127.0.0.1:[port] accepts connections
               proves: the network lets us through and somebody listens on the port
      warning  TLS: the URL is plain http: anybody on the way can read and change what is sent
               would prove: the far side is who the URL says, by a certificate that we trust
               to do: use https in anything but a test

    authentication
      good     secret: SNAPPT-Signature, keyed by the webhook's api key id
               proves: a request can be signed, and the signature holds over the same bytes
      good     headers: 4 would be sent
               proves: every configured header can be sent as it stands

    payload
      good     shape: the last payload (entry.completed) is as documented
               proves: a receiver that follows the document can read it

    response
      skipped  test delivery: not sent: --send-test sends one marked request
               would prove: the receiver takes a signed request, and says so with 2xx

    database
      good     endpoint: active, for entry.completed
               proves: it is delivered to, and no breaker or flag stands against it
      failed   last attempts: 503 (newest first, [time])
               would prove: the endpoint accepted what was sent to it last
               to do: hookyard webhook show [attempt]
      good     queue: 1 waiting, 0 parked, 0 dead
               proves: nothing is left over that a person has to look after

    9 good, 1 with a warning, 1 failed, 1 skipped
    --- stderr
    (nothing)
    --- exit 1
    ");
    assert_eq!((receiver.count(), scene.checksums()), before, "nothing was sent and nothing changed");
    receiver.recover();
    scene.time_passes();
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    let (told, code) = json(scene.hookyard(&["webhook", "doctor", "00000000-0000-4000-8000-0000000001"]));
    assert_eq!(code, Some(0), "{told}");
    assert!(step(&told, "last attempts").1.starts_with("200, 503 "), "{told}");
}

#[test]
fn a_test_is_marked_signed_and_never_counts() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    scene.database.execute(
        "update webhooks set headers = array['{\"name\":\"Authorization\",\"value\":\"Bearer s3cret\"}'::jsonb]",
    );
    let counts = || {
        scene.text(
            "select concat((select count(*) from hookyard.events), (select count(*) from hookyard.deliveries),
                (select count(*) from hookyard.attempts), (select count(*) from webhook_delivery_attempts))",
        )
    };
    let run = scene.hookyard(&["webhook", "doctor", &webhook, "--send-test"]);
    let (told, code) = json(run);
    assert_eq!((code, step(&told, "test delivery").0.as_str()), (Some(0), "good"), "{told}");
    assert!(!told.to_string().contains("s3cret"));
    assert_eq!(counts(), "0000");
    assert_eq!(
        scene.text("select command || ' ' || (detail->>'test') from hookyard.acts"),
        "webhook doctor true"
    );
    let received = receiver.received().pop().expect("it arrived");
    let body: Value = serde_json::from_slice(&received.body).expect("JSON");
    assert_eq!((&body["test"], &body["event"]), (&Value::Bool(true), &Value::from("hookyard.test")));
    assert_eq!(received.header("hookyard-sandbox"), Some("true"));
    assert_eq!(received.header("hookyard-test"), Some("true"));
    assert_eq!(received.header("authorization"), Some("Bearer s3cret"));
    let signature = received.header("snappt-signature").expect("signed");
    let stamp = signature.strip_prefix("t=").and_then(|rest| rest.split(',').next()).expect("a time");
    assert_eq!(signature, snappt_signature(stamp, &received.body));
}

#[test]
fn a_test_that_is_refused_says_what_that_means() {
    let receiver = Receiver::start();
    for (path, words, code) in [
        ("/status/401", "same secret", 1),
        ("/status/404", "webhook trigger", 1),
        ("/status/302", "redirects are not followed", 1),
        ("/status/500", "receiver's own log", 1),
        ("/ok", "", 0),
    ] {
        let run =
            doctor(&receiver.url(path)).arg("--send-test").arg("--secret-env").arg("S").env("S", "secret");
        let (told, ended) = json(run);
        assert_eq!(ended, Some(code), "{told}");
        assert!(told.to_string().contains(words), "{path}: {told}");
    }
    assert_eq!(receiver.count(), 5);
    let unsigned = doctor(&receiver.url("/ok")).arg("--send-test").run();
    assert!(unsigned.code == Some(2) && unsigned.stderr.contains("--secret-env"), "{unsigned}");
    // What cannot be reached gets no test.
    let closed = TcpListener::bind("127.0.0.1:0").expect("loopback").local_addr().expect("bound");
    let run =
        doctor(&format!("http://{closed}/")).arg("--send-test").arg("--secret-env").arg("S").env("S", "s");
    assert_eq!(
        step(&json(run).0, "test delivery"),
        ("skipped".into(), "not sent: the URL cannot be reached".into())
    );
}

#[test]
fn configuration_that_stops_deliveries_is_found() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    let webhook = scene.webhook(&receiver.url("/ok"));
    for (change, name, words) in [
        (
            "headers = array['{\"name\":\"Host\",\"value\":\"x\"}'::jsonb]",
            "headers",
            "not the endpoint's to set",
        ),
        ("headers = '{}', method = 'GET'", "method", "neither POST nor PUT"),
        ("method = null, is_active = false", "endpoint", "inactive"),
        ("is_active = true, events = '{}'", "endpoint", "lists no event"),
        ("events = '{entry.completed}', url = 'https://10.0.0.1/'", "egress rule", "private"),
        ("url = null", "form", "the URL is empty"),
    ] {
        scene.database.execute(&format!("update webhooks set {change}"));
        let (told, code) = json(scene.hookyard(&["webhook", "doctor", &webhook]));
        assert_eq!(code, Some(4), "{change}: {told}");
        let (state, found) = step(&told, name);
        assert!(state == "failed" && found.contains(words), "{change}: {told}");
    }
    // A payload that is not as documented is shown by its paths.
    scene.database.execute(&format!("update webhooks set url = '{}'", receiver.url("/ok")));
    scene.enqueue(1);
    let (told, code) = json(scene.hookyard(&["webhook", "doctor", &webhook]));
    assert_eq!(code, Some(1), "{told}");
    assert!(step(&told, "shape").1.contains("no event"), "{told}");
}

#[test]
fn a_webhook_is_named_by_its_id_or_its_beginning() {
    let (scene, receiver) = (Scene::new(), Receiver::start());
    for _ in 0..2 {
        scene.webhook(&receiver.url("/ok"));
    }
    for (id, code, words) in [
        ("ffffffff", 1, "no webhook's id begins with ffffffff"),
        ("00000000-0000-4000-8000-00000000010", 2, "several webhooks' ids begin with"),
        ("nowhere", 2, "neither a URL nor the beginning"),
        ("00000000-0000-4000-8000-000000000101", 0, ""),
    ] {
        let run = scene.hookyard(&["webhook", "doctor", id]).run();
        assert!(run.code == Some(code) && run.stderr.contains(words), "{id}: {run}");
    }
}
