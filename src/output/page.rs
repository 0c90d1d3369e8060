//! What a person reads: lines and tables. Every text is escaped on its way in, so that nothing from outside reaches
//! the terminal raw; colour is added by meaning, and every line reads without it.

use comfy_table::presets::{NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{Attribute, Color, ContentArrangement};

use super::{escape, escape_line};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
    Warn,
    Dim,
}

pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub fn new(text: impl AsRef<str>) -> Self {
        Cell::toned(text, Tone::Plain)
    }

    pub fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        // A newline inside a cell would break the row for every line-based tool.
        Cell { text: escape_line(text.as_ref()), tone }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell::new(text)
    }
}

pub struct Table {
    heads: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub fn new(heads: &'static [&'static str]) -> Self {
        Table { heads, rows: Vec::new() }
    }

    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }
}

/// Lines of a table around its rows, with a head of two lines; and lines that a row may take.
const FRAME: usize = 5;
const LINES: usize = 2;

enum Part {
    Text(String),
    Table(Table),
}

pub struct Page {
    parts: Vec<Part>,
    colour: bool,
    width: Option<u16>,
}

impl Page {
    pub fn new(colour: bool, width: Option<u16>) -> Self {
        Page { parts: Vec::new(), colour, width }
    }

    pub fn line(&mut self, text: impl AsRef<str>) {
        self.toned(text, Tone::Plain);
    }

    pub fn toned(&mut self, text: impl AsRef<str>, tone: Tone) {
        let line = self.coloured(&escape(text.as_ref()), tone);
        self.push(&line);
    }

    fn push(&mut self, line: &str) {
        if !matches!(self.parts.last(), Some(Part::Text(_))) {
            self.parts.push(Part::Text(String::new()));
        }
        if let Some(Part::Text(text)) = self.parts.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }

    fn coloured(&self, safe: &str, tone: Tone) -> String {
        match code(tone).filter(|_| self.colour) {
            Some(code) => format!("\x1b[{code}m{safe}\x1b[0m"),
            None => safe.to_owned(),
        }
    }

    pub fn blank(&mut self) {
        self.push("");
    }

    /// On a terminal with rules that fit its width; elsewhere plain columns, never wrapped.
    pub fn table(&mut self, table: Table) {
        self.parts.push(Part::Table(table));
    }

    /// The whole text. Where the columns of one table would be too narrow to read, all of the page are told row by row:
    /// a page that changes its form half way is read twice.
    pub fn finish(self) -> String {
        let drawn: Vec<Vec<String>> = self.tables().map(|table| self.drawn(table)).collect();
        let is_cramped =
            |(table, drawn): (&Table, &Vec<String>)| drawn.len() > FRAME + table.rows.len() * LINES;
        let narrow = self.width.filter(|_| self.tables().zip(&drawn).any(is_cramped));
        let mut drawn = drawn.iter();
        let mut text = String::new();
        for part in &self.parts {
            match (part, narrow) {
                (Part::Text(lines), _) => text.push_str(lines),
                (Part::Table(table), Some(width)) => self.records(table, width, &mut text),
                (Part::Table(_), None) => {
                    for line in drawn.next().into_iter().flatten() {
                        text.push_str(line.trim_end());
                        text.push('\n');
                    }
                }
            }
        }
        text
    }

    fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table),
            Part::Text(_) => None,
        })
    }

    fn drawn(&self, table: &Table) -> Vec<String> {
        let mut drawn = comfy_table::Table::new();
        drawn.set_header(table.heads.iter().map(comfy_table::Cell::new));
        match self.width {
            Some(width) => {
                drawn.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
                drawn.set_width(width);
            }
            None => {
                drawn.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        if self.colour {
            drawn.enforce_styling();
        } else {
            drawn.force_no_tty();
        }
        for row in &table.rows {
            drawn.add_row(row.iter().map(cell));
        }
        drawn.lines().collect()
    }

    /// The first cell, and below it the others with their heads, as many to a line as fit.
    fn records(&self, table: &Table, width: u16, text: &mut String) {
        for row in &table.rows {
            let mut room = 0;
            for (at, (head, cell)) in table.heads.iter().zip(row).enumerate() {
                let value = self.coloured(&cell.text, cell.tone);
                if at == 0 {
                    text.push_str(&value);
                    continue;
                }
                if cell.text.is_empty() {
                    continue;
                }
                let takes = 2 + head.chars().count() + 1 + cell.text.chars().count();
                if takes > room {
                    text.push('\n');
                    room = usize::from(width);
                }
                room = room.saturating_sub(takes);
                let head = self.coloured(head, Tone::Dim);
                text.push_str(&format!("  {head} {value}"));
            }
            text.push('\n');
        }
    }
}

fn cell(cell: &Cell) -> comfy_table::Cell {
    let drawn = comfy_table::Cell::new(&cell.text);
    match cell.tone {
        Tone::Plain => drawn,
        Tone::Good => drawn.fg(Color::Green),
        Tone::Bad => drawn.fg(Color::Red),
        Tone::Warn => drawn.fg(Color::Yellow),
        Tone::Dim => drawn.add_attribute(Attribute::Dim),
    }
}

fn code(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Good => Some("32"),
        Tone::Bad => Some("31"),
        Tone::Warn => Some("33"),
        Tone::Dim => Some("2"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: u16, cell: &str) -> String {
        let mut page = Page::new(false, Some(width));
        for text in ["short", cell] {
            page.line("by name");
            let mut table = Table::new(&["name", "why", "when", "what"]);
            table.row(vec!["a".into(), text.into(), "yesterday".into(), "nothing".into()]);
            page.table(table);
        }
        page.finish()
    }

    #[test]
    fn the_tables_of_a_page_have_one_form() {
        let wide = page(60, "short, too");
        assert_eq!(wide.matches('┌').count(), 2, "{wide}");
        let narrow = page(60, &"a long story ".repeat(20));
        assert_eq!(narrow.matches('┌').count(), 0, "{narrow}");
        assert!(
            narrow.starts_with("by name\na\n  why short  when yesterday  what nothing\nby name\na\n"),
            "{narrow}"
        );
    }
}
