//! What the tables and the configuration say of an integration, put together to sign in with.

use std::path::Path;
use std::time::Duration;

use super::account::{Account, Hidden, Options};
use super::integration::Integration;
use super::trouble::{Class, Texts};
use super::wsdl;
use crate::cloak::Found;
use crate::context::Context;
use crate::failure::Failure;
use crate::secret;
use crate::settings::{Profile, Section, Way};

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
    let profile = section.profile.unwrap_or_default();
    let endpoint = integration.endpoint.clone().filter(|text| !text.trim().is_empty());
    let platform = integration.platform.clone().unwrap_or_default();
    // What the configuration names wins over what the file says; `voyager` has its own.
    let namespace = match (&section.namespace, &section.wsdl, profile) {
        (None, Some(path), Profile::Conceptual) => Some(wsdl::target_namespace(path)?),
        (namespace, _, _) => namespace.clone(),
    };
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
        namespace,
        options: options(context, integration, section)?,
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

/// What the column holds.
pub fn found(section: &Section, text: &str) -> Result<Found, Failure> {
    section.password_mode.unwrap_or_default().read(text).map_err(|why| {
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
        (None, Some(name)) => secret::variable(name)
            .ok_or_else(|| Failure::blocked(format!("the variable {name} is not set")))?,
        (None, None) => return Ok(Hidden::default()),
    };
    let text = String::from_utf8(bytes).map_err(|_| Failure::blocked("the licence is not text"))?;
    // It is handed out with line breaks, which no server takes.
    Ok(Hidden::new(text.split_whitespace().collect::<String>()))
}

fn options(context: &Context, integration: &Integration, section: &Section) -> Result<Options, Failure> {
    let usual = Options::default();
    // `document` comes with a file, unless the ways are said.
    let ways = match (&section.submit, &section.document) {
        (Some(ways), _) => ways.clone(),
        (None, Some(_)) => vec![Way::Event, Way::Document],
        (None, None) => usual.ways,
    };
    // The document's words: documents go by another way.
    let stored = integration.attachment_type.as_deref().map(str::trim);
    let uploads = !matches!(stored, Some("email" | "manual")) || section.attachment.is_some();
    let ways = if uploads { ways } else { ways.into_iter().filter(|way| *way == Way::Event).collect() };
    let agent = section.agent.as_deref().map(|name| match name.trim().split_once(' ') {
        Some((first, last)) => (first.to_owned(), last.trim().to_owned()),
        None => (name.trim().to_owned(), String::new()),
    });
    Ok(Options {
        operation: section.operation.unwrap_or_default(),
        event_types: section.require_event.clone().unwrap_or_default(),
        ways,
        confirm: section.confirm.unwrap_or(usual.confirm),
        agent,
        source: section.source.clone(),
        attachment_type: label(integration, section),
        soap12: section.soap12.unwrap_or(usual.soap12),
        update_prospect: section.submit_operation.as_deref() == Some("UpdateProspect"),
        asset_result: section.asset_result.unwrap_or(usual.asset_result),
        timeout: section.timeout.unwrap_or(usual.timeout),
        answer_cap: section.answer_mib.map_or(usual.answer_cap, |mib| (mib as u64) << 20),
        texts: texts(context)?,
        pauses: pauses(usual.pauses),
    })
}

/// `email`, `api` and `manual` say how documents come in; anything else is a label of Voyager's.
fn label(integration: &Integration, section: &Section) -> Option<String> {
    let stored = integration.attachment_type.as_deref().map(str::trim).filter(|word| !word.is_empty());
    let label = stored.filter(|word| !matches!(*word, "email" | "api" | "manual"));
    section.attachment.clone().or_else(|| label.map(str::to_owned))
}

/// Tests do not wait between the tries of a read.
#[cfg(debug_assertions)]
fn pauses(usual: [Duration; 2]) -> [Duration; 2] {
    match crate::env::test_fault("read-pause-ms").and_then(|text| text.parse().ok()) {
        Some(pause) => [Duration::from_millis(pause); 2],
        None => usual,
    }
}

#[cfg(not(debug_assertions))]
fn pauses(usual: [Duration; 2]) -> [Duration; 2] {
    usual
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
