//! What a hostile receiver may do to us, and what we make of it.

mod limits;
mod verdicts;

use std::time::{Duration, Instant};

use super::hostile::Hostile;
use super::reply::Answer;
use super::*;

/// A client that may dial 127.0.0.1, over plain http too, and trusts the receiver's authority.
fn client(hostile: &Hostile) -> Http {
    let rules = egress::Rules { allow: vec!["127.0.0.1/32".parse().expect("a network")], allow_http: true };
    let settings =
        Settings { rules, ca_file: Some(hostile.ca_pem.clone()), pool_idle: 8, ..Settings::default() };
    Http::new(settings).expect("a client").0
}

fn request(http: &Http, url: &str) -> Request {
    Request {
        method: Method::Post,
        target: egress::check_url(url, http.rules()).expect("an allowed URL"),
        headers: vec![(HeaderName::from_static("x-token"), HeaderValue::from_static("t"))],
        body: Bytes::from_static(br#"{"a":1}"#),
        timeout: Duration::from_secs(5),
    }
}

async fn post(http: &Http, url: &str) -> Reply {
    http.send(request(http, url)).await
}

fn answer(reply: Reply) -> Answer {
    match reply {
        Reply::Answered(answer) => answer,
        Reply::None(none) => panic!("{none:?}"),
    }
}

fn kind(reply: &Reply) -> Option<NoAnswerKind> {
    match reply {
        Reply::Answered(_) => None,
        Reply::None(none) => Some(none.kind),
    }
}
