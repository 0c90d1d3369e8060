//! Polling, invites, and the properties that are not polled in time.

use super::{MOST, head, percent};
use crate::clock;
use crate::output::{Cell, Page, Table, Tone};
use crate::report::figures::Yardi;

pub fn show(found: &Yardi, page: &mut Page) {
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
