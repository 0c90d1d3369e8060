//! A line on the terminal while a run goes on; nothing where stderr is not a terminal.

use super::tally::Tally;
use crate::output::{Printer, Spinner};

pub struct Progress(Option<Spinner>);

impl Progress {
    /// `alone`: nobody else shows progress of this run.
    pub fn new(printer: &Printer, alone: bool) -> Progress {
        Progress(if alone { printer.spinner() } else { None })
    }

    pub fn show(&self, tally: &Tally, on_the_wire: usize) {
        if let Some(spinner) = &self.0 {
            spinner.say(format!(
                "{} accepted, {} to be attempted again, {} dead, {on_the_wire} on the wire",
                tally.accepted, tally.rescheduled, tally.dead
            ));
        }
    }
}
