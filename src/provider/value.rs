//! What a value may be, beyond what JSON says of it.

use serde::Deserialize;

use crate::json::Node;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Any,
    Text,
    /// Text or a whole number.
    Id,
    /// Capitals, digits and `_`.
    Code,
    Url,
    Number,
    Truth,
    /// `2030-01-15`
    Date,
    /// RFC 3339
    Time,
    /// RFC 3339, or Unix seconds as text
    Moment,
    List,
    Object,
}

impl Kind {
    /// What the sample's value says.
    pub fn of(sample: &Node) -> Kind {
        match sample {
            Node::Fields(_) => Kind::Object,
            Node::List(_) => Kind::List,
            Node::Text(text) if text == "{now}" => Kind::Time,
            Node::Text(_) => Kind::Text,
            Node::Word(word) => match word.as_str() {
                "true" | "false" => Kind::Truth,
                "null" => Kind::Any,
                _ => Kind::Number,
            },
        }
    }

    /// With its article, for `is text, not a number`.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Any => "anything",
            Kind::Text => "text",
            Kind::Id => "text or a whole number",
            Kind::Code => "a code in capitals",
            Kind::Url => "a URL",
            Kind::Number => "a number",
            Kind::Truth => "true or false",
            Kind::Date => "a date such as 2030-01-15",
            Kind::Time => "a time such as 2030-01-15T10:30:00Z",
            Kind::Moment => "a time such as 2030-01-15T10:30:00Z, or Unix seconds as text",
            Kind::List => "a list",
            Kind::Object => "an object",
        }
    }

    pub fn fits(self, value: &Node) -> bool {
        match (self, value) {
            (Kind::Any, _) | (Kind::List, Node::List(_)) | (Kind::Object, Node::Fields(_)) => true,
            (Kind::Text | Kind::Id, Node::Text(_)) => true,
            (Kind::Id, Node::Word(word)) => word.bytes().all(|byte| byte.is_ascii_digit()),
            (Kind::Number, Node::Word(word)) => is_number(word),
            (Kind::Truth, Node::Word(word)) => matches!(word.as_str(), "true" | "false"),
            (Kind::Code, Node::Text(text)) => {
                let usual = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                !text.is_empty() && text.chars().all(usual)
            }
            (Kind::Url, Node::Text(text)) => {
                url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
            }
            (Kind::Date, Node::Text(text)) => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
            (Kind::Time, Node::Text(text)) => is_time(text),
            (Kind::Moment, Node::Text(text)) => is_time(text) || is_unix(text),
            _ => false,
        }
    }
}

/// What JSON calls the value, with its article.
pub fn found(value: &Node) -> &'static str {
    match value {
        Node::Text(_) => "text",
        Node::List(_) => "a list",
        Node::Fields(_) => "an object",
        Node::Word(word) => match word.as_str() {
            "null" => "null",
            "true" | "false" => "true or false",
            _ => "a number",
        },
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn is_time(text: &str) -> bool {
    text.len() >= 19 && text.parse::<jiff::Timestamp>().is_ok()
}

/// Seconds, not milliseconds.
fn is_unix(text: &str) -> bool {
    (1..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A value as it may be repeated: only what looks like a code is, for anything else may be a person's.
pub fn shown(text: &str) -> Option<&str> {
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let good = !text.is_empty() && text.len() <= 60 && text.chars().all(usual);
    good.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_or_not() {
        let text = |text: &str| Node::Text(text.into());
        let word = |word: &str| Node::Word(word.into());
        for (kind, good, bad) in [
            (Kind::Time, text("2024-01-15T10:30:00Z"), text("2024-01-15")),
            (Kind::Time, text("2024-01-15T10:30:00.5+02:00"), text("1705314600")),
            (Kind::Moment, text("1705314600"), text("1705314600000")),
            (Kind::Moment, text("1705314600"), word("1705314600")),
            (Kind::Date, text("2024-02-29"), text("2023-02-29")),
            (Kind::Code, text("PAY_STUB"), text("Pay stub")),
            (Kind::Number, word("12345678901234567890123.50"), text("1")),
            (Kind::Number, word("1e400"), word("true")),
            (Kind::Id, word("77"), word("7.7")),
            (Kind::Url, text("https://x.test/a"), text("javascript:1")),
            (Kind::Truth, word("false"), text("false")),
        ] {
            assert!(kind.fits(&good), "{kind:?} {good:?}");
            assert!(!kind.fits(&bad), "{kind:?} {bad:?}");
        }
    }
}
