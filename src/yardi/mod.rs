//! Import prospects from Yardi and write screening results back: never twice, never lost.

mod abreast;
mod account;
mod accounts;
mod answer;
mod check;
mod envelope;
mod holding;
mod integration;
mod invite;
mod letter;
mod list;
mod opened;
mod password;
mod poll;
mod prospect;
mod redact;
mod screening;
mod service;
mod store;
mod submit;
mod trouble;
mod unasked;
mod window;
mod wsdl;

use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::output::Output;

#[derive(clap::Subcommand)]
pub enum Verb {
    Check(check::Args),
    List(list::Args),
    Poll(poll::Args),
    Submit(submit::Args),
    Password(password::Args),
}

pub async fn run(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    schema::told_to_the_end(context, act(context, verb).await).await
}

async fn act(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    Ok(match verb {
        Verb::Check(args) => Box::new(check::run(context, args).await?),
        Verb::List(args) => Box::new(list::run(context, args).await?),
        Verb::Poll(args) => Box::new(poll::run(context, args).await?),
        Verb::Submit(args) => Box::new(submit::run(context, args).await?),
        Verb::Password(args) => password::run(context, args).await?,
    })
}

/// Ask an integration everything that polling needs.
pub async fn check(context: &Context, integration: &str) -> Result<Box<dyn Output>, Failure> {
    Ok(Box::new(check::run(context, check::Args::of(integration)).await?))
}

/// Import what is new of one integration, due or not.
pub async fn poll(context: &Context, integration: &str) -> Result<Box<dyn Output>, Failure> {
    Ok(Box::new(poll::run(context, poll::Args::forced(integration)).await?))
}

/// Write the results of one integration's completed entries back.
pub async fn submit(context: &Context, integration: &str) -> Result<Box<dyn Output>, Failure> {
    Ok(Box::new(submit::run(context, submit::Args::of(integration)).await?))
}
