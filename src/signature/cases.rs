//! Round trips of every scheme over random bodies, fed whole and in pieces, and what must never pass.

use std::collections::BTreeMap;

use super::scheme::Form;
use super::*;

/// A small generator, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn body(&mut self) -> Vec<u8> {
        let length = self.next() % 200;
        (0..length).map(|_| u8::try_from(self.next() & 255).expect("a byte")).collect()
    }
}

fn schemes() -> Vec<Scheme> {
    let mut all = Catalogue::new(BTreeMap::new()).all();
    all.retain(|scheme| scheme.proof == Proof::Hmac && scheme.header().is_some());
    assert!(all.len() > 20);
    all
}

fn ring(scheme: &Scheme, secret: &str) -> Ring {
    Ring::read(scheme, &[secret.into()]).expect("a secret")
}

fn signed(scheme: &Scheme, secret: &str, body: &[u8]) -> Headers {
    let further = [("Content-Type".to_owned(), "application/json".to_owned())];
    let headers: &[_] = if scheme.headers_item.is_some() { &further } else { &[] };
    let facts = Facts { time: "1700000000", id: "evt_1", url: None, headers };
    let mut signing = Signing::begin(scheme, ring(scheme, secret), facts);
    for piece in body.chunks(7) {
        signing.update(piece);
    }
    let mut headers = Headers::default();
    for (name, value) in signing.finish(&crate::random::secure()).expect("signed").headers {
        headers.push(&name, value.as_bytes());
    }
    headers
}

fn judged(
    scheme: &Scheme,
    secret: &str,
    headers: &Headers,
    body: &[u8],
    now: i64,
) -> Result<(), &'static str> {
    let request = Request { headers, whole: Some(body), url: None, jwks: None };
    let verdict = match Check::begin(scheme, &request, ring(scheme, secret)) {
        Ok(mut check) => {
            check.update(body);
            check.finish(now, Some(300))
        }
        Err(refusal) => Verdict::refused(refusal),
    };
    verdict.outcome.map(|_| ()).map_err(|refusal| refusal.reason.code())
}

const SECRET: &str = "c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh";
const OTHER: &str = "b3RoZXItb2YtZW5vdWdoLWxlbmd0aCEh";
const NOW: i64 = 1_700_000_000;

#[test]
fn what_is_signed_is_verified_and_nothing_else_is() {
    let mut dice = Dice(7);
    for scheme in schemes() {
        for _ in 0..500 {
            let body = dice.body();
            let headers = signed(&scheme, SECRET, &body);
            assert_eq!(judged(&scheme, SECRET, &headers, &body, NOW), Ok(()), "{}", scheme.name);
            assert_eq!(
                judged(&scheme, OTHER, &headers, &body, NOW),
                Err("signature_mismatch"),
                "{}",
                scheme.name
            );
            let longer = [body.as_slice(), b"\n"].concat();
            assert_eq!(
                judged(&scheme, SECRET, &headers, &longer, NOW),
                Err("signature_mismatch"),
                "{}",
                scheme.name
            );
        }
    }
}

#[test]
fn ten_thousand_bodies_in_the_schemes_of_the_documents() {
    let mut dice = Dice(11);
    for scheme in
        schemes().into_iter().filter(|s| ["snappt", "singlekey", "rentvine", "standard"].contains(&&*s.name))
    {
        for _ in 0..10_000 {
            let body = dice.body();
            let headers = signed(&scheme, SECRET, &body);
            assert_eq!(judged(&scheme, SECRET, &headers, &body, NOW), Ok(()), "{}", scheme.name);
        }
    }
}

#[test]
fn time_is_judged_at_its_edges_where_there_is_one() {
    for scheme in schemes() {
        let headers = signed(&scheme, SECRET, b"x");
        let at = |now| judged(&scheme, SECRET, &headers, b"x", now);
        let timed = scheme.timestamp.is_some();
        let refused = |code| if timed { Err(code) } else { Ok(()) };
        assert_eq!(at(NOW + 299), Ok(()), "{}", scheme.name);
        assert_eq!(at(NOW - 299), Ok(()), "{}", scheme.name);
        for beyond in [300, 301] {
            assert_eq!(at(NOW + beyond), refused("timestamp_too_old"), "{}", scheme.name);
            assert_eq!(at(NOW - beyond), refused("timestamp_too_new"), "{}", scheme.name);
        }
    }
}

#[test]
fn each_header_is_there_once_under_any_case() {
    for scheme in schemes() {
        let good = signed(&scheme, SECRET, b"x");
        let with = |change: &dyn Fn(usize, &str) -> Vec<String>| {
            let mut headers = Headers::default();
            for (at, (name, value)) in good.iter().enumerate() {
                change(at, name).iter().for_each(|name| headers.push(name, value));
            }
            judged(&scheme, SECRET, &headers, b"x", NOW)
        };
        assert_eq!(with(&|_, name| vec![name.to_uppercase()]), Ok(()), "{}", scheme.name);
        for which in 0..good.iter().count() {
            let missing = with(&|at, name| if at == which { vec![] } else { vec![name.into()] });
            assert_eq!(missing, Err("missing_header"), "{}", scheme.name);
            let twice = with(&|at, name| vec![name.to_string(); if at == which { 2 } else { 1 }]);
            assert_eq!(twice, Err("duplicate_header"), "{}", scheme.name);
        }
    }
}

#[test]
fn a_signature_of_any_shape_gets_a_verdict() {
    for scheme in schemes() {
        let good = signed(&scheme, SECRET, b"x");
        let (name, value) =
            good.iter().last().map(|(name, value)| (name.to_owned(), value.to_vec())).expect("one");
        let value = String::from_utf8(value).expect("text");
        for changed in [
            String::new(),
            value[..value.len() - 1].to_owned(),
            format!("{value}A"),
            format!("{value}="),
            value.to_uppercase() + "é",
            vec![value.clone(); 10_000].join(" "),
            vec![value.clone(); 10_000].join(","),
            "\u{0}".repeat(100_000),
            "=".repeat(1000),
            ",".repeat(1000),
        ] {
            let mut headers = Headers::default();
            for (other, value) in good.iter().filter(|(other, _)| *other != name) {
                headers.push(other, value);
            }
            headers.push(&name, changed.as_bytes());
            // What is repeated holds a right one; where there may be several, that is enough.
            let several = changed.matches(&value).count() > 1 && scheme.form != Form::Plain;
            let verdict = judged(&scheme, SECRET, &headers, b"x", NOW);
            assert!(verdict.is_err() || several, "{}: {changed:.80}", scheme.name);
        }
    }
}

/// Every signature that is no match costs a comparison, not another MAC.
#[test]
fn a_header_full_of_signatures_is_bounded_work() {
    let scheme = Catalogue::new(BTreeMap::new()).find("standard").expect("built in");
    let mut headers = Headers::default();
    headers.push("webhook-id", b"evt_1");
    headers.push("webhook-timestamp", b"1700000000");
    let list = format!("v1,{}= ", "A".repeat(43)).repeat(10_000)
        + &format!("v1a,{}== ", "A".repeat(86)).repeat(10_000);
    headers.push("webhook-signature", list.as_bytes());
    let body = vec![b'x'; 1 << 20];
    let begun = std::time::Instant::now();
    assert_eq!(judged(&scheme, SECRET, &headers, &body, NOW), Err("signature_mismatch"));
    assert!(begun.elapsed().as_secs() < 5, "took {:?}", begun.elapsed());
}
