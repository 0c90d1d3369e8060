//! What stands above and below the sections: the verdict with its reasons, what was read, and what made the page.

use super::text;
use crate::clock;
use crate::report::figures::Health;
use crate::report::told::words;
use crate::report::verdict::{Level, Reason};

pub fn head(health: &Health) -> String {
    let verdict = match health.level {
        Level::Ok => "well",
        other => other.word(),
    };
    let reasons = match health.reasons.is_empty() {
        true => "<p class=\"lead\">Everything is within its limits.</p>\n".to_owned(),
        false => {
            format!(
                "<ul class=\"reasons\">\n{}</ul>\n",
                health.reasons.iter().map(reason).collect::<String>()
            )
        }
    };
    format!(
        "<header class=\"{}\">\n<p class=\"name\">hookyard</p>\n<h1><span class=\"dot\" aria-hidden=\"true\"></span>\
         The integration layer is {verdict}</h1>\n<p class=\"when\">read at <time>{}</time> from {}</p>\n{reasons}</header>\n",
        health.level.word(),
        clock::shown(health.at),
        text(&words::source(&health.source)),
    )
}

fn reason(reason: &Reason) -> String {
    format!(
        "<li><span class=\"chip {0}\">{0}</span> <span class=\"where\">{1}</span> {2}</li>\n",
        reason.level.word(),
        text(reason.section),
        text(&reason.what)
    )
}

pub fn foot(health: &Health) -> String {
    format!(
        "hookyard {} · numbers of the last {} where nothing else is said, times in UTC · made by \
         <code>hookyard report health --html</code>",
        env!("CARGO_PKG_VERSION"),
        text(&words::window(&health.window))
    )
}
