//! Every environment variable hookyard reads, and the only place that reads them.

use crate::failure::Failure;

pub const DATABASE_URL: &str = "DATABASE_URL";
pub const REPORT_DATABASE_URL: &str = "HOOKYARD_REPORT_DATABASE_URL";
pub const CONFIG: &str = "HOOKYARD_CONFIG";
pub const ALLOW_EGRESS: &str = "HOOKYARD_ALLOW_EGRESS";
pub const ALLOW_HTTP: &str = "HOOKYARD_ALLOW_HTTP";
pub const CA_FILE: &str = "HOOKYARD_CA_FILE";
pub const ALERT_URL: &str = "HOOKYARD_ALERT_URL";
pub const CONCURRENCY: &str = "HOOKYARD_CONCURRENCY";
pub const PER_ENDPOINT: &str = "HOOKYARD_PER_ENDPOINT";
pub const IN_FLIGHT: &str = "HOOKYARD_IN_FLIGHT";
pub const LEASE: &str = "HOOKYARD_LEASE";
pub const TIMEOUT: &str = "HOOKYARD_TIMEOUT";
pub const POLICY: &str = "HOOKYARD_POLICY";
pub const USER_AGENT: &str = "HOOKYARD_USER_AGENT";
pub const OPERATOR: &str = "HOOKYARD_OPERATOR";
pub const PLAID_URL: &str = "HOOKYARD_PLAID_URL";
pub const PLAID_CLIENT_ID: &str = "HOOKYARD_PLAID_CLIENT_ID";
pub const PLAID_SECRET: &str = "HOOKYARD_PLAID_SECRET";
pub const PG_BIN: &str = "HOOKYARD_PG_BIN";
pub const SMTP_URL: &str = "HOOKYARD_SMTP_URL";
pub const MAIL_FROM: &str = "HOOKYARD_MAIL_FROM";
pub const INVITE_URL: &str = "HOOKYARD_INVITE_URL";
pub const YARDI_CONCURRENCY: &str = "HOOKYARD_YARDI_CONCURRENCY";
pub const YARDI_LEASE: &str = "HOOKYARD_YARDI_LEASE";
pub const SUBMIT_WINDOW: &str = "HOOKYARD_SUBMIT_WINDOW";
pub const LOG_FORMAT: &str = "HOOKYARD_LOG_FORMAT";
pub const NO_COLOR: &str = "NO_COLOR";
pub const CLICOLOR: &str = "CLICOLOR";
pub const TERM: &str = "TERM";
pub const COLUMNS: &str = "COLUMNS";
pub const HOME: &str = "HOME";
pub const PATH: &str = "PATH";
pub const USER: &str = "USER";
pub const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";
pub const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";
pub const XDG_DATA_HOME: &str = "XDG_DATA_HOME";

/// Where the tests keep their throw-away server.
pub const TEST_LOCAL_ROOT: &str = "HOOKYARD_TEST_LOCAL_ROOT";
/// Faults and false surroundings for tests; release builds do not read them.
#[cfg(debug_assertions)]
pub const TEST_NAMES: &str = "HOOKYARD_TEST_NAMES";
#[cfg(debug_assertions)]
pub const TEST_CLOCK_OFFSET: &str = "HOOKYARD_TEST_CLOCK_OFFSET";
#[cfg(debug_assertions)]
pub const TEST_FAULT: &str = "HOOKYARD_TEST_FAULT";

/// What `hookyard config` and the README say of the variables a user may set.
pub const DOCUMENTED: &[(&str, &str)] = &[
    (DATABASE_URL, "the database: a postgres:// URL, or `embedded:`"),
    (REPORT_DATABASE_URL, "the database that reports are read from, such as a replica"),
    (CONFIG, "the configuration file"),
    (ALLOW_EGRESS, "address ranges that may be dialled although they are not public, comma-separated"),
    (ALLOW_HTTP, "`true` lets endpoints be plain http"),
    (CA_FILE, "PEM file of certificate authorities to trust besides the system's"),
    (ALERT_URL, "where an alert is posted when an endpoint's delivery dies"),
    (CONCURRENCY, "requests at once"),
    (PER_ENDPOINT, "requests at once to one endpoint"),
    (IN_FLIGHT, "requests sent and not yet recorded, at most"),
    (LEASE, "how long a claimed delivery is ours without renewal"),
    (TIMEOUT, "how long an endpoint may take to answer"),
    (POLICY, "retry policy of endpoints that name none"),
    (USER_AGENT, "the User-Agent header"),
    (OPERATOR, "who acts, for the record of operators' acts"),
    (PLAID_URL, "where Plaid's public keys are fetched"),
    (PLAID_CLIENT_ID, "who asks Plaid for its public keys"),
    (PLAID_SECRET, "the secret of that client"),
    (PG_BIN, "directory of the `postgres` and `initdb` that the local database runs on"),
    (SMTP_URL, "where invite mails are handed in: smtps://USER:PASSWORD@HOST, or smtp:// for STARTTLS"),
    (MAIL_FROM, "the sender of invite mails"),
    (INVITE_URL, "the link in an invite, with `{entry_id}` and `{short_id}`"),
    (YARDI_CONCURRENCY, "integrations of Yardi asked side by side"),
    (YARDI_LEASE, "how long an integration of Yardi is ours without renewal"),
    (SUBMIT_WINDOW, "how long after its completion a result is submitted, or again when it has changed"),
    (LOG_FORMAT, "`text` or `json`"),
];

/// The variable's value; unset and empty are alike.
pub fn read(name: &'static str) -> Result<Option<String>, Failure> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::usage(format!("the environment variable {name} is not valid UTF-8")))
        }
    }
}

/// A variable that the user names, such as one that holds a secret: any bytes, and empty is not unset.
pub fn named(name: &str) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    std::env::var_os(name).map(OsStringExt::into_vec)
}

/// For surroundings that may be odd without being an error (`TERM`, `HOME`).
pub fn surrounding(name: &'static str) -> Option<String> {
    read(name).ok().flatten()
}

/// The fault that a test asks for, `kind:detail`; comma-separated where there are several.
#[cfg(debug_assertions)]
pub fn test_fault(kind: &str) -> Option<&'static str> {
    static FAULTS: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let faults = FAULTS.get_or_init(|| surrounding(TEST_FAULT).unwrap_or_default());
    faults.split(',').find_map(|fault| fault.strip_prefix(kind)?.strip_prefix(':'))
}
