//! Measures hookyard against a raw loop on the same machine in the same run, and prints a Markdown table.
//! `benches/run` builds and calls it; its head says how to use it.

mod health;
mod kill;
mod lab;
mod load;
mod measure;
mod process;
mod receiver;
mod xml;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

/// The wall clock in microseconds: receiver, database and this process share one machine.
pub fn micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

/// How much is measured.
pub struct Scale {
    pub rounds: usize,
    pub deliveries: usize,
    pub many: usize,
    pub seconds: u64,
    pub sustained: u64,
    pub kills: usize,
    /// Attempts that a report looks back on.
    pub history: usize,
    pub only: Option<Vec<String>>,
}

impl Scale {
    fn of(args: &[String]) -> Scale {
        let has = |flag: &str| args.iter().any(|arg| arg == flag);
        let value =
            |flag: &str| args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1)).cloned();
        let mut scale = if has("--long") {
            Scale {
                rounds: 3,
                deliveries: 60_000,
                many: 1_000_000,
                seconds: 5,
                sustained: 1800,
                kills: 50,
                history: 10_000_000,
                only: None,
            }
        } else if has("--quick") {
            Scale {
                rounds: 3,
                deliveries: 30_000,
                many: 60_000,
                seconds: 2,
                sustained: 20,
                kills: 5,
                history: 1_000_000,
                only: None,
            }
        } else {
            Scale {
                rounds: 3,
                deliveries: 60_000,
                many: 200_000,
                seconds: 4,
                sustained: 60,
                kills: 20,
                history: 10_000_000,
                only: None,
            }
        };
        if let Some(rounds) = value("--rounds").and_then(|text| text.parse().ok()) {
            scale.rounds = rounds;
        }
        if let Some(history) = value("--history").and_then(|text| text.parse().ok()) {
            scale.history = history;
        }
        scale.only = value("--only").map(|text| text.split(',').map(str::to_owned).collect());
        scale
    }

    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|one| one == name))
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    if args.first().is_some_and(|verb| verb == "receiver") {
        return tasks.block_on(&runtime, receiver::serve());
    }
    let base = PathBuf::from(std::env::var_os("BENCH_DIR").unwrap_or_else(|| "/var/tmp".into()));
    if args.first().is_some_and(|verb| verb == "xml") {
        return xml::run(&args[1..], &base);
    }
    let hookyard = PathBuf::from(std::env::var_os("HOOKYARD").context("HOOKYARD names no binary")?);
    let scale = Scale::of(&args);
    tasks.block_on(&runtime, async {
        let lab = lab::Lab::set_up(&hookyard, &base).await?;
        measure::all(&lab, &scale).await
    })
}
