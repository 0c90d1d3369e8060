//! A payload against the description of its event: what is missing, mistyped, not allowed, unknown or there twice, each
//! by its path.

use std::collections::HashSet;

use super::form::{Event, Form, Rule};
use super::near::near;
use super::path::{Path, Step, get};
use super::rules::{Reach, covers, rule};
use super::value::{Kind, found, shown};
use crate::json::Node;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not JSON at all, or not an object.
    NotJson,
    /// No event of the provider.
    Event,
    Missing,
    Mistyped,
    /// Of the right type, and not one of the values there are.
    Value,
    Duplicate,
    Unknown,
}

impl Fault {
    pub fn code(self) -> &'static str {
        match self {
            Fault::NotJson => "not_json",
            Fault::Event => "event",
            Fault::Missing => "missing",
            Fault::Mistyped => "mistyped",
            Fault::Value => "value",
            Fault::Duplicate => "duplicate",
            Fault::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub fault: Fault,
    pub path: String,
    pub detail: String,
}

#[derive(Debug)]
pub struct Checked {
    /// The event that was recognised.
    pub event: Option<Event>,
    pub findings: Vec<Finding>,
}

/// Found out which event it is, and held against its description.
pub fn check(form: &Form, payload: &Node) -> Checked {
    match form.recognise(payload) {
        Some(event) => check_as(event, payload),
        None => Checked { event: None, findings: vec![unrecognised(form, payload)] },
    }
}

/// Held against this event's description, whatever it says it is.
pub fn check_as(event: &Event, payload: &Node) -> Checked {
    let mut checking = Checking { event, payload, findings: Vec::new() };
    checking.value(Some(&event.sample), payload, &Path::default());
    Checked { event: Some(event.clone()), findings: checking.findings }
}

fn unrecognised(form: &Form, payload: &Node) -> Finding {
    let tellers = form.tellers();
    let there = tellers.iter().filter_map(|path| {
        let node = get(payload, &Path::parse(path).ok()?)?;
        Some((*path, node))
    });
    let mut seen: Vec<(&str, &Node)> = there.collect();
    // The last of several is the one that varies.
    let Some((path, node)) = seen.pop() else {
        let fault = if matches!(payload, Node::Fields(_)) { Fault::Event } else { Fault::NotJson };
        let detail = match fault {
            Fault::NotJson => format!("is {}, not an object", found(payload)),
            _ if tellers.len() > 1 => format!("has none of {}, which tell the event", tellers.join(", ")),
            _ => format!("has no {}, which tells the event", tellers.join(", ")),
        };
        return Finding { fault, path: String::new(), detail };
    };
    let says = form.events.iter().flat_map(|event| &event.when);
    let known: Vec<&str> = says.filter(|(at, _)| at == path).map(|(_, text)| text.as_str()).collect();
    let detail = match node {
        Node::Text(text) => match shown(text) {
            Some(word) => format!("`{word}` is no event of {}: {}", form.name, near(text, &known).join(", ")),
            None => format!("is no event of {}: {}", form.name, known.join(", ")),
        },
        other => format!("is {}, not text", found(other)),
    };
    Finding { fault: Fault::Event, path: path.to_owned(), detail }
}

struct Checking<'a> {
    event: &'a Event,
    payload: &'a Node,
    findings: Vec<Finding>,
}

impl Checking<'_> {
    fn add(&mut self, fault: Fault, path: &Path, detail: impl Into<String>) {
        self.findings.push(Finding { fault, path: path.to_string(), detail: detail.into() });
    }

    fn value(&mut self, sample: Option<&Node>, value: &Node, path: &Path) {
        let none = Rule::default();
        let event = self.event;
        let rule = rule(&event.rules, path).unwrap_or(&none);
        let kind = rule.is.unwrap_or_else(|| self.kind(sample, path));
        if matches!(value, Node::Word(word) if word == "null") {
            if !rule.null && kind != Kind::Any {
                self.add(Fault::Mistyped, path, format!("is null, not {}", kind.words()));
            }
            return;
        }
        if !kind.fits(value) {
            let same = Kind::of(value) == Kind::Text
                && !matches!(kind, Kind::Number | Kind::Truth | Kind::List | Kind::Object);
            let fault = if same { Fault::Value } else { Fault::Mistyped };
            let what = match value {
                Node::Text(text) if same => named(text, "a text"),
                other => found(other).to_owned(),
            };
            return self.add(fault, path, format!("is {what}, not {}", kind.words()));
        }
        match value {
            Node::Text(text) => self.text(rule, text, path),
            Node::List(items) => {
                let first = match sample {
                    Some(Node::List(items)) => items.first(),
                    _ => None,
                };
                for (at, item) in items.iter().enumerate() {
                    let path = path.with(Step::Item(at));
                    if first.is_some() || self.known(&path) {
                        self.value(first, item, &path);
                    }
                }
            }
            Node::Fields(fields) if kind != Kind::Any => self.fields(rule, sample, fields, path),
            Node::Fields(_) | Node::Word(_) => {}
        }
    }

    fn text(&mut self, rule: &Rule, text: &str, path: &Path) {
        if !rule.one_of.is_empty() && !rule.one_of.iter().any(|one| one == text) {
            let known = rule.one_of.join(", ");
            return self.add(Fault::Value, path, format!("{} is none of {known}", named(text, "the value")));
        }
        let length = text.chars().count();
        if let Some(most) = rule.most.filter(|most| length > *most) {
            self.add(Fault::Value, path, format!("has {length} characters, more than {most}"));
        }
        if let Some(exact) = rule.length.filter(|exact| length != *exact) {
            self.add(Fault::Value, path, format!("has {length} characters, not {exact}"));
        }
    }

    fn fields(&mut self, rule: &Rule, sample: Option<&Node>, fields: &[(String, Node)], path: &Path) {
        let of_sample: &[(String, Node)] = match sample {
            Some(Node::Fields(fields)) => fields,
            _ => &[],
        };
        if !rule.map {
            self.missing(rule, of_sample, fields, path);
        }
        let mut seen = HashSet::new();
        for (name, value) in fields {
            let place = path.name(name);
            if !seen.insert(name.as_str()) {
                self.add(
                    Fault::Duplicate,
                    &place,
                    "stands there again: receivers differ in which one they take",
                );
            }
            let own = match of_sample.iter().find(|(known, _)| known == name) {
                Some((_, own)) => Some(own),
                None if rule.map => of_sample.first().map(|(_, first)| first),
                None => None,
            };
            // What an open object's sample holds is an example.
            let held = if rule.open { self.known(&place) } else { own.is_some() || self.known(&place) };
            if held {
                self.value(own, value, &place);
            } else if !rule.open && !rule.map {
                self.add(Fault::Unknown, &place, "is not known");
            }
        }
    }

    fn missing(&mut self, open: &Rule, sample: &[(String, Node)], fields: &[(String, Node)], path: &Path) {
        let event = self.event;
        for (name, _) in sample {
            let place = path.name(name);
            let own = rule(&event.rules, &place);
            let optional = own.and_then(|rule| rule.optional).unwrap_or(open.open);
            let elsewhere = own.and_then(|rule| rule.instead.as_ref()).and_then(|at| Path::parse(at).ok());
            let there = fields.iter().any(|(known, _)| known == name)
                || elsewhere.is_some_and(|at| get(self.payload, &at).is_some());
            if !optional && !there {
                self.add(Fault::Missing, &place, "is missing");
            }
        }
    }

    /// Whether a rule speaks of this place, or of something below it.
    fn known(&self, path: &Path) -> bool {
        rule(&self.event.rules, path).is_some() || self.below(path)
    }

    fn below(&self, path: &Path) -> bool {
        self.event.rules.keys().any(|pattern| covers(pattern, path) == Some(Reach::Below))
    }

    fn kind(&self, sample: Option<&Node>, path: &Path) -> Kind {
        match sample {
            Some(sample) => Kind::of(sample),
            None if self.known(&path.with(Step::Item(0))) => Kind::List,
            None if self.below(path) => Kind::Object,
            None => match rule(&self.event.rules, path) {
                Some(rule) if !rule.one_of.is_empty() => Kind::Text,
                Some(rule) if rule.map || rule.open => Kind::Object,
                _ => Kind::Any,
            },
        }
    }
}

fn named(text: &str, otherwise: &str) -> String {
    shown(text).map_or_else(|| otherwise.to_owned(), |word| format!("`{word}`"))
}

#[cfg(test)]
mod tests {
    use super::super::{Fill, all, sample};
    use super::*;
    use crate::json::{compact, parse};
    use crate::random::Random;

    #[test]
    fn a_payload_changed_anywhere_is_judged_and_never_a_panic() {
        let random = Random::seeded(5);
        for form in all() {
            let event = form.events.last().expect("an event");
            let good = compact(&sample(event, &mut Fill::new(1_700_000_000_000_000, &random)));
            for at in 0..good.len() {
                for byte in [b'{', b'}', b'[', b'"', b',', b'0', b' ', 0xff] {
                    let mut bytes = good.clone();
                    bytes[at] = byte;
                    if let Some(payload) = parse(&bytes) {
                        for finding in check(&form, &payload).findings {
                            assert!(!finding.detail.is_empty());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_field_that_is_taken_out_is_missing_or_optional() {
        let random = Random::seeded(6);
        for form in all() {
            for event in &form.events {
                let whole = sample(event, &mut Fill::new(1_700_000_000_000_000, &random));
                let Node::Fields(fields) = &whole else { panic!("{}", event.name) };
                for (name, _) in fields {
                    let rest = fields.iter().filter(|(other, _)| other != name).cloned().collect();
                    let findings = check(&form, &Node::Fields(rest)).findings;
                    let optional = rule(&event.rules, &Path::default().name(name))
                        .is_some_and(|rule| rule.optional == Some(true));
                    assert_eq!(findings.is_empty(), optional, "{} {} {name}", form.name, event.name);
                }
            }
        }
    }
}
