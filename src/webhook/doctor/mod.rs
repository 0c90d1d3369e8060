//! `hookyard webhook doctor`: why does this endpoint not get its webhooks. Five parts in one report, from the URL to
//! the database; nothing is sent unless asked for.

mod configured;
mod history;
mod reach;
mod shape;
mod step;
mod store;
mod testing;
mod told;

use std::collections::BTreeSet;

use serde_json::json;

use super::delivery::Sealed;
use super::ids;
use super::inputs::{self, SecretArgs};
use super::signer::Signer;
use super::store::{Act, find_endpoints, find_sealed, insert_act};
use crate::cloak;
use crate::context::Context;
use crate::db::schema;
use crate::egress;
use crate::failure::Failure;

use step::{Part, Step, making};
use store::Webhook;
use testing::Receiver;
pub use told::Examined;

/// Examine an endpoint, or a URL, step by step: what each step proves, and what to do where it fails
///
/// Nothing is sent without --send-test. Exits 0 when all is good, 1 when an answer is no, 3 when something cannot be
/// reached now, 4 when a person must change the configuration.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook doctor https://staging.example.com/hook \\\n      --secret-env WEBHOOK_SECRET --send-test\n  \
    at a terminal: hookyard webhook doctor 0192f0c1")]
pub struct Args {
    /// The webhook's id, or its beginning; or a URL, which needs no database
    #[arg(value_name = "ENDPOINT|URL")]
    what: String,
    /// Send one request that is marked as a test; it never counts as a delivery
    #[arg(long)]
    send_test: bool,
    #[command(flatten)]
    secrets: SecretArgs,
}

pub async fn run(context: &Context, args: Args) -> Result<Examined, Failure> {
    if args.what.contains("://") {
        return of_url(context, &args).await;
    }
    if !args.secrets.is_empty() {
        return Err(Failure::usage("a secret is for a URL only: an endpoint is signed for as always"));
    }
    let webhook = find(context, &args.what).await?;
    let url = webhook.endpoint.url.as_deref().unwrap_or_default();
    let (mut steps, reached) = reach::look(context.http()?, url, webhook.now).await;
    let agent = &context.settings.user_agent.value;
    let sealed =
        find_sealed(context.db().await?, &[webhook.id]).await?.remove(&webhook.id).unwrap_or_default();
    let keys = Signer::new(context).keys(&sealed);
    let older = older(context, &sealed);
    steps.extend(configured::look(&webhook, &keys, &older, agent, webhook.now / 1_000_000));
    let db = context.db().await?;
    let last = store::find_last(db, webhook.id).await?;
    steps.push(shape::look(last.as_ref(), webhook.now, &context.random));
    if args.send_test && reached {
        let host = context.host();
        let act = Act::new(context, &host, json!({ "webhook_id": webhook.id.to_string(), "test": true }));
        insert_act(db, &act).await?;
    }
    steps.push(tested(context, &args, reached, &Receiver::Webhook(&webhook, &keys), webhook.now).await?);
    let row = find_endpoints(db, Some(webhook.id), 1).await?;
    let attempts = store::list_attempts(db, webhook.id).await?;
    steps.extend(history::look(&webhook, row.first(), &attempts));
    Ok(Examined { subject: format!("endpoint {}", webhook.id), steps })
}

/// Tags of the secrets that would be encrypted under another key today.
fn older(context: &Context, sealed: &[Sealed]) -> Vec<String> {
    let first = context.settings.keys.first().map(|key| key.tag.as_str());
    let tags = sealed.iter().filter_map(|one| cloak::tag_of(&one.bytes).ok());
    let older: BTreeSet<&str> = tags.filter(|tag| first.is_some_and(|first| first != *tag)).collect();
    older.into_iter().map(str::to_owned).collect()
}

async fn of_url(context: &Context, args: &Args) -> Result<Examined, Failure> {
    inputs::one_stdin(&vec!["a secret"; args.secrets.on_stdin()])?;
    let secrets = args.secrets.read(&context.printer)?.bytes;
    if secrets.len() > 1 {
        return Err(Failure::usage("one secret signs a test"));
    }
    let secret = secrets.first().map(Vec::as_slice);
    if args.send_test && secret.is_none() {
        return Err(Failure::usage("a test needs a secret to be signed with")
            .hint("--secret-env NAME, --secret-file FILE or --secret-fd N"));
    }
    let now = context.clock.wall();
    let (mut steps, reached) = reach::look(context.http()?, &args.what, now).await;
    steps.extend(configured::of_url(secret, now / 1_000_000));
    steps.push(shape::look(None, now, &context.random));
    let receiver = Receiver::Url(&args.what, secret.unwrap_or_default());
    steps.push(tested(context, args, reached, &receiver, now).await?);
    let none = making(Part::Database, "last attempts", "the endpoint accepted what was sent to it last");
    steps.push(none.skipped("a URL alone has no history; give the webhook's id"));
    Ok(Examined { subject: egress::shown(&args.what), steps })
}

async fn tested(
    context: &Context,
    args: &Args,
    reached: bool,
    receiver: &Receiver<'_>,
    now: i64,
) -> Result<Step, Failure> {
    match (args.send_test, reached) {
        (true, true) => testing::send(context, receiver, now).await,
        (true, false) => Ok(testing::test().skipped("not sent: the URL cannot be reached")),
        (false, _) => Ok(testing::test().skipped("not sent: --send-test sends one marked request")),
    }
}

async fn find(context: &Context, text: &str) -> Result<Webhook, Failure> {
    let (low, high) = ids::beginning(text).ok_or_else(|| {
        Failure::usage(format!("`{text}` is neither a URL nor the beginning of an endpoint's id"))
            .hint("`hookyard webhook endpoints` lists them")
    })?;
    let db = context.db().await?;
    schema::preflight(db).await?;
    let mut found = store::find_webhooks(db, low, high).await?;
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => Err(Failure::no(format!("no webhook's id begins with {text}"))
            .hint("`hookyard webhook endpoints` lists them")),
        _ => {
            Err(Failure::usage(format!("several webhooks' ids begin with {text}"))
                .hint("give more of the id"))
        }
    }
}
