//! Who is dialled: nobody that the rules refuse, no proxy, and for a name only what one lookup brought.

use std::process::Command;
use std::time::Instant;

use super::hostile::Hostile;
use super::reply::Answer;
use super::*;

const CASES: &str = include_str!("../../tests/vectors/egress-cases.json");

fn client(allow: &[&str], names: &str) -> Http {
    let allow = allow.iter().map(|net| net.parse().expect("a network")).collect();
    let rules = egress::Rules { allow, allow_http: true };
    let names = Some(TestNames::parse(names).expect("names"));
    Http::new(Settings { rules, names, pool_idle: 8, ..Settings::default() }).expect("a client").0
}

/// A request for a target that was read under rules which open everything.
fn request(url: &str) -> Option<Request> {
    let open = ["0.0.0.0/0", "::/0"].iter().map(|net| net.parse().expect("a network")).collect();
    let target = egress::check_url(url, &egress::Rules { allow: open, allow_http: true }).ok()?;
    let body = Bytes::from_static(b"{}");
    Some(Request { method: Method::Post, target, headers: Vec::new(), body, timeout: Duration::from_secs(8) })
}

async fn send(http: &Http, url: &str) -> Result<Answer, NoAnswer> {
    match http.send(request(url).expect("a usable URL")).await {
        Reply::Answered(answer) => Ok(answer),
        Reply::None(none) => Err(none),
    }
}

#[tokio::test]
async fn what_the_rules_refuse_is_refused_again_before_it_is_dialled() {
    let cases: serde_json::Value = serde_json::from_str(CASES).expect("the vectors");
    let cases = cases["url_cases"].as_array().expect("url cases");
    let names: serde_json::Map<String, serde_json::Value> = cases
        .iter()
        .filter(|case| case["dns"].is_array())
        .filter_map(|case| Some((host(case["url"].as_str()?)?, case["dns"].clone())))
        .filter(|(name, _)| !name.contains("hooks"))
        .collect();
    let names = TestNames::parse(&serde_json::Value::from(names).to_string()).expect("names");
    let settings = Settings { names: Some(names), pool_idle: 1, ..Settings::default() };
    let http = Http::new(settings).expect("a client").0;
    let mut tried = 0;
    for case in cases {
        let url = case["url"].as_str().expect("a URL");
        let expected = match case["verdict"].as_str() {
            // Its first answer is public and would be dialled for real; the loopback twin is a test of its own.
            _ if url.contains("rebind") => continue,
            Some("block") => NoAnswerKind::Blocked,
            Some("fail-retry") => NoAnswerKind::Dns,
            _ => continue,
        };
        // The others are refused whatever is opened.
        let Some(request) = request(url) else { continue };
        let started = Instant::now();
        let Reply::None(none) = http.send(request).await else { panic!("{url} was answered") };
        assert_eq!(none.kind, expected, "{url}: {}", none.detail);
        assert!(started.elapsed() < Duration::from_secs(6), "{url}");
        tried += 1;
    }
    assert!(tried > 30, "only {tried}");
}

fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

#[tokio::test]
async fn a_name_is_looked_up_once_per_connection_and_a_second_answer_gains_nothing() {
    let (first, second) = (Hostile::start(), Hostile::start_at("127.0.0.2"));
    let names = r#"{"rebind.example": ["1st: 127.0.0.1", "2nd: 127.0.0.2"]}"#;
    let http = client(&["127.0.0.1/32"], names);
    let url = |path: &str, port: u16| format!("http://rebind.example:{port}{path}");
    for _ in 0..3 {
        assert_eq!(send(&http, &url("/ok", first.http.port())).await.expect("an answer").status, 200);
    }
    assert_eq!(first.connections(), 1);
    // Another port is another connection, hence the second lookup.
    let none = send(&http, &url("/ok", second.http.port())).await.expect_err("refused");
    assert_eq!(none.kind, NoAnswerKind::Blocked, "{}", none.detail);
    assert!(none.detail.contains("127.0.0.2"), "{}", none.detail);
    assert_eq!(second.connections(), 0);
}

#[tokio::test]
async fn mixed_answers_are_dialled_at_neither_end() {
    let hostile = Hostile::start();
    let http = client(&["127.0.0.1/32"], r#"{"both.example": ["127.0.0.1", "10.0.0.5"], "nx.example": []}"#);
    let none =
        send(&http, &format!("http://both.example:{}/", hostile.http.port())).await.expect_err("refused");
    assert_eq!(none.kind, NoAnswerKind::Blocked);
    assert_eq!(hostile.connections(), 0);
    assert_eq!(send(&http, "https://nx.example/").await.expect_err("unknown").kind, NoAnswerKind::Dns);
}

#[tokio::test]
async fn nothing_is_dialled_on_loopback_unless_it_was_opened() {
    let (one, two) = (Hostile::start(), Hostile::start_at("127.0.0.2"));
    let http = client(&[], "{}");
    for address in [one.http, two.http] {
        for host in
            ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "127.0.0.2", "[::ffff:7f00:1]"]
        {
            let url = format!("http://{host}:{}/", address.port());
            let Some(request) = request(&url) else { continue };
            let Reply::None(none) = http.send(request).await else { panic!("{url} was answered") };
            assert_eq!(none.kind, NoAnswerKind::Blocked, "{url}");
        }
    }
    assert_eq!(one.connections() + two.connections(), 0);
}

#[tokio::test]
async fn the_wire_carries_what_was_asked_for_and_little_else() {
    let hostile = Hostile::start();
    let http = client(&["127.0.0.1/32"], "{}");
    let mut put = request(&format!("http://us%40er:s3cret@{}/wire?k=v#part", hostile.http)).expect("a URL");
    put.method = Method::Put;
    let a = HeaderName::from_static("x-a");
    put.headers = vec![(a.clone(), HeaderValue::from_static("1")), (a, HeaderValue::from_static("2"))];
    http.send(put).await;
    let seen = hostile.seen("/wire?k=v");
    let lines: Vec<&str> = seen[0].head.lines().filter(|line| !line.is_empty()).collect();
    let host = format!("host: {}", hostile.http);
    assert_eq!(lines[0], "PUT /wire?k=v HTTP/1.1");
    let expected = [
        "accept: */*",
        "authorization: Basic dXNAZXI6czNjcmV0",
        "content-length: 2",
        &host,
        "x-a: 1",
        "x-a: 2",
    ];
    let mut headers = lines[1..].to_vec();
    headers.sort_unstable();
    assert_eq!(headers, expected);
    let mut own = request(&format!("http://user:pw@{}/own", hostile.http)).expect("a URL");
    own.headers = vec![(AUTHORIZATION, HeaderValue::from_static("Bearer t"))];
    http.send(own).await;
    let head = &hostile.seen("/own")[0].head;
    assert!(head.contains("authorization: Bearer t\r\n") && !head.contains("Basic"), "{head}");
}

/// Proxies come from the environment, so this needs a process with one of its own.
#[test]
fn a_proxy_of_the_environment_is_not_asked() {
    let catcher = Hostile::start();
    let name =
        format!("{}::with_proxies_in_the_environment", module_path!().split_once("::").expect("a module").1);
    let own = std::env::current_exe().expect("this test");
    let mut command = Command::new(own);
    command.args([&name, "--exact", "--ignored"]);
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(variable, catcher.url(""));
    }
    let output = command.output().expect("run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(catcher.connections(), 0);
}

#[tokio::test]
#[ignore = "needs an environment of its own: started by a_proxy_of_the_environment_is_not_asked"]
async fn with_proxies_in_the_environment() {
    let hostile = Hostile::start();
    let http =
        client(&["127.0.0.1/32"], r#"{"name.example": ["127.0.0.1"], "inside.example": ["10.0.0.5"]}"#);
    for host in ["127.0.0.1", "name.example"] {
        let url = format!("http://{host}:{}/ok", hostile.http.port());
        assert_eq!(send(&http, &url).await.expect("an answer").status, 200);
    }
    for url in ["http://inside.example/", "https://inside.example/"] {
        assert_eq!(send(&http, url).await.expect_err("refused").kind, NoAnswerKind::Blocked);
    }
}
