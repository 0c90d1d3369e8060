//! `hookyard webhook check`: does a payload have the shape that its provider documents, and which event is it. No
//! database, no network.

use std::path::PathBuf;

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::captured;
use super::inputs;
use crate::failure::Failure;
use crate::json::{self, Node};
use crate::output::{Json, Output, Page, Tone};
use crate::provider::{self, Checked, Fault, Finding, Form};

/// Check a payload's shape: missing, mistyped, unknown fields by their path, values, and which event it is
///
/// Exits 0 when the payload is as the provider documents it, 1 when it is not. A field that nobody documents is a
/// warning, because providers add fields; with --strict it is an error.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook check resident-verify --strict \\\n      --event REPORT_READY body.json\n  \
    at a terminal: hookyard webhook show 0192f0c1 --json --show-pii \\\n      | jq -c '.events[0].payload | fromjson' | hookyard webhook check snappt -\n\n\
    `hookyard webhook trigger` lists the providers and their events.")]
pub struct Args {
    /// The provider, as `hookyard webhook trigger` lists them
    provider: String,
    /// The payload, `-` or nothing for standard input
    file: Option<PathBuf>,
    /// A file with the whole request instead: raw HTTP, a HAR entry, or a curl command as a browser copies it
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    request: Option<PathBuf>,
    /// Require that it is this event
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// Count fields that are not documented as errors
    #[arg(long)]
    strict: bool,
}

pub struct Verdict {
    form: Form,
    checked: Checked,
    strict: bool,
    /// Other providers whose event it is.
    elsewhere: Vec<(String, String)>,
}

/// More than a person reads.
const SHOWN: usize = 100;

pub fn run(args: &Args) -> Result<Verdict, Failure> {
    let form = find(&args.provider)?;
    if let Some(name) = &args.event {
        event(&form, name)?;
    }
    let bytes = match &args.request {
        None => inputs::whole(args.file.as_deref(), "the payload")?,
        Some(path) => {
            let request = inputs::whole(Some(path), "the request")?;
            let read = captured::read(&request);
            read.map_err(|why| Failure::usage(why).context("cannot read the captured request"))?.body
        }
    };
    Ok(verdict(form, &bytes, args.event.as_deref(), args.strict))
}

/// The provider of this name, or which there are.
pub fn find(name: &str) -> Result<Form, Failure> {
    provider::find(name).ok_or_else(|| {
        let names: Vec<&str> = provider::FORMS.iter().map(|(name, _)| *name).collect();
        Failure::usage(format!("there is no provider `{name}`"))
            .hint(format!("there are: {}", names.join(", ")))
    })
}

/// The event of this name, or which are near.
pub fn event<'a>(form: &'a Form, name: &str) -> Result<&'a provider::Event, Failure> {
    form.event(name).ok_or_else(|| {
        let names: Vec<&str> = form.events.iter().map(|event| event.name.as_str()).collect();
        Failure::usage(format!("{} has no event `{name}`", form.name))
            .hint(format!("it has: {}", provider::near(name, &names).join(", ")))
    })
}

/// What is to be said of these bytes.
pub fn verdict(form: Form, bytes: &[u8], wanted: Option<&str>, strict: bool) -> Verdict {
    let mut elsewhere = Vec::new();
    let checked = match read(bytes) {
        Err(detail) => Checked {
            event: None,
            findings: vec![Finding { fault: Fault::NotJson, path: String::new(), detail }],
        },
        Ok(payload) => {
            let mut checked = provider::check(&form, &payload);
            if checked.event.is_none() {
                let others = provider::recognising(&payload, &form.name);
                elsewhere = others.into_iter().map(|(form, event)| (form.name, event.name)).collect();
            }
            if let (Some(wanted), Some(event)) = (wanted, &checked.event)
                && event.name != wanted
            {
                let detail = format!("is {}, not {wanted}", event.name);
                checked.findings.insert(0, Finding { fault: Fault::Event, path: String::new(), detail });
            }
            checked
        }
    };
    Verdict { form, checked, strict, elsewhere }
}

fn read(bytes: &[u8]) -> Result<Node, String> {
    if bytes.trim_ascii().is_empty() {
        return Err("is empty".into());
    }
    if !bytes.trim_ascii_start().starts_with(b"{") && captured::read(bytes).is_ok() {
        return Err("is a whole captured request, not a body: give it by --request".into());
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err("begins with a byte order mark, which is not JSON".into());
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|why| format!("is not UTF-8: byte {} is in no character", why.valid_up_to()))?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|why| format!("is not JSON: {why}"))?;
    json::parse(bytes).ok_or_else(|| {
        format!(
            "is JSON that receivers refuse: half a surrogate pair, or nested deeper than {}",
            json::DEEPEST
        )
    })
}

impl Verdict {
    fn is_error(&self, finding: &Finding) -> bool {
        self.strict || finding.fault != Fault::Unknown
    }

    pub fn valid(&self) -> bool {
        !self.checked.findings.iter().any(|finding| self.is_error(finding))
    }

    fn is_unreadable(&self) -> bool {
        self.checked.findings.iter().any(|finding| finding.fault == Fault::NotJson)
    }

    fn split(&self) -> (Vec<&Finding>, Vec<&Finding>) {
        self.checked.findings.iter().partition(|finding| self.is_error(finding))
    }

    /// Each finding on a line, errors first.
    pub fn lines(&self) -> Vec<String> {
        let (errors, warnings) = self.split();
        let place = |finding: &Finding| match finding.path.as_str() {
            "" => "the payload".to_owned(),
            path => path.to_owned(),
        };
        let errors = errors.into_iter().map(|finding| format!("{} {}", place(finding), finding.detail));
        let warned = warnings.into_iter();
        errors
            .chain(warned.map(|finding| format!("warning: {} {}", place(finding), finding.detail)))
            .collect()
    }
}

impl Output for Verdict {
    fn text(&self, page: &mut Page) {
        let (word, tone) = if self.valid() { ("valid", Tone::Good) } else { ("invalid", Tone::Bad) };
        let mut lines = self.lines();
        match &self.checked.event {
            Some(event) => {
                page.toned(format!("{word}: {} {} ({})", self.form.name, event.name, event.about), tone);
            }
            // Of what cannot be read at all there is nothing more to say than why.
            None if self.is_unreadable() => {
                let reasons = std::mem::take(&mut lines);
                page.toned(format!("{word}: {}", reasons.join("; ")), tone);
            }
            None => page.toned(format!("{word}: no event of {} is recognised", self.form.name), tone),
        }
        lines.iter().take(SHOWN).for_each(|line| page.line(format!("  {line}")));
        if lines.len() > SHOWN {
            page.line(format!("  … and {} more; --json has all", lines.len() - SHOWN));
        }
        if !self.elsewhere.is_empty() {
            page.blank();
        }
        for (form, event) in &self.elsewhere {
            page.line(format!("hint: it is {event} of another provider: hookyard webhook check {form}"));
        }
    }

    fn json(&self) -> Json {
        let (errors, warnings) = self.split();
        let list = |findings: Vec<&Finding>| -> Vec<Value> {
            let one = |finding: &Finding| json!({ "path": finding.path, "fault": finding.fault.code(), "detail": finding.detail });
            findings.into_iter().map(one).collect()
        };
        let elsewhere =
            self.elsewhere.iter().map(|(form, event)| json!({ "provider": form, "event": event }));
        Json::One(json!({
            "valid": self.valid(),
            "provider": self.form.name,
            "event": self.checked.event.as_ref().map(|event| &event.name),
            "about": self.checked.event.as_ref().map(|event| &event.about),
            "errors": list(errors),
            "warnings": list(warnings),
            "elsewhere": elsewhere.collect::<Vec<_>>(),
        }))
    }

    fn verdict(&self) -> u8 {
        u8::from(!self.valid())
    }
}
