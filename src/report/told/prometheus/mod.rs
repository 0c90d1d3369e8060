//! For a scraper, by way of the node exporter's textfile collector: Prometheus' text format, gauges only.

mod deliveries;
mod metrics;
mod tool;
mod yardi;

use crate::report::figures::Health;
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
    yardi::polling(yardi, &mut to);
    tool::runs(tool, &mut to);
    to.finish()
}

fn level(level: Level) -> f64 {
    f64::from(u8::from(level > Level::Ok) + u8::from(level > Level::Degraded))
}
