//! How a sample's way reads: the list, the request as it would be sent, and what the receiver made of it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::expected::Expected;
use super::made::Made;
use super::target;
use crate::http::{NoAnswerKind, Reply};
use crate::output::{Json, Output, Page, Tone};
use crate::provider::{self, Form};

pub struct Listed(Vec<Form>);

impl Listed {
    pub fn all() -> Listed {
        Listed(provider::all())
    }

    pub fn of(form: Form) -> Listed {
        Listed(vec![form])
    }
}

impl Output for Listed {
    fn text(&self, page: &mut Page) {
        for (at, form) in self.0.iter().enumerate() {
            if at > 0 {
                page.blank();
            }
            page.toned(format!("{}: {} (signed as {})", form.name, form.about, form.scheme), Tone::Good);
            for event in &form.events {
                page.line(format!("  {:26} {}", event.name, event.about));
            }
            for (name, query) in &form.targets {
                page.line(format!("  --to {}:{name:21} BASE?{query}", form.name));
            }
        }
    }

    fn json(&self) -> Json {
        let lines = self.0.iter().flat_map(|form| {
            form.events.iter().map(move |event| {
                json!({
                    "provider": form.name,
                    "event": event.name,
                    "about": event.about,
                    "scheme": form.scheme,
                    "target": event.target.as_ref().map(|target| format!("{}:{target}", form.name)),
                })
            })
        });
        Json::Lines(lines.collect())
    }
}

pub struct Printed(Made);

impl Printed {
    pub fn new(made: Made) -> Printed {
        Printed(made)
    }

    /// A header that is a secret itself is not printed.
    fn value<'a>(&'a self, name: &str, value: &'a str) -> &'a str {
        let secret = self.0.secret.as_ref().is_some_and(|secret| secret.eq_ignore_ascii_case(name));
        if secret { "***" } else { value }
    }
}

impl Output for Printed {
    fn text(&self, page: &mut Page) {
        let url = target::shown(&self.0.url);
        let behind = url.split_once("://").map_or("", |(_, rest)| rest);
        let (host, path) = behind.find(['/', '?']).map_or((behind, ""), |at| behind.split_at(at));
        let slash = if path.starts_with('/') { "" } else { "/" };
        page.line(format!("POST {slash}{path} HTTP/1.1"));
        page.line(format!("Host: {}", host.strip_prefix("***@").unwrap_or(host)));
        for (name, value) in &self.0.headers {
            page.line(format!("{name}: {}", self.value(name, value)));
        }
        page.line(format!("Content-Length: {}", self.0.body.len()));
        page.blank();
        page.line(String::from_utf8_lossy(&self.0.body));
    }

    fn json(&self) -> Json {
        let headers: Map<String, Value> = self
            .0
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), self.value(name, value).into()))
            .collect();
        Json::One(json!({
            "provider": self.0.provider,
            "event": self.0.event,
            "scheme": self.0.scheme,
            "tampered": self.0.broken.as_ref().map(|broken| broken.kind.name()),
            "refusal": self.0.broken.as_ref().map(|broken| broken.reason.code()),
            "method": "POST",
            "url": target::shown(&self.0.url),
            "headers": headers,
            "body": String::from_utf8_lossy(&self.0.body),
        }))
    }
}

pub struct Triggered {
    made: Made,
    reply: Reply,
    took: Duration,
    differences: Vec<String>,
}

/// Of an answer, as much as helps.
const EXCERPT: usize = 300;

impl Triggered {
    pub fn new(made: Made, expected: &Expected, reply: Reply, took: Duration) -> Triggered {
        let differences = match &reply {
            Reply::Answered(answer) => expected.differences(answer, took),
            Reply::None(_) => Vec::new(),
        };
        Triggered { made, reply, took, differences }
    }

    /// The sample is made up, and so is what an answer can repeat of it: it is shown as it is.
    fn excerpt(&self) -> Option<String> {
        let Reply::Answered(answer) = &self.reply else { return None };
        let text = String::from_utf8_lossy(&answer.body);
        let mut shown: String = text.trim().chars().take(EXCERPT).collect();
        if shown.len() < text.trim().len() || answer.truncated {
            shown.push('…');
        }
        Some(shown).filter(|shown| !shown.is_empty())
    }

    fn came_to(&self) -> String {
        match &self.reply {
            Reply::Answered(answer) => format!("{} in {} ms", answer.status, self.took.as_millis()),
            Reply::None(none) => format!("no answer: {}: {}", none.kind.word(), none.detail),
        }
    }
}

impl Output for Triggered {
    fn text(&self, page: &mut Page) {
        let (word, tone) = match (&self.reply, self.differences.is_empty()) {
            (Reply::None(_), _) => ("no answer", Tone::Bad),
            (_, true) => ("as expected", Tone::Good),
            (_, false) => ("not as expected", Tone::Bad),
        };
        page.toned(format!("{word}: {} {}", self.made.provider, self.made.event), tone);
        page.line(format!("  sent to  {}", target::shown(&self.made.url)));
        let bytes = self.made.body.len();
        page.line(format!("  signed   {} over {bytes} bytes", self.made.scheme));
        if let Some(broken) = &self.made.broken {
            page.line(format!(
                "  broken   {}; a receiver should refuse it ({})",
                broken.what,
                broken.reason.code()
            ));
        }
        page.line(format!("  answer   {}", self.came_to()));
        if let Some(text) = self.excerpt() {
            page.line(format!("           {}", text.replace('\n', "\\n")));
        }
        self.differences.iter().for_each(|difference| page.line(format!("  differs  {difference}")));
        if self.made.broken.is_some() && matches!(&self.reply, Reply::Answered(answer) if answer.status < 300)
        {
            page.blank();
            page.line(
                "hint: the receiver took a request that it should have refused: does it verify at all?",
            );
        }
    }

    fn json(&self) -> Json {
        let status = match &self.reply {
            Reply::Answered(answer) => Some(answer.status),
            Reply::None(_) => None,
        };
        let no_answer = match &self.reply {
            Reply::None(none) => Some(none.kind.word()),
            Reply::Answered(_) => None,
        };
        Json::One(json!({
            "as_expected": status.is_some() && self.differences.is_empty(),
            "provider": self.made.provider,
            "event": self.made.event,
            "scheme": self.made.scheme,
            "url": target::shown(&self.made.url),
            "tampered": self.made.broken.as_ref().map(|broken| broken.kind.name()),
            "refusal": self.made.broken.as_ref().map(|broken| broken.reason.code()),
            "status": status,
            "no_answer": no_answer,
            "came_to": self.came_to(),
            "duration_ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "answer": self.excerpt(),
            "differences": self.differences,
        }))
    }

    fn verdict(&self) -> u8 {
        match &self.reply {
            Reply::Answered(_) => u8::from(!self.differences.is_empty()),
            Reply::None(none) if none.kind == NoAnswerKind::Blocked => 4,
            Reply::None(_) => 3,
        }
    }
}
