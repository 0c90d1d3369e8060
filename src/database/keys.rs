//! Under which keys stored secrets and passwords lie, held against `[[keys]]`: what must be moved before a key may go,
//! and what could not be decrypted here.

use std::collections::BTreeMap;

use crate::cloak::{self, Found, Mode};
use crate::db::schema::{Finding, Scope};

/// What lies under keys, with the verb that moves it.
pub struct Held {
    one: &'static str,
    many: &'static str,
    rekey: &'static str,
    scope: Scope,
    by_tag: BTreeMap<String, i64>,
}

impl Held {
    pub fn secrets(heads: Vec<(Vec<u8>, i64)>) -> Held {
        let mut by_tag = BTreeMap::new();
        for (head, count) in heads {
            if let Ok(tag) = cloak::tag_of(&head) {
                *by_tag.entry(tag.to_owned()).or_default() += count;
            }
        }
        Held {
            one: "1 signing secret lies",
            many: "signing secrets lie",
            rekey: "hookyard webhook secret rekey",
            scope: Scope::Delivery,
            by_tag,
        }
    }

    pub fn passwords(heads: &[String]) -> Held {
        let mut by_tag = BTreeMap::new();
        for head in heads {
            if let Some(tag) = tag(head) {
                *by_tag.entry(tag).or_default() += 1;
            }
        }
        Held {
            one: "1 Yardi password lies",
            many: "Yardi passwords lie",
            rekey: "hookyard yardi password rotate",
            scope: Scope::Yardi,
            by_tag,
        }
    }

    /// `tags` are those of the keys that are configured here, the first of which encrypts.
    pub fn findings(self, tags: &[&str]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (tag, count) in &self.by_tag {
            let lies = match count {
                1 => format!("{} under the key {tag}", self.one),
                count => format!("{count} {} under the key {tag}", self.many),
            };
            match tags.iter().position(|known| known == tag) {
                Some(0) => {}
                Some(_) => findings.push(
                    Finding::noted(self.scope, format!("{lies}, and new ones under {}", tags[0]))
                        .fixed_by(self.rekey),
                ),
                None => {
                    let what = format!("{lies}, which is not configured here");
                    let fix = format!(
                        "add a [[keys]] section with `tag = \"{tag}\"` and `env` or `file` to hookyard.toml"
                    );
                    // Passwords may be the application's alone, where nobody polls from here.
                    findings.push(match self.scope {
                        Scope::Yardi => Finding::noted(self.scope, what).fixed_by(fix),
                        Scope::Delivery | Scope::Entries => Finding::wrong(self.scope, what, fix),
                    });
                }
            }
        }
        findings
    }
}

/// The tag of a stored password of which this is the beginning.
fn tag(head: &str) -> Option<String> {
    match Mode::Auto.read(head) {
        Ok(Found::Cloaked(bytes)) => cloak::tag_of(&bytes).ok().map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_known_by_their_beginning_in_both_forms() {
        assert_eq!(
            tag("AQpBRVMuR0NNLlYxoKGio6SlpqeoqaqrCUB99ZdrUhno4XrV/ZAzd5bb2Alh").as_deref(),
            Some("AES.GCM.V1")
        );
        assert_eq!(tag("\\x010a4145532e47434d2e5631a0a1a2a3").as_deref(), Some("AES.GCM.V1"));
        assert_eq!(tag("AQplain"), None);
    }
}
