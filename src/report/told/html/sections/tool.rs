//! hookyard's own runs and tables.

use crate::clock;
use crate::report::figures::Tool;
use crate::report::threshold::length;
use crate::report::told::html::numbers::count;
use crate::report::told::html::parts::{heading, words};
use crate::report::told::html::table::table;
use crate::report::told::html::text;

pub fn tool(found: &Tool) -> String {
    let rows: Vec<Vec<String>> = found
        .verbs
        .iter()
        .map(|verb| {
            let last =
                if verb.running { "running".into() } else { format!("{} ago", length(verb.silent_s as f64)) };
            let usual = verb.usual_s.map_or_else(|| "–".to_owned(), |usual| length(usual as f64));
            vec![verb.verb.clone(), last, usual, count(verb.runs)]
        })
        .collect();
    let mut inner = match rows.is_empty() {
        true => "<p>No run of hookyard is on record in the last 7 days.</p>\n".to_owned(),
        false => table(
            "Runs of 7 days",
            &["Verb", "Last seen", "Usually every", "Runs"],
            &[false, true, true, true],
            &rows,
        ),
    };
    let mut facts = vec![format!(
        "{} leases lost with a request on the wire and {} runs that never ended, in 24 hours",
        count(found.rescued),
        count(found.crashed)
    )];
    facts.extend(found.schema.iter().cloned());
    facts.extend(found.invalid_indexes.iter().map(|index| format!("index {index} is invalid")));
    if let Some(at) = found.oldest_attempt_at {
        let due = if found.retention_due { ": retention is due (hookyard database prune)" } else { "" };
        facts.push(format!("attempts are kept since {}{due}", clock::shown(at)));
    }
    let facts: String = facts.iter().map(|fact| format!("<li>{}</li>", text(fact))).collect();
    inner.push_str(&format!("<ul class=\"facts\">{facts}</ul>\n"));
    heading("hookyard itself", found.level.word()) + &words("Its own runs and tables", &inner)
}
