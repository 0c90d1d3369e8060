//! For a person at a terminal: the verdict and its reasons first, then each section, the worst rows first.

use crate::clock;
use crate::output::{Cell, Page, Table, Tone};
use crate::report::figures::{Endpoint, Health, Hour};
use crate::report::threshold::length;
use crate::report::verdict::Level;

/// Rows of a table; JSON and CSV have all.
const MOST: usize = 20;

pub fn table(health: &Health, page: &mut Page) {
    page.toned(
        format!("{}  {} at {}", health.level.word(), health.source.place, clock::shown(health.at)),
        tone(health.level),
    );
    if let Some(lag) = health.source.lag_s {
        page.line(format!("  read from a standby, {} behind", length(lag)));
    }
    for reason in &health.reasons {
        page.toned(
            format!("  {:<8}  {:<10}  {}", reason.level.word(), reason.section, reason.what),
            tone(reason.level),
        );
    }
    deliveries(health, page);
    yardi(health, page);
    tool(health, page);
}

pub fn tone(level: Level) -> Tone {
    match level {
        Level::Ok => Tone::Good,
        Level::Degraded => Tone::Warn,
        Level::Failing => Tone::Bad,
    }
}

fn head(page: &mut Page, name: &str, level: Level) {
    page.blank();
    page.toned(format!("{name}: {}", level.word()), tone(level));
}

fn deliveries(health: &Health, page: &mut Page) {
    let found = &health.deliveries;
    head(page, "deliveries", found.level);
    let queue = &found.queue;
    let window = length(health.window.seconds as f64);
    page.line(format!(
        "  attempts of {window}: {}, {} succeeded ({}), {} failed, {} neither; without a time: {}",
        found.total.attempts,
        found.total.successes,
        percent(found.total.success_rate),
        found.total.failures,
        found.total.others,
        found.undated
    ));
    let oldest = queue
        .oldest_due_s
        .map_or_else(|| "nothing due".into(), |waits| format!("oldest due for {}", length(waits as f64)));
    page.line(format!(
        "  queue now: {} waiting, {} due, {oldest}; {} parked, {} dead ({} in 24 hours)",
        queue.waiting, queue.due, queue.parked, queue.dead, queue.died
    ));
    page.line(format!(
        "  endpoints now: {} breakers open, {} gone (410), {} alerts open",
        queue.breakers_open, queue.flagged, queue.alerts_open
    ));
    if !found.endpoints.is_empty() {
        endpoints(&found.endpoints, &window, page);
    }
    if found.failed.total > 0 {
        page.line(format!(
            "  failed in 24 hours: {} attempts, in {} groups of URL, status and answer",
            found.failed.total, found.failed.groups_found
        ));
        let mut table = Table::new(&["failures", "status", "url", "answer"]);
        for group in found.failed.groups.iter().take(MOST) {
            table.row(vec![
                group.failures.to_string().into(),
                group.response_status.to_string().into(),
                group.url.as_deref().unwrap_or("(none)").into(),
                cut(&group.response_data, 60).into(),
            ]);
        }
        page.table(table);
    }
}

fn endpoints(all: &[Endpoint], window: &str, page: &mut Page) {
    let mut worst: Vec<&Endpoint> = all.iter().collect();
    worst.sort_by(|a, b| {
        let rate = |one: &Endpoint| one.counts.success_rate.unwrap_or(101.0);
        b.level.cmp(&a.level).then(rate(a).total_cmp(&rate(b)))
    });
    let mut table =
        Table::new(&["endpoint", "attempts", "success", "24 h", "p50/p95 ms", "due", "dead", "last failure"]);
    for one in worst.iter().take(MOST) {
        let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
        let failure = match (one.last_failure_at, &one.last_failure) {
            (Some(at), Some(why)) => format!("{}: {why}", clock::shown(at)),
            _ => String::new(),
        };
        table.row(vec![
            Cell::toned(one.url.as_deref().unwrap_or("(none)"), tone(one.level)),
            one.counts.attempts.to_string().into(),
            percent(one.counts.success_rate).into(),
            sparkline(&one.hours).into(),
            format!("{}/{}", ms(one.p50_ms), ms(one.p95_ms)).into(),
            one.due.to_string().into(),
            one.dead.to_string().into(),
            failure.into(),
        ]);
    }
    page.line(format!(
        "  by endpoint, {window}; the line is 24 hours' volume, `x` where under half succeeded"
    ));
    page.table(table);
    if all.len() > MOST {
        page.line(format!("  {} more endpoints are not shown; --json has all", all.len() - MOST));
    }
}

fn yardi(health: &Health, page: &mut Page) {
    let found = &health.yardi;
    head(page, "yardi", found.level);
    if let Some(why) = &found.not_read {
        return page.line(format!("  {why}"));
    }
    if found.properties == 0 && found.invites.total == 0 {
        return page.line("  no active property");
    }
    page.line(format!(
        "  polling now: {} properties of {} integrations, {} stale, {} never polled",
        found.properties, found.integrations, found.polling.stale, found.polling.never
    ));
    page.line(format!(
        "  invites: {} of 7 days without an entry; of 30 days {} of {} converted ({})",
        found.invites.unconverted,
        found.invites.converted,
        found.invites.total,
        percent(found.invites.rate)
    ));
    if let (Some(part), Some(whole)) = (found.entries.from_yardi, found.entries.total) {
        page.line(format!(
            "  entries of 30 days: {part} of {whole} from Yardi ({})",
            percent(found.entries.rate)
        ));
    }
    if let Some(own) = &found.own {
        page.line(format!(
            "  hookyard now: {} results wait, {} may have reached Yardi; {} mails wait, {} of 7 days did not arrive or may not have; {} accounts refused, {} invites to be corrected",
            own.submissions_waiting,
            own.submissions_unknown,
            own.mails_waiting,
            own.mails_troubled,
            own.accounts_blocked,
            own.flagged
        ));
    }
    if !found.polling.troubled.is_empty() {
        let mut table =
            Table::new(&["property", "in Yardi", "integration", "last poll", "every", "last error"]);
        for one in found.polling.troubled.iter().take(MOST) {
            let last = one.last_poll_at.map_or_else(|| "never".into(), clock::shown);
            table.row(vec![
                one.name.clone().unwrap_or_else(|| one.property_id.to_string()).into(),
                one.yardi_property_id.as_deref().unwrap_or("-").into(),
                one.integration.as_deref().unwrap_or("-").into(),
                Cell::toned(last, Tone::Bad),
                format!("{} min", one.poll_rate_counted).into(),
                one.last_error.as_deref().unwrap_or("").into(),
            ]);
        }
        page.table(table);
    }
}

fn tool(health: &Health, page: &mut Page) {
    let found = &health.tool;
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

pub fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".into(), |rate| format!("{rate:.1} %"))
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most).chain(['…']).collect()
    }
}

/// Volume by hour in eight steps of the busiest one; what mostly failed is marked, so that it reads without colour.
fn sparkline(hours: &[Hour]) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = hours.iter().map(|hour| hour.attempts).max().unwrap_or(0).max(1);
    hours
        .iter()
        .map(|hour| match hour.attempts {
            0 => '·',
            attempts if hour.successes * 2 < attempts => 'x',
            attempts => STEPS[usize::try_from((attempts * 8 - 1) / most).unwrap_or(0).min(7)],
        })
        .collect()
}
