//! Polling, invites, and the properties that are not polled in time.

use super::{MOST, head};
use crate::clock;
use crate::output::{Cell, Page, Table, Tone};
use crate::report::figures::Yardi;
use crate::report::told::words::percent;

pub fn show(found: &Yardi, page: &mut Page) {
    head(page, "yardi", found.level);
    if let Some(why) = &found.not_read {
        return page.line(format!("  {why}"));
    }
    if found.properties == 0 && found.invites.total == 0 {
        return page.line("  no active property");
    }
    let (polling, invites) = (&found.polling, &found.invites);
    page.line(format!(
        "  polling now: {} properties of {} integrations, {} stale, {} never polled{}",
        found.properties,
        found.integrations,
        polling.stale,
        polling.never,
        beside(polling.overdue_documented != polling.stale, || {
            format!("{} overdue", polling.overdue_documented)
        })
    ));
    page.line(format!(
        "  invites: {} of 7 days without an entry; of 30 days {} of {} converted ({}){}",
        invites.unconverted,
        invites.converted,
        invites.total,
        percent(invites.rate),
        beside(
            (invites.documented_converted, invites.documented_total) != (invites.converted, invites.total),
            || {
                format!(
                    "{} of {} ({})",
                    invites.documented_converted,
                    invites.documented_total,
                    percent(invites.documented_rate)
                )
            }
        )
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

/// The document's own number, where it is another one.
fn beside(differs: bool, number: impl FnOnce() -> String) -> String {
    if differs { format!("; by the document's query {}", number()) } else { String::new() }
}
