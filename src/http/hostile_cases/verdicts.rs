//! Which answer is an answer, and which word stands for one that never came.

use super::*;

#[tokio::test]
async fn every_status_from_200_to_599_is_an_answer_and_nothing_is_followed() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    let statuses = [
        200, 201, 202, 299, 300, 301, 302, 303, 304, 307, 308, 399, 400, 401, 403, 404, 408, 410, 422, 425,
        429, 500, 502, 503, 504, 599,
    ];
    for status in statuses {
        let got = answer(post(&http, &hostile.url(&format!("/redirect/{status}"))).await);
        assert_eq!(got.status, status);
    }
    assert_eq!(answer(post(&http, &hostile.url("/to-metadata/307")).await).status, 307);
    assert!(hostile.seen("/caught").is_empty());
    let sent = hostile.seen("/redirect/200");
    assert_eq!((sent.len(), &*sent[0].body), (1, &br#"{"a":1}"#[..]));
}

#[tokio::test]
async fn one_connection_serves_request_after_request() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    for path in ["/ok", "/status/500", "/empty-204", "/body/html", "/large/65536"] {
        answer(post(&http, &hostile.url(path)).await);
    }
    assert_eq!(hostile.connections(), 1);
}

#[tokio::test]
async fn odd_answers_still_count_by_their_status() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    let table: [(&str, u16, &[u8]); 13] = [
        ("/empty-204", 204, b""),
        ("/body-204", 204, b""),
        ("/body/empty", 200, b""),
        ("/body/binary", 200, b"\xff\xfe\x00\x80"),
        ("/body/plain", 200, b"thank you"),
        ("/body/terminal", 200, "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{202e}txet".as_bytes()),
        ("/continue", 200, b"{}"),
        ("/latin1-only", 200, b"{}"),
        ("/latin1", 200, b"{}"),
        ("/http10", 200, b"old"),
        ("/length-and-chunked", 200, b"abc"),
        ("/headers/90", 200, b"{}"),
        ("/large-header", 200, b"{}"),
    ];
    for (path, status, body) in table {
        let got = answer(post(&http, &hostile.url(path)).await);
        assert_eq!((got.status, &*got.body, got.truncated), (status, body, false), "{path}");
        assert_eq!(got.length, body.len() as u64, "{path}");
    }
}

#[tokio::test]
async fn a_success_stays_one_when_its_body_breaks_or_drips() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    let broken = answer(post(&http, &hostile.url("/broken-body")).await);
    assert_eq!((broken.status, &*broken.body, broken.truncated), (200, &b"0123456789"[..], true));
    assert_eq!(broken.length, 100);
    let broken = answer(post(&http, &hostile.url("/broken-chunk")).await);
    assert_eq!((broken.status, &*broken.body, broken.truncated), (200, &b"abc"[..], true));
    let mut slow = request(&http, &hostile.url("/drip-body"));
    slow.timeout = Duration::from_secs(1);
    let slow = answer(http.send(slow).await);
    assert!(slow.status == 200 && slow.truncated && (2..20).contains(&slow.body.len()), "{slow:?}");
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_failure() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    let paths = [
        "/status/099",
        "/status/1000",
        "/status/abc",
        "/status/600",
        "/status/999",
        "/status/101",
        "/headers/101",
        "/endless-header",
        "/two-lengths",
        "/negative-length",
        "/not-http",
    ];
    for path in paths {
        let started = Instant::now();
        let reply = post(&http, &hostile.url(path)).await;
        assert_eq!(kind(&reply), Some(NoAnswerKind::Protocol), "{path}: {reply:?}");
        assert!(started.elapsed() < Duration::from_secs(2), "{path}");
    }
}

#[tokio::test]
async fn silence_and_drips_end_at_the_total_limit() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    for path in ["/hang", "/drip-head"] {
        let mut request = request(&http, &hostile.url(path));
        request.timeout = Duration::from_secs(1);
        let started = Instant::now();
        let reply = http.send(request).await;
        let took = started.elapsed();
        assert_eq!(kind(&reply), Some(NoAnswerKind::Timeout), "{path}: {reply:?}");
        assert!((0.9..1.5).contains(&took.as_secs_f32()), "{path}: {took:?}");
    }
}

#[tokio::test]
async fn a_broken_connection_and_a_closed_port_differ() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    for path in ["/reset", "/close"] {
        let reply = post(&http, &hostile.url(path)).await;
        assert_eq!(kind(&reply), Some(NoAnswerKind::Reset), "{path}: {reply:?}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let free = listener.local_addr().expect("its address");
    drop(listener);
    for scheme in ["http", "https"] {
        let reply = post(&http, &format!("{scheme}://{free}/?k=hunter2")).await;
        assert_eq!(kind(&reply), Some(NoAnswerKind::Refused), "{reply:?}");
        assert!(!format!("{reply:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn only_a_certificate_that_verifies_is_spoken_to() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    let bad = [
        hostile.self_signed,
        hostile.expired,
        hostile.wrong_name,
        hostile.unknown_ca,
        hostile.old_tls,
        hostile.http,
    ];
    for address in bad {
        let reply = post(&http, &format!("https://{address}/tls")).await;
        assert_eq!(kind(&reply), Some(NoAnswerKind::Tls), "{reply:?}");
    }
    assert!(hostile.seen("/tls").is_empty());
    assert_eq!(answer(post(&http, &format!("https://{}/tls", hostile.https)).await).status, 200);
    let mut settings = Settings { rules: http.rules().clone(), ..Settings::default() };
    settings.pool_idle = 1;
    let stranger = Http::new(settings).expect("a client").0;
    let reply = post(&stranger, &format!("https://{}/tls", hostile.https)).await;
    assert_eq!(kind(&reply), Some(NoAnswerKind::Tls), "without the CA file: {reply:?}");
    // And a plain receiver that hears TLS, or a TLS one that hears plain text, harms nobody.
    let reply = post(&http, &format!("http://{}/tls", hostile.https)).await;
    assert!(matches!(kind(&reply), Some(NoAnswerKind::Protocol | NoAnswerKind::Reset)), "{reply:?}");
}

#[tokio::test]
async fn retry_after_is_handed_on_as_sent() {
    let hostile = Hostile::start();
    let http = client(&hostile);
    let got = answer(post(&http, &hostile.url("/retry-after/120")).await);
    assert_eq!((got.status, got.retry_after.as_deref()), (503, Some("120")));
}
