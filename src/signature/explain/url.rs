//! Twilio's URL as it may have been signed: behind a proxy it is seldom the one the application sees.

use super::super::digest::{Mac, alike};
use super::super::twilio;
use super::tokens;
use super::{Case, Explanation, Finding};

pub fn search(case: &Case<'_>, told: &mut Explanation) {
    let (Some(url), Some(body)) = (case.url, case.body) else { return };
    let tokens = tokens::read(case);
    for (variant, happened) in variants(url) {
        for (with_fields, fields) in [(true, body), (false, &[][..])] {
            for message in twilio::signed(&variant, fields).messages {
                for secret in case.secrets {
                    told.tried += 1;
                    let mut mac = Mac::new(case.scheme.digest, secret);
                    mac.update(&message);
                    let made = mac.finish();
                    let same: Vec<bool> =
                        tokens.iter().map(|token| bool::from(alike(&token.bytes, made.as_ref()))).collect();
                    if !same.contains(&true) {
                        continue;
                    }
                    told.findings.push(if with_fields || body.is_empty() {
                        Finding::new(
                            happened,
                            "a proxy, a tunnel or a load balancer changed the URL",
                            "give the URL as Twilio calls it: scheme, host, port and query of its console",
                        )
                    } else {
                        Finding::new(
                            "the URL alone was signed, without the form's fields",
                            "a JSON body was sent, or the fields stand in the query",
                            "sign the fields as well, or put bodySHA256 into the URL",
                        )
                    });
                    return;
                }
            }
        }
    }
}

fn variants(url: &str) -> Vec<(String, &'static str)> {
    let mut all = vec![(url.to_owned(), "the fields were not signed as they came")];
    let mut add = |made: Option<String>, happened| {
        all.extend(made.filter(|made| made != url).map(|made| (made, happened)));
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
    add(Some(url.replace("%20", "+")), "blanks in the query were signed as `+`");
    add(Some(url.replace('+', "%20")), "blanks in the query were signed as `%20`");
    all
}
