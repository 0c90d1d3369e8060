//! The providers there are, one data file each, read when asked for.

use super::form::{Event, Form};
use crate::json::Node;

macro_rules! forms {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("forms/", $name, ".toml")))),*]
    };
}

/// The document's form of a provider before the others that were seen.
pub const FORMS: &[(&str, &str)] = forms![
    "snappt",
    "snappt-v2",
    "resident-verify",
    "plaid",
    "singlekey",
    "singlekey-handshake",
    "rentvine",
    "rentvine-body-auth",
];

pub fn find(name: &str) -> Option<Form> {
    FORMS.iter().find(|(known, _)| *known == name).and_then(|(name, text)| parse(name, text))
}

pub fn all() -> Vec<Form> {
    FORMS.iter().filter_map(|(name, text)| parse(name, text)).collect()
}

/// The other providers that know this payload, each with the event.
pub fn recognising(payload: &Node, but: &str) -> Vec<(Form, Event)> {
    let others = all().into_iter().filter(|form| form.name != but);
    others.filter_map(|form| form.recognise(payload).cloned().map(|event| (form, event))).collect()
}

fn parse(name: &str, text: &str) -> Option<Form> {
    // A built-in file that cannot be read is caught by the test below, not by a user.
    Form::parse(name, text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Checked, Fill, check, sample};
    use super::*;
    use crate::random::Random;

    #[test]
    fn every_file_is_right_and_every_sample_is_what_it_says() {
        let random = Random::seeded(1);
        for (name, text) in FORMS {
            let form = Form::parse(name, text).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(!form.about.ends_with('.') && !form.events.is_empty(), "{name}");
            for event in &form.events {
                let made = sample(event, &mut Fill::new(1_700_000_000_000_000, &random));
                let Checked { event: found, findings } = check(&form, &made);
                assert_eq!(found.map(|found| found.name), Some(event.name.clone()), "{name}");
                assert!(findings.is_empty(), "{name} {}: {findings:?}", event.name);
                for path in event.rules.keys() {
                    assert!(path.split('.').all(|part| !part.is_empty()), "{name} {path}");
                }
            }
        }
    }

    #[test]
    fn the_names_of_events_are_told_apart() {
        for form in all() {
            let mut names: Vec<&str> = form.events.iter().map(|event| event.name.as_str()).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(all, names.len(), "{}", form.name);
        }
    }
}
