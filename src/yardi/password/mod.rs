//! `hookyard yardi password`: stored passwords shown by their tags, moved to another key, or replaced by another one that
//! was seen to work. No password and no key is ever printed.

mod rotate;
mod set;
mod status;

use super::accounts;
use super::integration::Integration;
use super::store;
use crate::cloak::{self, Found, Mode};
use crate::context::Context;
use crate::db::Db;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Section;

/// Show, rotate and replace the stored passwords of integrations
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    hookyard yardi password status --json     # in CI: 4 if one is unreadable\n  \
    hookyard yardi password rotate --dry-run\n  \
    hookyard yardi password set ACME-YARDI --secret-file new-password.txt")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Status(status::Args),
    #[command(visible_alias = "rekey")]
    Rotate(rotate::Args),
    Set(set::Args),
}

pub async fn run(context: &Context, args: Args) -> Result<Box<dyn Output>, Failure> {
    Ok(match args.verb {
        Verb::Status(args) => Box::new(status::run(context, args).await?),
        Verb::Rotate(args) => Box::new(rotate::run(context, args).await?),
        Verb::Set(args) => Box::new(Box::pin(set::run(context, args)).await?),
    })
}

/// How a password lies in its column.
enum Lying {
    Empty,
    Plain,
    /// Under this tag, and whether the configured keys decrypt it.
    Cloaked {
        tag: String,
        trouble: Option<String>,
    },
    /// Neither, or damaged.
    Unreadable(String),
}

impl Lying {
    fn of(context: &Context, section: &Section, integration: &Integration) -> Result<Lying, Failure> {
        let Some(stored) = integration.password.as_ref().map(|stored| stored.reveal()) else {
            return Ok(Lying::Empty);
        };
        if stored.is_empty() {
            return Ok(Lying::Empty);
        }
        let bytes = match accounts::found(section, stored) {
            Ok(Found::Plain(_)) => return Ok(Lying::Plain),
            Ok(Found::Cloaked(bytes)) => bytes,
            Err(failure) => return Ok(Lying::Unreadable(failure.source.to_string())),
        };
        let tag = cloak::tag_of(&bytes)?.to_owned();
        let trouble = context.keys()?.decrypt(&bytes).err().map(|why| why.to_string());
        Ok(Lying::Cloaked { tag, trouble })
    }

    fn word(&self) -> String {
        match self {
            Lying::Empty => "empty".to_owned(),
            Lying::Plain => "plain, as configured".to_owned(),
            Lying::Cloaked { tag, .. } => tag.clone(),
            Lying::Unreadable(_) => "not encrypted, or damaged".to_owned(),
        }
    }

    fn trouble(&self) -> Option<&str> {
        match self {
            Lying::Cloaked { trouble, .. } => trouble.as_deref(),
            Lying::Unreadable(why) => Some(why),
            Lying::Empty | Lying::Plain => None,
        }
    }
}

/// What is written into a `varchar(255)`, or into a column of bytes.
enum Sealed {
    Text(String),
    Bytes(Vec<u8>),
}

/// In the form that the column has it already.
fn sealed(
    context: &Context,
    section: &Section,
    stored: Option<&str>,
    secret: &crate::secret::Secret,
) -> Result<Sealed, Failure> {
    let chance = crate::random::bytes()?;
    let keys = context.keys()?;
    let mode = section.password_mode.unwrap_or_default();
    let bytes = mode == Mode::CloakBytea || stored.is_some_and(|stored| stored.starts_with("\\x01"));
    Ok(match (mode, bytes) {
        (Mode::Plain, _) => {
            let text = String::from_utf8(secret.reveal().to_vec());
            Sealed::Text(text.map_err(|_| Failure::blocked("the password is not text"))?)
        }
        (_, true) => Sealed::Bytes(keys.encrypt(secret, chance)?),
        (_, false) => Sealed::Text(keys.encrypt_text(secret, chance, 255)?),
    })
}

impl Sealed {
    fn written(&self) -> store::Written<'_> {
        match self {
            Sealed::Text(text) => store::Written::Text(text),
            Sealed::Bytes(bytes) => store::Written::Bytes(bytes),
        }
    }
}

async fn integrations(db: &Db, named: Option<&str>) -> Result<Vec<Integration>, Failure> {
    let found = store::list_integrations(db, named).await?;
    match (named, found.is_empty()) {
        (Some(named), true) => Err(Failure::no(format!("the integration {named} was not found"))),
        _ => Ok(found),
    }
}
