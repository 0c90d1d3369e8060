//! What the answer should be, and how it differs.

use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use super::edits::typed;
use crate::http::Answer;
use crate::json::{self, Node};
use crate::output::escape;
use crate::provider::{self, Path};

/// `200`, or `2xx`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    from: u16,
    to: u16,
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Status, String> {
        let wrong = || format!("`{text}` is neither a status such as 200 nor a kind such as 2xx");
        if let Some(kind) = text.strip_suffix("xx") {
            let kind: u16 = kind.parse().map_err(|_| wrong())?;
            return if (2..=5).contains(&kind) {
                Ok(Status { from: kind * 100, to: kind * 100 + 99 })
            } else {
                Err(wrong())
            };
        }
        match text.parse() {
            Ok(status @ 200..=599) => Ok(Status { from: status, to: status }),
            _ => Err(wrong()),
        }
    }
}

impl Status {
    fn shown(&self) -> String {
        if self.from == self.to { self.from.to_string() } else { format!("{}xx", self.from / 100) }
    }
}

#[derive(Clone, Debug)]
pub enum Wish {
    Holds(String),
    Value(Path, Node),
}

impl FromStr for Wish {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Wish, Infallible> {
        let value = text.starts_with("$.").then(|| text.split_once('=')).flatten();
        let value = value.and_then(|(path, value)| Some((Path::parse(path).ok()?, value)));
        Ok(match value {
            Some((path, value)) => Wish::Value(path, typed(value)),
            None => Wish::Holds(text.to_owned()),
        })
    }
}

pub struct Expected {
    pub status: Vec<Status>,
    pub body: Option<Wish>,
    pub max_time: Option<Duration>,
    /// The request was broken on purpose: it should be refused.
    pub refused: bool,
}

impl Expected {
    pub fn differences(&self, answer: &Answer, took: Duration) -> Vec<String> {
        let default = [Status { from: 200, to: 299 }];
        let refused = [Status { from: 400, to: 499 }];
        let wanted: &[Status] = match (self.status.is_empty(), self.refused) {
            (false, _) => &self.status,
            (true, false) => &default,
            (true, true) => &refused,
        };
        let mut differences = Vec::new();
        if !wanted.iter().any(|status| (status.from..=status.to).contains(&answer.status)) {
            let words: Vec<String> = wanted.iter().map(Status::shown).collect();
            differences.push(format!("status: {}, expected {}", answer.status, words.join(" or ")));
        }
        if let Some(difference) = self.body.as_ref().and_then(|wish| body(wish, answer)) {
            differences.push(format!("body: {difference}"));
        }
        if let Some(most) = self.max_time.filter(|most| took > *most) {
            differences.push(format!(
                "time: {} ms, expected at most {} ms",
                took.as_millis(),
                most.as_millis()
            ));
        }
        differences
    }
}

fn body(wish: &Wish, answer: &Answer) -> Option<String> {
    let cut = if answer.truncated { " in the first 64 KiB" } else { "" };
    match wish {
        Wish::Holds(text) => {
            let there =
                text.is_empty() || answer.body.windows(text.len()).any(|part| part == text.as_bytes());
            let value = text.contains('=').then_some("; a value of its JSON is compared with $.path=value");
            (!there).then(|| format!("does not hold `{}`{cut}{}", escape(text), value.unwrap_or_default()))
        }
        Wish::Value(path, wanted) => {
            let Some(document) = json::parse(&answer.body) else { return Some(format!("is not JSON{cut}")) };
            let told = |node: &Node| escape(&String::from_utf8_lossy(&json::compact(node))).into_owned();
            match provider::get(&document, path) {
                None => Some(format!("has no {path}")),
                Some(found) if found == wanted => None,
                Some(found) => Some(format!("{path} is {}, expected {}", told(found), told(wanted))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(status: &[&str], wish: Option<&str>, refused: bool, answer: (u16, &str)) -> Vec<String> {
        let expected = Expected {
            status: status.iter().map(|text| text.parse().expect("a status")).collect(),
            body: wish.map(|text| text.parse().expect("a wish")),
            max_time: Some(Duration::from_secs(5)),
            refused,
        };
        let body = answer.1.as_bytes().to_vec();
        let length = body.len() as u64;
        let answer = Answer { status: answer.0, retry_after: None, body, truncated: false, length };
        expected.differences(&answer, Duration::from_secs(1))
    }

    #[test]
    fn what_differs_is_said() {
        let ok = (200, r#"{"received":true,"n":95.50}"#);
        assert!(differences(&[], None, false, ok).is_empty());
        assert!(differences(&["2xx"], Some("received"), false, ok).is_empty());
        assert!(differences(&["200", "204"], Some("$.received=true"), false, ok).is_empty());
        assert_eq!(differences(&["204"], None, false, ok), ["status: 200, expected 204"]);
        assert_eq!(differences(&[], None, true, ok), ["status: 200, expected 4xx"]);
        assert!(differences(&[], None, true, (401, "")).is_empty());
        assert_eq!(differences(&[], Some("$.n=95.5"), false, ok), ["body: n is 95.50, expected 95.5"]);
        assert_eq!(differences(&[], Some("$.x=1"), false, ok), ["body: has no x"]);
        assert_eq!(differences(&[], Some("OK"), false, ok), ["body: does not hold `OK`"]);
        assert_eq!(differences(&[], Some("$.x=1"), false, (200, "OK")), ["body: is not JSON"]);
        for wrong in ["600", "100", "x", "1xx", "2x"] {
            assert!(wrong.parse::<Status>().is_err(), "{wrong}");
        }
    }
}
