//! hookyard's own runs and tables.

use crate::report::figures::Tool;
use crate::report::told::html::numbers::count;
use crate::report::told::html::parts::{facts, heading, words};
use crate::report::told::html::table::table;
use crate::report::told::words as told;

pub fn tool(found: &Tool) -> String {
    let rows: Vec<Vec<String>> = found
        .verbs
        .iter()
        .map(|verb| {
            let (last, usual) = told::verb(verb);
            vec![verb.verb.clone(), last, usual.unwrap_or_else(|| "–".to_owned()), count(verb.runs)]
        })
        .collect();
    let heads = ["Verb", "Last seen", "Usually every", "Runs"];
    let runs = match rows.is_empty() {
        true => "<p>No run of hookyard is on record in the last 7 days.</p>\n".to_owned(),
        false => table("Runs of 7 days", &heads, &[false, true, true, true], &rows),
    };
    heading("hookyard itself", found.level, found.source)
        + &words("Its own runs and tables", &(runs + &facts(&told::tool(found))))
}
