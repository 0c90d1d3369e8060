//! For people who look: one page that needs nothing else, no script and no network, by day, by night and on paper.
//! Every text passes `text`, and the page's own policy forbids everything but its inline style.

mod chart;
mod charts;
mod frame;
mod numbers;
mod parts;
mod sections;
mod table;

use crate::failure::Failure;
use crate::output;
use crate::report::figures::Health;

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
        frame::head(health),
        frame::foot(health),
    ))
}

/// Whatever it is: words, harmless in a page as on a terminal.
fn text(raw: &str) -> String {
    output::escape_html(&output::escape(raw))
}
