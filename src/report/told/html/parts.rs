//! Pieces of the page: tiles, tables, legends, and a picture with its numbers beside it.

use super::chart::Hue;
use super::text;
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

/// Columns that hold numbers stand to the right; the first names its row.
pub fn table(caption: &str, heads: &[&str], numbers: &[bool], rows: &[Vec<String>]) -> String {
    let class = |at: usize| if numbers.get(at).copied().unwrap_or(false) { " class=\"n\"" } else { "" };
    let head: String = heads
        .iter()
        .enumerate()
        .map(|(at, head)| format!("<th scope=\"col\"{}>{}</th>", class(at), text(head)))
        .collect();
    let body: String = rows
        .iter()
        .map(|row| {
            let cells: String = row
                .iter()
                .enumerate()
                .map(|(at, cell)| match at {
                    0 => format!("<th scope=\"row\">{}</th>", text(cell)),
                    _ => format!("<td{}>{}</td>", class(at), text(cell)),
                })
                .collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>\n<caption>{0}</caption>\n\
         <thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n",
        text(caption)
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
        "<section class=\"{class}\">\n<div class=\"title\"><h3>{}</h3><p>{}</p></div>\n<figure>\n{legend}{picture}</figure>\n{table}</section>\n",
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

pub fn heading(title: &str, level: &str) -> String {
    format!("<h2>{} <span class=\"chip {level}\">{level}</span></h2>\n", text(title))
}

/// `12,345`
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

pub fn millis(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |ms| format!("{} ms", count(ms.round() as i64)))
}
