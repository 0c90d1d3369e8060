//! For people who look: one page that needs nothing else, no script and no network, by day, by night and on paper.
//! Every text passes `text`, and the page's own policy forbids everything but its inline style.

mod chart;
mod charts;
mod parts;
mod sections;

use crate::clock::{self, Micros};
use crate::failure::Failure;
use crate::output;
use crate::report::figures::Health;
use crate::report::threshold::length;

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub fn html(health: &Health) -> Result<String, Failure> {
    let body = sections::all(health).map_err(|why| Failure::fault(why).context("cannot draw the page"))?;
    let title = format!("hookyard health: {}", health.level.word());
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n\
         <style>\n{STYLE}@media screen and (prefers-color-scheme:dark){{{}}}\n</style>\n</head>\n<body>\n\
         <main>\n{}{body}</main>\n<footer>{}</footer>\n</body>\n</html>\n",
        text(&title),
        chart::dark(),
        head(health),
        foot(health),
    ))
}

fn head(health: &Health) -> String {
    let level = health.level.word();
    let reasons: String = health
        .reasons
        .iter()
        .map(|reason| {
            format!(
                "<li><span class=\"chip {0}\">{0}</span> <span class=\"where\">{1}</span> {2}</li>\n",
                reason.level.word(),
                text(reason.section),
                text(&reason.what)
            )
        })
        .collect();
    let reasons = match reasons.is_empty() {
        true => "<p class=\"lead\">Everything is within its limits.</p>\n".to_owned(),
        false => format!("<ul class=\"reasons\">\n{reasons}</ul>\n"),
    };
    format!(
        "<header class=\"{level}\">\n<p class=\"name\">hookyard</p>\n<h1><span class=\"dot\" aria-hidden=\"true\"></span>\
         The integration layer is {}</h1>\n<p class=\"when\">read at <time>{}</time> from {}{}</p>\n{reasons}</header>\n",
        text(match level {
            "ok" => "well",
            other => other,
        }),
        clock::shown(health.at),
        text(&health.source.place),
        match health.source.lag_s {
            Some(lag) => format!(", a standby, {} behind", text(&length(lag))),
            None if health.source.standby => ", a standby".into(),
            None => String::new(),
        },
    )
}

fn foot(health: &Health) -> String {
    format!(
        "hookyard {} · numbers of the last {} where nothing else is said, times in UTC · made by \
         <code>hookyard report health --html</code>",
        env!("CARGO_PKG_VERSION"),
        text(&length(health.window.seconds as f64))
    )
}

/// Whatever it is: words, harmless in a page as on a terminal.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for c in output::escape(raw).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// `Nov 18`
fn day(at: Micros) -> String {
    match jiff::Timestamp::from_microsecond(at) {
        Ok(at) => at.strftime("%b %-d").to_string(),
        Err(_) => String::new(),
    }
}
