//! A line on the terminal while a run goes on; nothing where stderr is not a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::tally::Tally;
use crate::output::Printer;

pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// `alone`: nobody else shows progress of this run.
    pub fn new(printer: &Printer, alone: bool) -> Progress {
        if !alone || !printer.shows_progress() {
            return Progress(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress(Some(bar))
    }

    pub fn show(&mut self, tally: &Tally, on_the_wire: usize) {
        if let Some(bar) = &self.0 {
            bar.set_message(format!(
                "{} accepted, {} to be attempted again, {} dead, {on_the_wire} on the wire",
                tally.accepted, tally.rescheduled, tally.dead
            ));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
