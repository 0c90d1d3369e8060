//! Whether what was found is good: figures against limits, section by section, with a reason for everything that is
//! not ok. Pure.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::figures::{Deliveries, Endpoint, Health, Tool, Yardi};
use super::threshold::{self, Chosen, Limit, length};
use crate::output::counted;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    #[default]
    Ok,
    Degraded,
    Failing,
}

/// Why something is not ok.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    pub level: Level,
    pub section: &'static str,
    /// The limit's name, or what else was looked at.
    pub name: &'static str,
    pub figure: f64,
    pub limit: Option<f64>,
    /// One endpoint's own limit.
    #[serde(serialize_with = "id_if")]
    pub webhook_id: Option<Uuid>,
    pub what: String,
}

fn id_if<S: Serializer>(id: &Option<Uuid>, to: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => to.collect_str(id),
        None => to.serialize_none(),
    }
}

/// The limits in force: what was chosen over the defaults.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    pub warn: Chosen,
    pub fail: Chosen,
    pub endpoints: BTreeMap<Uuid, (Chosen, Chosen)>,
}

/// A rate of fewer attempts says nothing.
const FEWEST_ATTEMPTS: i64 = 20;
/// A cron job may be a minute late.
const SHORTEST_SILENCE: f64 = 120.0;
/// Below, dead rows cost nothing.
const FEWEST_ROWS: i64 = 10_000;

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Degraded => "degraded",
            Level::Failing => "failing",
        }
    }
}

/// Fill in the levels and the reasons, and put the worst first.
pub fn judge(health: &mut Health, limits: &Limits) {
    let mut reasons = deliveries(&mut health.deliveries, limits);
    reasons.extend(yardi(&mut health.yardi, limits));
    reasons.extend(tool(&mut health.tool, limits));
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.level));
    let rate = |one: &Endpoint| one.counts.success_rate.unwrap_or(101.0);
    let worst = |a: &Endpoint, b: &Endpoint| b.level.cmp(&a.level).then(rate(a).total_cmp(&rate(b)));
    health.deliveries.endpoints.sort_by(worst);
    health.level = reasons.first().map(|reason| reason.level).unwrap_or_default();
    health.reasons = reasons;
}

struct Section<'a> {
    name: &'static str,
    limits: &'a Limits,
    reasons: Vec<Reason>,
}

impl<'a> Section<'a> {
    fn new(name: &'static str, limits: &'a Limits) -> Self {
        Section { name, limits, reasons: Vec::new() }
    }

    fn check(&mut self, name: &'static str, figure: f64, what: impl FnOnce(&Limit) -> String) {
        let Some(limit) = threshold::find(name) else { return };
        let (warn, fail) =
            (chosen(&self.limits.warn, limit, limit.warn), chosen(&self.limits.fail, limit, limit.fail));
        let Some((level, bound)) = level(limit, figure, warn, fail) else { return };
        self.say(level, name, figure, Some(bound), format!("{} (limit {})", what(limit), limit.shown(bound)));
    }

    fn count(&mut self, name: &'static str, figure: i64, one: &str, many: &str) {
        self.check(name, figure as f64, |_| counted(figure, one, many));
    }

    fn say(&mut self, level: Level, name: &'static str, figure: f64, limit: Option<f64>, what: String) {
        self.reasons.push(Reason { level, section: self.name, name, figure, limit, webhook_id: None, what });
    }

    fn level(&self) -> Level {
        self.reasons.iter().map(|reason| reason.level).max().unwrap_or_default()
    }
}

/// What was chosen, else the default; `off` is no limit.
fn chosen(over: &Chosen, limit: &Limit, default: Option<f64>) -> Option<f64> {
    over.get(limit.name).copied().unwrap_or(default)
}

fn level(limit: &Limit, figure: f64, warn: Option<f64>, fail: Option<f64>) -> Option<(Level, f64)> {
    let beyond = |bound: Option<f64>| bound.filter(|bound| limit.is_beyond(figure, *bound));
    beyond(fail).map(|bound| (Level::Failing, bound)).or(beyond(warn).map(|bound| (Level::Degraded, bound)))
}

fn deliveries(found: &mut Deliveries, limits: &Limits) -> Vec<Reason> {
    let mut section = Section::new("deliveries", limits);
    if let Some(rate) = found.day.success_rate.filter(|_| found.day.attempts >= FEWEST_ATTEMPTS) {
        section
            .check("success", rate, |limit| format!("{} of 24 hours' attempts succeeded", limit.shown(rate)));
    }
    let queue = &found.queue;
    if let Some(waits) = queue.oldest_due_s {
        section.check("oldest-due", waits as f64, |limit| {
            format!("the oldest due delivery waits {}", limit.shown(waits as f64))
        });
    }
    section.count("due", queue.due, "delivery is due", "deliveries are due");
    section.count("dead", queue.died, "delivery died in 24 hours", "deliveries died in 24 hours");
    section.count("breakers", queue.breakers_open, "breaker is open", "breakers are open");
    section.count("flagged", queue.flagged, "endpoint is gone (410)", "endpoints are gone (410)");
    section.count("alerts", queue.alerts_open, "alert is open", "alerts are open");
    for endpoint in &mut found.endpoints {
        let own = limits.endpoints.get(&endpoint.webhook_id);
        endpoint.level = own_level(endpoint, own, &mut section).max(usual_level(endpoint, limits));
    }
    let unwell = found.endpoints.iter().filter(|one| one.level > Level::Ok).count();
    if unwell > 0 && section.level() == Level::Ok {
        let what = counted(unwell, "endpoint is not well", "endpoints are not well");
        section.say(Level::Degraded, "endpoints", unwell as f64, None, what);
    }
    if let Some(missing) = &found.missing {
        section.say(Level::Degraded, "missing", missing.hours as f64, None, missing.what.clone());
    }
    found.level = section.level();
    section.reasons
}

fn figure_of(endpoint: &Endpoint, name: &str) -> Option<f64> {
    match name {
        "success" => {
            let (mut attempts, mut successes) = (0, 0);
            for hour in &endpoint.hours {
                attempts += hour.attempts;
                successes += hour.successes;
            }
            super::figures::rate(successes, attempts).filter(|_| attempts >= FEWEST_ATTEMPTS)
        }
        "oldest-due" => endpoint.oldest_due_s.map(|waits| waits as f64),
        "due" => Some(endpoint.due as f64),
        "dead" => Some(endpoint.died as f64),
        _ => None,
    }
}

/// By the limits that the configuration gives this endpoint: these count in full.
fn own_level(endpoint: &Endpoint, own: Option<&(Chosen, Chosen)>, section: &mut Section<'_>) -> Level {
    let Some((warn, fail)) = own else { return Level::Ok };
    let mut worst = Level::Ok;
    for limit in threshold::ALL.iter().filter(|limit| limit.per_endpoint) {
        let Some(figure) = figure_of(endpoint, limit.name) else { continue };
        let (warn, fail) = (chosen(warn, limit, None), chosen(fail, limit, None));
        let Some((level, bound)) = level(limit, figure, warn, fail) else { continue };
        worst = worst.max(level);
        let url = endpoint.url.as_deref().unwrap_or("(no url)");
        section.reasons.push(Reason {
            level,
            section: section.name,
            name: limit.name,
            figure,
            limit: Some(bound),
            webhook_id: Some(endpoint.webhook_id),
            what: format!(
                "{} is {} at {url} (its own limit {})",
                limit.name,
                limit.shown(figure),
                limit.shown(bound)
            ),
        });
    }
    worst
}

/// By everybody's limits: one customer's trouble degrades, it does not fail the whole.
fn usual_level(endpoint: &Endpoint, limits: &Limits) -> Level {
    if endpoint.breaker_open_since.is_some()
        || endpoint.gone_since.is_some() && endpoint.is_active == Some(true)
    {
        return Level::Degraded;
    }
    let own = limits.endpoints.get(&endpoint.webhook_id);
    let is_unwell = threshold::ALL.iter().filter(|limit| limit.per_endpoint).any(|limit| {
        let has_own =
            own.is_some_and(|(warn, fail)| warn.contains_key(limit.name) || fail.contains_key(limit.name));
        let (warn, fail) = (chosen(&limits.warn, limit, limit.warn), chosen(&limits.fail, limit, limit.fail));
        !has_own
            && figure_of(endpoint, limit.name)
                .is_some_and(|figure| level(limit, figure, warn, fail).is_some())
    });
    if is_unwell { Level::Degraded } else { Level::Ok }
}

fn yardi(found: &mut Yardi, limits: &Limits) -> Vec<Reason> {
    let mut section = Section::new("yardi", limits);
    let (polling, invites) = (&found.polling, &found.invites);
    section.count(
        "stale",
        polling.stale,
        "property was polled too long ago",
        "properties were polled too long ago",
    );
    section.count("never-polled", polling.never, "property was never polled", "properties were never polled");
    section.count(
        "unconverted",
        invites.unconverted,
        "invite of 7 days has no entry",
        "invites of 7 days have no entry",
    );
    if let Some(own) = &found.own {
        section.count("blocked", own.accounts_blocked, "account was refused", "accounts were refused");
        section.count("waiting", own.submissions_waiting, "result waits for Yardi", "results wait for Yardi");
        section.count(
            "unknown",
            own.submissions_unknown,
            "result may have reached Yardi",
            "results may have reached Yardi",
        );
    }
    found.level = section.level();
    section.reasons
}

fn tool(found: &mut Tool, limits: &Limits) -> Vec<Reason> {
    let mut section = Section::new("tool", limits);
    for verb in &found.verbs {
        let Some(usual) = verb.usual_s.filter(|_| !verb.running) else { continue };
        let silent = verb.silent_s as f64;
        if silent <= SHORTEST_SILENCE {
            continue;
        }
        section.check("silence", silent / (usual.max(1) as f64), |_| {
            format!(
                "{} has not run for {}, usually every {}",
                verb.verb,
                length(silent),
                length(usual as f64)
            )
        });
    }
    section.count("rescued", found.rescued, "lease was lost in 24 hours", "leases were lost in 24 hours");
    if let Some(first) = found.schema.first() {
        let more = match found.schema.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        section.say(Level::Failing, "schema", found.schema.len() as f64, None, format!("{first}{more}"));
    }
    if !found.invalid_indexes.is_empty() {
        let what = format!("unfinished indexes: {}", found.invalid_indexes.join(", "));
        section.say(Level::Degraded, "indexes", found.invalid_indexes.len() as f64, None, what);
    }
    for table in found.tables.iter().filter(|table| table.live + table.dead >= FEWEST_ROWS) {
        let (name, rate) = (&table.table, table.dead_rate);
        section.check("dead-tuples", rate, |limit| {
            format!("{} of the rows of {name} are dead", limit.shown(rate))
        });
    }
    found.level = section.level();
    section.reasons
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Counts, CronVerb, HotTable, Polling, YardiOwn};
    use super::*;

    fn verb(silent_s: i64, usual_s: Option<i64>, running: bool) -> CronVerb {
        CronVerb { verb: "webhook retry".into(), last_at: 0, running, silent_s, usual_s, runs: 50 }
    }

    fn table(live: i64, dead: i64) -> HotTable {
        let dead_rate = dead as f64 * 100.0 / (live + dead) as f64;
        HotTable { table: "deliveries".into(), bytes: 0, live, dead, dead_rate, vacuumed_at: None }
    }

    fn counts(attempts: i64, successes: i64) -> Counts {
        Counts { attempts, successes, failures: attempts - successes, ..Counts::default() }.rated()
    }

    /// What stands in the struct, and what is made of it by the defaults.
    #[test]
    fn each_figure_has_its_limit() {
        type Change = fn(&mut Health);
        let cases: [(Change, &str); 24] = [
            (|_| {}, ""),
            (|h| h.deliveries.day = counts(19, 0), ""),
            (|h| h.deliveries.day = counts(20, 19), ""),
            (|h| h.deliveries.day = counts(100, 94), "degraded success"),
            (|h| h.deliveries.day = counts(100, 79), "failing success"),
            (|h| h.deliveries.queue.oldest_due_s = Some(300), ""),
            (|h| h.deliveries.queue.oldest_due_s = Some(301), "degraded oldest-due"),
            (|h| h.deliveries.queue.oldest_due_s = Some(901), "failing oldest-due"),
            (|h| h.deliveries.queue.due = 1001, "degraded due"),
            (|h| h.deliveries.queue.dead = 5000, ""),
            (|h| h.deliveries.queue.died = 1, "degraded dead"),
            (|h| h.deliveries.queue.breakers_open = 1, "degraded breakers"),
            (
                |h| h.yardi.polling = Polling { stale: 11, never: 1, ..Polling::default() },
                "failing stale, degraded never-polled",
            ),
            (|h| h.yardi.invites.unconverted = 51, "degraded unconverted"),
            (
                |h| h.yardi.own = Some(YardiOwn { accounts_blocked: 1, ..YardiOwn::default() }),
                "failing blocked",
            ),
            (
                |h| h.yardi.own = Some(YardiOwn { submissions_unknown: 1, ..YardiOwn::default() }),
                "degraded unknown",
            ),
            (|h| h.tool.verbs = vec![verb(119, Some(1), false)], ""),
            (|h| h.tool.verbs = vec![verb(200, Some(60), false)], "degraded silence"),
            (|h| h.tool.verbs = vec![verb(9000, Some(60), true), verb(9000, None, false)], ""),
            (|h| h.tool.verbs = vec![verb(1020, Some(60), false)], "failing silence"),
            (|h| h.tool.schema = vec!["table x is missing".into()], "failing schema"),
            (|h| h.tool.invalid_indexes = vec!["x".into()], "degraded indexes"),
            (|h| h.tool.tables = vec![table(6000, 4001)], "degraded dead-tuples"),
            (|h| h.tool.tables = vec![table(10, 4000)], ""),
        ];
        for (at, (change, expected)) in cases.into_iter().enumerate() {
            let mut health = Health::default();
            change(&mut health);
            judge(&mut health, &Limits::default());
            let told: Vec<_> =
                health.reasons.iter().map(|one| format!("{} {}", one.level.word(), one.name)).collect();
            assert_eq!(told.join(", "), expected, "case {at}");
            let worst = health.reasons.iter().map(|one| one.level).max().unwrap_or_default();
            let sections = health.deliveries.level.max(health.yardi.level).max(health.tool.level);
            assert_eq!((health.level, sections), (worst, worst), "case {at}");
        }
    }
}
