//! `hookyard webhook verify`: is this request's signature right, and if not, why. No database; no network but for
//! Plaid's public keys, where none are given.

mod gathered;
mod plaid;
mod told;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::inputs::{self, SecretArgs, Secrets, unusable};
use crate::context::{self, Context};
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::File;
use crate::signature::explain::{self, Case};
use crate::signature::{Catalogue, Check, Proof, Request, Ring, Scheme, Verdict};

use gathered::Gathered;
pub use told::Verified;

/// Verify a request's signature and say what it covers; if it is wrong, say why
///
/// Exits 0 when it is right, 1 when it is not, 2 for a mistyped call, 4 for a secret or a setting that cannot be used.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook verify --scheme snappt \\\n      --secret-env WEBHOOK_SECRET --headers headers.txt body.json\n  \
    at a terminal: hookyard webhook verify --scheme auto \\\n      --secret-file secret.txt --request request.http --explain")]
pub struct Args {
    /// The body, `-` or nothing for standard input
    file: Option<PathBuf>,
    /// The scheme (`hookyard webhook schemes`), or `auto`: the one default scheme whose header is there
    #[arg(long, value_name = "SCHEME")]
    scheme: String,
    /// A header of the request, `Name: value` (repeatable, repeats kept)
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// A file of headers, one `Name: value` a line
    #[arg(long, value_name = "FILE")]
    headers: Option<PathBuf>,
    /// A file with the whole request: raw HTTP, a HAR entry, or a curl command as a browser copies it
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    request: Option<PathBuf>,
    /// Judge the time by this moment, in Unix seconds, not by the clock
    #[arg(long, value_name = "UNIX", value_parser = clap::value_parser!(u32))]
    now: Option<u32>,
    /// Seconds that the request's time may be off, both ways; exactly so many are refused
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400 * 366))]
    tolerance: Option<u32>,
    /// Do not judge the time at all
    #[arg(long, conflicts_with = "tolerance")]
    ignore_timestamp: bool,
    /// The URL as the sender called it, for schemes that sign it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file with the public keys (JWKS), for schemes with a JWT; without it `plaid` fetches them, and keeps them
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Look for what would have matched, and tell all of it
    #[arg(long)]
    explain: bool,
    /// What was read before it was seen that keys are to be fetched: standard input is read once.
    #[arg(skip)]
    prepared: RefCell<Option<Prepared>>,
}

/// Bodies up to here are kept for explaining; longer ones are only hashed as they pass.
const KEPT: usize = 2 << 20;
/// Where the scheme must see the whole body.
const WHOLE: usize = 64 << 20;

/// None where keys are to be fetched first, by `run_fetching`.
pub fn run(config: Option<&Path>, printer: &Printer, args: &Args) -> Result<Option<Verified>, Failure> {
    let prepared = prepare(config, printer, args)?;
    if prepared.scheme.name == "plaid" && prepared.gathered.jwks.is_none() {
        *args.prepared.borrow_mut() = Some(prepared);
        return Ok(None);
    }
    verified(printer, args, prepared).map(Some)
}

/// With Plaid's keys fetched by their id: the one form that needs a runtime and the network.
pub async fn run_fetching(context: &Context, args: Args) -> Result<Verified, Failure> {
    let mut prepared =
        args.prepared.take().ok_or_else(|| Failure::fault("keys are to be fetched for nothing"))?;
    let keys = plaid::keys(context, &context.settings.plaid, &prepared.gathered.headers).await?;
    prepared.gathered.jwks = Some(keys);
    verified(&context.printer, &args, prepared)
}

/// What was given, read.
struct Prepared {
    catalogue: Catalogue,
    secrets: Secrets,
    gathered: Gathered,
    scheme: Scheme,
}

fn prepare(config: Option<&Path>, printer: &Printer, args: &Args) -> Result<Prepared, Failure> {
    let catalogue = Catalogue::new(File::find(config)?.file.schemes);
    args.one_stdin()?;
    let secrets = args.secrets.read(printer)?;
    let gathered = Gathered::read(args, &catalogue, printer)?;
    let scheme = args.choose(&catalogue, &gathered, printer)?;
    Ok(Prepared { catalogue, secrets, gathered, scheme })
}

fn verified(printer: &Printer, args: &Args, prepared: Prepared) -> Result<Verified, Failure> {
    let Prepared { catalogue, secrets, mut gathered, scheme } = prepared;
    args.fits(&scheme, &gathered, &secrets)?;
    let ring = Ring::read(&scheme, &secrets.bytes).map_err(|refusal| unusable(&refusal))?;
    ring.warnings.iter().for_each(|warning| printer.warn(warning));
    if args.ignore_timestamp {
        printer.warn("the time is not judged: a request as old as you like passes");
    }
    let now = match args.now {
        Some(now) => i64::from(now),
        None => context::clock()?.wall().div_euclid(1_000_000),
    };
    let tolerance = args.tolerance.unwrap_or(scheme.tolerance);
    let judged = (!args.ignore_timestamp).then_some(tolerance);
    let verdict = judge(&scheme, &mut gathered, ring, now, judged)?;
    let explanation = match &verdict.outcome {
        Ok(_) => None,
        Err(refusal) => Some(explain::explain(&Case {
            scheme: &scheme,
            catalogue: &catalogue,
            headers: &gathered.headers,
            secrets: &secrets.bytes,
            body: gathered.body.as_deref(),
            is_blanked: gathered.is_blanked,
            url: gathered.url.as_deref(),
            jwks: gathered.jwks.as_ref(),
            now,
            tolerance,
            refusal,
            stamp: verdict.stamp,
        })),
    };
    Ok(Verified {
        auto: args.scheme == "auto",
        explain: args.explain,
        matched: verdict.outcome.as_ref().ok().map(|matched| told::matched(matched, &secrets.from)),
        refusal: verdict.outcome.err(),
        timestamp: verdict.stamp.map(|stamp| stamp.seconds()),
        now,
        tolerance: judged,
        explanation,
        scheme,
    })
}

/// The body is hashed as it comes where the scheme allows, and read as a whole where it does not.
fn judge(
    scheme: &Scheme,
    gathered: &mut Gathered,
    ring: Ring,
    now: i64,
    tolerance: Option<u32>,
) -> Result<Verdict, Failure> {
    if gathered.body.is_none() && scheme.reads_body() {
        let whole = inputs::stream(gathered.file.as_deref(), "the body", WHOLE, |_| {})?;
        gathered.body = Some(whole.ok_or_else(|| Failure::usage("the body is too long for this scheme"))?);
    }
    let request = Request {
        headers: &gathered.headers,
        whole: gathered.body.as_deref(),
        url: gathered.url.as_deref(),
        jwks: gathered.jwks.as_ref(),
    };
    let begun = Check::begin(scheme, &request, ring);
    match (begun, &gathered.body) {
        (Ok(mut check), Some(body)) => {
            check.update(body);
            Ok(check.finish(now, tolerance))
        }
        (Ok(mut check), None) => {
            gathered.body =
                inputs::stream(gathered.file.as_deref(), "the body", KEPT, |chunk| check.update(chunk))?;
            Ok(check.finish(now, tolerance))
        }
        (Err(refusal), Some(_)) => Ok(Verdict::refused(refusal)),
        (Err(refusal), None) => {
            // Read on: a sender on the other end of a pipe should not break, and explaining needs the body.
            gathered.body = inputs::stream(gathered.file.as_deref(), "the body", KEPT, |_| {})?;
            Ok(Verdict::refused(refusal))
        }
    }
}

impl Args {
    fn one_stdin(&self) -> Result<(), Failure> {
        let mut wanting = Vec::new();
        let on_stdin =
            |path: &Option<PathBuf>| path.as_deref().is_some_and(|path| inputs::is_stdin(Some(path)));
        match self.request {
            Some(_) if on_stdin(&self.request) => wanting.push("the request"),
            None if inputs::is_stdin(self.file.as_deref()) => wanting.push("the body"),
            _ => {}
        }
        if on_stdin(&self.headers) {
            wanting.push("the headers");
        }
        if on_stdin(&self.jwks) {
            wanting.push("the JWKS");
        }
        wanting.extend((0..self.secrets.on_stdin()).map(|_| "a secret"));
        inputs::one_stdin(&wanting)
    }

    fn choose(
        &self,
        catalogue: &Catalogue,
        gathered: &Gathered,
        printer: &Printer,
    ) -> Result<Scheme, Failure> {
        if self.scheme != "auto" {
            return super::schemes::find(catalogue, &self.scheme);
        }
        let mut fitting = catalogue.fitting(&gathered.headers);
        let names: Vec<&str> = fitting.iter().map(|scheme| scheme.name.as_str()).collect();
        match names[..] {
            [name] => {
                printer.note(&format!("scheme: {name}, by the name of its header"));
                Ok(fitting.swap_remove(0))
            }
            [] => Err(Failure::usage(
                "--scheme auto: no header of the request belongs to a scheme's default form",
            )
            .hint("`hookyard webhook schemes` lists the schemes and their headers")),
            _ => Err(Failure::usage(format!("--scheme auto: the headers fit {}", names.join(" and ")))
                .hint(format!("name the one you mean: --scheme {}", names[0]))),
        }
    }

    /// Whether what was given is what this scheme needs.
    fn fits(&self, scheme: &Scheme, gathered: &Gathered, secrets: &Secrets) -> Result<(), Failure> {
        match scheme.proof {
            Proof::Jwt if gathered.jwks.is_none() => {
                return Err(Failure::usage(format!("`{}` needs the sender's public keys", scheme.name))
                    .hint("give them with --jwks FILE"));
            }
            Proof::Jwt if !secrets.bytes.is_empty() => {
                return Err(Failure::usage(format!("`{}` takes no secret: it has public keys", scheme.name)));
            }
            Proof::Twilio if gathered.url.is_none() => {
                return Err(Failure::usage(format!("`{}` signs the URL", scheme.name))
                    .hint("give it with --url, as the sender called it"));
            }
            _ => {}
        }
        if scheme.proof != Proof::Jwt && secrets.bytes.is_empty() {
            return Err(Failure::usage("no secret was given")
                .hint("--secret-env NAME, --secret-file FILE or --secret-fd N; never as an argument"));
        }
        Ok(())
    }
}
