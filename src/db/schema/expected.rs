//! What the database must hold: the document's six tables as it prints them, our own, the view, and what the current
//! role must be allowed to do with each. Long because it is a list; a test renames every column of ours and sees
//! whether each is missed.

use super::column::Kind::{self, *};

/// Which commands cannot work without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything that delivers.
    Delivery,
    /// Events of entries.
    Entries,
    Yardi,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Select,
    Insert,
    Update,
    Delete,
}

#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// In schema `hookyard`.
    pub ours: bool,
    pub scope: Scope,
    pub rights: &'static [Right],
    /// Name, type, and whether the document lets it be null.
    pub columns: &'static [(&'static str, Kind, bool)],
}

/// The document's "NO" and "YES" under "Nullable".
const NO: bool = false;
const YES: bool = true;

use Right::{Delete, Insert, Select, Update};

pub const DOCUMENTED: &[Table] = &[
    Table {
        name: "webhooks",
        ours: false,
        scope: Scope::Delivery,
        rights: &[Select],
        columns: &[
            ("id", Uuid, NO),
            ("method", Varchar, YES),
            ("url", Varchar, YES),
            ("headers", JsonbArray, NO),
            ("events", VarcharArray, NO),
            ("is_active", Boolean, YES),
            ("api_key_id", Uuid, NO),
            ("inserted_at", Timestamp, NO),
            ("updated_at", Timestamp, NO),
        ],
    },
    Table {
        name: "webhook_delivery_attempts",
        ours: false,
        scope: Scope::Delivery,
        rights: &[Select, Insert],
        columns: &[
            ("id", Uuid, NO),
            ("webhook_id", Uuid, NO),
            ("payload", Jsonb, NO),
            ("response_data", Jsonb, NO),
            ("response_status", Integer, NO),
            ("created_at", Timestamptz, YES),
        ],
    },
    Table {
        name: "yardi_integrations",
        ours: false,
        scope: Scope::Yardi,
        rights: &[Select],
        columns: &[
            ("id", Uuid, NO),
            ("wsdl_url", Varchar, YES),
            ("soap_endpoint", Varchar, YES),
            ("user_name", Varchar, YES),
            ("password", Password, YES),
            ("database_name", Varchar, YES),
            ("platform", Varchar, YES),
            ("server_name", Varchar, YES),
            ("activation_date", Timestamp, YES),
            ("deactivation_date", Timestamp, YES),
            ("alias", Varchar, YES),
            ("custom_message", Varchar, YES),
            ("poll_rate", Integer, YES),
            ("attachment_type", Varchar, YES),
            ("short_id", Varchar, YES),
            ("inserted_at", Timestamp, NO),
            ("updated_at", Timestamp, NO),
        ],
    },
    Table {
        name: "yardi_properties",
        ours: false,
        scope: Scope::Yardi,
        rights: &[Select, Update],
        columns: &[
            ("property_id", Uuid, NO),
            ("yardi_integration_id", Uuid, YES),
            ("yardi_property_id", Varchar, YES),
            ("activation_date", Timestamp, YES),
            ("deactivation_date", Timestamp, YES),
            ("last_poll_run", Timestamp, YES),
            ("submit_date", Timestamp, YES),
            ("inserted_at", Timestamp, NO),
            ("updated_at", Timestamp, NO),
        ],
    },
    Table {
        name: "yardi_entries",
        ours: false,
        scope: Scope::Yardi,
        rights: &[Select, Insert],
        columns: &[
            ("entry_id", Uuid, NO),
            ("prospect_code", Varchar, YES),
            ("inserted_at", Timestamp, NO),
            ("updated_at", Timestamp, NO),
        ],
    },
    Table {
        name: "yardi_invites",
        ours: false,
        scope: Scope::Yardi,
        rights: &[Select, Insert, Update],
        columns: &[
            ("id", Uuid, NO),
            ("yardi_integration_id", Uuid, NO),
            ("prospect_code", Varchar, YES),
            ("yardi_property_id", Varchar, YES),
            ("snappt_property_id", Varchar, YES),
            ("email", Varchar, YES),
            ("first_name", Varchar, YES),
            ("last_name", Varchar, YES),
            ("inserted_at", Timestamp, NO),
            ("updated_at", Timestamp, NO),
        ],
    },
];

/// The seam. Its columns' names and types are the contract; any of them may be null but the first.
pub const VIEW: Table = Table {
    name: "entry_payloads",
    ours: true,
    scope: Scope::Entries,
    rights: &[Select],
    columns: &[
        ("entry_id", Uuid, YES),
        ("api_key_id", Uuid, YES),
        ("short_id", Text, YES),
        ("property_id", Text, YES),
        ("result", Text, YES),
        ("applicant_full_name", Text, YES),
        ("applicant_email", Text, YES),
        ("fraud_result", Text, YES),
        ("income_result", Text, YES),
        ("asset_result", Text, YES),
        ("identity_result", Text, YES),
        ("completed_at", Timestamp, YES),
        ("report_url", Text, YES),
    ],
};

/// Of the documented tables only these columns are ever updated.
pub const UPDATED: &[(&str, &[&str])] = &[
    ("yardi_properties", &["last_poll_run", "submit_date", "updated_at"]),
    ("yardi_invites", &["email", "first_name", "last_name", "updated_at"]),
];

const ALL: &[Right] = &[Select, Insert, Update, Delete];

/// Our own tables.
pub const OWN: &[Table] = &[
    own(
        "migrations",
        &[Select],
        &[("version", Integer, NO), ("sha256", Text, NO), ("is_inherited", Boolean, NO)],
    ),
    own(
        "events",
        ALL,
        &[
            ("id", Uuid, NO),
            ("event_type", Text, NO),
            ("created_at", Timestamptz, NO),
            ("api_key_id", Uuid, YES),
            ("entry_id", Uuid, YES),
            ("payload", Text, NO),
            ("payload_sha256", Bytea, NO),
            ("is_jsonb", Boolean, NO),
            ("is_again", Boolean, NO),
            ("payload_erased_at", Timestamptz, YES),
        ],
    ),
    own(
        "deliveries",
        ALL,
        &[
            ("id", Uuid, NO),
            ("state", Text, NO),
            ("event_id", Uuid, NO),
            ("webhook_id", Uuid, NO),
            ("attempts", Integer, NO),
            ("steps", Integer, NO),
            ("interruptions", Integer, NO),
            ("owes_attempt", Boolean, NO),
            ("next_attempt_at", Timestamptz, YES),
            ("parked_at", Timestamptz, YES),
            ("lease_until", Timestamptz, YES),
            ("leased_by", Uuid, YES),
            ("fence", Bigint, NO),
            ("policy", Text, YES),
            ("reason", Text, YES),
            ("last_status", Integer, YES),
            ("created_at", Timestamptz, NO),
            ("finished_at", Timestamptz, YES),
            ("plan_id", Uuid, YES),
            ("arrived_at", Timestamptz, YES),
        ],
    ),
    own(
        "attempts",
        ALL,
        &[
            ("id", Uuid, NO),
            ("outcome", Text, NO),
            ("delivery_id", Uuid, NO),
            ("webhook_id", Uuid, NO),
            ("number", Integer, NO),
            ("started_at", Timestamptz, NO),
            ("duration_us", Bigint, NO),
            ("status", Integer, YES),
            ("reason", Text, YES),
        ],
    ),
    own(
        "endpoints",
        ALL,
        &[
            ("webhook_id", Uuid, NO),
            ("policy", Text, YES),
            ("failures", Integer, NO),
            ("opened_at", Timestamptz, YES),
            ("probe_at", Timestamptz, YES),
            ("paced_until", Timestamptz, YES),
            ("paced_at", Timestamptz, YES),
            ("gone_at", Timestamptz, YES),
            ("last_success_at", Timestamptz, YES),
            ("last_failure_at", Timestamptz, YES),
            ("last_failure", Text, YES),
        ],
    ),
    own(
        "alerts",
        ALL,
        &[
            ("id", Uuid, NO),
            ("webhook_id", Uuid, NO),
            ("opened_at", Timestamptz, NO),
            ("closed_at", Timestamptz, YES),
            ("delivery_id", Uuid, NO),
            ("reason", Text, NO),
            ("told_at", Timestamptz, YES),
            ("tries", Integer, NO),
            ("try_at", Timestamptz, NO),
        ],
    ),
    own(
        "runs",
        ALL,
        &[
            ("id", Uuid, NO),
            ("command", Text, NO),
            ("host", Text, NO),
            ("pid", Integer, NO),
            ("operator", Text, NO),
            ("started_at", Timestamptz, NO),
            ("seen_at", Timestamptz, NO),
            ("finished_at", Timestamptz, YES),
            ("sending", UuidArray, NO),
            ("key_tags", TextArray, YES),
        ],
    ),
    own(
        "hours",
        ALL,
        &[
            ("hour", Timestamptz, NO),
            ("webhook_id", Uuid, NO),
            ("attempts", Bigint, NO),
            ("successes", Bigint, NO),
            ("refused", Bigint, NO),
            ("failures", Bigint, NO),
            ("no_answer", Bigint, NO),
            ("answers", Bytea, NO),
        ],
    ),
    own(
        "counted_hours",
        ALL,
        &[
            ("hour", Timestamptz, NO),
            ("passes", Integer, NO),
            ("counted_at", Timestamptz, NO),
            ("grouped_pass", Integer, NO),
            ("is_in_order", Boolean, YES),
        ],
    ),
    own(
        "failed_hours",
        ALL,
        &[
            ("hour", Timestamptz, NO),
            ("webhook_id", Uuid, NO),
            ("response_status", Integer, NO),
            ("answer", Bigint, NO),
            ("failures", Bigint, NO),
            ("is_interrupted", Boolean, NO),
            ("example_id", Uuid, NO),
        ],
    ),
    own(
        "written_hours",
        ALL,
        &[
            ("hour", Timestamptz, NO),
            ("webhook_id", Uuid, NO),
            ("response_status", Integer, NO),
            ("answer", Bigint, YES),
            ("is_interrupted", Boolean, NO),
            ("attempts", Bigint, NO),
            ("last_at", Timestamptz, YES),
            ("example_id", Uuid, YES),
            ("is_merged", Boolean, NO),
        ],
    ),
    own(
        "counted_writes",
        ALL,
        &[
            ("is_there", Boolean, NO),
            ("since", Timestamptz, NO),
            ("triggers", TextArray, NO),
            ("next_missed", Bigint, NO),
        ],
    ),
    own(
        "acts",
        &[Select, Insert],
        &[
            ("id", Uuid, NO),
            ("acted_at", Timestamptz, NO),
            ("operator", Text, NO),
            ("host", Text, NO),
            ("command", Text, NO),
            ("detail", Jsonb, NO),
        ],
    ),
    own(
        "plans",
        ALL,
        &[
            ("id", Uuid, NO),
            ("state", Text, NO),
            ("created_at", Timestamptz, NO),
            ("operator", Text, NO),
            ("host", Text, NO),
            ("command", Text, NO),
            ("reason", Text, YES),
            ("filter", Jsonb, NO),
            ("items", Bigint, NO),
            ("left_out", Bigint, NO),
            ("includes_delivered", Boolean, NO),
            ("rate", Integer, YES),
            ("canary", Integer, YES),
            ("to_url", Text, YES),
            ("started_at", Timestamptz, YES),
            ("seen_at", Timestamptz, YES),
            ("paced_at", Timestamptz, YES),
            ("finished_at", Timestamptz, YES),
        ],
    ),
    own(
        "plan_endpoints",
        ALL,
        &[
            ("plan_id", Uuid, NO),
            ("webhook_id", Uuid, NO),
            ("state", Text, NO),
            ("items", Bigint, NO),
            ("released", Bigint, NO),
            ("arrived", Bigint, NO),
            ("failed", Bigint, NO),
            ("bytes", Bigint, NO),
            ("oldest_at", Timestamptz, YES),
            ("newest_at", Timestamptz, YES),
            ("came_to", Jsonb, NO),
            ("at_risk", Bigint, NO),
            ("note", Text, YES),
        ],
    ),
    own(
        "plan_items",
        ALL,
        &[
            ("plan_id", Uuid, NO),
            ("number", Integer, NO),
            ("state", Text, NO),
            ("webhook_id", Uuid, NO),
            ("delivery_id", Uuid, YES),
            ("host_attempt_id", Uuid, YES),
            ("event_id", Uuid, YES),
            ("was_state", Text, YES),
            ("was_at", Timestamptz, YES),
            ("was_steps", Integer, YES),
            ("was_attempts", Integer, YES),
            ("released_at", Timestamptz, YES),
            ("note", Text, YES),
        ],
    ),
    own(
        "secrets",
        &[Select, Insert, Update],
        &[
            ("id", Uuid, NO),
            ("state", Text, NO),
            ("webhook_id", Uuid, NO),
            ("sealed", Bytea, YES),
            ("added_at", Timestamptz, NO),
            ("expires_at", Timestamptz, YES),
            ("retired_at", Timestamptz, YES),
            ("operator", Text, NO),
            ("host", Text, NO),
            ("command", Text, NO),
        ],
    ),
    for_yardi(
        "yardi_accounts",
        ALL,
        &[
            ("integration_id", Uuid, NO),
            ("state", Text, NO),
            ("opened_at", Timestamptz, YES),
            ("opened_class", Text, YES),
            ("opened_text", Text, YES),
            ("checked_at", Timestamptz, YES),
            ("lease_until", Timestamptz, YES),
            ("leased_by", Uuid, YES),
            ("fence", Bigint, NO),
        ],
    ),
    for_yardi(
        "yardi_states",
        ALL,
        &[
            ("property_id", Uuid, NO),
            ("integration_id", Uuid, YES),
            ("last_success_at", Timestamptz, YES),
            ("last_error_at", Timestamptz, YES),
            ("last_error_class", Text, YES),
            ("last_error", Text, YES),
            ("failures", Integer, NO),
            ("last_poll_id", Uuid, YES),
            ("last_rows", Integer, YES),
            ("last_invites", Integer, YES),
            ("last_entries", Integer, YES),
            ("last_submit_at", Timestamptz, YES),
            ("last_submit_error_at", Timestamptz, YES),
            ("last_submit_error", Text, YES),
            ("submitted_before", Timestamptz, YES),
        ],
    ),
    for_yardi(
        "yardi_polls",
        ALL,
        &[
            ("id", Uuid, NO),
            ("state", Text, NO),
            ("run_id", Uuid, NO),
            ("integration_id", Uuid, NO),
            ("property_id", Uuid, NO),
            ("started_at", Timestamptz, NO),
            ("finished_at", Timestamptz, NO),
            ("window_from", Timestamptz, YES),
            ("class", Text, YES),
            ("error", Text, YES),
            ("rows", Integer, NO),
            ("invites", Integer, NO),
            ("entries", Integer, NO),
            ("corrected", Integer, NO),
            ("known", Integer, NO),
            ("flagged", Integer, NO),
            ("mails", Integer, NO),
            ("skipped", Jsonb, NO),
        ],
    ),
    for_yardi(
        "yardi_imports",
        ALL,
        &[
            ("invite_id", Uuid, NO),
            ("state", Text, NO),
            ("integration_id", Uuid, NO),
            ("property_id", Uuid, NO),
            ("poll_id", Uuid, NO),
            ("entry_id", Uuid, YES),
            ("flags", TextArray, NO),
            ("note", Text, YES),
            ("created_at", Timestamptz, NO),
            ("entered_at", Timestamptz, YES),
            ("tenant_code", Text, YES),
        ],
    ),
    for_yardi(
        "mails",
        ALL,
        &[
            ("id", Uuid, NO),
            ("state", Text, NO),
            ("invite_id", Uuid, NO),
            ("integration_id", Uuid, NO),
            ("property_id", Uuid, NO),
            ("entry_id", Uuid, NO),
            ("address", Text, NO),
            ("property_name", Text, YES),
            ("custom_message", Text, YES),
            ("tries", Integer, NO),
            ("try_at", Timestamptz, NO),
            ("lease_until", Timestamptz, YES),
            ("leased_by", Uuid, YES),
            ("fence", Bigint, NO),
            ("reason", Text, YES),
            ("created_at", Timestamptz, NO),
            ("finished_at", Timestamptz, YES),
        ],
    ),
    for_yardi(
        "yardi_submissions",
        ALL,
        &[
            ("id", Uuid, NO),
            ("state", Text, NO),
            ("entry_id", Uuid, NO),
            ("revision", Integer, NO),
            ("integration_id", Uuid, NO),
            ("property_id", Uuid, NO),
            ("prospect_code", Text, NO),
            ("values_sha256", Bytea, NO),
            ("marker", Text, NO),
            ("tries", Integer, NO),
            ("class", Text, YES),
            ("detail", Text, YES),
            ("created_at", Timestamptz, NO),
            ("tried_at", Timestamptz, YES),
            ("try_at", Timestamptz, NO),
            ("finished_at", Timestamptz, YES),
        ],
    ),
];

const fn own(
    name: &'static str,
    rights: &'static [Right],
    columns: &'static [(&'static str, Kind, bool)],
) -> Table {
    Table { name, ours: true, scope: Scope::Delivery, rights, columns }
}

const fn for_yardi(
    name: &'static str,
    rights: &'static [Right],
    columns: &'static [(&'static str, Kind, bool)],
) -> Table {
    Table { name, ours: true, scope: Scope::Yardi, rights, columns }
}

impl Right {
    pub fn word(self) -> &'static str {
        match self {
            Select => "select",
            Insert => "insert",
            Update => "update",
            Delete => "delete",
        }
    }
}

impl Table {
    /// As it is written in SQL.
    pub fn path(&self) -> String {
        if self.ours { format!("hookyard.{}", self.name) } else { self.name.to_owned() }
    }
}
