//! The one mouth. A verb computes a value; how it reads for a person, for a program, on a narrow terminal or through
//! a closed pipe is decided here.

mod counted;
mod ended;
mod escape;
mod file;
mod mask;
mod page;
mod spinner;

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};

use serde_json::Value;

pub use counted::counted;
pub use ended::Ended;
pub use escape::{escape, escape_html, escape_json, escape_line};
pub use file::write_file;
pub use mask::masked;
pub use page::{Cell, Page, Table, Tone};
pub use spinner::Spinner;

use crate::env;
use crate::failure::{Failure, Kind};

/// What a verb answers: words for people, data for programs, a verdict for scripts.
pub trait Output {
    fn text(&self, page: &mut Page);
    fn json(&self) -> Json;
    /// Rows with a head, where a spreadsheet makes sense.
    fn csv(&self) -> Option<Vec<Vec<String>>> {
        None
    }
    /// The exit code of an answer that was reached.
    fn verdict(&self) -> u8 {
        0
    }
}

/// One document for one answer; a line per item for lists.
pub enum Json {
    One(Value),
    /// One document, as text already: for answers too large to be held as a tree beside themselves.
    Written(String),
    Lines(Vec<Value>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    Json,
    Csv,
}

/// Where and how to speak.
#[derive(Clone, Debug, Default)]
pub struct Printer {
    pub format: Format,
    pub quiet: bool,
    /// Log lines are wanted: a moving line between them would garble both.
    pub logging: bool,
    /// Spoken to as a plug-in of Nagios: its first line and its codes, for failures, too.
    pub plugin: bool,
}

impl Printer {
    /// Print an answer and give its exit code. A closed pipe is not an error; any other trouble with stdout is.
    pub fn print(&self, answer: &dyn Output) -> Result<u8, Failure> {
        write(&self.render(answer)?)?;
        Ok(answer.verdict())
    }

    /// One part of an answer that goes on; false when nobody reads it any longer.
    pub fn stream(&self, part: &dyn Output) -> Result<bool, Failure> {
        write_open(&self.render(part)?)
    }

    /// Draw an answer over the last one, on a terminal: as much as fits, so that nothing scrolls away. Elsewhere, and in
    /// JSON, one after the other. False when nobody reads any longer.
    pub fn redraw(&self, answer: &dyn Output, is_first: bool) -> Result<bool, Failure> {
        if !self.redraws() {
            return self.stream(answer);
        }
        let text = String::from_utf8_lossy(&self.render(answer)?).into_owned();
        let height = crossterm::terminal::size().map_or(24, |(_, height)| usize::from(height)).max(2);
        // Lines that are too long are cut by the terminal, not wrapped.
        let mut frame = String::from(if is_first { "\x1b[2J\x1b[?7l\x1b[H" } else { "\x1b[?7l\x1b[H" });
        let lines: Vec<&str> = text.lines().collect();
        for line in lines.iter().take(height - 1) {
            frame.push_str(&format!("{line}\x1b[K\r\n"));
        }
        frame.push_str("\x1b[J\x1b[?7h");
        if lines.len() > height - 1 {
            frame.push_str(&format!("{} more lines", lines.len() - height + 1));
        }
        write_open(frame.as_bytes())
    }

    /// Whether an answer can be drawn over the last one.
    pub fn redraws(&self) -> bool {
        self.format == Format::Text
            && std::io::stdout().is_terminal()
            && env::surrounding(env::TERM).as_deref() != Some("dumb")
    }

    /// Help and version: on a terminal with clap's own emphasis.
    pub fn help(&self, text: &clap::builder::StyledStr) -> Result<(), Failure> {
        let text = if self.colour(std::io::stdout().is_terminal()) {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        write(text.as_bytes())
    }

    /// What is wrong with the call, in clap's words.
    pub fn misused(&self, text: &str) {
        if self.plugin {
            self.fail_as_plugin(Kind::Usage);
        }
        if self.format != Format::Json {
            return self.say(&escape(text));
        }
        let Some(told) = text.strip_prefix("error: ") else {
            return self.fail(&Failure::usage("a command is missing").hint("--help lists them"));
        };
        let fact: Vec<&str> = told.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let tips = told.lines().filter_map(|line| line.trim_start().strip_prefix("tip: "));
        self.fail(&tips.fold(Failure::usage(fact.join(" ")), Failure::hint));
    }

    fn render(&self, answer: &dyn Output) -> Result<Vec<u8>, Failure> {
        match self.format {
            Format::Text => {
                let mut page = Page::new(self.colour(std::io::stdout().is_terminal()), width());
                answer.text(&mut page);
                Ok(page.finish().into_bytes())
            }
            Format::Json => Ok(match answer.json() {
                Json::One(value) => line(value.to_string()),
                Json::Written(text) => line(text),
                Json::Lines(values) => values.iter().map(|value| line(value.to_string())).collect(),
            }
            .into_bytes()),
            Format::Csv => {
                let rows = answer.csv().ok_or_else(|| Failure::usage("this answer has no CSV form"))?;
                csv_bytes(&rows)
            }
        }
    }

    /// Talk: to stderr, silent with `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say(&format!("{}\n", escape(text)));
        }
    }

    pub fn warn(&self, text: &str) {
        self.note(&format!("warning: {text}"));
    }

    /// A question needs somebody to answer it.
    pub fn can_ask(&self) -> bool {
        !self.quiet
            && self.format == Format::Text
            && std::io::stdin().is_terminal()
            && std::io::stderr().is_terminal()
    }

    /// Ask, and hear whether the answer is yes.
    pub fn ask(&self, question: &str) -> Result<bool, Failure> {
        self.say(question);
        let mut answer = String::new();
        std::io::stdin()
            .read_line(&mut answer)
            .map_err(|why| Failure::no(why).context("no answer was heard"))?;
        Ok(matches!(answer.trim(), "y" | "yes"))
    }

    /// The exit code of a failure. A database that is away is critical to a plug-in's reader; what only a person can
    /// mend is unknown to it, and so is a wrong call.
    pub fn code(&self, kind: Kind) -> u8 {
        match kind {
            _ if !self.plugin => kind.code(),
            Kind::Later => 2,
            Kind::No | Kind::Usage | Kind::Blocked | Kind::Fault => 3,
        }
    }

    /// A plug-in's first line, of fixed words: the error itself may hold names and goes to stderr.
    fn fail_as_plugin(&self, kind: Kind) {
        let text = match kind {
            Kind::Later => "HOOKYARD CRITICAL: the database cannot be reached or does not answer",
            Kind::Usage => "HOOKYARD UNKNOWN: wrong usage",
            Kind::Blocked => "HOOKYARD UNKNOWN: configuration or schema, see stderr",
            Kind::No | Kind::Fault => "HOOKYARD UNKNOWN: see stderr",
        };
        let _ = write(format!("{text}\n").as_bytes());
    }

    /// The error itself is never silenced.
    pub fn fail(&self, failure: &Failure) {
        if self.plugin {
            self.fail_as_plugin(failure.kind);
        }
        if self.format == Format::Json {
            let mut told = failure.json();
            told["exit_code"] = self.code(failure.kind).into();
            self.say(&line(told.to_string()));
        } else {
            self.say(&escape(&failure.text()));
        }
    }

    /// Progress is for a person at a terminal.
    pub fn shows_progress(&self) -> bool {
        let stderr = std::io::stderr();
        !self.quiet
            && !self.logging
            && stderr.is_terminal()
            && env::surrounding(env::TERM).as_deref() != Some("dumb")
    }

    fn say(&self, text: &str) {
        // Nowhere is left to complain to when stderr cannot be written.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// Whether what goes to stderr may be coloured.
    pub fn colours_stderr(&self) -> bool {
        self.colour(std::io::stderr().is_terminal())
    }

    fn colour(&self, terminal: bool) -> bool {
        terminal
            && env::surrounding(env::NO_COLOR).is_none()
            && env::surrounding(env::CLICOLOR).as_deref() != Some("0")
            && env::surrounding(env::TERM).as_deref() != Some("dumb")
    }
}

/// A closed pipe is not an error; any other trouble with stdout is.
fn write(bytes: &[u8]) -> Result<(), Failure> {
    write_open(bytes).map(|_| ())
}

/// The same, and whether somebody still reads.
fn write_open(bytes: &[u8]) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(false),
        // The descriptor was closed by the caller (`>&-`): nobody wants to hear.
        Err(why) if why.raw_os_error() == Some(libc::EBADF) => Ok(false),
        Err(why) => Err(Failure::no(why).context("cannot write the answer to stdout")),
    }
}

/// One JSON document on one line, harmless for a terminal and the same value for a program.
fn line(text: String) -> String {
    let mut line = match escape_json(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(safe) => safe,
    };
    line.push('\n');
    line
}

/// The width to keep within: only a terminal has one, and one too narrow for any table counts as none.
fn width() -> Option<u16> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let told = env::surrounding(env::COLUMNS).and_then(|text| text.parse().ok());
    told.or_else(terminal_width).filter(|width| *width >= 40)
}

fn terminal_width() -> Option<u16> {
    Some(console_width()).filter(|width| *width > 0)
}

fn console_width() -> u16 {
    comfy_table::Table::new().width().unwrap_or(0)
}

/// RFC 4180, and cells that a spreadsheet would run as a formula are defused.
fn csv_bytes(rows: &[Vec<String>]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        let cells = row.iter().map(|cell| defused(cell));
        writer.write_record(cells).map_err(|why| Failure::fault(why).context("cannot write CSV"))?;
    }
    writer.into_inner().map_err(|why| Failure::fault(why.to_string()))
}

fn defused(cell: &str) -> String {
    let cell: String = cell.chars().filter(|c| *c != '\0').collect();
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{feff}']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_sees_text_not_formulas() {
        let rows = vec![vec!["=1+1".into(), "a\"b".into(), "x\ny".into(), "@x".into(), "plain".into()]];
        let text = String::from_utf8(csv_bytes(&rows).expect("csv")).expect("text");
        assert_eq!(text, "'=1+1,\"a\"\"b\",\"x\ny\",'@x,plain\r\n");
    }
}
