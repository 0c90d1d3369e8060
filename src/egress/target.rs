//! A URL that passed: what goes on the wire, apart from what must never be shown.

use std::fmt;
use std::net::IpAddr;

use super::{Refusal, shown};

/// Where one request goes. Made by [`super::check_url`] only, and never changed, so that the host judged is the
/// host dialled.
#[derive(Clone)]
pub struct Target {
    pub(super) url: url::Url,
    pub(super) credentials: Option<Credentials>,
    pub(super) host: Host,
}

/// Who is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// In ASCII (IDNA), as it is asked for in DNS.
    Name(String),
    Address(IpAddr),
}

/// User and password of a URL, percent-decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: Vec<u8>,
    pub password: Vec<u8>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// The query may be as secret as the credentials.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", shown(self.url.as_str()))
    }
}

impl Target {
    pub(super) fn of(mut url: url::Url) -> Result<Target, Refusal> {
        // The scheme is not repeated: in `user:password@host` it is the user.
        if !matches!(url.scheme(), "https" | "http") {
            return Err(Refusal::Blocked("only https can be delivered to".to_owned()));
        }
        let host = match url.host() {
            Some(url::Host::Ipv4(ip)) => Host::Address(ip.into()),
            Some(url::Host::Ipv6(ip)) => Host::Address(ip.into()),
            Some(url::Host::Domain(name)) if is_name(name) => Host::Name(name.to_owned()),
            _ => return Err(Refusal::Invalid("the host is not a usable name".to_owned())),
        };
        let credentials = credentials(&url);
        url.set_fragment(None);
        // Neither can fail on a URL that has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok(Target { url, credentials, host })
    }

    /// From the userinfo of the URL; goes into `Authorization`, never to any output.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Who is dialled, where, and how.
    pub fn dialled(&self) -> (&Host, u16, bool) {
        let port = self.url.port_or_known_default().unwrap_or(443);
        (&self.host, port, self.url.scheme() == "https")
    }

    /// The parts that a request is made of.
    pub fn into_parts(self) -> (url::Url, Option<Credentials>) {
        (self.url, self.credentials)
    }
}

/// The URL parser lets more through than resolvers and HTTP stacks agree on.
fn is_name(name: &str) -> bool {
    let labels = name.strip_suffix('.').unwrap_or(name);
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    labels.len() <= 253
        && labels.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(usual))
}

fn credentials(url: &url::Url) -> Option<Credentials> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    Some(Credentials { user: decoded(url.username()), password: decoded(url.password().unwrap_or_default()) })
}

pub fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair =
            bytes.get(at + 1).copied().and_then(nibble).zip(bytes.get(at + 2).copied().and_then(nibble));
        match pair {
            Some((high, low)) if byte == b'%' => {
                out.push(high << 4 | low);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_that_escape_nothing_stay() {
        assert_eq!(decoded("a%3Ab%zz%4"), b"a:b%zz%4");
    }

    #[test]
    fn credentials_leave_the_url_and_do_not_show() {
        let target = Target::of(url::Url::parse("https://us%40er:s3cret@a.example/x#y").expect("a URL"));
        let target = target.expect("a target");
        assert_eq!(target.url.as_str(), "https://a.example/x");
        let credentials = target.credentials.as_ref().expect("credentials");
        assert_eq!((&*credentials.user, &*credentials.password), (&b"us@er"[..], &b"s3cret"[..]));
        assert!(!format!("{target:?}").contains("s3cret"));
    }

    #[test]
    fn names_that_nobody_can_register_are_refused() {
        for host in ["a\"b.example", "a{b}.example", "a..example", &"a".repeat(64)] {
            let url = url::Url::parse(&format!("https://{host}/"));
            assert!(url.is_err() || url.is_ok_and(|url| Target::of(url).is_err()), "{host}");
        }
    }
}
