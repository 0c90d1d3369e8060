//! For a scraper, by way of the node exporter's textfile collector: Prometheus' text format, gauges only.

use std::fmt::Write;

use crate::report::figures::{Endpoint, Health};
use crate::report::verdict::Level;

struct Metrics(String);

/// What is written when there is nothing to read: a file that stays as it was would look well for ever.
pub fn down() -> String {
    let mut metrics = Metrics(String::new());
    metrics.one("up", "Whether the database could be read", 0.0);
    metrics.0
}

pub fn prometheus(health: &Health) -> String {
    let (found, yardi, tool) = (&health.deliveries, &health.yardi, &health.tool);
    let queue = &found.queue;
    let mut to = Metrics(String::new());
    to.one("up", "Whether the database could be read", 1.0);
    to.one("report_timestamp_seconds", "When it was read", health.at as f64 / 1e6);
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
    to.many(
        "attempts_day",
        "Attempts of the last 24 hours",
        "outcome",
        [
            ("success", found.day.successes as f64),
            ("failure", found.day.failures as f64),
            ("other", found.day.others as f64),
        ],
    );
    to.one("deliveries_waiting", "Deliveries pending", queue.waiting as f64);
    to.one("deliveries_due", "Deliveries due now", queue.due as f64);
    to.one(
        "deliveries_oldest_due_seconds",
        "How long the oldest waits",
        queue.oldest_due_s.unwrap_or(0) as f64,
    );
    to.one("deliveries_parked", "Deliveries of inactive endpoints", queue.parked as f64);
    to.one("deliveries_dead", "Deliveries given up", queue.dead as f64);
    to.one("deliveries_died_day", "Of these, in the last 24 hours", queue.died as f64);
    to.one("breakers_open", "Endpoints whose breaker is open", queue.breakers_open as f64);
    to.one("endpoints_gone", "Endpoints that answered 410", queue.flagged as f64);
    to.one("alerts_open", "Alerts open", queue.alerts_open as f64);
    let window = format!("{}s", health.window.seconds);
    to.each(found, "endpoint_attempts", &format!("Attempts of {window}"), |one| {
        Some(one.counts.attempts as f64)
    });
    to.each(found, "endpoint_successes", &format!("Successes of {window}"), |one| {
        Some(one.counts.successes as f64)
    });
    to.each(found, "endpoint_failures", &format!("Failures of {window}"), |one| {
        Some(one.counts.failures as f64)
    });
    to.each(found, "endpoint_p50_seconds", &format!("Median answer of {window}"), |one| {
        one.p50_ms.map(|ms| ms / 1e3)
    });
    to.each(found, "endpoint_p95_seconds", &format!("Slow answer of {window}"), |one| {
        one.p95_ms.map(|ms| ms / 1e3)
    });
    if yardi.not_read.is_none() {
        to.one("yardi_properties", "Active Yardi properties", yardi.properties as f64);
        to.one("yardi_properties_stale", "Polled too long ago", yardi.polling.stale as f64);
        to.one("yardi_properties_never_polled", "Never polled", yardi.polling.never as f64);
        to.one(
            "yardi_invites_unconverted_week",
            "Invites without an entry",
            yardi.invites.unconverted as f64,
        );
        to.one("yardi_invites_month", "Invites of 30 days", yardi.invites.total as f64);
        to.one("yardi_invites_converted_month", "Of these, with an entry", yardi.invites.converted as f64);
    }
    if let Some(own) = &yardi.own {
        to.one("yardi_submissions_waiting", "Results not yet written back", own.submissions_waiting as f64);
        to.one("yardi_submissions_unknown", "Results whose answer was lost", own.submissions_unknown as f64);
        to.one("yardi_accounts_blocked", "Accounts that were refused", own.accounts_blocked as f64);
    }
    let silent = tool.verbs.iter().map(|verb| (verb.verb.as_str(), verb.silent_s as f64));
    to.many("verb_silent_seconds", "Since a cron verb was last seen", "verb", silent);
    to.one("leases_lost_day", "Leases lost with a request on the wire", tool.rescued as f64);
    to.one("schema_findings", "What database status calls wrong", tool.schema.len() as f64);
    let dead = tool.tables.iter().map(|table| (table.table.as_str(), table.dead_rate / 100.0));
    to.many("table_dead_ratio", "Dead rows of a hot table", "table", dead);
    to.0
}

fn level(level: Level) -> f64 {
    f64::from(u8::from(level > Level::Ok) + u8::from(level > Level::Degraded))
}

impl Metrics {
    fn head(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP hookyard_{name} {help}.\n# TYPE hookyard_{name} gauge");
    }

    fn one(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help);
        let _ = writeln!(self.0, "hookyard_{name} {value}");
    }

    fn many<'a>(
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

    fn each(
        &mut self,
        found: &crate::report::figures::Deliveries,
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
