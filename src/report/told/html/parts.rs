//! Pieces of the page: tiles, cards, legends, and a picture with its numbers beside it.

use super::chart::Hue;
use super::text;
use crate::report::figures::Remark;
use crate::report::verdict::Level;

/// A number that is looked for first.
pub fn tile(name: &str, value: &str, note: &str, level: Level) -> String {
    format!(
        "<div class=\"tile {}\"><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n",
        level.word(),
        text(name),
        text(value),
        text(note)
    )
}

/// A picture, what its colours mean, and the numbers beside it.
pub fn beside(title: &str, note: &str, picture: &str, legend: &[(&Hue, &str)], table: &str) -> String {
    let keys: String = legend
        .iter()
        .map(|(hue, word)| {
            let swatch = hue.hex();
            format!(
                "<li><svg class=\"key\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect width=\"10\" height=\"10\" rx=\"2\" fill=\"{swatch}\"/></svg>{}</li>",
                text(word)
            )
        })
        .collect();
    let legend = if keys.is_empty() { keys } else { format!("<ul class=\"legend\">{keys}</ul>\n") };
    let class = if table.is_empty() { "card alone" } else { "card" };
    format!(
        "<section class=\"{class}\" id=\"{}\">\n<div class=\"title\"><h3>{}</h3><p>{}</p></div>\n<figure>\n{legend}{picture}</figure>\n{table}</section>\n",
        title.to_lowercase().replace(' ', "-"),
        text(title),
        text(note)
    )
}

/// A card of words only.
pub fn words(title: &str, inner: &str) -> String {
    format!(
        "<section class=\"card alone\">\n<div class=\"title\"><h3>{}</h3></div>\n{inner}</section>\n",
        text(title)
    )
}

pub fn heading(title: &str, level: Level, source: &str) -> String {
    format!(
        "<h2>{} <span class=\"chip {1}\">{1}</span></h2>\n<p class=\"source\">from {2}</p>\n",
        text(title),
        level.word(),
        text(source)
    )
}

pub fn facts(lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("<li>{}</li>", text(line))).collect();
    format!("<ul class=\"facts\">{lines}</ul>\n")
}

/// What has to be known of the figures that follow, and what to type.
pub fn note(class: &str, remark: &Remark) -> String {
    let Remark { what, to_type, .. } = remark;
    format!("<p class=\"note {class}\">{}: <code>{}</code></p>\n", text(what), text(to_type))
}
