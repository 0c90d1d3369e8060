//! Invites, polls, and the properties that are not polled in time.

use super::MOST;
use crate::clock;
use crate::report::figures::Yardi;
use crate::report::told::html::chart::{ACCEPTED, BROKEN, Figure, UNKNOWN, WAITING};
use crate::report::told::html::numbers::{count, day};
use crate::report::told::html::parts::{beside, facts, heading, words};
use crate::report::told::html::table::table;
use crate::report::told::html::{charts, text};
use crate::report::told::words::{self as told, percent};

pub fn yardi(found: &Yardi) -> Figure {
    let mut html = heading("Yardi", found.level, found.source);
    if let Some(why) = &found.not_read {
        html.push_str(&words("Not read", &format!("<p>{}</p>\n", text(why))));
        return Ok(html);
    }
    if found.properties == 0 && found.invites.total == 0 {
        html.push_str(&words("Not in use", "<p>No active property is polled.</p>\n"));
        return Ok(html);
    }
    let known = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), count);
    let rows: Vec<Vec<String>> = found
        .days
        .iter()
        .rev()
        .map(|one| {
            vec![
                day(one.at),
                count(one.invites),
                count(one.converted),
                known(one.polls),
                known(one.polls_failed),
            ]
        })
        .collect();
    let heads = ["Day", "Invites", "Entries", "Polls", "Failed"];
    html.push_str(&beside(
        "Invites, and what became of them",
        &format!(
            "30 days: {} of {} have become entries ({})",
            count(found.invites.converted),
            count(found.invites.total),
            percent(found.invites.rate)
        ),
        &charts::invites(&found.days)?,
        &[(&ACCEPTED, "became an entry"), (&WAITING, "not yet")],
        &table("Yardi by day, the newest first", &heads, &[false, true, true, true, true], &rows),
    ));
    if found.days.iter().any(|day| day.polls.is_some_and(|polls| polls > 0)) {
        html.push_str(&beside(
            "Polls",
            "30 days, those that hookyard made",
            &charts::polls(&found.days)?,
            &[(&ACCEPTED, "answered"), (&BROKEN, "failed"), (&UNKNOWN, "no record")],
            &troubled(found),
        ));
    } else if !found.polling.troubled.is_empty() {
        html.push_str(&words("Properties that are not polled in time", &troubled(found)));
    }
    html.push_str(&words("As it stands", &facts(&told::yardi(found))));
    Ok(html)
}

fn troubled(found: &Yardi) -> String {
    let polling = &found.polling;
    if polling.troubled.is_empty() {
        return "<p class=\"good\">Every property is polled in time.</p>\n".into();
    }
    let rows: Vec<Vec<String>> = polling
        .troubled
        .iter()
        .take(MOST / 2)
        .map(|one| {
            vec![
                one.name.clone().unwrap_or_else(|| one.property_id.to_string()),
                one.last_poll_at.map_or_else(|| "never".into(), clock::shown),
                format!("{} min", one.poll_rate_counted),
                one.last_error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let caption = format!("{} stale, {} never polled", count(polling.stale), count(polling.never));
    table(
        &caption,
        &["Property", "Last poll", "Due every", "Last error"],
        &[false, false, true, false],
        &rows,
    )
}
