//! What the tables and the configuration say of an integration, put together to sign in with.

use std::path::Path;

use super::account::{Account, Hidden, Options, Profile};
use super::integration::Integration;
use super::trouble::{Class, Texts};
use crate::cloak::{Column, Found, Mode};
use crate::context::Context;
use crate::failure::Failure;
use crate::secret;
use crate::settings::{self, Section};

/// Everything that a call needs; what is missing is said by the name of its column or key.
pub fn account(context: &Context, integration: &Integration) -> Result<Account, Failure> {
    let section = context.settings.yardi.of(integration.short_id.as_deref());
    let stored = integration.password.as_ref().ok_or_else(|| missing(integration, "password"))?;
    let password = password(context, &section, stored)
        .map_err(|why| why.context(format!("the password of {} cannot be read", integration.name())))?;
    with_password(context, integration, &section, password)
}

/// The same with another password than the stored one.
pub fn with_password(
    context: &Context,
    integration: &Integration,
    section: &Section,
    password: Hidden,
) -> Result<Account, Failure> {
    let profile = match section.profile.unwrap_or_default() {
        settings::Profile::Conceptual => Profile::Conceptual,
        settings::Profile::Voyager => Profile::Voyager,
    };
    let endpoint = integration.endpoint.clone().filter(|text| !text.trim().is_empty());
    let platform = integration.platform.clone().unwrap_or_default();
    Ok(Account {
        profile,
        endpoint: endpoint.ok_or_else(|| missing(integration, "soap_endpoint"))?,
        user: integration.user.clone().unwrap_or_default(),
        password,
        server: integration.server.clone().unwrap_or_default(),
        database: integration.database.clone().unwrap_or_default(),
        platform,
        entity: section.entity.clone().unwrap_or_default(),
        licence: licence(context, section)?,
        namespace: section.namespace.clone(),
        options: options(context, section)?,
    })
}

fn missing(integration: &Integration, column: &str) -> Failure {
    Failure::blocked(format!("{column} of the integration {} is empty", integration.name()))
}

/// Decided by content and never taken for plain, unless the configuration says so.
pub fn password(context: &Context, section: &Section, stored: &Hidden) -> Result<Hidden, Failure> {
    let text = stored.reveal();
    let secret = match found(section, text)? {
        Found::Plain(secret) => secret,
        Found::Cloaked(bytes) => context.keys()?.decrypt(&bytes)?,
    };
    let text = String::from_utf8(secret.reveal().to_vec());
    text.map(Hidden::new).map_err(|_| Failure::blocked("it is not text once decrypted"))
}

/// What the column holds. A column of bytes arrives as Postgres writes bytes.
pub fn found(section: &Section, text: &str) -> Result<Found, Failure> {
    let mode = Mode::find(section.password_mode.unwrap_or_default().name()).unwrap_or_default();
    let mode = if mode == Mode::Auto && text.starts_with("\\x") { Mode::CloakBytea } else { mode };
    mode.read(Column::Text(text)).map_err(|why| {
        let plain = matches!(why, crate::cloak::Trouble::NotCloak);
        let failure = Failure::from(why);
        match plain {
            true => failure
                .hint("`hookyard yardi password set` stores one encrypted")
                .hint("or say `password_mode = \"plain\"` in [yardi] if that is what you want"),
            false => failure,
        }
    })
}

fn licence(context: &Context, section: &Section) -> Result<Hidden, Failure> {
    let bytes = match (&section.license_file, &section.license_env) {
        (Some(path), _) => secret::file(Path::new(path), &context.printer)?,
        (None, Some(name)) => {
            secret::variable(name).ok_or_else(|| Failure::blocked(format!("the variable {name} is not set")))?
        }
        (None, None) => return Ok(Hidden::default()),
    };
    let text = String::from_utf8(bytes).map_err(|_| Failure::blocked("the licence is not text"))?;
    // It is handed out with line breaks, which no server takes.
    Ok(Hidden::new(text.split_whitespace().collect::<String>()))
}

fn options(context: &Context, section: &Section) -> Result<Options, Failure> {
    let usual = Options::default();
    Ok(Options {
        soap12: section.soap12.unwrap_or(usual.soap12),
        update_prospect: section.submit_operation.as_deref() == Some("UpdateProspect"),
        asset_result: section.asset_result.unwrap_or(usual.asset_result),
        timeout: section.timeout.unwrap_or(usual.timeout),
        answer_cap: section.answer_mib.map_or(usual.answer_cap, |mib| (mib as u64) << 20),
        texts: texts(context)?,
        ..usual
    })
}

fn texts(context: &Context) -> Result<Texts, Failure> {
    let mut added = Vec::new();
    for (text, word) in &context.settings.yardi.texts {
        let class = serde_json::from_value::<Class>(serde_json::Value::String(word.clone()));
        let class = class.map_err(|_| {
            Failure::blocked(format!("yardi.texts: there is no class `{word}`"))
                .hint("README, \"Yardi\", lists the classes")
        })?;
        added.push((text.clone(), class));
    }
    Ok(Texts { added })
}
