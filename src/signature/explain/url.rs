//! Twilio's URL as it may have been signed: behind a proxy it is seldom the one the application sees. One change of the
//! URL or of the secret, or two of the URL, within a bound on hashed bytes.

use super::super::digest::{Mac, alike};
use super::super::key::Ring;
use super::super::twilio;
use super::keys;
use super::search::hashed;
use super::tokens::{self, Token};
use super::{Case, Explanation, Finding};

/// Hashed bytes.
const BYTES: usize = 64 << 20;

struct Searching<'a> {
    case: &'a Case<'a>,
    tokens: Vec<Token>,
    body: &'a [u8],
    left: usize,
    tried: usize,
}

pub fn search(case: &Case<'_>, told: &mut Explanation) {
    let (Some(url), Some(body)) = (case.url, case.body) else { return };
    let mut searching = Searching { case, tokens: tokens::read(case), body, left: BYTES, tried: 0 };
    // A URL that is right and states a hash: it is the body that is another one.
    let claimed = twilio::claimed_hash(url)
        .filter(|_| case.secrets.iter().any(|secret| searching.fits(url, body, secret)));
    if let Some(claimed) = claimed {
        return hashed(case, body, &claimed.to_ascii_lowercase(), told);
    }
    let found = searching.all(url);
    told.tried += searching.tried;
    told.cut = searching.left == 0;
    told.findings.extend(found);
}

impl Searching<'_> {
    fn all(&mut self, url: &str) -> Option<Finding> {
        let own: Vec<Vec<u8>> = self.case.secrets.to_vec();
        let once = variants(self.case, url);
        for (variant, happened) in &once {
            if let Some(finding) = self.tried_with(variant, &own, happened) {
                return Some(finding);
            }
        }
        let ring = Ring::read(self.case.scheme, self.case.secrets).ok()?;
        for candidate in keys::candidates(&ring.keys, self.case.secrets, self.body) {
            if let Some(story) = candidate.story
                && self.fits(url, self.body, &candidate.bytes)
            {
                return Some(story);
            }
        }
        for (variant, first) in once.iter().skip(1) {
            for (variant, second) in variants(self.case, variant).iter().skip(1) {
                let happened = format!("{first}; and {second}");
                if let Some(finding) = self.tried_with(variant, &own, &happened) {
                    return Some(finding);
                }
            }
        }
        None
    }

    fn tried_with(&mut self, url: &str, keys: &[Vec<u8>], happened: &str) -> Option<Finding> {
        for key in keys {
            if self.fits(url, self.body, key) {
                return Some(Finding::new(
                    happened,
                    "a proxy, a tunnel or a load balancer changed the URL",
                    "give the URL as Twilio calls it: scheme, host, port and query of its console",
                ));
            }
            if !self.body.is_empty() && self.fits(url, &[], key) {
                return Some(Finding::new(
                    "the URL alone was signed, without the form's fields",
                    "a JSON body was sent, or the fields stand in the query",
                    "sign the fields as well, or put bodySHA256 into the URL",
                ));
            }
        }
        None
    }

    fn fits(&mut self, url: &str, fields: &[u8], key: &[u8]) -> bool {
        let mut fits = false;
        if self.left == 0 {
            return fits;
        }
        for message in twilio::signed(url, fields).messages {
            self.left = self.left.saturating_sub(message.len() + fields.len() + 256);
            self.tried += 1;
            let mut mac = Mac::new(self.case.scheme.digest, key);
            mac.update(&message);
            let made = mac.finish();
            fits |= self
                .tokens
                .iter()
                .fold(false, |any, token| any | bool::from(alike(&token.bytes, made.as_ref())));
        }
        fits
    }
}

/// As it stands first.
fn variants(case: &Case<'_>, url: &str) -> Vec<(String, String)> {
    let mut all = vec![(url.to_owned(), "the fields were not signed as they came".to_owned())];
    let mut add = |made: Option<String>, happened: &str| {
        if let Some(made) = made.filter(|made| all.iter().all(|(known, _)| known != made)) {
            all.push((made, happened.to_owned()));
        }
    };
    add(url.strip_prefix("http:").map(|rest| format!("https:{rest}")), "the URL was signed as https");
    add(url.strip_prefix("https:").map(|rest| format!("http:{rest}")), "the URL was signed as http");
    add(url.split_once('?').map(|(bare, _)| bare.to_owned()), "the URL was signed without its query");
    add(url.strip_suffix('/').map(str::to_owned), "the URL was signed without its last slash");
    add(Some(format!("{url}/")), "the URL was signed with a slash at its end");
    let parsed = url::Url::parse(url).ok();
    add(parsed.as_ref().map(ToString::to_string), "the URL was signed in its normal form");
    add(
        parsed.and_then(|mut parsed| parsed.set_port(None).ok().map(|()| parsed.to_string())),
        "the URL was signed without its port",
    );
    for (name, value) in case.headers.iter().take(200) {
        let says = ["host", "x-forwarded-host", "x-original-host"];
        if says.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            let host = std::str::from_utf8(value).ok();
            let host = host.filter(|host| host.len() <= 255 && !host.contains(['/', '?', '#', '@']));
            add(
                host.and_then(|host| on_host(url, host)),
                &format!("the URL was signed with the host that the header {name} states"),
            );
        }
    }
    add(Some(url.replace("%20", "+")), "blanks in the query were signed as `+`");
    add(Some(url.replace('+', "%20")), "blanks in the query were signed as `%20`");
    all
}

fn on_host(url: &str, host: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some(format!("{scheme}://{host}{}", &rest[end..]))
}
