//! Import prospects from Yardi and write screening results back: never twice, never lost.

#![allow(dead_code, reason = "the verbs that use the rest follow")]

mod account;
mod answer;
mod check;
mod envelope;
mod prospect;
mod redact;
mod screening;
mod service;
mod trouble;
mod window;

use crate::context::Context;
use crate::db::schema;
use crate::failure::Failure;
use crate::output::Output;

#[derive(clap::Subcommand)]
pub enum Verb {
    Check(check::Args),
}

pub async fn run(context: &Context, verb: Verb) -> Result<Box<dyn Output>, Failure> {
    let answer = match verb {
        Verb::Check(args) => check::run(context, args).await,
    };
    let failure = match answer {
        Ok(answer) => return Ok(Box::new(answer)),
        Err(failure) => failure,
    };
    Err(match context.opened_db() {
        Some(db) => schema::explained(db, failure).await,
        None => failure,
    })
}
