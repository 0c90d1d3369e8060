//! The verdict on a request: begun with its headers, fed with its body piece by piece, finished with a time. The
//! signature is judged first, then the time; every candidate is compared with every secret's tag.

use subtle::Choice;

use super::digest::{Mac, alike};
use super::headers::Headers;
use super::jwt::{Jwks, JwtCheck};
use super::key::{Key, Ring};
use super::presented::{self, Group};
use super::reason::{Reason, Refusal};
use super::scheme::{Proof, Scheme};
use super::stamp::Stamp;
use super::template::{Feed, Given, Part, Template};
use super::twilio;

/// What there is to judge, but for the body's bytes.
pub struct Request<'a> {
    pub headers: &'a Headers,
    /// The whole body, for schemes that must see it before anything can be computed.
    pub whole: Option<&'a [u8]>,
    pub url: Option<&'a str>,
    pub jwks: Option<&'a Jwks>,
}

/// The secret that matched, by its place in the ring, or the JWKS key by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    Secret(usize),
    Key(String),
}

#[derive(Debug)]
pub struct Verdict {
    pub outcome: Result<Match, Refusal>,
    /// The time the request states, once its signature is known to be right.
    pub stamp: Option<Stamp>,
}

impl Verdict {
    pub fn refused(refusal: Refusal) -> Verdict {
        Verdict { outcome: Err(refusal), stamp: None }
    }

    fn timed(matched: Match, stamp: Stamp, now: i64, tolerance: Option<u32>) -> Verdict {
        let fresh = tolerance.map_or(Ok(()), |tolerance| stamp.check(now, tolerance));
        Verdict { outcome: fresh.map(|()| matched), stamp: Some(stamp) }
    }
}

/// A verification under way.
pub enum Check {
    Macs(Box<Macs>),
    /// Decided by the headers alone.
    Done(Result<Match, Refusal>, Option<Result<Stamp, Refusal>>),
    Jwt(Box<JwtCheck>),
}

pub struct Macs {
    template: Template,
    id: Vec<u8>,
    groups: Vec<Group>,
    /// Which group, which secret.
    macs: Vec<(usize, usize, Mac)>,
    /// Which group, which secret, with the signed bytes as they come together.
    curves: Vec<(usize, usize, super::ed25519::Pair)>,
    messages: Vec<Vec<u8>>,
    /// For a body that is covered by its hash in the signed bytes.
    body: Option<Refusal>,
}

impl Check {
    pub fn begin(scheme: &Scheme, request: &Request<'_>, ring: Ring) -> Result<Check, Refusal> {
        if scheme.proof == Proof::Jwt {
            let token = request.headers.one(scheme.header().unwrap_or_default())?;
            return Ok(Check::Jwt(Box::new(JwtCheck::begin(token, request.jwks)?)));
        }
        let presented = presented::read(scheme, request.headers, request.whole.unwrap_or_default())?;
        match scheme.proof {
            Proof::Equality => Ok(equality(presented.groups, &ring)),
            Proof::Twilio => twilio_macs(scheme, presented.groups, request, &ring).map(Check::Macs),
            Proof::Hmac | Proof::Jwt => {
                Ok(Check::Macs(Box::new(Macs::begin(scheme, presented.id, presented.groups, ring))))
            }
        }
    }

    pub fn update(&mut self, chunk: &[u8]) {
        match self {
            Check::Macs(macs) => macs.update(chunk),
            Check::Jwt(check) => check.update(chunk),
            Check::Done(..) => {}
        }
    }

    /// `now` in seconds; no tolerance: the time is not judged.
    pub fn finish(self, now: i64, tolerance: Option<u32>) -> Verdict {
        match self {
            Check::Macs(macs) => macs.finish(now, tolerance),
            Check::Jwt(check) => match check.finish(now, tolerance) {
                Ok((kid, stamp)) => Verdict { outcome: Ok(Match::Key(kid)), stamp: Some(stamp) },
                Err((refusal, stamp)) => Verdict { outcome: Err(refusal), stamp },
            },
            Check::Done(outcome, time) => match (outcome, time) {
                (Ok(matched), Some(Ok(stamp))) => Verdict::timed(matched, stamp, now, tolerance),
                (Ok(_), Some(Err(refusal))) => Verdict::refused(refusal),
                (outcome, _) => Verdict { outcome, stamp: None },
            },
        }
    }
}

fn mismatch(secrets: usize) -> Refusal {
    let secrets = match secrets {
        1 => "the secret".to_owned(),
        many => format!("any of the {many} secrets"),
    };
    Reason::SignatureMismatch.with(format!("the signature was not made over these bytes with {secrets}"))
}

fn equality(groups: Vec<Group>, ring: &Ring) -> Check {
    let mut matched = None;
    let mut time = None;
    for group in groups {
        for (at, key) in ring.keys.iter().enumerate() {
            let Key::Mac(secret) = key else { continue };
            for candidate in &group.candidates {
                let alike = bool::from(alike(candidate, secret));
                matched = matched.or(alike.then_some(at));
            }
        }
        time = time.or(group.time);
    }
    let outcome = matched
        .map(Match::Secret)
        .ok_or_else(|| Reason::SignatureMismatch.with("the header is none of the secrets"));
    Check::Done(outcome, time.map(|time| time.map(|(_, stamp)| stamp)))
}

/// The signed bytes are complete before the body is fed: the URL, and the form's fields.
fn twilio_macs(
    scheme: &Scheme,
    groups: Vec<Group>,
    request: &Request<'_>,
    ring: &Ring,
) -> Result<Box<Macs>, Refusal> {
    let signed = twilio::signed(request.url.unwrap_or_default(), request.whole.unwrap_or_default());
    let mut macs = Vec::new();
    for message in &signed.messages {
        for (at, key) in ring.keys.iter().enumerate() {
            let Key::Mac(secret) = key else { continue };
            let mut mac = Mac::new(scheme.digest, secret);
            mac.feed(message);
            macs.push((0, at, mac));
        }
    }
    Ok(Box::new(Macs {
        template: Template::default(),
        id: Vec::new(),
        messages: groups.iter().map(|_| Vec::new()).collect(),
        groups,
        macs,
        curves: Vec::new(),
        body: signed.body,
    }))
}

impl Macs {
    fn begin(scheme: &Scheme, id: Vec<u8>, groups: Vec<Group>, ring: Ring) -> Macs {
        let (mut macs, mut curves) = (Vec::new(), Vec::new());
        let template = scheme.signed.clone();
        for (at, key) in ring.keys.into_iter().enumerate() {
            match key {
                Key::Mac(secret) => {
                    for (which, group) in groups.iter().enumerate() {
                        let mut mac = Mac::new(scheme.digest, &secret);
                        template.before_body(&mut mac, group.given(&id));
                        macs.push((which, at, mac));
                    }
                }
                // A list has one group.
                Key::Ed25519(pair) => curves.push((0, at, pair)),
                Key::Jwk(_) => {}
            }
        }
        let messages = groups
            .iter()
            .map(|group| {
                let mut message = Vec::new();
                template.before_body(&mut message, group.given(&id));
                message
            })
            .collect();
        Macs { template, id, groups, macs, curves, messages, body: None }
    }

    fn update(&mut self, chunk: &[u8]) {
        if !self.template.has(&Part::Body) {
            return;
        }
        self.macs.iter_mut().for_each(|(_, _, mac)| mac.feed(chunk));
        // Ed25519 reads its message twice, so here alone the body is kept.
        if !self.curves.is_empty() {
            self.messages.iter_mut().for_each(|message| message.feed(chunk));
        }
    }

    fn finish(self, now: i64, tolerance: Option<u32>) -> Verdict {
        let secrets =
            self.macs.iter().map(|(_, at, _)| at + 1).chain(self.curves.iter().map(|(_, at, _)| at + 1));
        let secrets = secrets.max().unwrap_or(1);
        let mut matches: Vec<(usize, usize, Choice)> = Vec::new();
        for (which, at, mut mac) in self.macs {
            let group = &self.groups[which];
            self.template.after_body(&mut mac, group.given(&self.id));
            let made = mac.finish();
            let mut any = Choice::from(0);
            for candidate in &group.candidates {
                any |= alike(candidate, made.as_ref());
            }
            matches.push((which, at, any));
        }
        for (which, at, pair) in self.curves {
            let group = &self.groups[which];
            let mut message = self.messages[which].clone();
            self.template.after_body(&mut message, group.given(&self.id));
            let right = group.ed25519.iter().filter(|signature| pair.verify(&message, signature)).count();
            matches.push((which, at, Choice::from(u8::from(right > 0))));
        }
        // Only now, when everything was compared, may it be asked which one it was.
        let matched: Vec<(usize, usize)> = matches
            .into_iter()
            .filter(|(.., any)| bool::from(*any))
            .map(|(which, at, _)| (which, at))
            .collect();
        let verdicts = matched.iter().map(|(which, at)| {
            let matched = Match::Secret(*at);
            match (&self.body, &self.groups[*which].time) {
                (Some(refusal), _) | (None, Some(Err(refusal))) => Verdict::refused(refusal.clone()),
                (None, Some(Ok((_, stamp)))) => Verdict::timed(matched, *stamp, now, tolerance),
                (None, None) => Verdict { outcome: Ok(matched), stamp: None },
            }
        });
        let mut verdicts: Vec<Verdict> = verdicts.collect();
        let best = verdicts.iter().position(|verdict| verdict.outcome.is_ok()).unwrap_or(0);
        if verdicts.is_empty() { Verdict::refused(mismatch(secrets)) } else { verdicts.swap_remove(best) }
    }
}

impl Group {
    /// What is signed beside the body.
    fn given<'a>(&'a self, id: &'a [u8]) -> Given<'a> {
        let time: &[u8] = match &self.time {
            Some(Ok((text, _))) => text,
            _ => b"",
        };
        Given { time, id, headers: &self.headers }
    }
}
