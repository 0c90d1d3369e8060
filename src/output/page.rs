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

pub struct Page {
    text: String,
    colour: bool,
    width: Option<u16>,
}

impl Page {
    pub fn new(colour: bool, width: Option<u16>) -> Self {
        Page { text: String::new(), colour, width }
    }

    pub fn line(&mut self, text: impl AsRef<str>) {
        self.toned(text, Tone::Plain);
    }

    pub fn toned(&mut self, text: impl AsRef<str>, tone: Tone) {
        let line = self.coloured(&escape(text.as_ref()), tone);
        self.text.push_str(&line);
        self.text.push('\n');
    }

    fn coloured(&self, safe: &str, tone: Tone) -> String {
        match code(tone).filter(|_| self.colour) {
            Some(code) => format!("\x1b[{code}m{safe}\x1b[0m"),
            None => safe.to_owned(),
        }
    }

    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// On a terminal with rules that fit its width, and row by row where the columns would be too narrow to read;
    /// elsewhere plain columns, never wrapped.
    pub fn table(&mut self, table: Table) {
        let drawn = self.drawn(&table);
        match self.width {
            Some(width) if drawn.len() > FRAME + table.rows.len() * LINES => self.records(&table, width),
            _ => drawn.iter().for_each(|line| {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
            }),
        }
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
    fn records(&mut self, table: &Table, width: u16) {
        for row in &table.rows {
            let mut room = 0;
            for (at, (head, cell)) in table.heads.iter().zip(row).enumerate() {
                let value = self.coloured(&cell.text, cell.tone);
                if at == 0 {
                    self.text.push_str(&value);
                    continue;
                }
                if cell.text.is_empty() {
                    continue;
                }
                let takes = 2 + head.chars().count() + 1 + cell.text.chars().count();
                if takes > room {
                    self.text.push('\n');
                    room = usize::from(width);
                }
                room = room.saturating_sub(takes);
                let head = self.coloured(head, Tone::Dim);
                self.text.push_str(&format!("  {head} {value}"));
            }
            self.text.push('\n');
        }
    }

    pub fn finish(self) -> String {
        self.text
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
