//! `hookyard webhook secret add`: a first secret, or one more.

use uuid::Uuid;

use super::super::ids;
use super::issue::{self, Change, Issued, Order};
use super::material::MaterialArgs;
use crate::context::Context;
use crate::failure::Failure;

/// Give an endpoint a signing secret: its deliveries carry webhook-signature from then on
///
/// The secret is generated, or taken from a variable, a file or a descriptor. A generated one is shown this once, where
/// you say: --show prints it, --output writes it into a new file that only you can read. It is stored encrypted.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    in CI:         hookyard webhook secret add \\\n      0192f0c1-1111-7000-8000-000000000001 --secret-env ACME_SECRET --json\n  \
    at a terminal: hookyard webhook secret add \\\n      0192f0c1-1111-7000-8000-000000000001 --output acme.secret")]
pub struct Args {
    /// The webhook
    #[arg(value_name = "ENDPOINT", value_parser = ids::endpoint)]
    endpoint: Uuid,
    #[command(flatten)]
    material: MaterialArgs,
    /// First deliver one marked test event, signed with every secret; where it is refused, nothing is changed
    #[arg(long)]
    send_test: bool,
    /// Say what would change; change and send nothing
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(context: &Context, args: Args) -> Result<Issued, Failure> {
    let order = Order {
        webhook: args.endpoint,
        change: Change::Add,
        material: args.material,
        send_test: args.send_test,
        dry_run: args.dry_run,
    };
    issue::issue(context, order).await
}
