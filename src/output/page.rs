//! What a person reads: lines and tables. Every text is escaped on its way in, so that nothing from outside reaches
//! the terminal raw; colour is added by meaning, and every line reads without it.

use comfy_table::presets::{NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{Attribute, Color, ContentArrangement};

use super::escape;

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
        Cell { text: escape(text.as_ref()).replace('\n', "\\n"), tone }
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
        let safe = escape(text.as_ref());
        match code(tone).filter(|_| self.colour) {
            Some(code) => self.text.push_str(&format!("\x1b[{code}m{safe}\x1b[0m")),
            None => self.text.push_str(&safe),
        }
        self.text.push('\n');
    }

    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// On a terminal with rules that fit its width; elsewhere plain columns, never wrapped.
    pub fn table(&mut self, table: Table) {
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
        for row in table.rows {
            drawn.add_row(row.into_iter().map(cell));
        }
        for line in drawn.lines() {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    pub fn finish(self) -> String {
        self.text
    }
}

fn cell(cell: Cell) -> comfy_table::Cell {
    let drawn = comfy_table::Cell::new(cell.text);
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
