//! Where an integration's turn begins and ends: under its lease it is read again, since whoever had it before may have
//! done the work or been refused; its service is opened; and afterwards the lease goes back, whatever happened.

use uuid::Uuid;

use super::accounts;
use super::holding::Holding;
use super::integration::Integration;
use super::service::Service;
use super::store;
use super::unasked::Reason;
use crate::context::Context;
use crate::db::Db;
use crate::failure::Failure;
use crate::settings::Section;

pub struct Opened<'a> {
    pub holding: &'a Holding<'a>,
    pub integration: Integration,
    pub section: Section,
    pub service: Service,
}

/// Take the turn; or why it was not taken.
pub async fn turn(
    context: &Context,
    integration: Uuid,
    run: Uuid,
    take: impl AsyncFnOnce(Opened<'_>) -> Result<(), Failure>,
) -> Result<Option<Reason>, Failure> {
    let db = context.db().await?;
    let lease = context.settings.yardi_lease.value;
    let Some(holding) = Holding::take(db, integration, run, lease).await? else {
        return Ok(Some(Reason::Held));
    };
    let went = Box::pin(go(context, db, integration, &holding, take)).await;
    holding.release().await?;
    went
}

async fn go(
    context: &Context,
    db: &Db,
    integration: Uuid,
    holding: &Holding<'_>,
    take: impl AsyncFnOnce(Opened<'_>) -> Result<(), Failure>,
) -> Result<Option<Reason>, Failure> {
    let Some(integration) = store::list_integrations(db, Some(&integration.to_string())).await?.pop() else {
        return Ok(None);
    };
    if let Some(why) = closed(&integration) {
        return Ok(Some(why));
    }
    let section = context.settings.yardi.of(integration.short_id.as_deref());
    let service = match accounts::account(context, &integration) {
        Ok(account) => Service::new(account, context.http()?),
        Err(failure) => return Ok(Some(Reason::Unusable(failure))),
    };
    take(Opened { holding, integration, section, service }).await.map(|()| None)
}

/// An account that was refused is not asked again before a person has looked.
pub fn closed(integration: &Integration) -> Option<Reason> {
    let circuit = integration.circuit.as_ref()?;
    Some(Reason::Circuit { class: circuit.class.clone(), text: circuit.text.clone() })
}
