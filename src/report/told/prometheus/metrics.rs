//! The format itself: every figure a gauge, with its help.

use std::fmt::Write;

use crate::report::figures::{Deliveries, Endpoint};

#[derive(Default)]
pub struct Metrics(String);

impl Metrics {
    pub fn finish(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP hookyard_{name} {help}.\n# TYPE hookyard_{name} gauge");
    }

    pub fn one(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help);
        let _ = writeln!(self.0, "hookyard_{name} {value}");
    }

    pub fn many<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, f64)>,
    ) {
        self.head(name, help);
        for (of, value) in values {
            // Verbs, sections, tables, ids: none of them holds a quote.
            let _ = writeln!(self.0, "hookyard_{name}{{{label}=\"{of}\"}} {value}");
        }
    }

    pub fn each(
        &mut self,
        found: &Deliveries,
        name: &str,
        help: &str,
        value: impl Fn(&Endpoint) -> Option<f64>,
    ) {
        let ids: Vec<(String, f64)> = found
            .endpoints
            .iter()
            .filter_map(|one| Some((one.webhook_id.to_string(), value(one)?)))
            .collect();
        self.many(name, help, "webhook_id", ids.iter().map(|(id, value)| (id.as_str(), *value)));
    }
}
