//! `hookyard yardi password set`: a new password, tried against the service before it is stored.

use std::path::PathBuf;

use serde_json::json;

use super::{sealed, store};
use crate::cloak::Mode;
use crate::context::Context;
use crate::db::Act;
use crate::db::schema;
use crate::failure::Failure;
use crate::output::{Json, Output, Page, Tone};
use crate::secret::{self, Secret};
use crate::yardi::account::{Hidden, Profile};
use crate::yardi::accounts;
use crate::yardi::holding::Holding;
use crate::yardi::integration::Integration;
use crate::yardi::service::Service;
use crate::yardi::window::Window;

/// Replace an integration's password by another one that was seen to work
///
/// The service is asked once with the new password; only when it answers is the password encrypted and stored, and an
/// open circuit closed. Without a place for the secret it is read from standard input.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard yardi password set ACME-YARDI --secret-file new-password.txt\n  \
    vault read -field=value yardi/acme \\\n      | hookyard yardi password set ACME-YARDI --json")]
pub struct Args {
    /// The integration: its short id or its id
    integration: String,
    /// Take the password from this environment variable
    #[arg(long, value_name = "NAME", group = "secret")]
    secret_env: Option<String>,
    /// Take the password from this file, `-` for standard input
    #[arg(long, value_name = "FILE", group = "secret")]
    secret_file: Option<PathBuf>,
    /// Take the password from this open file descriptor
    #[arg(long, value_name = "N", group = "secret")]
    secret_fd: Option<u32>,
    /// Ask about this property, by Yardi's code, instead of the first active one
    #[arg(long, value_name = "CODE")]
    property: Option<String>,
    /// Read and encrypt the password, and ask and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub struct Set {
    integration: String,
    dry_run: bool,
    /// Under this tag; none for plain.
    tag: Option<String>,
    asked: Option<String>,
}

pub async fn run(context: &Context, args: Args) -> Result<Set, Failure> {
    let db = context.db().await?;
    schema::preflight_for_yardi(db, false).await?;
    let mut found = super::integrations(db, Some(&args.integration)).await?;
    if found.len() > 1 {
        return Err(Failure::no(format!("several integrations have the short id {}", args.integration))
            .hint("name one by its id"));
    }
    let Some(integration) = found.pop() else { return Err(Failure::fault("found none of one")) };
    let section = context.settings.yardi.of(integration.short_id.as_deref());
    let secret = given(context, &args)?;
    let text =
        std::str::from_utf8(secret.reveal()).map_err(|_| Failure::blocked("the password is not text"))?;
    if text.is_empty() {
        return Err(Failure::blocked("the password is empty"));
    }
    let stored = integration.password.as_ref().map(|stored| stored.reveal());
    let anew = sealed(context, &section, stored, &secret)?;
    let tag = match section.password_mode.unwrap_or_default() {
        Mode::Plain => None,
        _ => context.keys()?.tag().map(str::to_owned),
    };
    let name = integration.name();
    if args.dry_run {
        return Ok(Set { integration: name, dry_run: true, tag, asked: None });
    }
    let account = accounts::with_password(context, &integration, &section, Hidden::new(text))?;
    let service = Service::new(account, context.http()?);
    let holding = Holding::asked_for(context, &integration).await?;
    let tried = try_it(context, &integration, service, args.property.as_deref());
    let asked = Box::pin(holding.meanwhile(tried)).await;
    holding.release().await?;
    let asked = asked?;
    let host = context.host();
    let act = Act::new(context, &host, json!({ "integration": name, "to": tag }));
    if !store::advance_password(db, integration.id, stored, &anew.written(), &act).await? {
        return Err(Failure::later(
            "the stored password was changed by somebody else meanwhile; nothing was stored",
        )
        .hint("run this again"));
    }
    store::close_circuit(db, integration.id).await?;
    Ok(Set { integration: name, dry_run: false, tag, asked: Some(asked) })
}

fn given(context: &Context, args: &Args) -> Result<Secret, Failure> {
    let bytes = match (&args.secret_env, &args.secret_file, args.secret_fd) {
        (Some(name), _, _) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(plain) {
                // Perhaps the password itself was given: it must not be repeated.
                return Err(Failure::usage("--secret-env takes the name of a variable"));
            }
            secret::variable(name)
                .ok_or_else(|| Failure::blocked("the variable of --secret-env is not set"))?
        }
        (None, Some(path), _) => secret::file(path, &context.printer)?,
        (None, None, Some(fd)) => secret::descriptor(fd)?,
        (None, None, None) => secret::file(std::path::Path::new("-"), &context.printer)?,
    };
    Ok(Secret::new(bytes))
}

/// One question, and no second: repeated tries lock the account.
async fn try_it(
    context: &Context,
    integration: &Integration,
    service: Service,
    property: Option<&str>,
) -> Result<String, Failure> {
    let db = context.db().await?;
    let refused = |trouble: crate::yardi::trouble::Trouble| {
        trouble.failure().context("the service did not accept the new password; nothing was stored")
    };
    if service.account().profile == Profile::Voyager {
        let known = Box::pin(service.configured_properties()).await.map_err(refused)?;
        return Ok(format!("GetPropertyConfigurations answered with {} properties", known.len()));
    }
    let properties = store::list_properties(db, &[integration.id]).await?;
    let active = || properties.iter().filter(|one| one.active).flat_map(|one| one.codes().next());
    let Some(code) = property.or_else(|| active().next()) else {
        return Err(Failure::blocked("no active property to ask about, so the password cannot be tried")
            .hint("name one by Yardi's code: --property CODE"));
    };
    let now = properties.first().map_or_else(|| context.clock.wall(), |one| one.now);
    Box::pin(service.poll(code, Window { from: now, to: now })).await.map_err(refused)?;
    Ok(format!("GetNewProspects answered for {code}"))
}

impl Output for Set {
    fn text(&self, page: &mut Page) {
        let form = match &self.tag {
            Some(tag) => format!("encrypted under {tag}"),
            None => "plain, as configured".to_owned(),
        };
        if self.dry_run {
            page.line(format!("{}: the password would be stored {form}", self.integration));
            page.line("dry run: nothing was asked and nothing was changed");
            return;
        }
        page.line(self.asked.as_deref().unwrap_or_default());
        page.toned(format!("{}: the password is stored, {form}", self.integration), Tone::Good);
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "integration": self.integration,
            "dry_run": self.dry_run,
            "stored_under": self.tag,
            "asked": self.asked,
        }))
    }
}
