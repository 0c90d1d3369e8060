//! `hookyard webhook trigger`: a provider's event, made up and signed as the provider would, sent to a receiver whose
//! answer is judged. No database.

mod edits;
mod expected;
mod made;
mod tamper;
mod target;
mod told;

use std::time::Duration;

use hyper::body::Bytes;

use super::check;
use super::inputs::{self, SecretArgs};
use crate::context::Context;
use crate::egress::{self, Refusal};
use crate::failure::Failure;
use crate::http::{HeaderName, HeaderValue, Method, Request};
use crate::output::{Output, Printer};
use crate::settings::{self, File};
use crate::signature::Catalogue;

use edits::Edit;
use expected::{Expected, Status, Wish};
use made::{Made, Making};
use tamper::Tamper;
use told::{Listed, Printed, Triggered};

/// Send a sample of a provider's event, correctly signed, and judge the answer; without an event, list them
///
/// Exits 0 when the answer is as expected (any 2xx, if nothing else is said; any 4xx for a request that was tampered
/// with), 1 when it differs, 3 when there is none.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook trigger resident-verify REPORT_READY \\\n      --to https://staging.example.com/hook --secret-env WEBHOOK_SECRET \\\n      --set data.result=EDITED --expect-status 200 \\\n      --expect-body OK --max-time 5s\n  \
    at a terminal: hookyard webhook trigger singlekey screening.completed \\\n      --to http://127.0.0.1:5000/webhooks/singlekey --allow-http \\\n      --allow-egress 127.0.0.1 --secret-file secret.txt --tamper timestamp-old\n  \
    what there is: hookyard webhook trigger\n\n\
    --dry-run prints the request so that `hookyard webhook verify --request -` reads it.")]
pub struct Args {
    /// The provider; nothing lists all of them
    provider: Option<String>,
    /// The event; nothing lists the provider's
    event: Option<String>,
    /// List providers and events
    #[arg(long)]
    list: bool,
    /// Where it goes: a URL, or `resident-verify:document_verification` for an address below the provider's base
    #[arg(long, value_name = "URL|NAME")]
    to: Option<String>,
    /// The base of named addresses, instead of the one below `[targets]` in `hookyard.toml`
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// Give a field this value: JSON where it can be read as such, else text (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = Edit::set)]
    set: Vec<Edit>,
    /// The same for a field that the event does not have (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = Edit::add)]
    set_new: Vec<Edit>,
    /// Leave this field out (repeatable)
    #[arg(long, value_name = "PATH", value_parser = Edit::unset)]
    unset: Vec<Edit>,
    /// Break the request in one way, and say how a receiver should refuse it
    #[arg(long, value_enum, value_name = "KIND")]
    tamper: Option<Tamper>,
    /// Sign by this scheme instead of the provider's own (`hookyard webhook schemes`)
    #[arg(long, value_name = "SCHEME")]
    scheme: Option<String>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Print the request instead of sending it
    #[arg(long)]
    dry_run: bool,
    /// The answer's status: `200`, `2xx`; several with commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    expect_status: Vec<Status>,
    /// Text that the answer holds, or `$.path=value` for a value of its JSON
    #[arg(long, value_name = "TEXT")]
    expect_body: Option<Wish>,
    /// The longest the answer may take, such as 5s
    #[arg(long, value_name = "TIME", value_parser = settings::duration)]
    max_time: Option<Duration>,
}

/// The list alone needs nothing.
pub fn list(args: &Args) -> Result<Option<Box<dyn Output>>, Failure> {
    Ok(match (&args.provider, &args.event) {
        (None, _) => Some(Box::new(Listed::all())),
        (Some(name), None) => Some(Box::new(Listed::of(check::find(name)?))),
        (Some(name), Some(_)) if args.list => Some(Box::new(Listed::of(check::find(name)?))),
        _ => None,
    })
}

pub async fn run(context: &Context, args: Args) -> Result<Box<dyn Output>, Failure> {
    let made = make(context, &args)?;
    if args.dry_run {
        return Ok(Box::new(Printed::new(made)));
    }
    let target = egress::check_url(&made.url, &context.rules()).map_err(|why| {
        let failure = match &why {
            Refusal::Blocked(_) => Failure::blocked(&why)
                .hint("--allow-egress 127.0.0.1 and --allow-http open a receiver on this machine"),
            Refusal::Invalid(_) => Failure::usage(&why),
        };
        failure.context(format!("--to {} cannot be used", egress::shown(&made.url)))
    })?;
    let request = Request {
        method: Method::Post,
        target,
        headers: headers(&made)?,
        body: Bytes::from(made.body.clone()),
        timeout: context.settings.timeout.value,
    };
    let http = context.http()?;
    let began = context.clock.instant();
    let reply = http.send(request).await;
    let took = context.clock.instant().saturating_duration_since(began);
    let expected = Expected {
        status: args.expect_status,
        body: args.expect_body,
        max_time: args.max_time,
        refused: made.broken.is_some(),
    };
    Ok(Box::new(Triggered::new(made, &expected, reply, took)))
}

/// The request as it will be on the wire.
fn make(context: &Context, args: &Args) -> Result<Made, Failure> {
    let form = check::find(args.provider.as_deref().unwrap_or_default())?;
    let event = check::event(&form, args.event.as_deref().unwrap_or_default())?;
    let file = File::find(context.settings.file.as_deref())?.file;
    let catalogue = Catalogue::new(file.schemes);
    let scheme = super::schemes::find(&catalogue, args.scheme.as_ref().unwrap_or(&form.scheme))?;
    let url = match &args.to {
        Some(to) => target::url(to, &form, event, args.base.as_deref(), &context.settings.targets.value)?,
        None if args.dry_run => "https://receiver.example/".to_owned(),
        None => {
            return Err(
                Failure::usage("where does it go?").hint("--to URL, or --dry-run to see what would be sent")
            );
        }
    };
    let edits: Vec<&Edit> = args.set.iter().chain(&args.set_new).chain(&args.unset).collect();
    let secrets = secrets(&context.printer, args)?;
    let making = Making {
        form: &form,
        event,
        scheme,
        catalogue: &catalogue,
        tamper: args.tamper,
        now: context.clock.wall(),
        random: &context.random,
    };
    let made = making.make(url, &edits, &secrets)?;
    made.notes.iter().for_each(|note| context.printer.note(&format!("note: {note}")));
    Ok(made)
}

fn secrets(printer: &Printer, args: &Args) -> Result<Vec<Vec<u8>>, Failure> {
    inputs::one_stdin(&vec!["a secret"; args.secrets.on_stdin()])?;
    if args.secrets.is_empty() && args.tamper != Some(Tamper::MissingHeader) {
        return Err(Failure::usage("no secret was given")
            .hint("--secret-env NAME, --secret-file FILE or --secret-fd N; never as an argument"));
    }
    Ok(args.secrets.read(printer)?.bytes)
}

fn headers(made: &Made) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
    let header = |(name, value): &(String, String)| {
        let wrong = || Failure::usage(format!("the header {name} cannot be sent with this value"));
        let name = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        HeaderValue::try_from(value.as_str()).map(|value| (name, value)).map_err(|_| wrong())
    };
    made.headers.iter().map(header).collect()
}
