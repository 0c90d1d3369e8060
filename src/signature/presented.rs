//! What a request presents: signatures as bytes, the time as text, the id. Strict, and bounded however long a header is.

use serde_json::Value;

use super::catalogue::numbered;
use super::headers::Headers;
use super::reason::{Reason, Refusal};
use super::scheme::{Form, Scheme, Source};
use super::stamp::Stamp;

/// Signatures that belong to one time.
#[derive(Debug, Default)]
pub struct Group {
    /// The time's text as it is signed, and what it means. An unsigned one may be wrong until the signature is known
    /// to be right.
    pub time: Option<Result<(Vec<u8>, Stamp), Refusal>>,
    pub candidates: Vec<Vec<u8>>,
    pub ed25519: Vec<Vec<u8>>,
    /// Names and values of further headers, as they are signed.
    pub headers: Vec<u8>,
}

#[derive(Debug)]
pub struct Presented {
    pub id: Vec<u8>,
    pub groups: Vec<Group>,
}

pub fn read(scheme: &Scheme, headers: &Headers, whole: &[u8]) -> Result<Presented, Refusal> {
    let body = Body::of(scheme, whole)?;
    let mut groups = signatures(scheme, headers, &body)?;
    let id = match &scheme.id {
        None => Vec::new(),
        Some(source) => text_at(source, headers, &body)?,
    };
    if let Some(source @ (Source::Header(_) | Source::Body(_))) = &scheme.timestamp {
        let time = text_at(source, headers, &body)
            .and_then(|text| Stamp::parse(&text, scheme.unit).map(|stamp| (text, stamp)));
        groups.iter_mut().for_each(|group| group.time = Some(time.clone()));
    }
    if scheme.covers_time() {
        // Nothing can be computed without the time that is signed.
        let times: Result<Vec<_>, _> = groups.iter().flat_map(|group| group.time.clone()).collect();
        times?;
    }
    if groups.iter().all(|group| group.candidates.is_empty() && group.ed25519.is_empty()) {
        return Err(Reason::NoSignatureForScheme
            .with(format!("no signature of the kind `{}` is in the header", scheme.items.join("` or `"))));
    }
    Ok(Presented { id, groups })
}

fn signatures(scheme: &Scheme, headers: &Headers, body: &Body) -> Result<Vec<Group>, Refusal> {
    let name = match &scheme.place {
        Source::Header(name) => name,
        place => {
            let text = text_at(place, headers, body)?;
            return Ok(vec![plain(scheme, &text)?]);
        }
    };
    if scheme.form == Form::Numbered {
        return Ok(vec![in_numbered(scheme, name, headers)?]);
    }
    let value = headers.one(name)?;
    match scheme.form {
        Form::Items => Ok(vec![items(scheme, name, value, headers)?]),
        Form::List => Ok(vec![list(scheme, name, value)?]),
        Form::Groups => {
            let texts: Vec<&[u8]> = words(value).take(Scheme::GROUPS + 1).collect();
            if texts.is_empty() || texts.len() > Scheme::GROUPS {
                return Err(Reason::MalformedHeader
                    .with(format!("{name} holds no signature, or more than {}", Scheme::GROUPS)));
            }
            texts.into_iter().map(|text| items(scheme, name, text, headers)).collect()
        }
        Form::Plain | Form::Numbered => Ok(vec![plain(scheme, value)?]),
    }
}

fn plain(scheme: &Scheme, value: &[u8]) -> Result<Group, Refusal> {
    let malformed = |why: String| Reason::MalformedSignature.with(why);
    let text = value
        .strip_prefix(scheme.prefix.as_bytes())
        .ok_or_else(|| malformed(format!("the signature does not begin with `{}`", scheme.prefix)))?;
    let bytes = decoded(scheme, text).ok_or_else(|| {
        malformed(format!("the signature is not {} bytes in {}", length(scheme), scheme.encoding.name()))
    })?;
    Ok(Group { candidates: vec![bytes], ..Group::default() })
}

fn in_numbered(scheme: &Scheme, name: &str, headers: &Headers) -> Result<Group, Refusal> {
    let mut seen = [false; 101];
    let (mut candidates, mut found) = (Vec::new(), false);
    for (number, value) in headers.iter().filter_map(|(other, value)| Some((numbered(name, other)?, value))) {
        if std::mem::replace(&mut seen[usize::from(number)], true) {
            return Err(
                Reason::DuplicateHeader.with(format!("the header {name}-{number} is there more than once"))
            );
        }
        found = true;
        candidates
            .extend(value.strip_prefix(scheme.prefix.as_bytes()).and_then(|text| decoded(scheme, text)));
    }
    if !found {
        return Err(Reason::MissingHeader.with(format!("the request has no header {name}-1")));
    }
    if candidates.is_empty() {
        let encoding = scheme.encoding.name();
        return Err(Reason::MalformedSignature
            .with(format!("no signature is {} bytes in {encoding}", length(scheme))));
    }
    Ok(Group { candidates, ..Group::default() })
}

/// `t=…,v1=…`: in any order; unknown items are ignored, and so is a signature that cannot be decoded beside others.
fn items(scheme: &Scheme, name: &str, value: &[u8], headers: &Headers) -> Result<Group, Refusal> {
    let wanted = match &scheme.timestamp {
        Some(Source::Item(item)) => Some(item.as_bytes()),
        _ => None,
    };
    let mut group = Group::default();
    let (mut time, mut names) = (None, None);
    for item in value.split(|byte| *byte == b',') {
        let item = item.trim_ascii();
        let Some(equals) = item.iter().position(|byte| *byte == b'=') else {
            return Err(Reason::MalformedHeader.with(format!("{name} is not a list of name=value")));
        };
        let (key, text) = (&item[..equals], &item[equals + 1..]);
        if Some(key) == wanted && time.replace(text).is_some() {
            return Err(Reason::MalformedHeader.with(format!("{name} holds its timestamp more than once")));
        }
        let is = |item: &String| item.as_bytes() == key;
        if scheme.stronger.iter().any(is) {
            return Err(Reason::NoSignatureForScheme
                .with(format!("{name} offers a stronger signature, and only the strongest counts")));
        }
        if scheme.headers_item.as_ref().is_some_and(is) {
            names = Some(text);
        }
        if scheme.items.iter().any(|item| item.as_bytes() == key) {
            group.candidates.push(decoded(scheme, text).unwrap_or_default());
        }
    }
    if let Some(item) = &scheme.headers_item {
        let names = names.ok_or_else(|| {
            Reason::MalformedHeader.with(format!("{name} does not say which headers are signed ({item}=)"))
        })?;
        group.headers = joined(names, headers)?;
    }
    if wanted.is_some() {
        let text =
            time.ok_or_else(|| Reason::MalformedTimestamp.with(format!("{name} holds no timestamp")))?;
        let stamp = Stamp::parse(text, scheme.unit)?;
        group.time = Some(Ok((text.to_vec(), stamp)));
    }
    Ok(group)
}

/// Names with blanks between, a dot, values with dots between. Bounded: a name costs a look through the headers.
fn joined(names: &[u8], headers: &Headers) -> Result<Vec<u8>, Refusal> {
    let wrong = || Reason::MalformedHeader.with("the list of signed headers cannot be read");
    let list: Vec<&str> = std::str::from_utf8(names).map_err(|_| wrong())?.split(' ').collect();
    if list.len() > 64 || list.contains(&"") {
        return Err(wrong());
    }
    let values: Result<Vec<&[u8]>, Refusal> = list.iter().map(|name| headers.one(name)).collect();
    Ok([names, b".", &values?.join(&b"."[..])].concat())
}

/// The same for a request that may be refused for other reasons.
pub fn signed_headers(scheme: &Scheme, headers: &Headers) -> Vec<u8> {
    let value = scheme.header().and_then(|name| headers.one(name).ok()).unwrap_or_default();
    let item = scheme.headers_item.as_deref().unwrap_or_default();
    let items = value.split(|byte| *byte == b',');
    let mut names =
        items.filter_map(|text| text.trim_ascii().strip_prefix(item.as_bytes())?.strip_prefix(b"="));
    names.next().and_then(|names| joined(names, headers).ok()).unwrap_or_default()
}

/// `v1,… v1a,…`
fn list(scheme: &Scheme, name: &str, value: &[u8]) -> Result<Group, Refusal> {
    let mut group = Group::default();
    let mut any = false;
    for word in words(value) {
        let Some(comma) = word.iter().position(|byte| *byte == b',') else { continue };
        any = true;
        let (kind, text) = (&word[..comma], &word[comma + 1..]);
        let is = |name: &str| name.as_bytes() == kind;
        if scheme.items.iter().any(|item| is(item)) {
            group.candidates.push(decoded(scheme, text).unwrap_or_default());
        } else if scheme.ed25519.as_deref().is_some_and(is) && group.ed25519.len() < Scheme::GROUPS {
            // Each costs a curve operation, unlike a MAC, which is computed once for all.
            let bytes = scheme.encoding.decode(text).filter(|bytes| bytes.len() == super::ed25519::BYTES);
            group.ed25519.push(bytes.unwrap_or_default());
        }
    }
    if any {
        Ok(group)
    } else {
        Err(Reason::MalformedHeader.with(format!("{name} is not a list of version,signature")))
    }
}

fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b' ').filter(|word| !word.is_empty())
}

/// None unless it is a whole signature. An empty one stands for "matches nothing" where others may stand beside it.
fn decoded(scheme: &Scheme, text: &[u8]) -> Option<Vec<u8>> {
    if scheme.proof == super::scheme::Proof::Equality {
        return Some(text.to_vec());
    }
    scheme.encoding.decode(text).filter(|bytes| bytes.len() == length(scheme))
}

fn length(scheme: &Scheme) -> usize {
    scheme.digest.bytes()
}

/// The body's JSON, read only where a part of the scheme stands in it.
struct Body(Option<Value>);

impl Body {
    fn of(scheme: &Scheme, whole: &[u8]) -> Result<Body, Refusal> {
        let inside = |source: &Source| matches!(source, Source::Body(_));
        let needed = inside(&scheme.place)
            || scheme.timestamp.as_ref().is_some_and(inside)
            || scheme.id.as_ref().is_some_and(inside);
        if !needed {
            return Ok(Body(None));
        }
        serde_json::from_slice(whole).map(|value| Body(Some(value))).map_err(|_| {
            Reason::MalformedHeader.with("the signature stands in the body, and the body is not JSON")
        })
    }
}

fn text_at(source: &Source, headers: &Headers, body: &Body) -> Result<Vec<u8>, Refusal> {
    match source {
        Source::Header(name) => headers.one(name).map(<[u8]>::to_vec),
        Source::Item(_) => Ok(Vec::new()),
        Source::Body(pointer) => match body.0.as_ref().and_then(|value| value.pointer(pointer)) {
            Some(Value::String(text)) => Ok(text.clone().into_bytes()),
            Some(Value::Number(number)) => Ok(number.to_string().into_bytes()),
            Some(_) => Err(Reason::MalformedHeader.with(format!("{pointer} of the body is not a text"))),
            None => Err(Reason::MissingHeader.with(format!("the body has no {pointer}"))),
        },
    }
}
