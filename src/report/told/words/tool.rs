//! hookyard's own runs and tables.

use crate::clock;
use crate::report::figures::{CronVerb, Tool};
use crate::report::threshold::length;

/// When it was last seen, and how often it usually is.
pub fn verb(verb: &CronVerb) -> (String, Option<String>) {
    let last = match verb.running {
        true => "running".to_owned(),
        false => format!("{} ago", length(verb.silent_s as f64)),
    };
    (last, verb.usual_s.map(|usual| length(usual as f64)))
}

pub fn runs(count: i64) -> String {
    format!("{count} {}", if count == 1 { "run" } else { "runs" })
}

pub fn tool(found: &Tool) -> Vec<String> {
    let mut lines = vec![format!(
        "of 24 hours: {} leases lost with a request on the wire, {} runs that never ended",
        found.rescued, found.crashed
    )];
    lines.extend(found.schema.iter().cloned());
    lines.extend(found.invalid_indexes.iter().map(|index| format!("index {index} is invalid")));
    for table in found.tables.iter().filter(|table| table.dead_rate > 10.0 && table.dead > 1000) {
        let vacuumed = table.vacuumed_at.map_or_else(|| "never".to_owned(), clock::shown);
        lines.push(format!(
            "{} now: {} dead rows ({:.0} %), last vacuum: {vacuumed}",
            table.table, table.dead, table.dead_rate
        ));
    }
    if let Some(at) = found.oldest_attempt_at {
        let due = match found.retention_due {
            true => ": retention is due, hookyard database prune --older-than 90d",
            false => "",
        };
        lines.push(format!("attempts are kept since {}{due}", clock::shown(at)));
    }
    lines
}
