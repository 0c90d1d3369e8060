//! For a scraper, by way of the node exporter's textfile collector: Prometheus' text format, gauges only.

mod deliveries;
mod metrics;

use crate::report::figures::{Health, Tool, Yardi};
use crate::report::verdict::Level;

use metrics::Metrics;

/// What is written when there is nothing to read: a file that stays as it was would look well for ever.
pub fn down() -> String {
    let mut metrics = Metrics::default();
    metrics.one("up", "Whether the database could be read", 0.0);
    metrics.finish()
}

pub fn prometheus(health: &Health) -> String {
    let (found, yardi, tool) = (&health.deliveries, &health.yardi, &health.tool);
    let mut to = Metrics::default();
    to.one("up", "Whether the database could be read", 1.0);
    to.one("report_timestamp_seconds", "When it was read", health.at as f64 / 1e6);
    to.one("report_from_standby", "Whether a standby was read", f64::from(u8::from(health.source.standby)));
    if let Some(lag) = health.source.lag_s {
        to.one(
            "report_standby_newest_change_seconds",
            "How old the newest change is that the standby has",
            lag,
        );
    }
    to.many(
        "health_level",
        "0 ok, 1 degraded, 2 failing",
        "section",
        [
            ("all", level(health.level)),
            ("deliveries", level(found.level)),
            ("yardi", level(yardi.level)),
            ("tool", level(tool.level)),
        ],
    );
    deliveries::deliveries(found, &health.window, &mut to);
    polling(yardi, &mut to);
    runs(tool, &mut to);
    to.finish()
}

fn polling(yardi: &Yardi, to: &mut Metrics) {
    if yardi.not_read.is_none() {
        to.one(
            "yardi_properties",
            "Active properties of active integrations, now in yardi_properties",
            yardi.properties as f64,
        );
        to.one(
            "yardi_properties_stale",
            "Of these, last polled longer ago than twice their poll_rate",
            yardi.polling.stale as f64,
        );
        to.one("yardi_properties_never_polled", "Of these, never polled", yardi.polling.never as f64);
        to.one(
            "yardi_invites_unconverted_week",
            "Invites of 7 days without an entry, in yardi_invites",
            yardi.invites.unconverted as f64,
        );
        to.one("yardi_invites_month", "Invites of 30 days in yardi_invites", yardi.invites.total as f64);
        to.one("yardi_invites_converted_month", "Of these, with an entry", yardi.invites.converted as f64);
        if let (Some(all), Some(part)) = (yardi.entries.total, yardi.entries.from_yardi) {
            to.one("entries_month", "Entries of 30 days in entries", all as f64);
            to.one("entries_from_yardi_month", "Of these, from Yardi", part as f64);
        }
    }
    if let Some(own) = &yardi.own {
        to.one(
            "yardi_submissions_waiting",
            "Results not yet written back, now in hookyard.yardi_submissions",
            own.submissions_waiting as f64,
        );
        to.one(
            "yardi_submissions_unknown",
            "Results whose answer was lost, now in hookyard.yardi_submissions",
            own.submissions_unknown as f64,
        );
        to.one(
            "yardi_accounts_blocked",
            "Accounts that were refused, now in hookyard.yardi_accounts",
            own.accounts_blocked as f64,
        );
    }
}

fn runs(tool: &Tool, to: &mut Metrics) {
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

fn level(level: Level) -> f64 {
    f64::from(u8::from(level > Level::Ok) + u8::from(level > Level::Degraded))
}
