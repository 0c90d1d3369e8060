//! The noun `database`: make its schema, see whether it is fit, stop the local one.

mod build;
mod index;
mod keys;
mod migrate;
mod prune;
mod status;
mod stop;
mod store;
mod surroundings;
mod writes;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;

#[derive(clap::Subcommand)]
pub enum Verb {
    Migrate(migrate::Args),
    Prune(prune::Args),
    Status(status::Args),
    Stop(stop::Args),
}

pub async fn run(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    Ok(match verb {
        Verb::Migrate(args) => Box::new(migrate::run(context, args).await?),
        Verb::Prune(args) => prune::run(context, args).await?,
        Verb::Status(args) => Box::new(status::run(context, args).await?),
        Verb::Stop(args) => Box::new(stop::run(context, args).await?),
    })
}

/// Make or update the schema, for a verb that brings its own database.
pub async fn migrate_all(context: &Context) -> Result<(), Failure> {
    crate::db::migrations::apply(context.db().await?).await.map(|_| ())
}
