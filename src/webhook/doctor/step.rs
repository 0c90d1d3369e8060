//! One step of an examination: what was looked at, what was found, what that proves, and what to do.

/// The five steps of the webhook document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Url,
    Authentication,
    Payload,
    Response,
    Database,
}

impl Part {
    pub const ALL: [Part; 5] =
        [Part::Url, Part::Authentication, Part::Payload, Part::Response, Part::Database];

    pub fn word(self) -> &'static str {
        match self {
            Part::Url => "url",
            Part::Authentication => "authentication",
            Part::Payload => "payload",
            Part::Response => "response",
            Part::Database => "database",
        }
    }
}

/// What kind of failure, and so which exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The answer is no.
    No,
    /// It cannot be reached now.
    Later,
    /// Configuration that a person must change.
    Blocked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Good,
    Warned,
    Failed(Wrong),
    /// Not looked at, because of what failed before or because nobody asked.
    Skipped,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Good => "good",
            State::Warned => "warning",
            State::Failed(_) => "failed",
            State::Skipped => "skipped",
        }
    }

    pub fn code(self) -> u8 {
        match self {
            State::Failed(Wrong::No) => 1,
            State::Failed(Wrong::Later) => 3,
            State::Failed(Wrong::Blocked) => 4,
            State::Good | State::Warned | State::Skipped => 0,
        }
    }
}

pub struct Step {
    pub part: Part,
    pub name: &'static str,
    pub state: State,
    pub found: String,
    /// What it means when it is good.
    pub proves: &'static str,
    pub todo: Option<String>,
}

pub fn making(part: Part, name: &'static str, proves: &'static str) -> Making {
    Making { part, name, proves }
}

/// A step that was not taken yet.
#[derive(Clone, Copy)]
pub struct Making {
    part: Part,
    name: &'static str,
    proves: &'static str,
}

impl Making {
    fn with(self, state: State, found: impl Into<String>, todo: Option<String>) -> Step {
        Step { part: self.part, name: self.name, proves: self.proves, state, found: found.into(), todo }
    }

    pub fn good(self, found: impl Into<String>) -> Step {
        self.with(State::Good, found, None)
    }

    pub fn warned(self, found: impl Into<String>, todo: impl Into<String>) -> Step {
        self.with(State::Warned, found, Some(todo.into()))
    }

    pub fn failed(self, wrong: Wrong, found: impl Into<String>, todo: impl Into<String>) -> Step {
        self.with(State::Failed(wrong), found, Some(todo.into()))
    }

    pub fn skipped(self, found: impl Into<String>) -> Step {
        self.with(State::Skipped, found, None)
    }
}
