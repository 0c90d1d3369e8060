//! The schemes there are: one data file each for the built-in ones, and the tables of `hookyard.toml`.

use std::collections::BTreeMap;

use super::headers::Headers;
use super::scheme::{Form, Proof, Scheme};

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("schemes/", $name, ".toml")))),*]
    };
}

/// Families together, each family's default first.
pub const BUILT_IN: &[(&str, &str)] = built_in![
    "snappt",
    "snappt-v1",
    "snappt-v2",
    "snappt-v2-decoded",
    "plaid",
    "singlekey",
    "singlekey-ts-body",
    "singlekey-prefixed",
    "singlekey-handshake",
    "rentvine",
    "rentvine-ts-body",
    "rentvine-hex",
    "rentvine-ts-base64",
    "rentvine-body-auth",
    "standard",
    "svix",
    "stripe",
    "github",
    "github-sha1",
    "slack",
    "shopify",
    "twilio",
    "docusign",
    "checkr",
    "truv",
    "persona",
    "convoy",
    "hook0",
    "hook0-v0",
    "tabapay",
];

/// Built-in schemes, read when asked for, and a company's own.
pub struct Catalogue {
    own: BTreeMap<String, Scheme>,
}

impl Catalogue {
    pub fn new(own: BTreeMap<String, Scheme>) -> Catalogue {
        Catalogue { own: own.into_iter().map(|(name, scheme)| (name.clone(), scheme.named(&name))).collect() }
    }

    pub fn find(&self, name: &str) -> Option<Scheme> {
        let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
        built_in.and_then(|(name, text)| parse(name, text)).or_else(|| self.own.get(name).cloned())
    }

    /// Built-in ones in their order, then a company's own by name.
    pub fn all(&self) -> Vec<Scheme> {
        let built_in = BUILT_IN.iter().filter_map(|(name, text)| parse(name, text));
        built_in.chain(self.own.values().cloned()).collect()
    }

    /// Headers that are a secret themselves. Built-in tables that cannot be meant are not even read.
    pub fn secret_headers(&self) -> Vec<String> {
        let built_in = BUILT_IN.iter().filter(|(_, text)| text.contains("\"equality\""));
        let built_in = built_in.filter_map(|(name, text)| parse(name, text));
        let all = built_in.chain(self.own.values().cloned());
        all.filter(|scheme| scheme.proof == Proof::Equality)
            .filter_map(|scheme| scheme.header().map(str::to_owned))
            .collect()
    }

    pub fn is_own(&self, name: &str) -> bool {
        self.own.contains_key(name)
    }

    /// The schemes that the names of these headers fit: defaults only, and a company's own where it says so.
    pub fn fitting(&self, headers: &Headers) -> Vec<Scheme> {
        self.all().into_iter().filter(|scheme| scheme.auto && present(scheme, headers)).collect()
    }
}

/// Whether the request has a header of this scheme's signature.
pub fn present(scheme: &Scheme, headers: &Headers) -> bool {
    scheme.header().is_some_and(|name| match scheme.form {
        Form::Numbered => headers.iter().any(|(other, _)| numbered(name, other).is_some()),
        _ => headers.has(name),
    })
}

/// The number behind the name, 1 to 100.
pub fn numbered(name: &str, header: &str) -> Option<u8> {
    let split = header.get(..name.len())?.eq_ignore_ascii_case(name);
    let number = header.get(name.len()..)?.strip_prefix('-').filter(|_| split)?;
    let digits = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|number| digits && (1..=100).contains(number))
}

fn parse(name: &str, text: &str) -> Option<Scheme> {
    // A built-in table that cannot be read is caught by the test below, not by a user.
    toml::from_str::<Scheme>(text).ok().map(|scheme| scheme.named(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_table_is_right() {
        for (name, text) in BUILT_IN {
            if let Err(why) = toml::from_str::<Scheme>(text) {
                panic!("{name}: {why}");
            }
        }
        let all = Catalogue::new(BTreeMap::new()).all();
        for scheme in &all {
            let family = all.iter().find(|other| other.name == scheme.family);
            assert!(family.is_some_and(|default| default.auto), "{}", scheme.name);
            assert!(!scheme.about.is_empty() && !scheme.about.ends_with('.'), "{}", scheme.name);
        }
    }

    #[test]
    fn a_table_that_cannot_work_is_refused_when_read() {
        let table = |signed: &str, rest: &str| {
            format!("about = \"x\"\nsigned = \"{signed}\"\n[signature]\nheader = \"X-Sig\"\n{rest}")
        };
        assert!(toml::from_str::<Scheme>(&table("{body}", "")).is_ok());
        for (signed, rest) in [
            ("{t}.{body}", ""),
            ("{body}", "form = \"items\""),
            ("{body}", "items = [\"v1\"]"),
            ("{body}", "body = \"/x\""),
            ("{body}", "encoding = \"rot13\""),
            ("{body}", "colour = \"red\""),
            ("{id}.{body}", ""),
            ("", ""),
            ("fixed", ""),
            ("{body}", "[timestamp]\nitem = \"t\""),
            ("{body}", "[timestamp]\nheader = \"T\"\ntolerance = 0"),
        ] {
            assert!(toml::from_str::<Scheme>(&table(signed, rest)).is_err(), "{signed} {rest}");
        }
    }

    #[test]
    fn numbers_behind_a_name() {
        assert_eq!(numbered("X-Sig", "x-sig-12"), Some(12));
        for wrong in ["x-sig", "x-sig-", "x-sig-0", "x-sig-101", "x-sig-01", "x-sig-+1", "y-sig-1", "é"] {
            assert_eq!(numbered("X-Sig", wrong), None, "{wrong}");
        }
    }
}
