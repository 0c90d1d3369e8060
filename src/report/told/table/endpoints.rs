//! A row for each endpoint, the worst first, with its last 24 hours as a line.

use super::{MOST, percent, tone};
use crate::clock;
use crate::output::{Cell, Page, Table};
use crate::report::figures::{Endpoint, Hour};

pub fn show(all: &[Endpoint], window: &str, page: &mut Page) {
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
