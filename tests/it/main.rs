//! hookyard's tests: the real binary against a real server. One binary, so that it is linked once.
//!
//! Contents
//!
//! - `architecture`      the house's rules, read from `src/` as text
//! - `generated`         man pages and completions are what the binary writes
//! - `database_breaks`   the database goes away in the middle: sessions ended, commits unanswered, conflicts, silence
//! - `database_migrate`  the schema made, brought up to date, and refused; somebody else's database left as it was
//! - `database_status`   everything missing or wrong, at once, with what to type
//! - `enqueue`           `hookyard.enqueue`, as the host application calls it
//! - `webhook_retry`     what is due is attempted, by rule
//! - `webhook_replay`    what never arrived is delivered again: planned, run, stopped, resumed, shared
//! - `webhook_show`      the timeline of one thing, whatever its id is of
//! - `crash`             kill -9, signals, poison, lost leases, panics
//! - `limits`            breaker, pace, spread, memory
//! - `support`           a fresh database for each test, a receiver, and the binary run with a clean environment

#![allow(clippy::unwrap_used)]

mod support;

mod architecture;
mod crash;
mod database_breaks;
mod database_migrate;
mod database_status;
mod enqueue;
mod generated;
mod limits;
mod webhook_replay;
mod webhook_retry;
mod webhook_show;
