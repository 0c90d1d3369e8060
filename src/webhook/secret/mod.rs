//! `hookyard webhook secret`: what an endpoint's deliveries are signed with besides SNAPPT's scheme. Several may be
//! active at once, so that a receiver can change from the old to the new without refusing anything.

mod add;
mod issue;
mod list;
mod material;
mod rekey;
mod retire;
mod rotate;
mod store;
mod trial;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;

/// Signing secrets of endpoints: Standard Webhooks besides SNAPPT-Signature
#[derive(clap::Subcommand)]
pub enum Verb {
    Add(add::Args),
    Rotate(rotate::Args),
    List(list::Args),
    Retire(retire::Args),
    Rekey(rekey::Args),
}

pub async fn run(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    Ok(match verb {
        Verb::Add(args) => Box::new(add::run(context, args).await?),
        Verb::Rotate(args) => Box::new(rotate::run(context, args).await?),
        Verb::List(args) => Box::new(list::run(context, args).await?),
        Verb::Retire(args) => Box::new(retire::run(context, args).await?),
        Verb::Rekey(args) => Box::new(rekey::run(context, args).await?),
    })
}
