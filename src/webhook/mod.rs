//! Deliver events to customers' endpoints, at least once, and say what became of each.

mod alert;
mod answer;
mod attempt;
mod deliver;
mod delivery;
mod endpoints;
mod event;
mod list;
mod request;
mod retry;
mod send;
mod store;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;

#[derive(clap::Subcommand)]
pub enum Verb {
    Send(send::Args),
    Retry(retry::Args),
    Endpoints(endpoints::Args),
    List(list::Args),
}

impl Verb {
    pub fn wants_csv(&self) -> bool {
        matches!(self, Verb::List(args) if args.csv)
    }
}

pub async fn run(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    Ok(match verb {
        Verb::Send(args) => send::run(context, args).await?,
        Verb::Retry(args) => Box::new(retry::run(context, args).await?),
        Verb::Endpoints(args) => Box::new(endpoints::run(context, args).await?),
        Verb::List(args) => Box::new(list::run(context, args).await?),
    })
}
