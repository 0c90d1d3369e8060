//! Signing: begun with what is known, fed with the body, finished as headers. With several secrets every active one
//! signs where the scheme has room for it, else the first.

use ring::digest::{Context, SHA256};
use ring::rand::SecureRandom;
use serde_json::{Value, json};

use super::digest::Mac;
use super::key::{Key, Ring};
use super::reason::{Reason, Refusal};
use super::scheme::{Form, Scheme, Source};
use super::template::{Feed, Given, Part};
use super::twilio;

pub struct Signed {
    pub headers: Vec<(String, String)>,
    /// The signature's own text: the header's value, or what stands in the body.
    pub value: String,
    /// For a signature inside the body: what to put there.
    pub body: Option<Value>,
}

/// What is signed beside the body.
#[derive(Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The time as it goes into the request.
    pub time: &'a str,
    pub id: &'a str,
    /// For Twilio: the URL, and the whole body.
    pub url: Option<(&'a str, &'a [u8])>,
    /// Further headers, where the scheme signs some.
    pub headers: &'a [(String, String)],
}

pub struct Signing<'a> {
    scheme: &'a Scheme,
    facts: Facts<'a>,
    /// Their names, and names and values as they are signed.
    names: String,
    headers: Vec<u8>,
    made: Vec<Made>,
    body: Context,
}

enum Made {
    Mac(Mac),
    Ed25519(super::ed25519::Pair, Vec<u8>),
    Jwk(super::jwt::PrivateJwk),
}

impl<'a> Signing<'a> {
    pub fn begin(scheme: &'a Scheme, ring: Ring, facts: Facts<'a>) -> Signing<'a> {
        let names: Vec<String> = facts.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let values: Vec<&str> = facts.headers.iter().map(|(_, value)| value.as_str()).collect();
        let names = names.join(" ");
        let headers = format!("{names}.{}", values.join(".")).into_bytes();
        let given = Given { time: facts.time.as_bytes(), id: facts.id.as_bytes(), headers: &headers };
        let made = ring.keys.into_iter().take(scheme.room()).map(|key| match key {
            Key::Mac(secret) => {
                let mut mac = Mac::new(scheme.digest, &secret);
                scheme.signed.before_body(&mut mac, given);
                if let Some((url, body)) = facts.url {
                    twilio::signed(url, body)
                        .messages
                        .first()
                        .into_iter()
                        .for_each(|message| mac.feed(message));
                }
                Made::Mac(mac)
            }
            Key::Ed25519(pair) => {
                let mut message = Vec::new();
                scheme.signed.before_body(&mut message, given);
                Made::Ed25519(pair, message)
            }
            Key::Jwk(jwk) => Made::Jwk(jwk),
        });
        let made = made.collect();
        Signing { scheme, facts, names, headers, made, body: Context::new(&SHA256) }
    }

    pub fn update(&mut self, chunk: &[u8]) {
        let covered = self.scheme.signed.has(&Part::Body);
        for made in &mut self.made {
            match made {
                Made::Mac(mac) if covered => mac.feed(chunk),
                Made::Ed25519(_, message) if covered => message.feed(chunk),
                Made::Jwk(_) => self.body.update(chunk),
                Made::Mac(_) | Made::Ed25519(..) => {}
            }
        }
    }

    pub fn finish(self, random: &dyn SecureRandom) -> Result<Signed, Refusal> {
        let (facts, scheme) = (self.facts, self.scheme);
        let given = Given { time: facts.time.as_bytes(), id: facts.id.as_bytes(), headers: &self.headers };
        let hash = self.body.finish();
        let mut texts = Vec::new();
        for made in self.made {
            texts.push(match made {
                Made::Mac(mut mac) => {
                    scheme.signed.after_body(&mut mac, given);
                    (
                        scheme.items.get(texts.len()).or(scheme.items.last()),
                        scheme.encoding.encode(mac.finish().as_ref()),
                    )
                }
                Made::Ed25519(pair, mut message) => {
                    scheme.signed.after_body(&mut message, given);
                    let signature = pair.sign(&message).ok_or_else(|| {
                        Reason::MalformedSecret.with("a public key (`whpk_`) verifies and cannot sign")
                    })?;
                    (scheme.ed25519.as_ref(), scheme.encoding.encode(&signature))
                }
                Made::Jwk(jwk) => (None, jwk.sign(facts.time.parse().unwrap_or(0), hash.as_ref(), random)?),
            });
        }
        Ok(laid_out(scheme, facts, &self.names, texts))
    }
}

fn laid_out(scheme: &Scheme, facts: Facts<'_>, names: &str, texts: Vec<(Option<&String>, String)>) -> Signed {
    let (time, id) = (facts.time, facts.id);
    let item = |separator: &str, (name, text): &(Option<&String>, String)| {
        format!("{}{separator}{text}", name.map_or("", String::as_str))
    };
    let time_item = match &scheme.timestamp {
        Some(Source::Item(name)) => format!("{name}={time},"),
        _ => String::new(),
    };
    let values: Vec<String> = match scheme.form {
        Form::Plain => texts.iter().take(1).map(|(_, text)| format!("{}{text}", scheme.prefix)).collect(),
        Form::Numbered => texts.iter().map(|(_, text)| format!("{}{text}", scheme.prefix)).collect(),
        Form::List => vec![texts.iter().map(|text| item(",", text)).collect::<Vec<_>>().join(" ")],
        Form::Items => {
            let items: Vec<_> = texts.iter().map(|text| item("=", text)).collect();
            let names = scheme.headers_item.iter().map(|item| format!("{item}={names},")).collect::<String>();
            vec![format!("{time_item}{names}{}", items.join(","))]
        }
        Form::Groups => {
            let groups: Vec<_> = texts.iter().map(|text| format!("{time_item}{}", item("=", text))).collect();
            vec![groups.join(" ")]
        }
    };
    let mut headers = facts.headers.to_vec();
    let mut body = None;
    for (source, text) in [(&scheme.id, id), (&scheme.timestamp, time)] {
        if let Some(Source::Header(name)) = source {
            headers.push((name.clone(), text.to_owned()));
        }
    }
    match &scheme.place {
        Source::Header(name) if scheme.form == Form::Numbered => {
            let numbered = values.iter().enumerate();
            headers.extend(numbered.map(|(at, value)| (format!("{name}-{}", at + 1), value.clone())));
        }
        Source::Header(name) => headers.extend(values.first().map(|value| (name.clone(), value.clone()))),
        Source::Item(_) | Source::Body(_) => {
            let mut fields = json!({});
            for (source, text) in [
                (scheme.id.as_ref(), id),
                (scheme.timestamp.as_ref(), time),
                (Some(&scheme.place), values.first().map_or("", String::as_str)),
            ] {
                if let Some(Source::Body(pointer)) = source {
                    put(&mut fields, pointer, text);
                }
            }
            body = Some(fields);
        }
    }
    Signed { headers, value: values.join("\n"), body }
}

fn put(fields: &mut Value, pointer: &str, text: &str) {
    let mut at = fields;
    for name in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[name];
    }
    *at = Value::String(text.to_owned());
}
