//! How an examination reads: the five parts in order, each step with what it proves and, where it failed, what to do.

use serde_json::json;

use super::step::{Part, State, Step};
use crate::failure::worst;
use crate::output::{Json, Output, Page, Tone};

pub struct Examined {
    /// The webhook's id, or the URL.
    pub subject: String,
    pub steps: Vec<Step>,
}

impl Examined {
    fn count(&self, wanted: impl Fn(State) -> bool) -> usize {
        self.steps.iter().filter(|step| wanted(step.state)).count()
    }
}

impl Output for Examined {
    fn text(&self, page: &mut Page) {
        page.line(&self.subject);
        for part in Part::ALL {
            page.blank();
            page.line(part.word());
            for step in self.steps.iter().filter(|step| step.part == part) {
                let tone = match step.state {
                    State::Good => Tone::Good,
                    State::Warned => Tone::Warn,
                    State::Failed(_) => Tone::Bad,
                    State::Skipped => Tone::Dim,
                };
                page.toned(format!("  {:8} {}: {}", step.state.word(), step.name, step.found), tone);
                let word = match step.state {
                    State::Good => "proves",
                    State::Warned | State::Failed(_) | State::Skipped => "would prove",
                };
                page.toned(format!("           {word}: {}", step.proves), Tone::Dim);
                if let Some(todo) = &step.todo {
                    page.line(format!("           to do: {todo}"));
                }
            }
        }
        page.blank();
        let failed = self.count(|state| matches!(state, State::Failed(_)));
        let (good, warned) =
            (self.count(|state| state == State::Good), self.count(|state| state == State::Warned));
        let skipped = self.count(|state| state == State::Skipped);
        let tone = if failed > 0 { Tone::Bad } else { Tone::Good };
        page.toned(format!("{good} good, {warned} with a warning, {failed} failed, {skipped} skipped"), tone);
    }

    fn json(&self) -> Json {
        let steps = self.steps.iter().map(|step| {
            json!({
                "part": step.part.word(),
                "step": step.name,
                "state": step.state.word(),
                "found": step.found,
                "proves": step.proves,
                "to_do": step.todo,
            })
        });
        let failed = self.count(|state| matches!(state, State::Failed(_)));
        Json::One(json!({
            "subject": self.subject,
            "good": failed == 0,
            "failed": failed,
            "warnings": self.count(|state| state == State::Warned),
            "steps": steps.collect::<Vec<_>>(),
        }))
    }

    /// 4 for configuration, 3 for what cannot be reached now, 1 for an answer that is no.
    fn verdict(&self) -> u8 {
        self.steps.iter().fold(0, |code, step| worst(code, step.state.code()))
    }
}
