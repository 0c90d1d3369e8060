//! hookyard's tests: the real binary against a real server. One binary, so that it is linked once.
//!
//! Contents
//!
//! - `architecture`      the house's rules, read from `src/` as text
//! - `generated`         man pages and completions are what the binary writes
//! - `database_breaks`   the database goes away in the middle: sessions ended, commits unanswered, conflicts, silence
//! - `database_faults`   the database cannot be used: refused, silent, full, read-only, incomplete, an impostor
//! - `database_locks`    other people's locks and maintenance, our own limits and connections
//! - `database_migrate`  the schema made, brought up to date, and refused; somebody else's database left as it was
//! - `database_status`   everything missing or wrong, at once, with what to type
//! - `database_time`     whose clock counts, in which zone
//! - `enqueue`           `hookyard.enqueue`, as the host application calls it
//! - `webhook_retry`     what is due is attempted, by rule
//! - `crash`             kill -9, signals, poison, lost leases, panics
//! - `limits`            breaker, pace, spread, memory
//! - `inherited`         somebody else's database, with rows as years leave them
//! - `overlap`           many processes at once
//! - `pooler`            all of it through PgBouncer in transaction mode
//! - `support`           a fresh database for each test, a receiver, and the binary run with a clean environment

#![allow(clippy::unwrap_used)]

mod support;

mod architecture;
mod crash;
mod database_breaks;
mod database_faults;
mod database_locks;
mod database_migrate;
mod database_status;
mod database_time;
mod enqueue;
mod generated;
mod inherited;
mod limits;
mod overlap;
mod pooler;
mod webhook_retry;
