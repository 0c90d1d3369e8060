//! A scheme: where the signature stands, what is signed, how it is written, what the key is. Read from a table, built
//! in or a company's own, and checked while it is read, so that what exists can be used.

use serde::Deserialize;

use super::digest::Digest;
use super::encoding::Encoding;
use super::stamp::Unit;
use super::template::{Part, Template};

/// What proves the sender. All but the first have code of their own, because no table can say them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    #[default]
    Hmac,
    /// The header is the secret itself.
    Equality,
    /// A JWT over the body's hash, by a key of a JWKS.
    Jwt,
    /// The URL, with the form's fields or with the body's hash in it.
    Twilio,
}

/// How signatures are laid out where they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The whole value, after a prefix.
    #[default]
    Plain,
    /// `t=…,v1=…`
    Items,
    /// `v1,… v1,…`
    List,
    /// `t=…,v1=… t=…,v1=…`: several of items, each with a time of its own.
    Groups,
    /// One header for each key: `Name-1`, `Name-2` …
    Numbered,
}

/// Where a text stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Header(String),
    /// An item of the signature header.
    Item(String),
    /// A JSON pointer into the body.
    Body(String),
}

#[derive(Clone, Debug)]
pub struct Scheme {
    /// Given by whoever keeps the table.
    pub name: String,
    pub family: String,
    pub about: String,
    /// Whether the header's name alone may choose this scheme.
    pub auto: bool,
    pub proof: Proof,
    pub signed: Template,
    pub digest: Digest,
    pub encoding: Encoding,
    pub place: Source,
    pub form: Form,
    pub prefix: String,
    /// Names of the items that are signatures: the n-th is made with the n-th secret, the last with all further ones.
    pub items: Vec<String>,
    /// The list item that is an ed25519 signature.
    pub ed25519: Option<String>,
    /// The item that names further headers that are signed.
    pub headers_item: Option<String>,
    /// Items beside which this scheme's signatures do not count.
    pub stronger: Vec<String>,
    pub timestamp: Option<Source>,
    pub unit: Unit,
    pub tolerance: u32,
    pub id: Option<Source>,
    /// The secret is base64, after this prefix if it is there. None: its text is the key.
    pub base64_after: Option<String>,
    /// What tells a repetition, for whoever stores requests.
    pub replay: Option<String>,
    pub warning: Option<String>,
}

/// The table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    about: String,
    family: Option<String>,
    #[serde(default)]
    auto: bool,
    #[serde(default)]
    proof: Proof,
    #[serde(default)]
    signed: String,
    #[serde(default)]
    digest: Digest,
    signature: Place,
    timestamp: Option<Timestamp>,
    id: Option<Source>,
    #[serde(default)]
    key: KeyForm,
    replay: Option<String>,
    warning: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    header: Option<String>,
    body: Option<String>,
    #[serde(default)]
    form: Form,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    items: Vec<String>,
    ed25519: Option<String>,
    signed_headers: Option<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default = "hex")]
    encoding: Encoding,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Timestamp {
    header: Option<String>,
    item: Option<String>,
    body: Option<String>,
    #[serde(default)]
    unit: Unit,
    tolerance: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyForm {
    base64_after: Option<String>,
}

fn hex() -> Encoding {
    Encoding::Hex
}

impl<'de> Deserialize<'de> for Scheme {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Scheme, D::Error> {
        Scheme::of(Shape::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl Scheme {
    /// The default tolerance, in seconds.
    pub const TOLERANCE: u32 = 300;

    fn of(shape: Shape) -> Result<Scheme, String> {
        let signed = Template::parse(&shape.signed)?;
        let place = source("signature", shape.signature.header, None, shape.signature.body)?;
        let (timestamp, unit, tolerance) = match shape.timestamp {
            None => (None, Unit::Seconds, None),
            Some(time) => {
                let source = source("timestamp", time.header, time.item, time.body)?;
                (Some(source), time.unit, time.tolerance)
            }
        };
        let scheme = Scheme {
            name: String::new(),
            family: shape.family.unwrap_or_default(),
            about: shape.about,
            auto: shape.auto,
            proof: shape.proof,
            signed,
            digest: shape.digest,
            encoding: shape.signature.encoding,
            place,
            form: shape.signature.form,
            prefix: shape.signature.prefix,
            items: shape.signature.items,
            ed25519: shape.signature.ed25519,
            headers_item: shape.signature.signed_headers,
            stronger: shape.signature.unless,
            timestamp,
            unit,
            tolerance: tolerance.unwrap_or(Scheme::TOLERANCE),
            id: shape.id,
            base64_after: shape.key.base64_after,
            replay: shape.replay,
            warning: shape.warning,
        };
        scheme.check().map(|()| scheme)
    }

    /// Whether the parts fit together.
    fn check(&self) -> Result<(), String> {
        let with_items = matches!(self.form, Form::Items | Form::List | Form::Groups);
        let item = |source: &Option<Source>| matches!(source, Some(Source::Item(_)));
        let wrong = [
            (self.tolerance == 0, "a tolerance of 0 would refuse everything"),
            (with_items && self.items.is_empty(), "this form needs `items`, the names of the signatures"),
            (!with_items && !self.items.is_empty(), "`items` are for the forms items, list and groups"),
            (with_items && !self.prefix.is_empty(), "`prefix` is for the forms plain and numbered"),
            (self.form == Form::List && self.items.len() > 1, "a list has one name of signatures"),
            (self.ed25519.is_some() && self.form != Form::List, "`ed25519` is for the form list"),
            (item(&self.id), "an id stands in a header or in the body"),
            (
                item(&self.timestamp) && !matches!(self.form, Form::Items | Form::Groups),
                "a timestamp that is an item needs the form items or groups",
            ),
            (
                self.form == Form::Groups && !item(&self.timestamp),
                "groups have their timestamp as an item each",
            ),
            (self.signed.has(&Part::Time) && self.timestamp.is_none(), "`{t}` needs a `timestamp`"),
            (
                self.signed.has(&Part::Headers) != self.headers_item.is_some(),
                "`{headers}` and `signed_headers`, the item that names them, go together",
            ),
            (
                (self.headers_item.is_some() || !self.stronger.is_empty()) && self.form != Form::Items,
                "`signed_headers` and `unless` are for the form items",
            ),
            (self.signed.has(&Part::Id) && self.id.is_none(), "`{id}` needs an `id`"),
            (
                self.proof == Proof::Hmac
                    && ![Part::Body, Part::Time, Part::Id].iter().any(|p| self.signed.has(p)),
                "`signed` holds nothing of the request",
            ),
            (self.proof != Proof::Hmac && self.signed != Template::default(), "`signed` is for HMAC schemes"),
            (
                self.proof != Proof::Hmac && self.form != Form::Plain,
                "a scheme that is no HMAC has its signature as the whole header",
            ),
            (
                matches!(self.place, Source::Body(_)) && self.form != Form::Plain,
                "a signature in the body has the form plain",
            ),
        ];
        match wrong.iter().find(|(wrong, _)| *wrong) {
            Some((_, why)) => Err((*why).to_owned()),
            None => Ok(()),
        }
    }

    pub fn named(mut self, name: &str) -> Scheme {
        self.name = name.to_owned();
        if self.family.is_empty() {
            self.family = name.to_owned();
        }
        self
    }

    /// The header that holds the signature; none when it stands in the body.
    pub fn header(&self) -> Option<&str> {
        match &self.place {
            Source::Header(name) => Some(name),
            _ => None,
        }
    }

    pub fn covers_body(&self) -> bool {
        self.signed.has(&Part::Body) || matches!(self.proof, Proof::Jwt | Proof::Twilio)
    }

    pub fn covers_time(&self) -> bool {
        self.signed.has(&Part::Time) || self.proof == Proof::Jwt
    }

    /// Whether nothing can be checked before the whole body is there.
    pub fn reads_body(&self) -> bool {
        let inside = |source: &Option<Source>| matches!(source, Some(Source::Body(_)));
        matches!(self.place, Source::Body(_))
            || inside(&self.timestamp)
            || inside(&self.id)
            || self.proof == Proof::Twilio
    }

    /// How many secrets can sign one request.
    pub fn room(&self) -> usize {
        match self.form {
            Form::List | Form::Groups => Scheme::GROUPS,
            Form::Numbered => 100,
            Form::Items => self.items.len(),
            Form::Plain => 1,
        }
    }

    /// The longest rotation that one header may carry: beyond it, work would not be bounded.
    pub const GROUPS: usize = 16;
}

fn source(
    what: &str,
    header: Option<String>,
    item: Option<String>,
    body: Option<String>,
) -> Result<Source, String> {
    let all = [header.map(Source::Header), item.map(Source::Item), body.map(Source::Body)];
    let mut given = all.into_iter().flatten();
    let source = given.next().ok_or_else(|| format!("{what}: say where it stands"))?;
    if given.next().is_some() {
        return Err(format!("{what}: it stands in one place"));
    }
    match &source {
        Source::Header(name) | Source::Item(name) if name.is_empty() => {
            Err(format!("{what}: the name is empty"))
        }
        Source::Body(pointer) if !pointer.starts_with('/') => {
            Err(format!("{what}: `{pointer}` is no JSON pointer such as /auth/signature"))
        }
        _ => Ok(source),
    }
}
