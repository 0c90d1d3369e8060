//! hookyard's tests: the real binary against a real server. One binary, so that it is linked once.
//!
//! Contents
//!
//! - `architecture`      the house's rules, read from `src/` as text
//! - `generated`         man pages and completions are what the binary writes
//! - `database_migrate`  the schema made, brought up to date, and refused; somebody else's database left as it was
//! - `database_prune`    what is old and over goes, and nothing else
//! - `database_status`   everything missing or wrong, at once, with what to type
//! - `webhook_send`      one event enqueued, attempted at once, and what is told of it; the dry run
//! - `payloads`          what is delivered byte for byte, and what is refused
//! - `webhook_list`      filters, pages, forms; input is only ever a value
//! - `webhook_endpoints` what is known of each webhook, and its retry policy
//! - `egress`            hostile addresses, headers, answers and certificates
//! - `alerts`            one per outage, told until it is heard
//! - `command_line`      help, exit codes, pipes, terminals, rubbish on the command line
//! - `terminal`          colour and progress for people only
//! - `config`            what is in force, and from where
//! - `secrets`           what must not be seen anywhere
//! - `database_stop`     the local server stopped
//! - `database_breaks`   the database goes away in the middle: sessions ended, commits unanswered, conflicts, silence
//! - `database_faults`   the database cannot be used: refused, silent, full, read-only, incomplete, an impostor
//! - `database_locks`    other people's locks and maintenance, our own limits and connections
//! - `database_time`     whose clock counts, in which zone
//! - `enqueue`           `hookyard.enqueue`, as the host application calls it
//! - `inherited`         somebody else's database, with rows as years leave them
//! - `pooler`            all of it through PgBouncer in transaction mode
//! - `health_page`       the report as a page: stands alone, harmless, drawn in a real browser
//! - `webhook_retry`     what is due is attempted, by rule
//! - `webhook_replay`    what never arrived is delivered again: planned, run, stopped, resumed, shared
//! - `webhook_tail`      attempts as they happen
//! - `webhook_show`      the timeline of one thing, whatever its id is of
//! - `overlap`           many processes at once
//! - `webhook_secret_add`, `_rotate`, `_list`, `_retire`, `_rekey`  signing secrets of endpoints, and deliveries signed with them
//! - `webhook_schemes`   the list of signature schemes, and a company's own
//! - `webhook_sign`      signatures as other implementations make them
//! - `webhook_verify`    every vector, every refusal, what explains one, and what is never shown
//! - `report_health`     one look, one verdict: the documents' numbers, limits, forms, a database that is away
//! - `webhook_check`     a payload's shape, each fault by its path
//! - `webhook_trigger`   samples of every event sent, verified and checked; broken ones refused; answers judged
//! - `yardi_check`       what Yardi answers, step by step
//! - `yardi_list`        integrations and properties with their state
//! - `yardi_password`    stored passwords: by tag, rotated, replaced once they were seen to work
//! - `yardi_submit`      results written back to the right person, once, and never on a guess
//! - `yardi_poll`        prospects imported: each once, with its reasons, whatever answers and whoever else polls
//! - `webhook_doctor`    an endpoint or a URL examined step by step
//! - `readme`            the README's lines for CI, run as they stand
//! - `crash`             kill -9, signals, poison, lost leases, panics
//! - `limits`            breaker, pace, spread, memory
//! - `demo`              the main job on real parts
//! - `support`           a fresh database for each test, a receiver, and the binary run with a clean environment

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

mod alerts;
mod architecture;
mod command_line;
mod config;
mod crash;
mod database_breaks;
mod database_faults;
mod database_locks;
mod database_migrate;
mod database_prune;
mod database_status;
mod database_stop;
mod database_time;
mod demo;
mod egress;
mod enqueue;
mod generated;
mod health_page;
mod inherited;
mod limits;
mod long_history;
mod overlap;
mod payloads;
mod pooler;
mod readme;
mod report_health;
mod secrets;
mod terminal;
mod webhook_check;
mod webhook_doctor;
mod webhook_endpoints;
mod webhook_list;
mod webhook_replay;
mod webhook_retry;
mod webhook_schemes;
mod webhook_secret_add;
mod webhook_secret_list;
mod webhook_secret_rekey;
mod webhook_secret_retire;
mod webhook_secret_rotate;
mod webhook_send;
mod webhook_show;
mod webhook_sign;
mod webhook_tail;
mod webhook_trigger;
mod webhook_verify;
mod yardi_check;
mod yardi_list;
mod yardi_password;
mod yardi_poll;
mod yardi_submit;
