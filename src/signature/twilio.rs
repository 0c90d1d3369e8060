//! Twilio's proof is over the URL: with the form's fields sorted behind it, or with the body's hash in its query.

use ring::digest::{SHA256, digest};
use url::Url;
use url::form_urlencoded;

use super::digest::alike;
use super::encoding::hex;
use super::reason::{Reason, Refusal};

pub struct Signed {
    /// The signed bytes; Twilio's own libraries accept the URL with and without its scheme's usual port.
    pub messages: Vec<Vec<u8>>,
    /// Why the body is not the one the URL vouches for.
    pub body: Option<Refusal>,
}

pub fn signed(url: &str, body: &[u8]) -> Signed {
    let (fields, body) = match claimed_hash(url) {
        Some(claimed) => {
            let made = body_hash(body);
            let right = bool::from(alike(claimed.to_ascii_lowercase().as_bytes(), made.as_bytes()));
            let why = "the URL is right, but its bodySHA256 is not this body's";
            (String::new(), (!right).then(|| Reason::SignatureMismatch.with(why)))
        }
        None => (fields(body), None),
    };
    let messages = urls(url).into_iter().map(|url| format!("{url}{fields}").into_bytes()).collect();
    Signed { messages, body }
}

pub fn body_hash(body: &[u8]) -> String {
    hex(digest(&SHA256, body).as_ref())
}

/// The hash of the body that the URL's query states.
pub fn claimed_hash(url: &str) -> Option<String> {
    let query = url.split_once('?')?.1.split('#').next()?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "bodySHA256")
        .map(|(_, value)| value.into_owned())
}

/// The fields sorted by name, each with its values sorted and without repetitions, nothing between them.
fn fields(body: &[u8]) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(body).collect();
    pairs.sort();
    pairs.dedup();
    pairs.iter().flat_map(|(name, value)| [name.as_ref(), value.as_ref()]).collect()
}

/// As given first, then the other way about its port.
fn urls(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    let Ok(parsed) = Url::parse(url) else { return all };
    let usual = if parsed.scheme() == "http" { 80 } else { 443 };
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    let (authority, rest) = (&url[start..end], &url[end..]);
    let suffix = format!(":{usual}");
    match authority.strip_suffix(&suffix) {
        Some(bare) => all.push(format!("{}{bare}{rest}", &url[..start])),
        None if parsed.port().is_none() => all.push(format!("{}{authority}{suffix}{rest}", &url[..start])),
        None => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sorted_behind_the_url() {
        let signed =
            signed("https://example.test/hook", b"To=%2B15550100&From=%2B15550199&Body=hi&To=%2B15550100");
        let message = "https://example.test/hookBodyhiFrom+15550199To+15550100";
        assert_eq!(signed.messages[0], message.as_bytes());
        assert!(signed.messages[1].starts_with(b"https://example.test:443/hook"));
    }

    #[test]
    fn a_port_of_ones_own_stays() {
        assert_eq!(urls("https://x.test:8443/a"), ["https://x.test:8443/a"]);
        assert_eq!(urls("http://x.test:80?q"), ["http://x.test:80?q", "http://x.test?q"]);
    }
}
