//! For a person at a terminal: the verdict and its reasons first, then each section, the worst rows first.

mod deliveries;
mod endpoints;
mod tool;
mod yardi;

use crate::clock;
use crate::output::{Page, Tone};
use crate::report::figures::Health;
use crate::report::told::words;
use crate::report::verdict::Level;

/// Rows of a table; JSON and CSV have all.
const MOST: usize = 20;

pub fn table(health: &Health, page: &mut Page) {
    page.toned(
        format!("{}  {} at {}", health.level.word(), words::source(&health.source), clock::shown(health.at)),
        tone(health.level),
    );
    for reason in &health.reasons {
        page.toned(
            format!("  {:<8}  {:<10}  {}", reason.level.word(), reason.section, reason.what),
            tone(reason.level),
        );
    }
    deliveries::show(health, page);
    yardi::show(&health.yardi, page);
    tool::show(&health.tool, page);
}

pub fn tone(level: Level) -> Tone {
    match level {
        Level::Ok => Tone::Good,
        Level::Degraded => Tone::Warn,
        Level::Failing => Tone::Bad,
    }
}

fn head(page: &mut Page, name: &str, level: Level, source: &str) {
    page.blank();
    page.toned(format!("{name}: {}", level.word()), tone(level));
    page.toned(format!("  from {source}"), Tone::Dim);
}
