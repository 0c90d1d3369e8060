//! Why bytes are not the answer that was asked for.

use quick_xml::Error;
use quick_xml::encoding::EncodingError;
use quick_xml::errors::IllFormedError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A page for people, from a proxy, a login or a maintenance; JSON; nothing at all.
    NotSoap(&'static str),
    /// It ends before its end.
    Truncated,
    /// A document type definition, whatever it says.
    Dtd,
    TooLarge(&'static str),
    Malformed(String),
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unreadable::NotSoap(what) => write!(f, "the answer is {what}, not SOAP"),
            Unreadable::Truncated => f.write_str("the answer breaks off"),
            Unreadable::Dtd => f.write_str("the answer has a document type definition: DTD not allowed"),
            Unreadable::TooLarge(why) => write!(f, "the answer is too large: {why}"),
            Unreadable::Malformed(why) => write!(f, "the answer is not well-formed XML: {why}"),
        }
    }
}

impl Unreadable {
    /// What the XML reader complained of.
    pub fn of(why: &Error, depth: usize, at_end: bool) -> Unreadable {
        match why {
            Error::Io(why) if why.kind() == std::io::ErrorKind::FileTooLarge => {
                Unreadable::TooLarge("a part of it is longer than 8 MiB")
            }
            // The far side or the connection went away in the middle.
            Error::Io(_) | Error::Syntax(_) => Unreadable::Truncated,
            Error::IllFormed(IllFormedError::UnclosedReference) if depth > 0 => Unreadable::Truncated,
            Error::IllFormed(IllFormedError::MissingDoctypeName) => Unreadable::Dtd,
            Error::IllFormed(
                IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_),
            ) => Unreadable::Malformed("tags do not match".into()),
            // Cut within a character.
            Error::Encoding(EncodingError::Utf8(why)) if at_end && why.error_len().is_none() => {
                Unreadable::Truncated
            }
            Error::Encoding(_) => Unreadable::Malformed("it is not valid UTF-8".into()),
            // Their words may repeat what stands there.
            _ => Unreadable::Malformed("a part of it cannot be read".into()),
        }
    }

    pub fn doctype(kind: &str) -> Unreadable {
        let name =
            kind.trim_start().split(|c: char| c.is_whitespace() || c == '[').next().unwrap_or_default();
        if name.eq_ignore_ascii_case("html") { Unreadable::NotSoap("an HTML page") } else { Unreadable::Dtd }
    }
}
