//! `hookyard webhook secret retire`: a secret signs no longer, and what was stored of it is gone.

use serde_json::json;
use uuid::Uuid;

use super::super::store::Act;
use super::store;
use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::output::{Json, Output, Page};

/// Stop signing with a secret at once, and forget it
///
/// The last secret of an endpoint that does not end by itself is taken only with --yes: without it deliveries carry
/// SNAPPT-Signature alone.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook secret retire \\\n      0192f0c1-4444-7000-8000-000000000001 --yes --json\n  \
    at a terminal: hookyard webhook secret retire \\\n      0192f0c1-4444-7000-8000-000000000001")]
pub struct Args {
    /// The secret's id, as `webhook secret list` shows it
    #[arg(value_name = "ID")]
    secret: Uuid,
    /// Even if it is the last
    #[arg(long)]
    yes: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub struct Retired {
    secret_id: Uuid,
    webhook_id: Uuid,
    dry_run: bool,
    /// Secrets that go on signing.
    left: usize,
}

pub async fn run(context: &Context, args: Args) -> Result<Retired, Failure> {
    let db = context.db().await?;
    schema::preflight(db).await?;
    let id = args.secret;
    let webhook_id = store::find_webhook_of(db, id).await?.ok_or_else(|| {
        Failure::no(format!("secret {id} was not found")).hint("hookyard webhook secret list")
    })?;
    let rows = store::list_secrets(db, Some(webhook_id), true, i64::MAX).await?;
    let row = rows.iter().find(|row| row.id == id);
    if row.is_none_or(|row| !row.signs()) {
        return Err(Failure::no(format!("secret {id} signs no longer already")));
    }
    let active: Vec<Uuid> = rows.iter().filter(|row| row.signs()).map(|row| row.id).collect();
    let others_stay = rows.iter().any(|row| row.id != id && row.stays());
    let takes_the_last = row.is_some_and(store::SecretRow::stays) && !others_stay || active.len() == 1;
    if takes_the_last && !args.yes && !args.dry_run {
        return Err(Failure::blocked(format!(
            "it is the last secret of webhook {webhook_id}, whose deliveries would carry SNAPPT-Signature alone"
        ))
        .hint(format!("hookyard webhook secret rotate {webhook_id} replaces it without a gap"))
        .hint("--yes takes it all the same"));
    }
    let retired = Retired { secret_id: id, webhook_id, dry_run: args.dry_run, left: active.len() - 1 };
    if args.dry_run {
        return Ok(retired);
    }
    let host = context.host();
    let act = Act::new(
        context,
        &host,
        json!({ "webhook_id": webhook_id.to_string(), "secret_id": id.to_string(), "was_last": takes_the_last }),
    );
    if !store::finish_secret(db, id, webhook_id, &active, &act).await? {
        return Err(Failure::later(format!(
            "the secrets of webhook {webhook_id} were changed meanwhile; nothing is changed"
        ))
        .hint(format!("hookyard webhook secret list {webhook_id}")));
    }
    Ok(retired)
}

impl Output for Retired {
    fn text(&self, page: &mut Page) {
        let (id, webhook, left) = (self.secret_id, self.webhook_id, self.left);
        let does = if self.dry_run { "dry run: would sign" } else { "signs" };
        page.line(format!("{does} no longer: secret {id} of webhook {webhook}; {left} left"));
    }

    fn json(&self) -> Json {
        Json::One(json!({
            "secret_id": self.secret_id.to_string(),
            "webhook_id": self.webhook_id.to_string(),
            "active": self.left,
            "dry_run": self.dry_run,
        }))
    }
}
