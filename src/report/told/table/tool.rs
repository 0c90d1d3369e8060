//! hookyard's own runs and tables.

use super::head;
use crate::clock;
use crate::output::Page;
use crate::report::figures::Tool;
use crate::report::threshold::length;

pub fn show(found: &Tool, page: &mut Page) {
    head(page, "hookyard", found.level);
    for verb in &found.verbs {
        let usual = verb.usual_s.map_or_else(
            || "rhythm not yet known".into(),
            |usual| format!("usually every {}", length(usual as f64)),
        );
        let last =
            if verb.running { "running".to_owned() } else { format!("{} ago", length(verb.silent_s as f64)) };
        page.line(format!("  {}: {last}, {usual}, {} runs in 7 days", verb.verb, verb.runs));
    }
    page.line(format!(
        "  of 24 hours: {} leases lost with a request on the wire, {} runs that never ended",
        found.rescued, found.crashed
    ));
    for table in found.tables.iter().filter(|table| table.dead_rate > 10.0 && table.dead > 1000) {
        page.line(format!("  {}: {} dead rows ({:.0} %)", table.table, table.dead, table.dead_rate));
    }
    if let Some(at) = found.oldest_attempt_at.filter(|_| found.retention_due) {
        page.line(format!("  attempts are kept since {}: retention is due", clock::shown(at)));
    }
}
