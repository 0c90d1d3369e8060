//! Integrations that a run asked nothing of, and why, in the words that poll and submit share.

use serde_json::{Value, json};

use crate::failure::{Failure, Kind};
use crate::output::{Page, Tone};

/// Reason an integration's turn came to nothing.
pub enum Reason {
    /// Class and text of the refusal that opened it.
    Circuit { class: String, text: String },
    /// Another run has it.
    Held,
    /// It cannot be used as it is configured.
    Unusable(Failure),
}

/// Those of a run, by name.
#[derive(Default)]
pub struct Unasked {
    circuits: Vec<(String, String, String)>,
    unusable: Vec<(String, Failure)>,
    held: Vec<String>,
}

impl Unasked {
    pub fn add(&mut self, integration: &str, why: Reason) {
        let name = integration.to_owned();
        match why {
            Reason::Circuit { class, text } => self.circuits.push((name, class, text)),
            Reason::Unusable(failure) => self.unusable.push((name, failure)),
            Reason::Held => self.held.push(name),
        }
    }

    /// Nobody has to do anything about it: what another run holds is in good hands.
    pub fn is_well(&self) -> bool {
        self.circuits.is_empty() && self.unusable.is_empty()
    }

    pub fn is_held(&self) -> bool {
        !self.held.is_empty()
    }

    pub fn text(&self, page: &mut Page) {
        for (integration, failure) in &self.unusable {
            let causes: Vec<String> = failure.source.chain().map(ToString::to_string).collect();
            page.toned(format!("{integration}: not asked: {}", causes.join(": ")), Tone::Bad);
            failure.hints.iter().for_each(|hint| page.line(format!("  {hint}")));
        }
        for (integration, class, text) in &self.circuits {
            page.toned(format!("{integration}: not asked, the circuit is open: {class}: {text}"), Tone::Bad);
            page.line(format!("  `hookyard yardi check {integration}` closes it once the account works"));
        }
    }

    /// For whoever asked for just these.
    pub fn held_text(&self, page: &mut Page) {
        self.held.iter().for_each(|held| page.line(format!("{held}: another run is at work on it")));
    }

    pub fn circuits_json(&self) -> Value {
        let circuit = |(integration, class, text): &(String, String, String)| json!({ "integration": integration, "class": class, "text": text });
        self.circuits.iter().map(circuit).collect()
    }

    pub fn unusable_json(&self) -> Value {
        let one = |(integration, failure): &(String, Failure)| json!({ "integration": integration, "error": failure.json() });
        self.unusable.iter().map(one).collect()
    }

    pub fn held_json(&self) -> Value {
        self.held.iter().map(String::as_str).collect()
    }

    /// What is held counts for whoever asked for it only.
    pub fn codes(&self, named: bool) -> impl Iterator<Item = u8> {
        let unusable = self.unusable.iter().map(|(_, failure)| failure.kind.code());
        let circuits = self.circuits.iter().map(|_| Kind::Blocked.code());
        unusable.chain(circuits).chain(self.held.iter().filter(move |_| named).map(|_| Kind::Later.code()))
    }
}
