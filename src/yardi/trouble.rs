//! Everything that goes wrong with Yardi, as one table: what it is, how far it reaches, whether trying again makes
//! sense, what a person should do. Where Yardi leaves no other way, trouble is told by its words, and only here.

use std::time::Duration;

use serde::Deserialize;

use crate::failure::{Failure, Kind};
use crate::output::escape_line;

use super::answer::{Fault, Message, Told, Unreadable};
use super::redact::Redactor;

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// No answer, or no connection.
    Transport,
    /// The answer breaks off.
    Truncated,
    RateLimited,
    /// A status from 500 on that no fault explains.
    HttpServer,
    /// A status from 400 on.
    HttpClient,
    /// A page for people where an answer should be.
    Html,
    Fault,
    /// The shell of an answer with nothing in it: what a wrong server or database gives.
    EmptyResult,
    Auth,
    Licence,
    PropertyAccess,
    ReferenceData,
    Validation,
    NotEditable,
    /// "No guests exist": an empty answer, although it is typed Error.
    BenignEmpty,
    /// A write that was accepted and is not there when read back.
    Ghost,
    /// An answer that is not taken in: a DTD, too large, not well-formed.
    Unusable,
    Unknown,
}

/// How far trouble reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Record,
    Call,
    Property,
    Integration,
}

impl Class {
    pub fn word(self) -> &'static str {
        match self {
            Class::Transport => "transport",
            Class::Truncated => "truncated",
            Class::RateLimited => "rate_limited",
            Class::HttpServer => "http_server",
            Class::HttpClient => "http_client",
            Class::Html => "html",
            Class::Fault => "fault",
            Class::EmptyResult => "empty_result",
            Class::Auth => "auth",
            Class::Licence => "licence",
            Class::PropertyAccess => "property_access",
            Class::ReferenceData => "reference_data",
            Class::Validation => "validation",
            Class::NotEditable => "not_editable",
            Class::BenignEmpty => "benign_empty",
            Class::Ghost => "ghost",
            Class::Unusable => "unusable",
            Class::Unknown => "unknown",
        }
    }

    pub fn scope(self) -> Scope {
        match self {
            Class::Transport
            | Class::Truncated
            | Class::RateLimited
            | Class::HttpServer
            | Class::Fault
            | Class::BenignEmpty
            | Class::Unusable
            | Class::Unknown => Scope::Call,
            Class::Html | Class::HttpClient | Class::EmptyResult | Class::Auth | Class::Licence => {
                Scope::Integration
            }
            Class::PropertyAccess | Class::ReferenceData => Scope::Property,
            Class::Validation | Class::NotEditable | Class::Ghost => Scope::Record,
        }
    }

    /// Whether the same question may have a better answer in a moment. Never after `auth` and `licence`: repeated
    /// tries lock the account.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Class::Transport | Class::Truncated | Class::RateLimited | Class::HttpServer | Class::Html
        )
    }

    /// How often a read is tried in all.
    pub fn tries(self) -> usize {
        match self {
            Class::Html => 2,
            class if class.retryable() => 3,
            _ => 1,
        }
    }

    /// Nothing further is asked of this integration until a person has looked.
    pub fn opens_circuit(self) -> bool {
        matches!(self, Class::Auth | Class::Licence)
    }

    /// What a script hears; nothing for an answer that is only empty.
    pub fn exit(self) -> Option<Kind> {
        match self {
            Class::BenignEmpty => None,
            Class::Transport | Class::Truncated | Class::RateLimited | Class::HttpServer => Some(Kind::Later),
            Class::Html | Class::HttpClient | Class::EmptyResult | Class::Auth | Class::Licence => {
                Some(Kind::Blocked)
            }
            Class::Fault
            | Class::PropertyAccess
            | Class::ReferenceData
            | Class::Validation
            | Class::NotEditable
            | Class::Ghost
            | Class::Unusable
            | Class::Unknown => Some(Kind::No),
        }
    }

    /// What to do, in a line.
    pub fn remedy(self) -> &'static str {
        match self {
            Class::Transport => "the next run asks again; `hookyard yardi check` tells how far it gets",
            Class::Truncated => "the next run asks again; a shorter window makes a shorter answer",
            Class::RateLimited => "the next run asks again; raise the pause between properties",
            Class::HttpServer => "the next run asks again; if it stays, ask who runs the service",
            Class::HttpClient => {
                "look at the URL of soap_endpoint, and whether Yardi lets this machine's address in"
            }
            Class::Html => {
                "soap_endpoint leads to a page for people: look at the URL and at proxies on the way"
            }
            Class::Fault => "the text says what the service stumbled over; Yardi's support can look it up",
            Class::EmptyResult => "the shell of an answer came back: look at server_name and database_name",
            Class::Auth => {
                "set the right user and password, then run `hookyard yardi check`: nothing is asked before"
            }
            Class::Licence => "look at entity and licence of the interface, then run `hookyard yardi check`",
            Class::PropertyAccess => {
                "have the property opened for this interface in Voyager, or take it off the list"
            }
            Class::ReferenceData => "use a value that `hookyard yardi check` lists for the property",
            Class::Validation => "look at the record that was sent",
            Class::NotEditable => {
                "the guest card is closed to changes; a document can be put on the tenant's code"
            }
            Class::BenignEmpty => "nothing to do",
            Class::Ghost => "the write was accepted and is not there: look at the property's code",
            Class::Unusable => "keep the answer for Yardi's support; nothing was taken from it",
            Class::Unknown => "read the text; its words can be given a class in the configuration",
        }
    }
}

/// Words of Yardi and what they mean, the most telling first. Compared without case, anywhere in a text.
const TEXTS: &[(&str, Class)] = &[
    ("no guests exist with the given search criteria", Class::BenignEmpty),
    ("no tenants exist with the given search criteria", Class::BenignEmpty),
    ("login failed", Class::Auth),
    ("check login credentials", Class::Auth),
    ("invalid interface entity", Class::Licence),
    ("license invalid", Class::Licence),
    ("interface license expired", Class::Licence),
    ("invalid or no access to yardi property", Class::PropertyAccess),
    ("invalid yardi property code", Class::PropertyAccess),
    ("is not configured for property", Class::PropertyAccess),
    ("not found in voyager", Class::ReferenceData),
    ("is not editable", Class::NotEditable),
    ("missing valid property identification", Class::Validation),
    ("missing valid prospect identification", Class::Validation),
    ("xsd error", Class::Validation),
    ("access denied", Class::Validation),
];

/// A fault that says so may pass by itself.
const PASSING: &[&str] = &["deadlock", "try again"];
/// And so may one that waited for something too long; whether a write was done by then, nobody knows.
const TIMED_OUT: &[&str] = &["timeout", "timed out"];

pub fn timed_out(text: &str) -> bool {
    let text = text.to_lowercase();
    TIMED_OUT.iter().any(|words| text.contains(words))
}

/// The table in force: what the configuration adds comes first.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    pub added: Vec<(String, Class)>,
}

impl Texts {
    pub fn class_of(&self, text: &str) -> Option<Class> {
        let text = text.to_lowercase();
        let added = self.added.iter().find(|(words, _)| text.contains(&words.to_lowercase()));
        let built_in = || TEXTS.iter().find(|(words, _)| text.contains(words)).map(|(_, class)| *class);
        added.map(|(_, class)| *class).or_else(built_in)
    }
}

/// Shown text is cut here.
const LONGEST: usize = 500;

/// One trouble, ready to be shown: its text is escaped, cut, and free of our own credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub class: Class,
    pub text: String,
    /// The operation that was called, or the step that was tried.
    pub operation: String,
    pub fault_code: Option<String>,
    /// How long the service asked us to wait.
    pub retry_after: Option<Duration>,
    /// A fault that may pass by itself.
    pub passing: bool,
}

impl Trouble {
    pub fn new(class: Class, operation: &str, text: &str, redactor: &Redactor) -> Trouble {
        let mut text = escape_line(&redactor.redacted(text.trim()));
        if let Some((cut, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(cut);
            text.push('…');
        }
        Trouble {
            class,
            text,
            operation: operation.to_owned(),
            fault_code: None,
            retry_after: None,
            passing: false,
        }
    }

    pub fn retryable(&self) -> bool {
        self.class.retryable() || self.passing
    }

    /// How often a read is tried in all.
    pub fn tries(&self) -> usize {
        if self.passing { 3 } else { self.class.tries() }
    }

    pub fn of_unreadable(why: &Unreadable, operation: &str, redactor: &Redactor) -> Trouble {
        let class = match why {
            Unreadable::NotSoap(_) => Class::Html,
            Unreadable::Truncated => Class::Truncated,
            Unreadable::Dtd | Unreadable::TooLarge(_) | Unreadable::Malformed(_) => Class::Unusable,
        };
        Trouble::new(class, operation, &why.to_string(), redactor)
    }

    pub fn of_fault(fault: &Fault, operation: &str, texts: &Texts, redactor: &Redactor) -> Trouble {
        let class = texts.class_of(&fault.text).unwrap_or(Class::Fault);
        let lower = fault.text.to_lowercase();
        let passing = timed_out(&lower) || PASSING.iter().any(|words| lower.contains(words));
        let text = if fault.text.is_empty() { "a fault without a text" } else { &fault.text };
        let code = Trouble::new(class, operation, &fault.code, redactor).text;
        Trouble {
            fault_code: (!code.is_empty()).then_some(code),
            passing: class == Class::Fault && passing,
            ..Trouble::new(class, operation, text, redactor)
        }
    }

    /// The failure that ends a command.
    pub fn failure(&self) -> Failure {
        let code = self.fault_code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        Failure::new(self.class.exit().unwrap_or(Kind::No), anyhow::anyhow!("{}{code}", self.text))
            .context(format!("{} failed: {}", self.operation, self.class.word()))
            .hint(self.class.remedy())
            .reason(self.class.word())
    }
}

/// What a whole answer comes to: its gravest message, a scalar that is an error, a missing result. `Ok(true)` is a
/// proven empty one.
pub fn judge(told: &Told, operation: &str, texts: &Texts, redactor: &Redactor) -> Result<bool, Trouble> {
    if let Some(fault) = &told.fault {
        return Err(Trouble::of_fault(fault, operation, texts, redactor));
    }
    if !told.result {
        let text = "the answer has no result element";
        return Err(Trouble::new(Class::EmptyResult, operation, text, redactor));
    }
    let mut empty = false;
    for message in told.messages.iter().filter(|message| is_error(message)) {
        match texts.class_of(&message.text) {
            Some(Class::BenignEmpty) => empty = true,
            found => {
                let class = found.unwrap_or(Class::Unknown);
                return Err(Trouble::new(class, operation, &message.text, redactor));
            }
        }
    }
    match scalar(told.text.trim()) {
        Some((class, text)) => Err(Trouble::new(class, operation, text, redactor)),
        None => match texts.class_of(&told.text) {
            Some(Class::BenignEmpty) => Ok(true),
            Some(class) => Err(Trouble::new(class, operation, &told.text, redactor)),
            None => Ok(empty),
        },
    }
}

/// Warnings and FYIs accompany good answers; what has no kind is judged by its words.
fn is_error(message: &Message) -> bool {
    let kind = message.kind.trim();
    kind.eq_ignore_ascii_case("error")
        || message.text.to_lowercase().contains("message type=error")
        || (kind.is_empty() && TEXTS.iter().any(|(words, _)| message.text.to_lowercase().contains(words)))
}

/// Some interfaces answer with a number.
fn scalar(text: &str) -> Option<(Class, &'static str)> {
    match text {
        "-1" => Some((Class::Auth, "the result is -1: the user has no rights")),
        "-2" => Some((Class::PropertyAccess, "the result is -2: the entity has no access to the property")),
        "-3" => Some((Class::Licence, "the result is -3: entity or licence are refused")),
        "-4" => Some((Class::Auth, "the result is -4: the login failed")),
        _ => None,
    }
}
