//! Polls, invites and what is still to be written back.

use super::metrics::Metrics;
use crate::report::figures::Yardi;

pub fn polling(yardi: &Yardi, to: &mut Metrics) {
    if yardi.not_read.is_none() {
        to.one(
            "yardi_properties",
            "Active properties of active integrations, now in yardi_properties",
            yardi.properties as f64,
        );
        to.one(
            "yardi_properties_stale",
            "Of these, last polled longer ago than twice their poll_rate",
            yardi.polling.stale as f64,
        );
        to.one("yardi_properties_never_polled", "Of these, never polled", yardi.polling.never as f64);
        to.one(
            "yardi_invites_unconverted_week",
            "Invites of 7 days without an entry, in yardi_invites",
            yardi.invites.unconverted as f64,
        );
        to.one("yardi_invites_month", "Invites of 30 days in yardi_invites", yardi.invites.total as f64);
        to.one("yardi_invites_converted_month", "Of these, with an entry", yardi.invites.converted as f64);
        if let (Some(all), Some(part)) = (yardi.entries.total, yardi.entries.from_yardi) {
            to.one("entries_month", "Entries of 30 days in entries", all as f64);
            to.one("entries_from_yardi_month", "Of these, from Yardi", part as f64);
        }
    }
    if let Some(own) = &yardi.own {
        to.one(
            "yardi_submissions_waiting",
            "Results not yet written back, now in hookyard.yardi_submissions",
            own.submissions_waiting as f64,
        );
        to.one(
            "yardi_submissions_unknown",
            "Results whose answer was lost, now in hookyard.yardi_submissions",
            own.submissions_unknown as f64,
        );
        to.one(
            "yardi_accounts_blocked",
            "Accounts that were refused, now in hookyard.yardi_accounts",
            own.accounts_blocked as f64,
        );
    }
}
