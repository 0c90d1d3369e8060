//! The real binary, run with nothing in its environment but what the test puts there.

use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::{Database, server};

pub struct Hookyard {
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    hidden: Vec<(String, String)>,
    stdin: Option<Vec<u8>>,
    folder: Option<PathBuf>,
}

/// `hookyard` with these arguments.
pub fn hookyard(arguments: &[&str]) -> Hookyard {
    Hookyard {
        arguments: arguments.iter().map(OsString::from).collect(),
        variables: Vec::new(),
        hidden: Vec::new(),
        stdin: None,
        folder: None,
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

    pub fn arg(mut self, argument: &str) -> Hookyard {
        self.arguments.push(argument.into());
        self
    }

    /// What it reads; nothing otherwise.
    pub fn stdin(mut self, bytes: &[u8]) -> Hookyard {
        self.stdin = Some(bytes.to_vec());
        self
    }

    pub fn current_dir(mut self, folder: &Path) -> Hookyard {
        self.folder = Some(folder.to_path_buf());
        self
    }

    pub fn run(self) -> Transcript {
        self.start().finish()
    }

    /// Without waiting for its end.
    pub fn start(self) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookyard"));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let mut child = command
            .args(&self.arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        if let (Some(bytes), Some(mut stdin)) = (self.stdin, child.stdin.take()) {
            // A reader that has had enough closes the pipe, which is its right.
            std::thread::spawn(move || drop(stdin.write_all(&bytes)));
        }
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
        kib(&status, "VmRSS:").unwrap_or(0)
    }

    /// To its end, with the most memory that it ever had, in KiB.
    pub fn finish_with_peak(self) -> (Transcript, u64) {
        let path = format!("/proc/{}/status", self.child.id());
        let sampling = std::thread::spawn(move || {
            let mut peak = 0;
            // Of a process that has ended there is a status, and no memory in it.
            while let Some(now) = std::fs::read_to_string(&path).ok().and_then(|text| kib(&text, "VmHWM:")) {
                peak = now;
                std::thread::sleep(Duration::from_millis(2));
            }
            peak
        });
        let told = self.finish();
        (told, sampling.join().expect("a number"))
    }

    /// Its lines as they come; what `finish` gives is without them.
    pub fn lines(&mut self) -> Lines {
        let stdout = self.child.stdout.take().expect("asked for once");
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let _ = BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| tell.send(line));
        });
        Lines(told)
    }

    /// The command line as everybody on the machine can read it.
    pub fn command_line(&self) -> String {
        let bytes = std::fs::read(format!("/proc/{}/cmdline", self.child.id())).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
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

/// What a run says, line by line, while it goes on.
pub struct Lines(mpsc::Receiver<String>);

impl Lines {
    pub fn next(&self) -> String {
        self.0.recv_timeout(Duration::from_secs(60)).expect("a line within a minute")
    }

    /// To the end of the run.
    pub fn rest(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
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

    #[track_caller]
    pub fn exits(self, code: i32) -> Transcript {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// One JSON value per line.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}\n{self}"));
        self.stdout.lines().map(line).collect()
    }

    /// Standard output and standard error, one after the other.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
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
