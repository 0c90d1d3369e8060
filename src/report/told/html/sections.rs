//! What stands on the page, in the order in which it is asked for.

use super::chart::{ACCEPTED, BROKEN, MIDDLE, REFUSED, SILENT, SLOW, WAITING};
use super::parts::{beside, count, heading, millis, table, tile, words};
use super::{charts, day, text};
use crate::clock;
use crate::report::figures::{Deliveries, Endpoint, Health, Hour, Tool, Yardi};
use crate::report::threshold::length;
use crate::report::told::table::percent;
use crate::report::verdict::Level;

type Html = Result<String, Box<dyn std::error::Error>>;

/// Rows of a table on the page; JSON and CSV have all.
const MOST: usize = 40;

pub fn all(health: &Health) -> Html {
    let window = length(health.window.seconds as f64);
    Ok([
        tiles(health, &window),
        deliveries(&health.deliveries, &window)?,
        yardi(&health.yardi)?,
        tool(&health.tool),
    ]
    .concat())
}

fn tiles(health: &Health, window: &str) -> String {
    let (out, queue, yardi) = (&health.deliveries, &health.deliveries.queue, &health.yardi);
    let oldest = match queue.oldest_due_s {
        Some(waits) => format!("the oldest for {}", length(waits as f64)),
        None => "nothing waits too long".into(),
    };
    let failed = out.total.failures;
    let died = if queue.died > 0 { Level::Degraded } else { Level::Ok };
    let stale = yardi.polling.stale + yardi.polling.never;
    let stale_level = if stale > 0 { yardi.level } else { Level::Ok };
    let (done, all) = (count(out.total.successes), count(out.total.attempts));
    let tiles = [
        tile(
            "Succeeded",
            &percent(out.total.success_rate),
            &format!("{done} of {all} attempts, {window}"),
            out.level,
        ),
        tile(
            "Failed",
            &count(failed),
            &format!("of {all}; {} in 24 hours", count(out.day.failures)),
            Level::Ok,
        ),
        tile("Due now", &count(queue.due), &oldest, Level::Ok),
        tile("Dead", &count(queue.dead), &format!("{} of them in 24 hours", count(queue.died)), died),
        tile(
            "Answered within",
            &millis(out.answers.p95_ms),
            &format!("p95; half within {}", millis(out.answers.p50_ms)),
            Level::Ok,
        ),
        match yardi.not_read {
            Some(_) => tile("Yardi", "–", "cannot be read", Level::Degraded),
            None => tile(
                "Yardi",
                &format!("{} of {}", count(yardi.properties - stale), count(yardi.properties)),
                "properties polled in time",
                stale_level,
            ),
        },
    ];
    format!("<dl class=\"tiles\">\n{}</dl>\n", tiles.concat())
}

fn deliveries(found: &Deliveries, window: &str) -> Html {
    let mut html = heading("Deliveries", found.level.word());
    if found.total.attempts == 0 {
        html.push_str(&words("Over time", &format!("<p>No attempt was made in {}.</p>\n", text(window))));
        return Ok(html);
    }
    let others = found.total.others;
    let mut legend = vec![
        (&ACCEPTED, "accepted (2xx)"),
        (&REFUSED, "refused (4xx)"),
        (&BROKEN, "server error (5xx)"),
        (&SILENT, "no answer"),
    ];
    if others > 0 {
        legend.push((&WAITING, "others (3xx)"));
    }
    html.push_str(&beside(
        "Attempts over time",
        &format!("{window}, by what they came to"),
        &charts::deliveries(&found.hours)?,
        &legend,
        &by_day(&found.hours),
    ));
    let worst = worst(&found.endpoints);
    html.push_str(&beside(
        "Success by endpoint",
        &format!("{window}, the worst first"),
        &charts::success(&worst)?,
        &[(&ACCEPTED, "accepted"), (&BROKEN, "answered with an error"), (&SILENT, "no answer")],
        &endpoints(&worst),
    ));
    if found.answers.days.iter().any(|day| day.p95_ms.is_some()) {
        let rows: Vec<Vec<String>> = found
            .answers
            .days
            .iter()
            .map(|one| vec![day(one.at), count(one.attempts), millis(one.p50_ms), millis(one.p95_ms)])
            .collect();
        html.push_str(&beside(
            "How long they take to answer",
            "of attempts that hookyard made, by day",
            &charts::answers(&found.answers)?,
            &[(&MIDDLE, "p50"), (&SLOW, "p95")],
            &table(
                "Answer times by day",
                &["Day", "Attempts", "p50", "p95"],
                &[false, true, true, true],
                &rows,
            ),
        ));
    }
    Ok(html + &failed(found))
}

fn worst(all: &[Endpoint]) -> Vec<&Endpoint> {
    let mut worst: Vec<&Endpoint> = all.iter().filter(|one| one.counts.attempts > 0).collect();
    worst.sort_by(|a, b| {
        let rate = |one: &Endpoint| one.counts.success_rate.unwrap_or(101.0);
        b.level.cmp(&a.level).then(rate(a).total_cmp(&rate(b)))
    });
    worst
}

fn by_day(hours: &[Hour]) -> String {
    const DAY: i64 = 86_400_000_000;
    let rows: Vec<Vec<String>> = hours
        .chunk_by(|a, b| a.at / DAY == b.at / DAY)
        .map(|hours| {
            let sum = |of: fn(&Hour) -> i64| count(hours.iter().map(of).sum());
            vec![
                hours.first().map(|hour| day(hour.at)).unwrap_or_default(),
                sum(|hour| hour.attempts),
                sum(|hour| hour.successes),
                sum(|hour| hour.refused),
                sum(|hour| hour.server_errors),
                sum(|hour| hour.no_answer),
            ]
        })
        .collect();
    let heads = ["Day", "Attempts", "2xx", "4xx", "5xx", "none"];
    table("Attempts by day", &heads, &[false, true, true, true, true, true], &rows)
}

fn endpoints(worst: &[&Endpoint]) -> String {
    let row = |one: &&Endpoint| {
        let mut notes: Vec<String> = Vec::new();
        let mut note = |is: bool, what: String| {
            if is {
                notes.push(what);
            }
        };
        note(one.breaker_open_since.is_some(), "breaker open".into());
        note(one.gone_since.is_some(), "gone (410)".into());
        note(one.is_active != Some(true), "inactive".into());
        note(one.dead > 0, format!("{} dead", count(one.dead)));
        note(one.due > 0, format!("{} due", count(one.due)));
        vec![
            one.url.clone().unwrap_or_else(|| "(no URL)".into()),
            count(one.counts.attempts),
            percent(one.counts.success_rate),
            millis(one.p95_ms),
            notes.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = worst.iter().take(MOST).map(row).collect();
    let caption = match worst.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("Endpoints, the worst {MOST}; {more} more are in --json"),
        _ => "Endpoints, the worst first".to_owned(),
    };
    // A column that says nothing of anybody only takes the others' room.
    let all = if rows.iter().all(|row| row[4].is_empty()) { 4 } else { 5 };
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.into_iter().take(all).collect()).collect();
    let heads = ["Endpoint", "Attempts", "Success", "p95", "Now"];
    table(&caption, &heads[..all], &[false, true, true, true, false], &rows)
}

fn failed(found: &Deliveries) -> String {
    let groups = &found.failed.groups;
    if groups.is_empty() {
        return String::new();
    }
    let row = |group: &crate::report::figures::FailedGroup| {
        let answer: String = group.response_data.chars().take(160).collect();
        vec![
            group.url.clone().unwrap_or_else(|| "(no URL)".into()),
            if group.response_status == 599 { "none".into() } else { group.response_status.to_string() },
            count(group.failures),
            answer,
        ]
    };
    let rows: Vec<Vec<String>> = groups.iter().take(MOST / 2).map(row).collect();
    let caption = format!("{} failed attempts of 24 hours, by answer", count(found.failed.total));
    let heads = ["Endpoint", "Status", "Failures", "Answer"];
    words("What failed in the last 24 hours", &table(&caption, &heads, &[false, true, true, false], &rows))
}

fn yardi(found: &Yardi) -> Html {
    let mut html = heading("Yardi", found.level.word());
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
    let heads = ["Day", "Invites", "Entries", "Polls", "failed"];
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
            &[(&ACCEPTED, "answered"), (&BROKEN, "failed")],
            &troubled(found),
        ));
    } else if !found.polling.troubled.is_empty() {
        html.push_str(&words("Properties that are not polled in time", &troubled(found)));
    }
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

fn tool(found: &Tool) -> String {
    let rows: Vec<Vec<String>> = found
        .verbs
        .iter()
        .map(|verb| {
            let last =
                if verb.running { "running".into() } else { format!("{} ago", length(verb.silent_s as f64)) };
            let usual = verb.usual_s.map_or_else(|| "–".to_owned(), |usual| length(usual as f64));
            vec![verb.verb.clone(), last, usual, count(verb.runs)]
        })
        .collect();
    let mut inner = match rows.is_empty() {
        true => "<p>No run of hookyard is on record in the last 7 days.</p>\n".to_owned(),
        false => table(
            "Runs of 7 days",
            &["Verb", "Last seen", "Usually every", "Runs"],
            &[false, true, true, true],
            &rows,
        ),
    };
    let mut facts = vec![format!(
        "{} leases lost with a request on the wire and {} runs that never ended, in 24 hours",
        count(found.rescued),
        count(found.crashed)
    )];
    facts.extend(found.schema.iter().cloned());
    facts.extend(found.invalid_indexes.iter().map(|index| format!("index {index} is invalid")));
    if let Some(at) = found.oldest_attempt_at {
        let due = if found.retention_due { ": retention is due (hookyard database prune)" } else { "" };
        facts.push(format!("attempts are kept since {}{due}", clock::shown(at)));
    }
    let facts: String = facts.iter().map(|fact| format!("<li>{}</li>", text(fact))).collect();
    inner.push_str(&format!("<ul class=\"facts\">{facts}</ul>\n"));
    heading("hookyard itself", found.level.word()) + &words("Its own runs and tables", &inner)
}
