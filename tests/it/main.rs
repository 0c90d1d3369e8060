//! hookyard's tests: the real binary against a real server. One binary, so that it is linked once.
//!
//! Contents
//!
//! - `architecture`      the house's rules, read from `src/` as text
//! - `generated`         man pages and completions are what the binary writes
//! - `database_migrate`  the schema made, brought up to date, and refused; somebody else's database left as it was
//! - `database_status`   everything missing or wrong, at once, with what to type
//! - `enqueue`           `hookyard.enqueue`, as the host application calls it
//! - `webhook_retry`     what is due is attempted, by rule
//! - `webhook_schemes`   the list of signature schemes, and a company's own
//! - `webhook_sign`      signatures as other implementations make them
//! - `webhook_verify`    every vector, every refusal, what explains one, and what is never shown
//! - `readme`            the README's lines for CI, run as they stand
//! - `crash`             kill -9, signals, poison, lost leases, panics
//! - `limits`            breaker, pace, spread, memory
//! - `support`           a fresh database for each test, a receiver, and the binary run with a clean environment

#![allow(clippy::unwrap_used)]

mod support;

mod architecture;
mod crash;
mod database_migrate;
mod database_status;
mod enqueue;
mod generated;
mod limits;
mod readme;
mod webhook_retry;
mod webhook_schemes;
mod webhook_sign;
mod webhook_verify;
