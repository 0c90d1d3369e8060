//! The schema's history: the numbered files of `migrations/`, forward only, and a small runner of our own.
//!
//! Not sqlx's migrator: that one holds a session lock, which a pooler in transaction mode hands to somebody else, and
//! keeps its table outside our schema. Here every step is one short transaction with its own lock and its own check.

mod runner;
mod script;
mod state;

use sha2::{Digest, Sha256};

pub use runner::{Applied, apply};
pub use script::script;
pub use state::{Pending, Recorded, pending, recorded, refuse};

/// One numbered file.
#[derive(Debug)]
pub struct Migration {
    pub version: i32,
    pub name: &'static str,
    pub sql: &'static str,
    /// Makes the documented tables: only for a database that has none of them.
    pub documented: bool,
}

pub const ALL: &[Migration] = &[
    Migration {
        version: 1,
        name: "documented_tables",
        sql: include_str!("../../../migrations/0001_documented_tables.sql"),
        documented: true,
    },
    Migration {
        version: 2,
        name: "deliveries",
        sql: include_str!("../../../migrations/0002_deliveries.sql"),
        documented: false,
    },
    Migration {
        version: 3,
        name: "enqueue",
        sql: include_str!("../../../migrations/0003_enqueue.sql"),
        documented: false,
    },
    Migration {
        version: 4,
        name: "replay",
        sql: include_str!("../../../migrations/0004_replay.sql"),
        documented: false,
    },
    Migration {
        version: 5,
        name: "queue",
        sql: include_str!("../../../migrations/0005_queue.sql"),
        documented: false,
    },
    Migration {
        version: 6,
        name: "yardi",
        sql: include_str!("../../../migrations/0006_yardi.sql"),
        documented: false,
    },
    Migration {
        version: 7,
        name: "hours",
        sql: include_str!("../../../migrations/0007_hours.sql"),
        documented: false,
    },
    Migration {
        version: 8,
        name: "secrets",
        sql: include_str!("../../../migrations/0008_secrets.sql"),
        documented: false,
    },
    Migration {
        version: 9,
        name: "retention",
        sql: include_str!("../../../migrations/0009_retention.sql"),
        documented: false,
    },
    Migration {
        version: 10,
        name: "run_keys",
        sql: include_str!("../../../migrations/0010_run_keys.sql"),
        documented: false,
    },
    Migration {
        version: 11,
        name: "attempts_by_time",
        sql: include_str!("../../../migrations/0011_attempts_by_time.sql"),
        documented: false,
    },
    Migration {
        version: 12,
        name: "claims",
        sql: include_str!("../../../migrations/0012_claims.sql"),
        documented: false,
    },
    Migration {
        version: 13,
        name: "failed_hours",
        sql: include_str!("../../../migrations/0013_failed_hours.sql"),
        documented: false,
    },
    Migration {
        version: 14,
        name: "order",
        sql: include_str!("../../../migrations/0014_order.sql"),
        documented: false,
    },
    Migration {
        version: 15,
        name: "written_hours",
        sql: include_str!("../../../migrations/0015_written_hours.sql"),
        documented: false,
    },
];

/// The seams an operator may redefine: made where absent, never replaced, and therefore not numbered.
pub const ENTRY_PAYLOADS: &str = include_str!("../../../migrations/entry_payloads.sql");
pub const CREATE_ENTRY: &str = include_str!("../../../migrations/create_entry.sql");

pub const SCHEMA: &str = "create schema hookyard";

pub const TABLE: &str = "create table hookyard.migrations (
    version integer primary key,
    name text not null,
    sha256 text not null,
    -- the documented tables were there before us
    is_inherited boolean not null,
    applied_at timestamptz not null default now()
);
comment on table hookyard.migrations is
    'Which numbered files this database has. Written by hookyard database migrate; nothing is removed.';";

impl Migration {
    /// What was applied must be what the binary holds, however it was checked out.
    pub fn sha256(&self) -> String {
        let unified = self.sql.replace("\r\n", "\n");
        Sha256::digest(unified.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// `0002_deliveries`, as the file is called.
    pub fn title(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }
}

/// The newest version this binary knows.
pub fn newest() -> i32 {
    ALL.iter().map(|migration| migration.version).max().unwrap_or(0)
}
