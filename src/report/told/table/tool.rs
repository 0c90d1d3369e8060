//! hookyard's own runs and tables.

use super::head;
use crate::output::Page;
use crate::report::figures::Tool;
use crate::report::told::words;

pub fn show(found: &Tool, page: &mut Page) {
    head(page, "hookyard", found.level, found.source);
    for verb in &found.verbs {
        let (last, usual) = words::verb(verb);
        let usual =
            usual.map_or_else(|| "rhythm not yet known".to_owned(), |usual| format!("usually every {usual}"));
        page.line(format!("  {}: {last}, {usual}, {} in 7 days", verb.verb, words::runs(verb.runs)));
    }
    words::tool(found).iter().for_each(|line| page.line(format!("  {line}")));
}
