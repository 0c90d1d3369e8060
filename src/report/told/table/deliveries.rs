//! Attempts, the queue, and what failed.

use super::{MOST, endpoints, head};
use crate::output::{Page, Table, Tone};
use crate::report::figures::{Failed, Health};
use crate::report::told::words::{self, percent};

pub fn show(health: &Health, page: &mut Page) {
    let found = &health.deliveries;
    head(page, "deliveries", found.level);
    let queue = &found.queue;
    let window = words::window(&health.window);
    page.line(format!(
        "  attempts of {window}: {}, {} succeeded ({}), {} failed, {} neither; without a time: {}",
        found.total.attempts,
        found.total.successes,
        percent(found.total.success_rate),
        found.total.failures,
        found.total.others,
        found.undated
    ));
    if let Some(why) = &found.read_live {
        page.toned(format!("  {}: {}", why.what, why.to_type), Tone::Warn);
    }
    page.line(format!(
        "  queue now: {} waiting, {} due, {}; {} parked, {} dead ({} in 24 hours)",
        queue.waiting,
        queue.due,
        words::oldest(queue),
        queue.parked,
        queue.dead,
        queue.died
    ));
    page.line(format!(
        "  endpoints now: {} breakers open, {} gone (410), {} alerts open",
        queue.breakers_open, queue.flagged, queue.alerts_open
    ));
    if !found.endpoints.is_empty() {
        endpoints::show(&found.endpoints, &window, page);
    }
    failed(&found.failed, page);
}

/// As the document groups them.
fn failed(found: &Failed, page: &mut Page) {
    if found.total == 0 {
        return;
    }
    page.line(format!(
        "  failed in 24 hours: {} attempts, in {} groups of URL, status and answer",
        found.total, found.groups_found
    ));
    let mut table = Table::new(&["failures", "status", "url", "answer"]);
    for group in found.groups.iter().take(MOST) {
        table.row(vec![
            group.failures.to_string().into(),
            group.response_status.to_string().into(),
            group.url.as_deref().unwrap_or("(none)").into(),
            cut(&group.response_data, 60).into(),
        ]);
    }
    page.table(table);
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most).chain(['…']).collect()
    }
}
