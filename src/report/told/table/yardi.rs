//! Polling, invites, and the properties that are not polled in time.

use super::{MOST, head};
use crate::clock;
use crate::output::{Cell, Page, Table, Tone};
use crate::report::figures::Yardi;
use crate::report::told::words;

pub fn show(found: &Yardi, page: &mut Page) {
    head(page, "yardi", found.level, found.source);
    if let Some(why) = &found.not_read {
        return page.line(format!("  {why}"));
    }
    if found.properties == 0 && found.invites.total == 0 {
        return page.line("  no active property");
    }
    words::yardi(found).iter().for_each(|line| page.line(format!("  {line}")));
    let polling = &found.polling;
    if !polling.troubled.is_empty() {
        let mut table =
            Table::new(&["property", "in Yardi", "integration", "last poll", "every", "last error"]);
        for one in polling.troubled.iter().take(MOST) {
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
