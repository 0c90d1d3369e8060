//! How a verdict reads: for people, for programs, for scripts.

use serde_json::{Value, json};

use crate::output::{Json, Output, Page, Tone};
use crate::signature::explain::{Explanation, Finding};
use crate::signature::{Match, Refusal, Scheme};

pub struct Verified {
    pub scheme: Scheme,
    pub auto: bool,
    pub explain: bool,
    /// Which secret or key, by where it comes from.
    pub matched: Option<String>,
    pub refusal: Option<Refusal>,
    pub timestamp: Option<i64>,
    pub now: i64,
    /// None: the time was not judged.
    pub tolerance: Option<u32>,
    pub explanation: Option<Explanation>,
}

pub fn matched(matched: &Match, from: &[String]) -> String {
    match matched {
        Match::Secret(at) => from.get(*at).cloned().unwrap_or_default(),
        Match::Key(kid) => format!("key {kid}"),
    }
}

impl Verified {
    fn not_covered(&self) -> Vec<&'static str> {
        let parts = [(self.scheme.covers_body(), "body"), (self.scheme.covers_time(), "time")];
        parts.into_iter().filter(|(covered, _)| !covered).map(|(_, part)| part).collect()
    }

    fn freshness(&self) -> String {
        let age = self.timestamp.map(|at| self.now - at);
        match (age, self.tolerance) {
            (None, _) => {
                "not covered: the request states no time, so a captured one is right for ever".into()
            }
            (Some(age), None) => format!("not judged ({age} s old)"),
            (Some(age), Some(most)) if self.scheme.covers_time() => {
                format!("yes ({age} s old, below {most} s)")
            }
            (Some(age), Some(_)) => {
                format!("not covered by the signature (stated: {age} s old); only the id tells a repetition")
            }
        }
    }

    fn findings(&self) -> &[Finding] {
        self.explanation.as_ref().map_or(&[], |told| &told.findings)
    }

    fn refused(&self, refusal: &Refusal, page: &mut Page) {
        page.toned(format!("invalid: {} ({})", refusal.reason.code(), self.scheme.name), Tone::Bad);
        page.line(format!("  {}", refusal.detail));
        let findings = self.findings();
        if !self.explain {
            if let Some(first) = findings.first() {
                page.blank();
                page.line(format!("hint: {}; --explain says more", first.happened));
            }
            return;
        }
        for finding in findings {
            page.blank();
            page.line(format!("what happened:  {}", finding.happened));
            page.line(format!("who does that:  {}", finding.usual));
            page.line(format!("what to change: {}", finding.change));
        }
        if let Some(told) = self.explanation.as_ref().filter(|told| told.tried > 0) {
            page.blank();
            let cut = if told.cut { "; the search stopped at its bound" } else { "" };
            page.toned(format!("tried {} ways{cut}", told.tried), Tone::Dim);
        }
    }

    fn explained(&self) -> Value {
        match self.explanation.as_ref().filter(|_| self.explain) {
            None => Value::Null,
            Some(told) => {
                let finding = |finding: &Finding| json!({ "happened": finding.happened, "usual": finding.usual, "change": finding.change });
                json!({
                    "findings": told.findings.iter().map(finding).collect::<Vec<_>>(),
                    "would_match": told.variant,
                    "tried": told.tried,
                    "cut": told.cut,
                })
            }
        }
    }
}

impl Output for Verified {
    fn text(&self, page: &mut Page) {
        if let Some(refusal) = &self.refusal {
            return self.refused(refusal, page);
        }
        let by = self.matched.as_deref().unwrap_or_default();
        page.toned(format!("valid: {}", self.scheme.name), Tone::Good);
        page.line(format!("  sender authentic: yes ({by})"));
        let body = if self.scheme.covers_body() { "yes" } else { "not covered by the signature" };
        page.line(format!("  body integrity:   {body}"));
        page.line(format!("  freshness:        {}", self.freshness()));
        if let Some(replay) = &self.scheme.replay {
            page.line(format!("  replay key:       {replay}"));
        }
    }

    fn json(&self) -> Json {
        let valid = self.refusal.is_none();
        Json::One(json!({
            "valid": valid,
            "reason": self.refusal.as_ref().map(|refusal| refusal.reason.code()),
            "detail": self.refusal.as_ref().map(|refusal| &refusal.detail),
            "scheme": self.scheme.name,
            "family": self.scheme.family,
            "auto": self.auto,
            "variant": valid.then_some(&self.scheme.name),
            "matched": self.matched,
            "timestamp": self.timestamp,
            "age_s": self.timestamp.map(|at| self.now - at),
            "tolerance_s": self.timestamp.and(self.tolerance),
            "covers": { "body": self.scheme.covers_body(), "time": self.scheme.covers_time() },
            "not_covered": self.not_covered(),
            "replay_key": self.scheme.replay,
            "hint": self.findings().first().map(|finding| &finding.happened),
            "explanation": self.explained(),
        }))
    }

    fn verdict(&self) -> u8 {
        u8::from(self.refusal.is_some())
    }
}
