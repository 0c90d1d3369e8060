//! `hookyard webhook secret rotate`: a new secret, and an end set for the old ones.

use std::time::Duration;

use uuid::Uuid;

use super::super::ids;
use super::issue::{self, Change, Issued, Order};
use super::material::MaterialArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::settings;

/// Replace an endpoint's secrets: the new one signs at once, the old ones beside it until their grace ends
///
/// Nothing is sent, unless --send-test asks for it: then one marked test event, signed with the new secret and the old
/// ones, goes to the endpoint first, and where it is refused nothing is changed. Within the grace a receiver that knows
/// the old secret and one that knows the new both accept every delivery. Runs under way take up the change within
/// seconds.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook secret rotate \\\n      0192f0c1-1111-7000-8000-000000000001 --grace 3h --output acme.new --json\n  \
    at a terminal: hookyard webhook secret rotate \\\n      0192f0c1-1111-7000-8000-000000000001 --output acme.secret --send-test")]
pub struct Args {
    /// The webhook
    #[arg(value_name = "ENDPOINT", value_parser = ids::endpoint)]
    endpoint: Uuid,
    #[command(flatten)]
    material: MaterialArgs,
    /// How long the old secrets go on signing
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = settings::duration)]
    grace: Duration,
    /// First deliver one marked test event, signed with old and new; where it is refused, nothing is changed
    #[arg(long)]
    send_test: bool,
    /// Say what would change; change and send nothing
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(context: &Context, args: Args) -> Result<Issued, Failure> {
    let order = Order {
        webhook: args.endpoint,
        change: Change::Rotate { grace: args.grace },
        material: args.material,
        send_test: args.send_test,
        dry_run: args.dry_run,
    };
    issue::issue(context, order).await
}
