//! The real binary, run with nothing in its environment but what the test puts there.

use std::ffi::OsString;
use std::fmt;
use std::io::Read;
use std::process::{Child, Command, Output, Stdio};

use super::{Database, server};

pub struct Hookyard {
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    hidden: Vec<(String, String)>,
    input: Stdio,
}

/// `hookyard` with these arguments.
pub fn hookyard(arguments: &[&str]) -> Hookyard {
    Hookyard {
        arguments: arguments.iter().map(OsString::from).collect(),
        variables: Vec::new(),
        hidden: Vec::new(),
        input: Stdio::null(),
    }
}

impl Hookyard {
    pub fn arg(mut self, argument: &str) -> Hookyard {
        self.arguments.push(argument.into());
        self
    }

    /// With this file as standard input.
    pub fn input(mut self, path: &std::path::Path) -> Hookyard {
        self.input = std::fs::File::open(path).expect("the file opens").into();
        self
    }

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
            .stdin(self.input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        Running { child, hidden: self.hidden }
    }
}

/// A run under way; dropped, it is killed.
pub struct Running {
    child: Child,
    hidden: Vec<(String, String)>,
}

impl Running {
    /// SIGKILL, and gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("the process ends");
    }

    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("the process is ours").is_some()
    }

    /// Memory in use now, in KiB; nothing once it has ended.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }

    pub fn signal(&self, signal: i32) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
        assert!(sent.expect("kill runs").success());
    }

    pub fn finish(mut self) -> Transcript {
        let output = drain(&mut self.child);
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

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drain(child: &mut Child) -> Output {
    let stderr = child.stderr.take();
    let reading = std::thread::spawn(move || read_all(stderr));
    let stdout = read_all(child.stdout.take());
    let status = child.wait().expect("the binary ends");
    Output { status, stdout, stderr: reading.join().expect("read") }
}

fn read_all(from: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        from.read_to_end(&mut bytes).expect("readable");
    }
    bytes
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
