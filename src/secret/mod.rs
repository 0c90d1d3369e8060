//! What must not be seen: a secret is never shown, a URL without password and query values.

mod places;

use std::fmt;

pub use places::{descriptor, file, variable};

/// Bytes that nothing prints.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Secret(bytes.into())
    }

    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A URL that may hold a password or a token. Shown without them.
#[derive(Clone, PartialEq, Eq)]
pub struct SafeUrl(String);

impl SafeUrl {
    pub fn new(text: impl Into<String>) -> Self {
        SafeUrl(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn has_password(&self) -> bool {
        url::Url::parse(&self.0).is_ok_and(|url| {
            url.password().is_some() || url.query_pairs().any(|(key, _)| key.contains("password"))
        })
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(mut url) = url::Url::parse(&self.0) else { return f.write_str("***") };
        if url.password().is_some() {
            let _ = url.set_password(Some("***"));
        }
        let hidden = url.query().is_some_and(|query| !query.is_empty());
        url.set_fragment(None);
        url.set_query(None);
        write!(f, "{url}{}", if hidden { "?***" } else { "" })
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {:#?}", Some(&secret)), "*** *** Some(\n    ***,\n)");
        assert_eq!((secret.reveal(), secret.len()), (&b"hunter2"[..], 7));
    }

    #[test]
    fn neither_password_nor_query_is_shown() {
        let url = SafeUrl::new("postgres://app:hunter2@db:5432/x?password=hunter3");
        assert_eq!(url.to_string(), "postgres://app:***@db:5432/x?***");
        assert!(url.has_password());
        assert_eq!(format!("{url:?}"), url.to_string());
    }
}
