//! A URL as people may see it.

use std::fmt::Write;

use crate::output;

/// `scheme://host:port/path?key=***`: userinfo and query values hidden, the fragment dropped, control characters
/// escaped. What cannot be parsed is not repeated, for a secret may stand anywhere in it.
pub fn shown(raw: &str) -> String {
    let Ok(url) = url::Url::parse(raw) else {
        return "(not a URL)".to_owned();
    };
    let Some(host) = url.host_str() else {
        return format!("{}:***", output::escape_line(url.scheme()));
    };
    let mut text = format!("{}://", url.scheme());
    if !url.username().is_empty() || url.password().is_some() {
        text.push_str("***@");
    }
    text.push_str(host);
    if let Some(port) = url.port() {
        let _ = write!(text, ":{port}");
    }
    text.push_str(url.path());
    for (at, pair) in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        // A query without `=` is often the token itself.
        if let Some((key, _)) = pair.split_once('=') {
            text.push_str(key);
            text.push('=');
        }
        text.push_str("***");
    }
    output::escape_line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_what_is_secret_and_keeps_what_helps() {
        let table = [
            ("https://hooks.example.com/in", "https://hooks.example.com/in"),
            ("https://u:p@h.example:8443/in?k=v&token#f", "https://***@h.example:8443/in?k=***&***"),
            ("https://[::1]:9/a", "https://[::1]:9/a"),
            ("https://faß.example/\u{202e}x", "https://xn--fa-hia.example/%E2%80%AEx"),
            ("javascript:alert(1)", "javascript:***"),
            ("hooks.example.com?token=1", "(not a URL)"),
        ];
        for (raw, expected) in table {
            assert_eq!(shown(raw), expected);
        }
    }
}
