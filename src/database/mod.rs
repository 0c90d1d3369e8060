//! stub
use crate::{context::Context, failure::Failure, output::Output};
#[derive(clap::Subcommand)]
pub enum Verb {
    /// stub
    Status,
}
pub async fn run(_c: &Context, _v: Verb) -> Result<Box<dyn Output>, Failure> {
    Err(Failure::fault("stub"))
}

pub async fn migrate_all(_c: &Context) -> Result<(), Failure> {
    Ok(())
}
