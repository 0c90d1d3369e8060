//! What the verbs ask of the database: integrations, properties, leases, circuits, imports, mails, submissions. Every
//! text is static, and input travels as parameters only.

mod import;
mod integrations;
mod lease;
mod mails;
mod polls;

pub use import::{Counts, Import, Imported, import};
use integrations::micros;
pub use integrations::{list_integrations, list_properties};
pub use lease::{claim_account, close_circuit, open_circuit, release_account, renew_account};
pub use mails::{Fate, MailRow, claim_mail, count_mails, finish_mail, settle_lost_mails};
pub use polls::{Failed, forget_polls, insert_failed_poll};
