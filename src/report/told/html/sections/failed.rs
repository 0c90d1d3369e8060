//! What failed in the last 24 hours, as the document groups it.

use super::MOST;
use crate::report::figures::{Failed, FailedGroup};
use crate::report::told::html::numbers::count;
use crate::report::told::html::parts::words;
use crate::report::told::html::table::table;

pub fn failed(found: &Failed) -> String {
    if found.groups.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = found.groups.iter().take(MOST / 2).map(row).collect();
    let caption = format!("{} failed attempts of 24 hours, by answer", count(found.total));
    let heads = ["Endpoint", "Status", "Failures", "Answer"];
    words("What failed in the last 24 hours", &table(&caption, &heads, &[false, true, true, false], &rows))
}

fn row(group: &FailedGroup) -> Vec<String> {
    vec![
        group.url.clone().unwrap_or_else(|| "(no URL)".into()),
        if group.response_status == 599 { "none".into() } else { group.response_status.to_string() },
        count(group.failures),
        group.response_data.chars().take(160).collect(),
    ]
}
