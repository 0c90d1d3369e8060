//! What stands around the schema: the server's role and defaults, who else delivers, how the attempts are vacuumed.

use crate::db::schema::{Finding, Scope};

/// Facts beside the schema's.
#[derive(Debug)]
pub struct Surroundings {
    pub version: String,
    /// What sessions of this role get when they ask for nothing; none where neither role nor database says.
    pub timezone: Option<String>,
    pub is_standby: bool,
    pub is_read_only: bool,
    /// The documented attempts have autovacuum settings of their own.
    pub is_tuned: bool,
    /// Another job runner's table is in this database.
    pub has_oban: bool,
}

/// Among the rows of `webhook_delivery_attempts` stored last, those that hookyard did not make.
#[derive(Debug)]
pub struct Strangers {
    pub looked_at: i64,
    pub count: i64,
    pub latest: Option<String>,
}

/// Every update of a busy insert-only table waits for this one's vacuum; its owner decides.
pub const TUNING: &str = "alter table webhook_delivery_attempts set \
     (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);";

impl Surroundings {
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.is_standby {
            findings.push(Finding::wrong(
                Scope::Delivery,
                "the server is a standby: nothing can be recorded there",
                "let DATABASE_URL name the primary",
            ));
        } else if self.is_read_only {
            findings.push(Finding::wrong(
                Scope::Delivery,
                "default_transaction_read_only is on: nothing can be recorded",
                "alter role ... reset default_transaction_read_only;",
            ));
        }
        if self.has_oban {
            findings.push(Finding::noted(
                Scope::Delivery,
                "table oban_jobs is here: another job runner may deliver as well, and our leases do not bind it",
            ));
        }
        findings
    }
}

impl Strangers {
    pub fn finding(&self) -> Option<Finding> {
        if self.count == 0 {
            return None;
        }
        let latest = self.latest.as_deref().unwrap_or("an unknown time");
        Some(
            Finding::noted(
                Scope::Delivery,
                format!(
                    "{} of the {} attempts stored last are not hookyard's, the latest of {latest}: somebody else writes webhook_delivery_attempts",
                    self.count, self.looked_at
                ),
            )
            .fixed_by("settle who delivers before `hookyard webhook retry` runs from cron"),
        )
    }
}
