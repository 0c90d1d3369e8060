//! hookyard is the integration layer of a tenant-screening company: webhooks out of Postgres, at least once; Yardi's
//! prospects in and results back, never twice; signatures made, checked and explained; and whether all of it is well.
//!
//! **The grammar.** Folders are nouns you type; inside a folder, files named by verbs *do* and files named by nouns
//! *are*. Four names touch the outside: `store.rs` (SQL), `client.rs` (HTTP), `server.rs` (sockets), and `mod.rs`, the
//! folder's face. `hookyard webhook retry` is `src/webhook/retry.rs`, `tests/it/webhook_retry.rs` and
//! `man/hookyard-webhook-retry.1`.
//!
//! **The journeys.** `webhook send` and the host application enqueue an event (one SQL function); a run claims what is
//! due, sends, records in groups, and `delivery::settle` decides what comes next. `yardi poll` reads an answer as it
//! streams in, and commits rows and stamp together once its last byte was good; `yardi submit` looks for its marker,
//! writes, and reads back. `report health` looks once, into one struct, and every format draws that.
//!
//! **What is not here.** Nothing holds a transaction or a connection while it talks to the network. No noun reads the
//! clock or throws a die. No write that may not happen twice is repeated on a guess. No secret is an argument's value.
//! No statement is built from input. Nothing outside schema `hookyard` is altered on a database that is somebody
//! else's.

mod cli;
mod context;

mod config;
mod database;
mod demo;
mod generate;
mod report;
mod webhook;
mod yardi;

mod backoff;
mod cloak;
mod clock;
mod db;
mod egress;
mod env;
mod failure;
mod http;
mod instant;
mod json;
mod mail;
mod output;
mod provider;
mod random;
mod secret;
mod settings;
mod signature;
mod stop;

fn main() -> std::process::ExitCode {
    // A panic that reaches this far is a fault of ours, and the exit code says so.
    std::panic::catch_unwind(cli::main).unwrap_or_else(|_| std::process::ExitCode::from(70))
}
