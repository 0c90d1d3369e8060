//! `hookyard webhook schemes`: which signature schemes there are, what each signs and covers, and an example of it.

use std::path::Path;

use serde_json::json;

use crate::failure::Failure;
use crate::output::{Json, Output, Page, Tone};
use crate::settings::File;
use crate::signature::{Catalogue, Facts, Proof, Ring, Scheme, Signing};

/// List the signature schemes, each with an example
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook schemes --json | jq -r .scheme\n  \
    at a terminal: hookyard webhook schemes snappt\n\n\
    A scheme of your own is a table [schemes.NAME] in hookyard.toml; the examples sign the body {\"id\":1} \
    with the secret `secret` (base64 c2VjcmV0 where the scheme decodes it) at 1700000000.")]
pub struct Args {
    /// Only this one
    scheme: Option<String>,
}

pub struct Schemes(Vec<Row>);

struct Row {
    scheme: Scheme,
    own: bool,
    example: Vec<String>,
}

pub fn run(config: Option<&Path>, args: &Args) -> Result<Schemes, Failure> {
    let catalogue = Catalogue::new(File::find(config)?.file.schemes);
    let schemes = match &args.scheme {
        Some(name) => vec![find(&catalogue, name)?],
        None => catalogue.all(),
    };
    let row = |scheme: Scheme| Row { own: catalogue.is_own(&scheme.name), example: example(&scheme), scheme };
    Ok(Schemes(schemes.into_iter().map(row).collect()))
}

/// The scheme of this name, or which there are.
pub fn find(catalogue: &Catalogue, name: &str) -> Result<Scheme, Failure> {
    catalogue.find(name).ok_or_else(|| {
        let names: Vec<String> = catalogue.all().into_iter().map(|scheme| scheme.name).collect();
        Failure::usage(format!("there is no scheme `{name}`"))
            .hint(format!("there are: {}", names.join(", ")))
    })
}

/// What the scheme makes of a small body: real values, so that they can be tried.
fn example(scheme: &Scheme) -> Vec<String> {
    const BODY: &[u8] = br#"{"id":1}"#;
    let name = scheme.header().unwrap_or_default();
    match scheme.proof {
        Proof::Equality => return vec![format!("{name}: (the secret)")],
        Proof::Jwt => return vec![format!("{name}: (head.claims.signature in base64url)")],
        Proof::Hmac | Proof::Twilio => {}
    }
    let secret = if scheme.base64_after.is_some() { "c2VjcmV0" } else { "secret" };
    let Ok(ring) = Ring::read(scheme, &[secret.into()]) else { return Vec::new() };
    let url = (scheme.proof == Proof::Twilio).then_some(("https://example.com/hook", &b"From=1&To=2"[..]));
    let further = [("Content-Type".to_owned(), "application/json".to_owned())];
    let headers: &[_] = if scheme.headers_item.is_some() { &further } else { &[] };
    let mut signing = Signing::begin(scheme, ring, Facts { time: "1700000000", id: "evt_1", url, headers });
    signing.update(BODY);
    match signing.finish(&crate::random::secure()) {
        Ok(signed) => {
            let headers = signed.headers.iter().map(|(name, value)| format!("{name}: {value}"));
            headers.chain(signed.body.map(|body| format!("in the body: {body}"))).collect()
        }
        Err(_) => Vec::new(),
    }
}

impl Row {
    fn signed(&self) -> String {
        match self.scheme.proof {
            Proof::Hmac => {
                let (digest, encoding) = (self.scheme.digest.name(), self.scheme.encoding.name());
                format!("{} · {digest} · {encoding}", self.scheme.signed.text())
            }
            Proof::Equality => "nothing".into(),
            Proof::Jwt => "a JWT, ES256, with the body's SHA-256".into(),
            Proof::Twilio => {
                "the URL and the form's fields, or the URL with bodySHA256 · HMAC-SHA1 · base64".into()
            }
        }
    }

    fn key(&self) -> String {
        match (&self.scheme.base64_after, self.scheme.proof) {
            (_, Proof::Jwt) => "a JWKS (--jwks); a private JWK signs".into(),
            (Some(prefix), _) if self.scheme.ed25519.is_some() => {
                format!("base64 after `{prefix}`; or ed25519, `whsk_` and `whpk_`")
            }
            (Some(prefix), _) => format!("base64 after `{prefix}`"),
            (None, _) => "the secret's text".into(),
        }
    }

    fn covers(&self) -> &'static str {
        match (self.scheme.covers_body(), self.scheme.covers_time()) {
            (true, true) => "sender, body, time",
            (true, false) => "sender, body",
            (false, true) => "sender, time; not the body",
            (false, false) => "sender only",
        }
    }

    fn judged(&self) -> Option<u32> {
        let stated = self.scheme.timestamp.is_some() || self.scheme.proof == Proof::Jwt;
        stated.then_some(self.scheme.tolerance)
    }
}

impl Output for Schemes {
    fn text(&self, page: &mut Page) {
        for (at, row) in self.0.iter().enumerate() {
            if at > 0 {
                page.blank();
            }
            let own = if row.own { " (from hookyard.toml)" } else { "" };
            page.toned(format!("{}{own}", row.scheme.name), Tone::Good);
            page.line(format!("  what     {}", row.scheme.about));
            page.line(format!("  signed   {}", row.signed()));
            page.line(format!("  key      {}", row.key()));
            let time = row.judged().map_or_else(String::new, |most| format!("; refused at {most} s"));
            page.line(format!("  covers   {}{time}", row.covers()));
            row.example.iter().for_each(|line| page.line(format!("  example  {line}")));
            if let Some(warning) = &row.scheme.warning {
                page.line(format!("  warning  {warning}"));
            }
        }
    }

    fn json(&self) -> Json {
        let line = |row: &Row| {
            json!({
                "scheme": row.scheme.name,
                "family": row.scheme.family,
                "own": row.own,
                "auto": row.scheme.auto,
                "about": row.scheme.about,
                "header": row.scheme.header(),
                "signed": row.signed(),
                "key": row.key(),
                "tolerance_s": row.judged(),
                "covers": { "body": row.scheme.covers_body(), "time": row.scheme.covers_time() },
                "replay_key": row.scheme.replay,
                "warning": row.scheme.warning,
                "example": row.example,
            })
        };
        Json::Lines(self.0.iter().map(line).collect())
    }
}
