//! A moving line on the terminal while something goes on that takes time; gone when it is over.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Printer;

pub struct Spinner(ProgressBar);

impl Printer {
    /// None where nobody looks: progress is for a person at a terminal.
    pub fn spinner(&self) -> Option<Spinner> {
        self.shows_progress().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            Spinner(bar)
        })
    }
}

impl Spinner {
    pub fn say(&self, text: impl Into<String>) {
        self.0.set_message(text.into());
    }

    /// For what has to stand between the line's pictures.
    pub fn suspend(&self, work: impl FnOnce()) {
        self.0.suspend(work);
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
