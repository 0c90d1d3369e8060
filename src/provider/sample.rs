//! A fresh sample of an event: the file's, with ids and times in its places. `{now}`, `{unix}`, `{uuid}`, `{hex16}`,
//! `{hex32}`, `{digits5}`; a name behind a colon makes two places the same.

use std::collections::HashMap;

use super::form::Event;
use super::path::{Path, get};
use super::rules::rule;
use crate::clock::{self, Micros};
use crate::json::Node;
use crate::random::Random;

/// What the places are filled with.
pub struct Fill<'a> {
    now: Micros,
    random: &'a Random,
    named: HashMap<String, String>,
}

impl<'a> Fill<'a> {
    pub fn new(now: Micros, random: &'a Random) -> Fill<'a> {
        Fill { now, random, named: HashMap::new() }
    }

    fn value(&mut self, place: &str) -> Option<String> {
        if let Some(known) = self.named.get(place) {
            return Some(known.clone());
        }
        let kind = place.split(':').next().unwrap_or(place);
        let value = match kind {
            "now" => clock::shown(self.now),
            "unix" => self.now.div_euclid(1_000_000).to_string(),
            "uuid" => self.random.id(self.now).to_string(),
            "hex16" => format!("{:016x}", self.random.next()),
            "hex32" => format!("{:016x}{:016x}", self.random.next(), self.random.next()),
            "digits5" => (10_000 + self.random.next() % 90_000).to_string(),
            _ => return None,
        };
        if kind != place {
            self.named.insert(place.to_owned(), value.clone());
        }
        Some(value)
    }
}

pub fn sample(event: &Event, fill: &mut Fill<'_>) -> Node {
    filled(&event.sample, fill)
}

fn filled(node: &Node, fill: &mut Fill<'_>) -> Node {
    match node {
        Node::Word(word) => Node::Word(word.clone()),
        Node::Text(pattern) => Node::Text(text(pattern, fill)),
        Node::List(items) => Node::List(items.iter().map(|item| filled(item, fill)).collect()),
        Node::Fields(fields) => {
            Node::Fields(fields.iter().map(|(name, value)| (name.clone(), filled(value, fill))).collect())
        }
    }
}

/// A text with its places filled; braces that are no place stay.
pub fn text(pattern: &str, fill: &mut Fill<'_>) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        out.push_str(before);
        let place = after[1..].split_once('}').and_then(|(name, behind)| Some((fill.value(name)?, behind)));
        match place {
            Some((value, behind)) => {
                out.push_str(&value);
                rest = behind;
            }
            None => {
                out.push('{');
                rest = &after[1..];
            }
        }
    }
    out + rest
}

/// Whether the path is one that this event knows: in its sample, or by a rule.
pub fn settable(event: &Event, sample: &Node, path: &Path) -> Result<(), Vec<String>> {
    if get(sample, path).is_some() || rule(&event.rules, path).is_some() {
        return Ok(());
    }
    let mut known = Vec::new();
    leaves(sample, &Path::default(), &mut known);
    let declared = event.rules.keys().filter(|path| !path.contains(['*', '['])).cloned();
    let more: Vec<String> = declared.filter(|path| !known.contains(path)).collect();
    known.extend(more);
    Err(known)
}

fn leaves(node: &Node, path: &Path, out: &mut Vec<String>) {
    match node {
        Node::Fields(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, &path.name(name), out));
        }
        _ => out.push(path.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_named_ones_alike() {
        let random = Random::seeded(3);
        let mut fill = Fill::new(1_700_000_000_000_000, &random);
        assert_eq!(text("{now} {unix}", &mut fill), "2023-11-14T22:13:20Z 1700000000");
        assert_eq!(text("{uuid:a}", &mut fill), text("{uuid:a}", &mut fill));
        assert_ne!(text("{uuid}", &mut fill), text("{uuid}", &mut fill));
        assert_eq!(text("{hex32}", &mut fill).len(), 32);
        assert_eq!(text("a{b}{", &mut fill), "a{b}{");
    }
}
