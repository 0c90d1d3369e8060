//! Polling, invites, entries, and hookyard's own work with Yardi.

use super::percent;
use crate::report::figures::{Invites, Polling, Yardi};

pub fn yardi(found: &Yardi) -> Vec<String> {
    let (polling, invites) = (&found.polling, &found.invites);
    let mut lines = vec![
        format!(
            "polling now: {} properties of {} integrations, {} stale, {} never polled{}",
            found.properties,
            found.integrations,
            polling.stale,
            polling.never,
            overdue(polling)
        ),
        format!(
            "invites: {} of 7 days without an entry; of 30 days {} of {} converted ({}){}",
            invites.unconverted,
            invites.converted,
            invites.total,
            percent(invites.rate),
            conversion(invites)
        ),
    ];
    if let (Some(part), Some(whole)) = (found.entries.from_yardi, found.entries.total) {
        lines.push(format!(
            "entries of 30 days: {part} of {whole} from Yardi ({})",
            percent(found.entries.rate)
        ));
    }
    if let Some(own) = &found.own {
        lines.push(format!(
            "hookyard now: {} results wait, {} may have reached Yardi; {} mails wait, {} of 7 days did not arrive or may not have; {} accounts refused, {} invites to be corrected",
            own.submissions_waiting,
            own.submissions_unknown,
            own.mails_waiting,
            own.mails_troubled,
            own.accounts_blocked,
            own.flagged
        ));
    }
    lines
}

/// The document's own number, where it is another one.
fn overdue(polling: &Polling) -> String {
    match polling.overdue_documented == polling.stale {
        true => String::new(),
        false => format!("; by the document's query {} overdue", polling.overdue_documented),
    }
}

fn conversion(invites: &Invites) -> String {
    let (converted, total) = (invites.documented_converted, invites.documented_total);
    match (converted, total) == (invites.converted, invites.total) {
        true => String::new(),
        false => {
            let rate = percent(invites.documented_rate);
            format!("; by the document's query {converted} of {total} ({rate})")
        }
    }
}
