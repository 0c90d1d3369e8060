//! Integrations that a run asked nothing of, in the words that poll and submit share.

use crate::failure::Failure;
use crate::output::{Page, Tone};

/// `circuits`: integration, class and text of the refusal that opened each.
pub fn text(page: &mut Page, unusable: &[(String, Failure)], circuits: &[(String, String, String)]) {
    for (integration, failure) in unusable {
        let causes: Vec<String> = failure.source.chain().map(ToString::to_string).collect();
        page.toned(format!("{integration}: not asked: {}", causes.join(": ")), Tone::Bad);
        failure.hints.iter().for_each(|hint| page.line(format!("  {hint}")));
    }
    for (integration, class, text) in circuits {
        page.toned(format!("{integration}: not asked, the circuit is open: {class}: {text}"), Tone::Bad);
        page.line(format!("  `hookyard yardi check {integration}` closes it once the account works"));
    }
}
