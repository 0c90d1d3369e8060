//! Text that must not be seen: a URL is shown without password and query values.

use std::fmt;

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
    fn neither_password_nor_query_is_shown() {
        let url = SafeUrl::new("postgres://app:hunter2@db:5432/x?password=hunter3");
        assert_eq!(url.to_string(), "postgres://app:***@db:5432/x?***");
        assert!(url.has_password());
        assert_eq!(format!("{url:?}"), url.to_string());
    }
}
