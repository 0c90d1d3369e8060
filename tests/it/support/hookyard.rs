//! The real binary, run with nothing in its environment but what the test puts there.

use std::ffi::OsString;
use std::fmt;
use std::process::{Child, Command, Stdio};

use super::{Database, server};

pub struct Hookyard {
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    hidden: Vec<(String, String)>,
}

/// `hookyard` with these arguments.
pub fn hookyard(arguments: &[&str]) -> Hookyard {
    Hookyard {
        arguments: arguments.iter().map(OsString::from).collect(),
        variables: Vec::new(),
        hidden: Vec::new(),
    }
}

impl Hookyard {
    /// Against this database. What differs from run to run is replaced in the transcript.
    pub fn database(self, database: &Database) -> Hookyard {
        self.env("DATABASE_URL", &database.url())
            .hiding(database.name(), "[database]")
            .hiding(&server::place(), "[server]")
    }

    pub fn env(mut self, name: &str, value: &str) -> Hookyard {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Show `with` in the transcript where the output has `text`.
    pub fn hiding(mut self, text: &str, with: &str) -> Hookyard {
        self.hidden.push((text.into(), with.into()));
        self
    }

    pub fn run(self) -> Transcript {
        self.start().finish()
    }

    /// Without waiting for its end.
    pub fn start(self) -> Running {
        let child = Command::new(env!("CARGO_BIN_EXE_hookyard"))
            .args(&self.arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        Running { child, hidden: self.hidden }
    }
}

pub struct Running {
    child: Child,
    hidden: Vec<(String, String)>,
}

impl Running {
    pub fn finish(self) -> Transcript {
        let output = self.child.wait_with_output().expect("the binary ends");
        let shown = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).expect("the output is UTF-8");
            self.hidden.iter().fold(text, |text, (from, to)| text.replace(from, to))
        };
        Transcript {
            stdout: shown(&output.stdout),
            stderr: shown(&output.stderr),
            code: output.status.code(),
        }
    }
}

/// What a run said and how it ended.
#[derive(Debug)]
pub struct Transcript {
    pub stdout: String,
    pub stderr: String,
    /// None: killed by a signal.
    pub code: Option<i32>,
}

impl Transcript {
    #[track_caller]
    pub fn succeeds(self) -> Transcript {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("{why}\n{self}"))
    }
}

/// Standard output, then standard error, then the exit status; silence is shown, too.
impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |text: &str| if text.is_empty() { "(nothing)\n".to_owned() } else { text.to_owned() };
        write!(f, "{}--- stderr\n{}--- exit ", part(&self.stdout), part(&self.stderr))?;
        match self.code {
            Some(code) => write!(f, "{code}"),
            None => write!(f, "by signal"),
        }
    }
}
