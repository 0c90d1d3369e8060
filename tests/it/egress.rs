//! Hostile addresses, headers, answers and certificates, as the tables tell of them after a run of the binary.

use std::time::{Duration, Instant};

use crate::support::{Hookyard, Hostile, Receiver, Scene, hookyard};

/// The binary without a single address opened.
fn strict(scene: &Scene) -> Hookyard {
    hookyard(&["webhook", "retry"]).database(&scene.database)
}

/// What became of the delivery to a webhook: state, outcome, status of the documented row, reason.
fn fate(scene: &Scene, webhook: &str) -> String {
    scene.text(&format!(
        "select d.state || ' ' || a.outcome || ' ' || coalesce(a.status::text, '-') || ' ' || w.response_status || ' '
            || coalesce(w.response_data -> 'error' ->> 'kind', '-')
         from hookyard.deliveries d join hookyard.attempts a on a.delivery_id = d.id
         join webhook_delivery_attempts w on w.id = a.id where d.webhook_id = '{webhook}'"
    ))
}

fn reason(scene: &Scene, webhook: &str) -> String {
    scene.text(&format!("select reason from hookyard.deliveries where webhook_id = '{webhook}'"))
}

#[test]
fn nothing_private_is_dialled_unless_it_was_opened() {
    let (scene, hostile, second) = (Scene::new(), Hostile::start(), Hostile::start_at("127.0.0.2"));
    let port = hostile.https.port();
    let urls = [
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://127.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0x7f.1:{port}/"),
        format!("https://0:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://127.0.0.2:{}/", second.https.port()),
        "https://169.254.169.254/latest/meta-data/".into(),
        "https://10.0.0.5/".into(),
        format!("http://127.0.0.1:{}/", hostile.http.port()),
        "ftp://hooks.example.com/".into(),
        "file:///etc/passwd".into(),
    ];
    let webhooks: Vec<String> = urls.iter().map(|url| scene.webhook(url)).collect();
    scene.enqueue(1);
    strict(&scene).run().exits(1);
    for (webhook, url) in webhooks.iter().zip(&urls) {
        assert_eq!(fate(&scene, webhook), "dead blocked - 599 blocked", "{url}");
        assert!(reason(&scene, webhook).starts_with("not sent: blocked: "), "{}", reason(&scene, webhook));
    }
    assert_eq!((hostile.connections(), second.connections()), (0, 0));
}

#[test]
fn one_opened_address_opens_no_other_and_never_the_metadata_service() {
    let (scene, second) = (Scene::new(), Hostile::start_at("127.0.0.2"));
    let other = scene.webhook(&second.url("/ok"));
    let metadata = scene.webhook("http://169.254.169.254/latest/");
    scene.enqueue(1);
    let all = [
        "--allow-egress",
        "169.254.0.0/16",
        "--allow-egress",
        "127.0.0.1",
        "--allow-http",
        "webhook",
        "retry",
    ];
    hookyard(&all).database(&scene.database).run().exits(1);
    assert_eq!(
        (fate(&scene, &other), fate(&scene, &metadata)),
        ("dead blocked - 599 blocked".into(), "dead blocked - 599 blocked".into())
    );
    assert_eq!(second.connections(), 0);
}

#[test]
fn what_is_no_url_is_a_fault_of_the_configuration() {
    let scene = Scene::new();
    let urls = [
        "//hooks.example.com/in",
        "hooks.example.com/in",
        "",
        "https://example.com:99999/",
        "https://256.256.256.256/",
    ];
    let webhooks = urls.map(|url| scene.webhook(url));
    scene.enqueue(1);
    strict(&scene).run().exits(1);
    for (webhook, url) in webhooks.iter().zip(urls) {
        assert_eq!(fate(&scene, webhook), "dead config - 599 config", "{url}");
    }
}

#[test]
fn a_name_is_judged_by_every_address_it_resolves_to_and_only_checked_ones_are_dialled() {
    let (scene, hostile) = (Scene::new(), Hostile::start());
    let names = r#"{"internal.example":["10.0.0.5"],"both.example":["93.184.216.34","127.0.0.1"],
        "mapped.example":["::ffff:127.0.0.1"],"metadata.example":["169.254.169.254"],"nowhere.example":[],
        "rebind.example":["2nd: 127.0.0.1"],"good.example":["127.0.0.1"]}"#;
    let port = hostile.https.port();
    let blocked = ["internal", "both", "mapped", "metadata", "rebind"]
        .map(|name| scene.webhook(&format!("https://{name}.example:{port}/")));
    let nowhere = scene.webhook(&format!("https://nowhere.example:{port}/"));
    scene.enqueue(1);
    strict(&scene).env("HOOKYARD_TEST_NAMES", names).run().exits(1);
    for webhook in &blocked {
        assert_eq!(fate(&scene, webhook), "dead blocked - 599 blocked", "{}", reason(&scene, webhook));
    }
    assert_eq!(fate(&scene, &nowhere), "pending dns - 599 dns", "a name may come back, so it is tried again");
    assert_eq!(hostile.connections(), 0);
}

#[test]
fn a_proxy_in_the_environment_is_ignored() {
    let (scene, receiver, catcher) = (Scene::new(), Receiver::start(), Hostile::start());
    scene.webhook(&receiver.url("/ok"));
    scene.enqueue(1);
    let mut run = scene.hookyard(&["webhook", "retry"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        run = run.env(name, &catcher.url("/"));
    }
    run.run().succeeds();
    assert_eq!((receiver.count(), catcher.connections()), (1, 0));
}

#[test]
fn an_odd_answer_is_what_its_status_says_and_is_stored_in_a_form_that_jsonb_takes() {
    let (scene, hostile) = (Scene::new(), Hostile::start());
    let table = [
        ("/status/201", "delivered accepted 201 201 -"),
        ("/empty-204", "delivered accepted 204 204 -"),
        ("/body-204", "delivered accepted 204 204 -"),
        ("/redirect/302", "dead redirected 302 302 -"),
        ("/redirect/307", "dead redirected 307 307 -"),
        ("/to-metadata/307", "dead redirected 307 307 -"),
        ("/status/304", "dead redirected 304 304 -"),
        ("/status/422", "dead rejected 422 422 -"),
        ("/status/408", "dead rejected 408 408 -"),
        ("/status/410", "dead rejected 410 410 -"),
        ("/status/500", "pending server_error 500 500 -"),
        ("/status/599", "pending server_error 599 599 -"),
        ("/status/099", "pending protocol - 599 protocol"),
        ("/status/abc", "pending protocol - 599 protocol"),
        ("/continue", "delivered accepted 200 200 -"),
        ("/reset", "pending reset - 599 reset"),
        ("/close", "pending reset - 599 reset"),
        ("/gzip", "delivered accepted 200 200 -"),
        ("/large-header", "delivered accepted 200 200 -"),
        ("/headers/150", "pending protocol - 599 protocol"),
        ("/endless-header", "pending protocol - 599 protocol"),
        ("/latin1", "delivered accepted 200 200 -"),
        ("/two-lengths", "pending protocol - 599 protocol"),
        ("/negative-length", "pending protocol - 599 protocol"),
        ("/length-and-chunked", "delivered accepted 200 200 -"),
        ("/http10", "delivered accepted 200 200 -"),
        ("/not-http", "pending protocol - 599 protocol"),
        ("/endless", "delivered accepted 200 200 -"),
        ("/broken-body", "delivered accepted 200 200 -"),
        ("/body/own-error", "delivered accepted 200 200 timeout"),
        ("/body/html", "delivered accepted 200 200 -"),
        ("/body/binary", "delivered accepted 200 200 -"),
        ("/body/nul", "delivered accepted 200 200 -"),
        ("/body/terminal", "delivered accepted 200 200 -"),
    ];
    let webhooks = table.map(|(path, _)| scene.webhook(&hostile.url(path)));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run().exits(1);
    for (webhook, (path, expected)) in webhooks.iter().zip(table) {
        assert_eq!(fate(&scene, webhook), expected, "{path}");
    }
    assert!(hostile.seen("/caught").is_empty(), "no redirect is followed");
    let data = |path: &str| {
        let at = table.iter().position(|(known, _)| *known == path).expect("in the table");
        let sql = format!(
            "select response_data::text from webhook_delivery_attempts where webhook_id = '{}'",
            webhooks[at]
        );
        serde_json::from_str::<serde_json::Value>(&scene.text(&sql)).expect("JSON")
    };
    assert_eq!(data("/body/html")["raw"], "<!doctype html><title>It works</title>");
    assert_eq!(data("/body/binary")["base64"], "//4AgA==");
    assert_eq!(data("/body/nul")["raw"], "{\"text\":\"a\\u0000b\"}");
    assert_eq!(data("/empty-204")["raw"], "");
    let endless = data("/endless");
    assert_eq!(
        (endless["truncated"].clone(), endless["raw"].as_str().map(str::len)),
        (true.into(), Some(65536))
    );
    assert_eq!(data("/broken-body")["length"], 100);
    let shown = scene.hookyard(&["webhook", "list"]).run().stdout;
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert!(!shown.contains(" 599 ") && shown.contains("no answer: protocol"), "{shown}");
}

#[test]
fn retry_after_only_puts_off_and_never_past_its_cap() {
    let (scene, hostile) = (Scene::new(), Hostile::start());
    let waits = [("5", 60), ("120", 120), ("100000", 3600), ("soon", 60)];
    let webhooks = waits.map(|(asked, _)| scene.webhook(&hostile.url(&format!("/retry-after/{asked}"))));
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    for (webhook, (asked, least)) in webhooks.iter().zip(waits) {
        let sql = format!(
            "select extract(epoch from next_attempt_at - now())::int from hookyard.deliveries where webhook_id = '{webhook}'"
        );
        let wait = scene.count(&sql);
        assert!((least - 5..=least * 12 / 10).contains(&wait), "{asked}: {wait} s");
    }
}

#[test]
fn a_header_that_cannot_be_sent_as_configured_stops_the_delivery_before_it_leaves() {
    let (scene, hostile) = (Scene::new(), Hostile::start());
    let refused = [
        r#"{"name":"X-A","value":"a\r\nX-Evil: 1"}"#,
        r#"{"name":"X-A","value":"a\nb"}"#,
        r#"{"name":"X-A\r\nX-B","value":"v"}"#,
        r#"{"name":"X A","value":"v"}"#,
        r#"{"name":"","value":"v"}"#,
        r#"{"name":"Host","value":"internal.admin"}"#,
        r#"{"name":"Content-Length","value":"1"}"#,
        r#"{"name":"Transfer-Encoding","value":"chunked"}"#,
        r#"{"name":"Upgrade","value":"h2c"}"#,
        r#"{"name":"TE","value":"trailers"}"#,
        r#"{"name":"Proxy-Authorization","value":"Basic x"}"#,
        r#"{"name":"SNAPPT-Signature","value":"t=1,v1=x"}"#,
        r#"{"name":"webhook-id","value":"mine"}"#,
        "null",
        r#"{"name":"X-A"}"#,
        r#""Authorization: canary""#,
    ];
    let webhooks = refused.map(|header| {
        let id = scene.webhook(&hostile.url("/ok"));
        // A good header beside it: nothing is sent with only a part of what was configured.
        scene.database.execute(&format!(
            "update webhooks set headers = array['{{\"name\": \"Authorization\", \"value\": \"Bearer canary\"}}', '{header}']::jsonb[] where id = '{id}'"
        ));
        id
    });
    let many = scene.webhook(&hostile.url("/ok"));
    scene.database.execute(&format!(
        "update webhooks set headers = (select array_agg(jsonb_build_object('name', 'X-' || n, 'value', 'v')) from generate_series(1, 200) n) where id = '{many}'"
    ));
    scene.enqueue(1);
    let run = scene.hookyard(&["webhook", "retry", "-vvv"]).run().exits(1);
    for (webhook, header) in webhooks.iter().zip(refused) {
        assert_eq!(fate(&scene, webhook), "dead config - 599 config", "{header}");
        assert!(reason(&scene, webhook).contains("header 2 "), "{header}: {}", reason(&scene, webhook));
    }
    assert_eq!(fate(&scene, &many), "dead config - 599 config");
    assert_eq!(hostile.connections(), 0);
    assert!(!run.all().contains("canary"), "{run}");
}

#[test]
fn allowed_headers_arrive_once_each_in_order_with_one_content_type() {
    let (scene, hostile) = (Scene::new(), Hostile::start());
    let url = hostile.url("/ok").replace("http://", "http://user:pass%20word@");
    scene.webhook(&url);
    scene.database.execute(
        r#"update webhooks set headers = array['{"name": "Content-Type", "value": "application/json"}', '{"name": "X-Two", "value": "1"}',
            '{"name": "X-Forwarded-For", "value": "127.0.0.1"}', '{"name": "X-Two", "value": "2"}', '{"name": "User-Agent", "value": ""}']::jsonb[]"#,
    );
    scene.enqueue(1);
    scene.hookyard(&["webhook", "retry"]).run().succeeds();
    let sent = hostile.seen("/ok").remove(0);
    assert_eq!((sent.connection, &*sent.body), (1, &br#"{"n":1}"#[..]));
    let head = sent.head.to_ascii_lowercase();
    assert_eq!(head.matches("\r\ncontent-type:").count(), 1, "{head}");
    assert!(head.contains("\r\nuser-agent: snappt-webhook/1.0\r\n"), "{head}");
    let (one, two) = (head.find("x-two: 1"), head.find("x-two: 2"));
    assert!(one.is_some() && one < two && head.contains("x-forwarded-for: 127.0.0.1"), "{head}");
    assert!(head.contains("authorization: basic dxnlcjpwyxnzihdvcmq="), "{head}");
}

#[test]
fn a_certificate_that_is_not_trusted_is_a_failure_that_is_tried_again() {
    let (scene, hostile) = (Scene::new(), Hostile::start());
    let https = |address: std::net::SocketAddr| scene.webhook(&format!("https://{address}/ok"));
    let bad = [hostile.self_signed, hostile.expired, hostile.wrong_name, hostile.unknown_ca, hostile.old_tls]
        .map(https);
    let good = https(hostile.https);
    scene.enqueue(1);
    let run = |retry: Hookyard| retry.run();
    run(scene.hookyard(&["webhook", "retry"])).succeeds();
    for webhook in bad.iter().chain([&good]) {
        assert_eq!(fate(&scene, webhook), "pending tls - 599 tls", "{}", reason(&scene, webhook));
    }
    assert!(hostile.seen("/ok").is_empty(), "nothing is said before the certificate is known");
    scene.time_passes();
    let ca = hostile.ca_pem.to_str().expect("text");
    run(scene.hookyard(&["webhook", "retry"]).env("HOOKYARD_CA_FILE", ca)).succeeds();
    assert_eq!(scene.states(), "delivered 1, pending 5");
    assert_eq!(hostile.seen("/ok").len(), 1);
}

#[test]
fn sixteen_hostile_endpoints_at_once_neither_eat_the_memory_nor_keep_a_run() {
    let (scene, hostile) = (Scene::new(), Hostile::start());
    let paths = [
        "/endless",
        "/endless-length",
        "/endless-header",
        "/drip-head",
        "/drip-body",
        "/hang",
        "/gzip",
        "/large/50000000",
        "/large-header",
        "/headers/150",
        "/continue",
        "/broken-chunk",
        "/not-http",
        "/reset",
        "/two-lengths",
        "/body/binary",
    ];
    paths.iter().for_each(|path| drop(scene.webhook(&hostile.url(path))));
    scene.enqueue(10);
    let started = Instant::now();
    let mut run =
        scene.hookyard(&["webhook", "retry", "--concurrency", "160"]).env("HOOKYARD_TIMEOUT", "3s").start();
    let mut most = 0;
    while !run.is_over() {
        most = most.max(run.resident_kib());
        assert!(started.elapsed() < Duration::from_secs(40), "the run does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
    run.finish().succeeds();
    assert!(most > 0 && most <= 128 * 1024, "{most} KiB");
    assert_eq!(scene.count("select count(*) from hookyard.deliveries where lease_until is not null"), 0);
    assert_eq!(
        scene.count("select count(*) from hookyard.deliveries where attempts <> 1"),
        0,
        "each was attempted once"
    );
}
