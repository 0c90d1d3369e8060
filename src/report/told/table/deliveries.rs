//! Attempts, the queue, and what failed.

use super::{MOST, endpoints, head};
use crate::output::{Page, Table, Tone};
use crate::report::figures::{Failed, Health};
use crate::report::told::words;

pub fn show(health: &Health, page: &mut Page) {
    let found = &health.deliveries;
    head(page, "deliveries", found.level, found.source);
    let window = words::window(&health.window);
    page.line(format!("  {}", words::attempts(found, &window)));
    for one in [&found.missing, &found.read_live].into_iter().flatten() {
        page.toned(format!("  {}: {}", one.what, one.to_type), Tone::Warn);
    }
    words::queue(found).iter().for_each(|line| page.line(format!("  {line}")));
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
