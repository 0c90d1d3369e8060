//! A table that can be scrolled by hand and by keyboard.

use super::text;

/// Columns that hold numbers stand to the right; the first names its row. A column that says nothing of anybody only
/// takes the others' room.
pub fn table(caption: &str, heads: &[&str], numbers: &[bool], rows: &[Vec<String>]) -> String {
    let told = |at: usize| at == 0 || rows.iter().any(|row| row.get(at).is_some_and(|cell| !cell.is_empty()));
    let shown: Vec<usize> = (0..heads.len()).filter(|at| told(*at)).collect();
    let class = |at: usize| if numbers.get(at).copied().unwrap_or(false) { " class=\"n\"" } else { "" };
    let head: String =
        shown.iter().map(|at| format!("<th scope=\"col\"{}>{}</th>", class(*at), text(heads[*at]))).collect();
    let body: String = rows
        .iter()
        .map(|row| {
            let cells = row.iter().enumerate().filter(|(at, _)| shown.contains(at));
            let cells: String = cells
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
