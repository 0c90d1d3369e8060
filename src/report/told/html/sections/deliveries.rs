//! Attempts over time, how long their answers took, and what failed.

use super::endpoints::{endpoints, worst};
use super::{Html, MOST};
use crate::report::figures::{Deliveries, FailedGroup, Hour};
use crate::report::told::html::chart::{ACCEPTED, BROKEN, MIDDLE, REFUSED, SILENT, SLOW, WAITING};
use crate::report::told::html::parts::{beside, count, heading, millis, table, words};
use crate::report::told::html::{charts, day, text};

pub fn deliveries(found: &Deliveries, window: &str) -> Html {
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

fn failed(found: &Deliveries) -> String {
    let groups = &found.failed.groups;
    if groups.is_empty() {
        return String::new();
    }
    let row = |group: &FailedGroup| {
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
