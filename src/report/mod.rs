//! The noun `report`: whether the integration layer is well, for a person, a cron job and a scraper.

mod figures;
mod health;
mod store;
mod threshold;
mod told;
mod verdict;
mod watch;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;

#[derive(clap::Subcommand)]
pub enum Verb {
    Health(Box<health::Args>),
}

impl Verb {
    pub fn wants_csv(&self) -> bool {
        let Verb::Health(args) = self;
        args.wants_csv()
    }
}

pub async fn run(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    match verb {
        Verb::Health(args) => health::run(context, *args).await,
    }
}
