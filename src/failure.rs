//! What went wrong, how it reads, and the exit code a script sees.
//!
//! The codes are a contract (README, "Exit codes"): 0 done and good · 1 done and the answer is no · 2 mistyped ·
//! 3 try again later · 4 a person must act · 70 a fault in hookyard · 130 and 143 interrupted.

use std::fmt::Display;

/// What a script should make of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Done, and the answer is no.
    No,
    /// The call itself is wrong.
    Usage,
    /// Something we need cannot be reached, or another run holds it.
    Later,
    /// Nothing helps until a person acts: configuration, schema, credentials.
    Blocked,
    /// A fault in hookyard itself.
    Fault,
}

impl Kind {
    pub fn code(self) -> u8 {
        match self {
            Kind::No => 1,
            Kind::Usage => 2,
            Kind::Later => 3,
            Kind::Blocked => 4,
            Kind::Fault => 70,
        }
    }
}

/// The word that stands for an exit code in JSON errors.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::No => "no",
        Kind::Usage => "usage",
        Kind::Later => "later",
        Kind::Blocked => "blocked",
        Kind::Fault => "fault",
    }
}

/// An early stop: facts with their chain of causes, and advice that can be typed or opened.
#[derive(Debug)]
pub struct Failure {
    pub kind: Kind,
    pub source: anyhow::Error,
    pub hints: Vec<String>,
    /// For failures that programs tell apart by a code of their own.
    pub reason: Option<&'static str>,
}

impl Failure {
    pub fn new(kind: Kind, source: impl Into<anyhow::Error>) -> Self {
        Failure { kind, source: source.into(), hints: Vec::new(), reason: None }
    }

    pub fn no(message: impl Display) -> Self {
        Failure::new(Kind::No, anyhow::anyhow!("{message}"))
    }

    pub fn usage(message: impl Display) -> Self {
        Failure::new(Kind::Usage, anyhow::anyhow!("{message}"))
    }

    pub fn later(message: impl Display) -> Self {
        Failure::new(Kind::Later, anyhow::anyhow!("{message}"))
    }

    pub fn blocked(message: impl Display) -> Self {
        Failure::new(Kind::Blocked, anyhow::anyhow!("{message}"))
    }

    pub fn fault(message: impl Display) -> Self {
        Failure::new(Kind::Fault, anyhow::anyhow!("{message}"))
    }

    /// Put what was attempted in front of why it failed.
    pub fn context(mut self, doing: impl Display + Send + Sync + 'static) -> Self {
        self.source = self.source.context(doing);
        self
    }

    pub fn reason(mut self, code: &'static str) -> Self {
        self.reason = Some(code);
        self
    }

    pub fn hint(mut self, advice: impl Display) -> Self {
        self.hints.push(advice.to_string());
        self
    }

    /// For people: `error:`, the causes, then the hints.
    pub fn text(&self) -> String {
        let mut text = format!("error: {}\n", self.source);
        for cause in self.source.chain().skip(1) {
            text.push_str(&format!("  caused by: {cause}\n"));
        }
        for (at, hint) in self.hints.iter().enumerate() {
            text.push_str(if at == 0 { "\nhint: " } else { "hint: " });
            text.push_str(hint);
            text.push('\n');
        }
        text
    }

    /// For programs: the same facts as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        let causes: Vec<String> = self.source.chain().skip(1).map(ToString::to_string).collect();
        let mut told = serde_json::json!({
            "error": self.source.to_string(),
            "causes": causes,
            "hints": self.hints,
            "kind": word(self.kind),
            "exit_code": self.kind.code(),
        });
        if let Some(reason) = self.reason {
            told["reason"] = reason.into();
        }
        told
    }
}

/// Of several answers, the one that a script must hear: 70 > 4 > 3 > 1 > 0.
pub fn worst(a: u8, b: u8) -> u8 {
    let rank = |code: u8| match code {
        70 => 5,
        4 => 4,
        3 => 3,
        0 => 0,
        _ => 1,
    };
    if rank(b) > rank(a) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_facts_then_advice() {
        let failure = Failure::blocked("the endpoint is disabled")
            .context("cannot deliver to endpoint `crm`")
            .hint("enable it again");
        assert_eq!(
            failure.text(),
            "error: cannot deliver to endpoint `crm`\n  caused by: the endpoint is disabled\n\nhint: enable it again\n"
        );
    }

    #[test]
    fn the_gravest_answer_wins() {
        assert_eq!(worst(1, 3), 3);
        assert_eq!(worst(4, 3), 4);
        assert_eq!(worst(70, 4), 70);
        assert_eq!(worst(0, 1), 1);
    }
}
