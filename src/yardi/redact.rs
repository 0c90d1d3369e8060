//! Error pages and faults may repeat the envelope we sent: what comes back is shown without our credentials.

use std::fmt;

/// What must not be shown, however it is escaped.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Vec<String>,
}

/// Elements whose content is never shown.
const ELEMENTS: [&str; 7] =
    ["Password", "InterfaceLicense", "SocSecNumber", "FederalId", "DateOfBirth", "Attachment", "UserName"];

/// Shorter ones would be found in any text; their elements are hidden all the same.
const SHORTEST: usize = 3;

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(***)")
    }
}

impl Redactor {
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Redactor {
        let mut all = Vec::new();
        for secret in secrets.into_iter().filter(|secret| secret.chars().count() >= SHORTEST) {
            let once = xml(secret);
            all.push(xml(&once));
            all.push(once);
            all.push(secret.to_owned());
        }
        // What contains another goes first.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        all.dedup();
        Redactor { secrets: all }
    }

    pub fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for name in ELEMENTS {
            for (open, close) in [("<", ">"), ("&lt;", "&gt;")] {
                text = without(&text, &format!("{open}{name}{close}"), open);
            }
        }
        for secret in &self.secrets {
            text = text.replace(secret.as_str(), "***");
        }
        text
    }
}

/// Hide what stands between `from` and the next `until`, each time.
fn without(text: &str, from: &str, until: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from) {
        out.push_str(before);
        out.push_str(from);
        out.push_str("***");
        rest = after.find(until).map_or("", |at| &after[at..]);
    }
    out.push_str(rest);
    out
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echoed_envelope_gives_nothing_away() {
        let redactor = Redactor::new(["p&w<1>", "voyager-user", "a"]);
        let table = [
            ("bad <Password>p&amp;w&lt;1&gt;</Password>", "bad <Password>***</Password>"),
            ("&lt;Password&gt;x&lt;/Password&gt; y", "&lt;Password&gt;***&lt;/Password&gt; y"),
            ("user voyager-user with p&w<1> or p&amp;amp;w&amp;lt;1&amp;gt;", "user *** with *** or ***"),
            ("<Password>cut", "<Password>***"),
            ("a plain text", "a plain text"),
        ];
        for (text, shown) in table {
            assert_eq!(redactor.redacted(text), shown);
        }
    }
}
