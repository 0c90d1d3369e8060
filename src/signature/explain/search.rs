//! The search itself: forms of the signed bytes × times × keys × bodies, at most two departures from what is configured
//! at once, within a bound on hashed bytes.

use subtle::Choice;

use super::super::digest::{Digest, Mac, alike};
use super::super::encoding::{Encoding, hex};
use super::super::key::Ring;
use super::super::presented;
use super::super::reason::Reason;
use super::super::scheme::Scheme;
use super::super::template::{Feed, Given, Part, Template};
use super::bodies::Bodies;
use super::keys::{self, Candidate};
use super::plain::{self, Time};
use super::tokens::{self, Token};
use super::{Case, Explanation, Finding};

/// Hashed bytes: well below a second.
const BYTES: usize = 256 << 20;
/// Bodies above this are tried with one thing wrong, not two.
const SMALL: usize = 64 << 10;

struct Searching<'a> {
    tokens: Vec<Token>,
    digests: Vec<Digest>,
    forms: Vec<(Template, Option<Finding>)>,
    times: Vec<Time>,
    ids: Vec<Vec<u8>>,
    headers: Vec<u8>,
    keys: Vec<Candidate>,
    left: usize,
    tried: usize,
    case: &'a Case<'a>,
}

/// Which option of each was taken; none: as it stands.
struct Found {
    form: usize,
    time: usize,
    key: usize,
    body: Option<usize>,
    token: usize,
}

pub fn search(case: &Case<'_>, told: &mut Explanation) {
    let Some(body) = case.body else {
        if case.refusal.reason == Reason::SignatureMismatch {
            told.findings.push(plain::too_long());
        }
        return;
    };
    let tokens = tokens::read(case);
    let Ok(ring) = Ring::read(case.scheme, case.secrets) else { return };
    if tokens.is_empty() {
        return;
    }
    let bodies = Bodies::new(body, plain::content_length(case));
    let mut digests: Vec<Digest> = Digest::ALL.to_vec();
    digests.retain(|digest| tokens.iter().any(|token| token.digest == *digest));
    let mut searching = Searching {
        digests,
        forms: forms(case),
        times: plain::times(case),
        ids: plain::ids(case),
        headers: presented::signed_headers(case.scheme, case.headers),
        keys: keys::candidates(&ring.keys, case.secrets, body),
        tokens,
        left: BYTES,
        tried: 0,
        case,
    };
    let found = searching.all(body, &bodies);
    told.tried += searching.tried;
    told.cut = searching.left == 0;
    if let Some(found) = found {
        told.findings = searching.stories(&found, &bodies);
    }
}

impl Searching<'_> {
    /// The likelier first: one thing wrong, wherever it is, before two.
    fn all(&mut self, body: &[u8], bodies: &Bodies<'_>) -> Option<Found> {
        let small = body.len() <= SMALL;
        self.as_it_stands(body, 0)
            .or_else(|| self.as_it_stands(body, 1))
            .or_else(|| self.changed(bodies, 0))
            .or_else(|| small.then(|| self.as_it_stands(body, 2)).flatten())
            .or_else(|| small.then(|| self.changed(bodies, 1)).flatten())
    }

    fn as_it_stands(&mut self, body: &[u8], departures: usize) -> Option<Found> {
        self.combinations(departures).into_iter().find_map(|(form, time, key)| {
            self.fits(form, time, key, body).map(|token| Found { form, time, key, body: None, token })
        })
    }

    fn changed(&mut self, bodies: &Bodies<'_>, departures: usize) -> Option<Found> {
        let combinations = self.combinations(departures);
        for at in 0..bodies.len() {
            if self.left == 0 {
                return None;
            }
            let Some(made) = bodies.make(at) else { continue };
            for &(form, time, key) in &combinations {
                if let Some(token) = self.fits(form, time, key, &made) {
                    return Some(Found { form, time, key, body: Some(at), token });
                }
            }
        }
        None
    }

    /// Options with exactly so many departures.
    fn combinations(&self, departures: usize) -> Vec<(usize, usize, usize)> {
        let mut all = Vec::new();
        for (form, (_, form_story)) in self.forms.iter().enumerate() {
            for (time, told) in self.times.iter().enumerate() {
                for (key, candidate) in self.keys.iter().enumerate() {
                    let count = usize::from(form_story.is_some())
                        + usize::from(told.story.is_some())
                        + usize::from(candidate.story.is_some());
                    // A time that is not signed makes no difference.
                    let idle = told.story.is_some() && !self.forms[form].0.has(&Part::Time);
                    if count == departures && !idle {
                        all.push((form, time, key));
                    }
                }
            }
        }
        all
    }

    fn fits(&mut self, form: usize, time: usize, key: usize, body: &[u8]) -> Option<usize> {
        let template = &self.forms[form].0;
        for id in &self.ids {
            for digest in &self.digests {
                if self.left == 0 {
                    return None;
                }
                self.left = self.left.saturating_sub(body.len() + 256);
                self.tried += 1;
                let given = Given { time: &self.times[time].text, id, headers: &self.headers };
                let mut mac = Mac::new(*digest, &self.keys[key].bytes);
                template.before_body(&mut mac, given);
                if template.has(&Part::Body) {
                    mac.feed(body);
                }
                template.after_body(&mut mac, given);
                let made = mac.finish();
                let same: Vec<Choice> =
                    self.tokens.iter().map(|token| alike(&token.bytes, made.as_ref())).collect();
                // One digest can be read in several ways: the one nearest to the scheme's own tells the least.
                let fitting = same.into_iter().enumerate().filter(|(_, same)| bool::from(*same));
                let odd = |at: &usize| plain::written(self.case.scheme, &self.tokens[*at]).len();
                if let Some(token) = fitting.map(|(at, _)| at).min_by_key(odd) {
                    return Some(token);
                }
            }
            if !template.has(&Part::Id) {
                break;
            }
        }
        None
    }

    fn stories(&self, found: &Found, bodies: &Bodies<'_>) -> Vec<Finding> {
        let mut all: Vec<Finding> = Vec::new();
        all.extend(found.body.and_then(|at| bodies.story(at)));
        all.extend(self.keys[found.key].story.clone());
        all.extend(self.forms[found.form].1.clone());
        all.extend(self.times[found.time].story.clone());
        all.extend(plain::written(self.case.scheme, &self.tokens[found.token]));
        all
    }
}

/// The scheme's own form, its family's, then those that are common.
fn forms(case: &Case<'_>) -> Vec<(Template, Option<Finding>)> {
    let mut forms = vec![(case.scheme.signed.clone(), None)];
    let mut add = |template: Template, story: Finding| {
        if !template.has(&Part::Body) && !case.scheme.signed.has(&Part::Body) {
            return;
        }
        if forms.iter().all(|(known, _)| *known != template) {
            forms.push((template, Some(story)));
        }
    };
    let family = |scheme: &Scheme| scheme.family == case.scheme.family && scheme.signed.has(&Part::Body);
    for scheme in case.catalogue.all().into_iter().filter(family) {
        let story = plain::form_of(&scheme.name);
        add(scheme.signed, story);
    }
    for text in [
        "{body}",
        "{t}.{body}",
        "{t}{body}",
        "{id}.{t}.{body}",
        "{t},{body}",
        "v0:{t}:{body}",
        "{body}.{t}",
        "{body}{t}",
    ] {
        if let Ok(template) = Template::parse(text) {
            add(template, plain::form(text));
        }
    }
    forms
}

/// The JWT's claim against the hashes of what the body may have been.
pub fn jwt(case: &Case<'_>, told: &mut Explanation) {
    let Some(body) = case.body else { return };
    let Ok(token) = case.headers.one(case.scheme.header().unwrap_or_default()) else { return };
    let claims = token.split(|byte| *byte == b'.').nth(1).and_then(|part| Encoding::Base64url.decode(part));
    let claims = claims.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let Some(claimed) = claims.and_then(|claims| claims["request_body_sha256"].as_str().map(str::to_owned))
    else {
        return;
    };
    hashed(case, body, &claimed, told);
}

/// A stated SHA-256 against the hashes of what the body may have been.
pub fn hashed(case: &Case<'_>, body: &[u8], claimed: &str, told: &mut Explanation) {
    let bodies = Bodies::new(body, plain::content_length(case));
    let mut left = BYTES;
    for at in 0..bodies.len() {
        let Some(made) = bodies.make(at) else { continue };
        told.tried += 1;
        left = left.saturating_sub(made.len() + 256);
        let hash = hex(ring::digest::digest(&ring::digest::SHA256, &made).as_ref());
        if bool::from(alike(hash.as_bytes(), claimed.as_bytes())) {
            told.findings.extend(bodies.story(at));
            return;
        }
        if left == 0 {
            told.cut = true;
            return;
        }
    }
}
