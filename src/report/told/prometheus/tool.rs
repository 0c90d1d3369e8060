//! hookyard itself.

use super::metrics::Metrics;
use crate::report::figures::Tool;

pub fn runs(tool: &Tool, to: &mut Metrics) {
    let silent = tool.verbs.iter().map(|verb| (verb.verb.as_str(), verb.silent_s as f64));
    to.many("verb_silent_seconds", "Since a cron verb was last seen in hookyard.runs", "verb", silent);
    let usual = tool.verbs.iter().filter_map(|verb| Some((verb.verb.as_str(), verb.usual_s? as f64)));
    to.many(
        "verb_usual_seconds",
        "Usual time between two of the last 50 runs of a cron verb in hookyard.runs",
        "verb",
        usual,
    );
    to.one(
        "retention_due",
        "Whether hookyard.attempts has any older than 90 days, now",
        f64::from(u8::from(tool.retention_due)),
    );
    to.one(
        "leases_lost_day",
        "Leases lost in the last 24 hours with a request on the wire",
        tool.rescued as f64,
    );
    to.one("schema_findings", "What database status calls wrong now", tool.schema.len() as f64);
    let dead = tool.tables.iter().map(|table| (table.table.as_str(), table.dead_rate / 100.0));
    to.many("table_dead_ratio", "Dead rows of a hot table, now, by the server's statistics", "table", dead);
}
