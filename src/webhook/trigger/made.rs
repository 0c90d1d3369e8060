//! The request as it goes on the wire: the sample, changed as asked, signed over exactly its bytes, broken as asked.

use super::super::check;
use super::super::inputs::unusable;
use super::edits::Edit;
use super::tamper::{Broken, Tamper};
use super::target;
use crate::clock::Micros;
use crate::failure::Failure;
use crate::json::{self, Escapes, Layout, Node, Style};
use crate::provider::{self, Event, Fill, Form, Path};
use crate::random::{self, Random};
use crate::signature::{Catalogue, Facts, Proof, Ring, Scheme, Signing, Source, stamp_text};

pub struct Making<'a> {
    pub form: &'a Form,
    pub event: &'a Event,
    pub scheme: Scheme,
    pub catalogue: &'a Catalogue,
    pub tamper: Option<Tamper>,
    pub now: Micros,
    pub random: &'a Random,
}

pub struct Made {
    pub provider: String,
    pub event: String,
    pub scheme: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    /// Headers that are a secret themselves.
    pub secret: Option<String>,
    pub body: Vec<u8>,
    pub broken: Option<Broken>,
    pub notes: Vec<String>,
}

/// What is signed and can still be broken.
pub struct Pieces {
    pub headers: Vec<(String, String)>,
    pub payload: Node,
}

impl Making<'_> {
    pub fn make(&self, url: String, edits: &[&Edit], secrets: &[Vec<u8>]) -> Result<Made, Failure> {
        let mut fill = Fill::new(self.now, self.random);
        let mut payload = provider::sample(self.event, &mut fill);
        for edit in edits {
            edit.apply(self.event, &mut payload)?;
        }
        let broken = self.tamper.map(|tamper| tamper.on(&self.scheme)).transpose()?;
        let mut notes = if edits.is_empty() { Vec::new() } else { self.departures(&payload) };
        let mut pieces = Pieces { headers: Vec::new(), payload };
        self.sign(&self.scheme, secrets, &mut pieces, &mut notes)?;
        self.sign_also(&mut pieces)?;
        let mut body = bytes(&pieces.payload);
        match self.tamper {
            Some(Tamper::Whitespace) => body.push(b'\n'),
            Some(Tamper::Body) => {
                body.pop();
                body.extend_from_slice(b",\"tampered\":true}");
            }
            _ => {}
        }
        Ok(Made {
            provider: self.form.name.clone(),
            event: self.event.name.clone(),
            url: target::with_query(&url, &self.query(&pieces.payload)),
            headers: self.headers(pieces.headers, &mut fill),
            secret: (self.scheme.proof == Proof::Equality)
                .then(|| self.scheme.header().map(str::to_owned))
                .flatten(),
            scheme: self.scheme.name.clone(),
            body,
            broken,
            notes,
        })
    }

    /// How the edits left the documented shape, which may be what they are for.
    fn departures(&self, payload: &Node) -> Vec<String> {
        let verdict = check::verdict(self.form.clone(), &bytes(payload), Some(&self.event.name), false);
        verdict.lines().iter().map(|line| format!("not as documented: {line}")).collect()
    }

    fn sign(
        &self,
        scheme: &Scheme,
        secrets: &[Vec<u8>],
        pieces: &mut Pieces,
        notes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        if scheme.proof == Proof::Twilio || scheme.headers_item.is_some() {
            return Err(Failure::usage(format!(
                "`{}` signs more than a body, which no sample has",
                scheme.name
            )));
        }
        let other;
        let secrets = if self.tamper == Some(Tamper::Secret) {
            other = [self.other_secret(scheme).into_bytes()];
            &other[..]
        } else {
            secrets
        };
        if secrets.is_empty() {
            // Only where the signature is to be missing.
            pieces.remove(&scheme.place);
            return Ok(());
        }
        let ring = Ring::read(scheme, secrets).map_err(|refusal| unusable(&refusal))?;
        notes.extend(ring.warnings.iter().cloned());
        let shift = self.tamper.map_or(0, |tamper| tamper.shift(scheme));
        let time = stamp_text(self.now.div_euclid(1000) + shift * 1000, scheme.unit);
        let id = self.id(scheme, pieces);
        let headers = if let (Proof::Equality, Some(header)) = (scheme.proof, scheme.header()) {
            let text = String::from_utf8(secrets[0].clone());
            vec![(
                header.to_owned(),
                text.map_err(|_| Failure::blocked("the secret cannot stand in a header"))?,
            )]
        } else {
            let facts = Facts { time: &time, id: &id, url: None, headers: &[] };
            let mut signing = Signing::begin(scheme, ring, facts);
            signing.update(&bytes(&pieces.payload));
            let signed = signing.finish(&random::secure()).map_err(|refusal| unusable(&refusal))?;
            for (source, text) in [
                (scheme.id.as_ref(), &id),
                (scheme.timestamp.as_ref(), &time),
                (Some(&scheme.place), &signed.value),
            ] {
                if let Some(Source::Body(pointer)) = source {
                    provider::put(&mut pieces.payload, &path(pointer), Node::Text(text.clone()))
                        .map_err(Failure::usage)?;
                }
            }
            signed.headers
        };
        let mut own = Pieces { headers, payload: pieces.payload.clone() };
        if let Some(tamper) = self.tamper {
            tamper.apply(scheme, &mut own);
        }
        pieces.headers.extend(own.headers);
        pieces.payload = own.payload;
        Ok(())
    }

    /// The second signature of a provider that sends two, keyed with what stands in the payload.
    fn sign_also(&self, pieces: &mut Pieces) -> Result<(), Failure> {
        let Some(also) = self.form.also.as_ref().filter(|_| self.scheme.name == self.form.scheme) else {
            return Ok(());
        };
        let key = Path::parse(&also.secret_at).ok().and_then(|path| provider::get(&pieces.payload, &path));
        let Some(Node::Text(key)) = key else { return Ok(()) };
        let Some(scheme) = self.catalogue.find(&also.scheme) else { return Ok(()) };
        let secrets = [key.clone().into_bytes()];
        // That its key stands in every body is the provider's way, not news.
        self.sign(&scheme, &secrets, pieces, &mut Vec::new())
    }

    /// The id that is signed: the payload's own where the scheme says so.
    fn id(&self, scheme: &Scheme, pieces: &Pieces) -> String {
        let own = match &scheme.id {
            Some(Source::Body(pointer)) => provider::get(&pieces.payload, &path(pointer)),
            _ => None,
        };
        match own {
            Some(Node::Text(text)) => text.clone(),
            _ => format!("msg_{}", self.random.id(self.now).simple()),
        }
    }

    fn other_secret(&self, scheme: &Scheme) -> String {
        use base64::Engine;
        let text = format!("{:016x}{:016x}", self.random.next(), self.random.next());
        match &scheme.base64_after {
            Some(prefix) => format!("{prefix}{}", base64::engine::general_purpose::STANDARD.encode(text)),
            None => format!("another_{text}"),
        }
    }

    fn headers(&self, signed: Vec<(String, String)>, fill: &mut Fill<'_>) -> Vec<(String, String)> {
        let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        for (name, pattern) in &self.form.headers {
            if !signed.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                let value = pattern.replace("{event}", &self.event.name);
                headers.push((name.clone(), provider::text(&value, fill)));
            }
        }
        headers.extend(signed);
        headers
    }

    fn query(&self, payload: &Node) -> Vec<(String, String)> {
        let pairs = self.form.query.iter().filter_map(|(name, at)| {
            match provider::get(payload, &Path::parse(at).ok()?)? {
                Node::Text(text) => Some((name.clone(), text.clone())),
                _ => None,
            }
        });
        pairs.collect()
    }
}

impl Pieces {
    pub fn change(&mut self, place: &Source, with: impl Fn(String) -> String) {
        match place {
            Source::Header(name) => {
                for (_, value) in self.headers.iter_mut().filter(|(other, _)| is(other, name)) {
                    *value = with(std::mem::take(value));
                }
            }
            Source::Body(pointer) => {
                let path = path(pointer);
                if let Some(Node::Text(text)) = provider::get(&self.payload, &path) {
                    let changed = Node::Text(with(text.clone()));
                    // It is there, so it can be put there.
                    let _ = provider::put(&mut self.payload, &path, changed);
                }
            }
            Source::Item(_) => {}
        }
    }

    pub fn remove(&mut self, place: &Source) {
        match place {
            Source::Header(name) => self.headers.retain(|(other, _)| !is(other, name)),
            Source::Body(pointer) => {
                provider::remove(&mut self.payload, &path(pointer));
            }
            Source::Item(_) => {}
        }
    }

    pub fn repeat(&mut self, place: &Source) {
        if let Source::Header(name) = place {
            let again = self.headers.iter().find(|(other, _)| is(other, name)).cloned();
            self.headers.extend(again);
        }
    }
}

/// The header itself, or the first of numbered ones.
fn is(header: &str, name: &str) -> bool {
    let numbered = header.len() > name.len() && header.get(name.len()..) == Some("-1");
    header.eq_ignore_ascii_case(name)
        || numbered && header.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn path(pointer: &str) -> Path {
    pointer.split('/').skip(1).fold(Path::default(), |path, name| path.name(name))
}

/// In ASCII, so that what is printed is what is sent.
fn bytes(payload: &Node) -> Vec<u8> {
    let style = Style { layout: Layout::Compact, escapes: Escapes::Ascii, sorted: false, numbers: false };
    json::write(payload, style)
}
