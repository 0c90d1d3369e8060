//! A line on the terminal while prospects come in; nothing where stderr is not a terminal.

use std::cell::Cell;

use crate::output::{Printer, Spinner};

pub struct Progress {
    spinner: Option<Spinner>,
    asked: Cell<usize>,
    on_the_wire: Cell<usize>,
    invites: Cell<usize>,
}

impl Progress {
    pub fn new(printer: &Printer) -> Progress {
        Progress {
            spinner: printer.spinner(),
            asked: Cell::new(0),
            on_the_wire: Cell::new(0),
            invites: Cell::new(0),
        }
    }

    pub fn begin(&self) {
        self.on_the_wire.set(self.on_the_wire.get() + 1);
        self.show();
    }

    pub fn end(&self) {
        self.on_the_wire.set(self.on_the_wire.get().saturating_sub(1));
        self.asked.set(self.asked.get() + 1);
        self.show();
    }

    pub fn add(&self, invites: usize) {
        self.invites.set(self.invites.get() + invites);
        self.show();
    }

    /// A warning between the moving line's pictures.
    pub fn say(&self, printer: &Printer, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| printer.warn(text)),
            None => printer.warn(text),
        }
    }

    fn show(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.say(format!(
                "{} properties polled, {} on the wire, {} new invites",
                self.asked.get(),
                self.on_the_wire.get(),
                self.invites.get()
            ));
        }
    }
}
