//! `hookyard webhook sign`: the headers that a sender of this scheme would send with these bytes. No database, no
//! network.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::inputs::{self, SecretArgs, unusable};
use crate::context;
use crate::failure::Failure;
use crate::output::{Json, Output, Page, Printer};
use crate::random::{self, Random};
use crate::settings::File;
use crate::signature::{
    Catalogue, Facts, Headers, Proof, Ring, Scheme, Signed, Signing, claimed_hash, stamp_text,
};

/// Sign a body, byte for byte, as a sender of the scheme would
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook sign --scheme snappt \\\n      --secret-env WEBHOOK_SECRET body.json > headers.txt\n  \
    at a terminal: hookyard webhook sign --scheme standard \\\n      --secret-file secret.txt --format curl --url https://example.com/hook body.json")]
pub struct Args {
    /// The body, `-` or nothing for standard input
    file: Option<PathBuf>,
    /// The scheme: `hookyard webhook schemes` lists them
    #[arg(long, value_name = "SCHEME")]
    scheme: String,
    /// The time that is signed, as the request will state it; now, if left out
    #[arg(long, value_name = "UNIX", value_parser = digits)]
    timestamp: Option<String>,
    /// The id that is signed, for schemes that have one; a fresh one, if left out
    #[arg(long, value_name = "ID", value_parser = id_text)]
    id: Option<String>,
    /// What to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "headers")]
    format: Format,
    /// The URL that will be called: signed by some schemes, shown by `--format curl`
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A further header that is signed, `Name: value`, for schemes that sign some (repeatable)
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    #[command(flatten)]
    secrets: SecretArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// `Name: value` lines
    Headers,
    /// One JSON document
    Json,
    /// A command that sends the request
    Curl,
    /// The signature alone
    Value,
}

fn digits(text: &str) -> Result<String, String> {
    let good = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let good = good && (text == "0" || !text.starts_with('0'));
    if good {
        Ok(text.to_owned())
    } else {
        Err("a time is up to fifteen digits without a leading zero".into())
    }
}

fn id_text(text: &str) -> Result<String, String> {
    let good = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(text.to_owned()) } else { Err("an id is printable ASCII without blanks".into()) }
}

pub struct Made {
    format: Format,
    scheme: String,
    time: Option<String>,
    id: Option<String>,
    url: Option<String>,
    file: String,
    signed: Signed,
}

/// Where the whole body is needed before anything is signed.
const WHOLE: usize = 64 << 20;

pub fn run(config: Option<&Path>, printer: &Printer, args: &Args) -> Result<Made, Failure> {
    let catalogue = Catalogue::new(File::find(config)?.file.schemes);
    let mut wanting: Vec<&str> = vec!["a secret"; args.secrets.on_stdin()];
    if inputs::is_stdin(args.file.as_deref()) {
        wanting.push("the body");
    }
    inputs::one_stdin(&wanting)?;
    let scheme = super::schemes::find(&catalogue, &args.scheme)?;
    args.fits(&scheme)?;
    let secrets = args.secrets.read(printer)?;
    let ring = Ring::read(&scheme, &secrets.bytes).map_err(|refusal| unusable(&refusal))?;
    ring.warnings.iter().for_each(|warning| printer.warn(warning));
    if secrets.bytes.len() > scheme.room() {
        let room = scheme.room();
        printer.note(&format!(
            "note: `{}` has room for {room} signature(s): the secrets after it are not used",
            scheme.name
        ));
    }
    let now = context::clock()?.wall();
    let stated = scheme.timestamp.is_some() || scheme.proof == Proof::Jwt;
    let time = args.timestamp.clone().unwrap_or_else(|| stamp_text(now.div_euclid(1000), scheme.unit));
    let id = args.id.clone().unwrap_or_else(|| format!("msg_{}", Random::fresh().id(now).simple()));
    let headers = args.headers(&scheme)?;
    let facts = Facts { time: &time, id: &id, url: None, headers: &headers };
    let signed = signed(&scheme, ring, facts, args, printer)?;
    Ok(Made {
        format: args.format,
        time: stated.then_some(time),
        id: scheme.id.is_some().then_some(id),
        url: args.url.clone(),
        file: args.file.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string()),
        scheme: scheme.name,
        signed,
    })
}

fn signed(
    scheme: &Scheme,
    ring: Ring,
    facts: Facts<'_>,
    args: &Args,
    printer: &Printer,
) -> Result<Signed, Failure> {
    let body = args.file.as_deref();
    let refused = |refusal| unusable(&refusal);
    let (Proof::Twilio, Some(url)) = (scheme.proof, &args.url) else {
        let mut signing = Signing::begin(scheme, ring, facts);
        // Nothing is kept but the knowledge that there was nothing: a file that was never filled is signed as well.
        if inputs::stream(body, "the body", 0, |chunk| signing.update(chunk))?.is_some() {
            printer.note("note: the body is empty");
        }
        return signing.finish(&random::secure()).map_err(refused);
    };
    let whole = inputs::stream(body, "the body", WHOLE, |_| {})?
        .ok_or_else(|| Failure::usage("the body is too long for this scheme"))?;
    if claimed_hash(url).is_none() && matches!(whole.trim_ascii_start().first(), Some(b'{' | b'[')) {
        let hash = crate::signature::body_hash(&whole);
        return Err(Failure::usage("the body is JSON, so its hash belongs into the URL that is signed")
            .hint(format!("add bodySHA256={hash} to the query of --url")));
    }
    let facts = Facts { url: Some((url, &whole)), ..facts };
    Signing::begin(scheme, ring, facts).finish(&random::secure()).map_err(refused)
}

impl Args {
    fn headers(&self, scheme: &Scheme) -> Result<Vec<(String, String)>, Failure> {
        let signs = scheme.headers_item.is_some();
        if signs == self.header.is_empty() {
            let failure = Failure::usage(format!(
                "`{}` {}",
                scheme.name,
                if signs { "signs headers" } else { "signs no headers" }
            ));
            return Err(failure.hint("--header 'Content-Type: application/json' is for schemes that sign headers, and only for them"));
        }
        let read = |line: &String| {
            let (name, value) = Headers::line(line.as_bytes()).filter(|(_, value)| !value.is_empty())?;
            Some((name, String::from_utf8(value).ok()?))
        };
        let headers: Option<Vec<_>> = self.header.iter().map(read).collect();
        headers.ok_or_else(|| Failure::usage("a --header is not `Name: value`"))
    }

    fn fits(&self, scheme: &Scheme) -> Result<(), Failure> {
        if scheme.proof == Proof::Equality {
            return Err(Failure::usage(format!(
                "`{}` signs nothing: its header is the secret itself",
                scheme.name
            )));
        }
        if scheme.proof == Proof::Twilio && self.url.is_none() {
            return Err(Failure::usage(format!("`{}` signs the URL", scheme.name)).hint("give it with --url"));
        }
        if scheme.header().is_none() && matches!(self.format, Format::Headers | Format::Curl) {
            return Err(Failure::usage(format!(
                "`{}` puts its signature into the body, not into headers",
                scheme.name
            ))
            .hint("--format json shows what to put there"));
        }
        if self.secrets.is_empty() {
            return Err(Failure::usage("no secret was given")
                .hint("--secret-env NAME, --secret-file FILE or --secret-fd N; never as an argument"));
        }
        Ok(())
    }
}

impl Made {
    fn curl(&self) -> String {
        let url = self.url.as_deref().map_or_else(|| "\"$URL\"".to_owned(), quoted);
        let mut words = vec!["curl".into(), "--request POST".into(), url];
        words.push("--header 'Content-Type: application/json'".into());
        for (name, value) in &self.signed.headers {
            words.push(format!("--header {}", quoted(&format!("{name}: {value}"))));
        }
        words.push(format!("--data-binary {}", quoted(&format!("@{}", self.file))));
        words.join(" ")
    }

    fn document(&self) -> Value {
        let headers: Map<String, Value> =
            self.signed.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        json!({
            "scheme": self.scheme,
            "headers": headers,
            "value": self.signed.value,
            "timestamp": self.time,
            "id": self.id,
            "body": self.signed.body,
        })
    }
}

/// For a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

impl Output for Made {
    fn text(&self, page: &mut Page) {
        match self.format {
            Format::Headers => {
                self.signed.headers.iter().for_each(|(name, value)| page.line(format!("{name}: {value}")));
            }
            Format::Json => page.line(self.document().to_string()),
            Format::Curl => page.line(self.curl()),
            Format::Value => page.line(&self.signed.value),
        }
    }

    fn json(&self) -> Json {
        Json::One(self.document())
    }
}
