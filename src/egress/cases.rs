//! Every URL case of the shared vectors, and random hosts built from their alphabet.

use std::net::IpAddr;

use super::*;

const CASES: &str = include_str!("../../tests/vectors/egress-cases.json");

/// What the real path makes of a URL: the check, one lookup, the check of its answers.
fn verdict(url: &str, dns: Option<&[String]>, rules: &Rules) -> Result<&'static str, String> {
    let target = match check_url(url, rules) {
        Ok(target) => target,
        Err(Refusal::Blocked(_)) => return Ok("block"),
        Err(Refusal::Invalid(_)) => return Ok("invalid"),
    };
    let Host::Name(name) = &target.host else { return Ok("allow") };
    let mut verdict = "fail-retry";
    // Successive answers are successive connections; each is judged on its own.
    for answers in rounds(dns.ok_or("a name without DNS answers")?) {
        verdict = match check_answers(name, &answers, rules) {
            _ if answers.is_empty() => "fail-retry",
            Ok(()) => "allow",
            Err(_) => "block",
        };
    }
    Ok(verdict)
}

fn rounds(dns: &[String]) -> Vec<Vec<IpAddr>> {
    let successive = dns.iter().any(|answer| answer.starts_with("1st:"));
    let ip = |text: &String| text.rsplit(' ').next().and_then(|ip| ip.parse().ok());
    match successive {
        true => dns.iter().map(|answer| ip(answer).into_iter().collect()).collect(),
        false => vec![dns.iter().filter_map(ip).collect()],
    }
}

#[test]
fn every_url_case_gets_its_verdict() {
    let cases: serde_json::Value = serde_json::from_str(CASES).expect("the vectors");
    let cases = cases["url_cases"].as_array().expect("url cases");
    let mut wrong = Vec::new();
    for case in cases {
        let dns: Option<Vec<String>> = serde_json::from_value(case["dns"].clone()).expect("answers");
        let url = case["url"].as_str().expect("a URL");
        let got = verdict(url, dns.as_deref(), &Rules::default()).expect("a verdict");
        if got != case["verdict"] {
            wrong.push(format!("{}: {} instead of {}", case["id"], got, case["verdict"]));
        }
    }
    assert_eq!(cases.len(), 62);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn international_names_are_asked_for_in_ascii() {
    let target = check_url("https://faß.example/hook#frag", &Rules::default()).expect("allowed");
    assert_eq!(target.host, Host::Name("xn--fa-hia.example".to_owned()));
    assert_eq!(target.url.as_str(), "https://xn--fa-hia.example/hook");
}

#[test]
fn the_switches_open_what_they_name() {
    let allow = vec!["127.0.0.1/32".parse().expect("a network")];
    let http = Rules { allow: Vec::new(), allow_http: true };
    let loopback = Rules { allow: allow.clone(), allow_http: false };
    let both = Rules { allow, allow_http: true };
    assert!(check_url("http://hooks.example.com/", &http).is_ok());
    assert!(check_url("http://127.0.0.1/", &http).is_err());
    assert!(check_url("http://localhost/", &http).is_err());
    assert!(check_url("http://127.0.0.1/", &loopback).is_err());
    assert!(check_url("https://localhost/", &loopback).is_ok());
    assert!(check_url("https://127.0.0.1:5432/", &loopback).is_ok());
    assert!(check_url("http://127.0.0.1:9/", &both).is_ok());
    assert!(check_url("http://127.0.0.2:9/", &both).is_err());
    assert!(check_answers("localhost", &["::1".parse().expect("ip")], &both).is_err());
}

#[test]
fn a_reason_repeats_neither_credentials_nor_query() {
    let urls = [
        "user:hunter2@hooks.example.com/in",
        "http://user:hunter2@hooks.example.com/?k=hunter2",
        "https://user:hunter2@127.0.0.1/?k=hunter2",
        "https://user:hunter2@example.com:6379/?k=hunter2",
        "https://user:hunter2@exa mple.com/?k=hunter2",
        "hunter2://x",
    ];
    for url in urls {
        let refusal = check_url(url, &Rules::default()).expect_err("refused");
        assert!(!format!("{refusal} {refusal:?}").contains("hunter2"), "{url}: {refusal}");
    }
}

/// Small and repeatable: the point is the variety of hosts, not the quality of chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides
    }
}

/// Ranges written down a second time, as networks, so that one mistake is not made twice in the same place.
fn networks_that_are_not_public() -> Vec<ipnet::IpNet> {
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 \
     192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 168.63.129.16/32 \
     ::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16 3fff::/20"
        .split_whitespace()
        .map(|net| net.parse().expect("a network"))
        .collect()
}

#[test]
fn random_hosts_never_lead_to_an_address_that_is_not_public() {
    let pieces = [
        "127",
        "0",
        "1",
        ".",
        ".",
        ".",
        ":",
        ":",
        "::",
        "[",
        "]",
        "0x7f",
        "0177",
        "0x",
        "7f00",
        "ffff",
        "169.254",
        "a9fe",
        "64:ff9b",
        "2002",
        "fd00",
        "fe80",
        "10",
        "192.168",
        "172.16",
        "255",
        "256",
        "@",
        "%",
        "%00",
        "%2e",
        "%23",
        "#",
        "?",
        "/",
        "\\",
        "localhost",
        "example.com",
        "faß",
        "。",
        "①",
        "-",
        "_",
        "+",
        " ",
        "\t",
        "\u{0}",
        "2130706433",
        "99999",
        "443",
        "user",
        "xn--",
        "\u{202e}",
        "{",
        "\"",
        "8.8.8.8",
        "[::ffff:",
        "2606:4700",
    ];
    let closed = networks_that_are_not_public();
    let rules = Rules::default();
    let mut dice = Dice(20_260_101);
    let mut allowed = 0;
    for round in 0..100_000 {
        let count = 1 + dice.below(9);
        let mut host: String = (0..count).map(|_| pieces[dice.below(pieces.len())]).collect();
        if round % 3 == 0 {
            host = format!("[{host}]");
        }
        let raw = format!("https://{host}/");
        let shown = shown(&raw);
        assert!(!shown.chars().any(char::is_control), "{raw:?}");
        let Ok(target) = check_url(&raw, &rules) else { continue };
        allowed += 1;
        // The client parses the URL once more when it dials: it must see the same host.
        let again = check_url(target.url.as_str(), &rules).expect("stable");
        assert_eq!(again.host, target.host, "{raw:?}");
        assert!(target.url.as_str().parse::<hyper::Uri>().is_ok(), "{raw:?}");
        match target.host {
            Host::Address(ip) => {
                assert!(!closed.iter().any(|net| net.contains(&ip)), "{raw:?} leads to {ip}");
            }
            // Resolvers read the old notations too (`127.1`, `0x7f000001`): none may pass as a name.
            Host::Name(name) => {
                let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
                let number = match last.strip_prefix("0x") {
                    Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
                    None => last.bytes().all(|byte| byte.is_ascii_digit()),
                };
                assert!(!number && last != "localhost", "{raw:?}");
            }
        }
    }
    assert!(allowed > 1_000, "only {allowed} of the hosts were tried for real");
}
