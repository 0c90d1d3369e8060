//! What the verbs ask of the database: integrations, properties, leases, circuits, imports, mails, submissions. Every
//! text is static, and input travels as parameters only.

mod import;
mod integrations;
mod lease;
mod mails;
mod passwords;
mod polls;
mod submissions;

pub use import::{Counts, Import, Imported, import};
use integrations::micros;
pub use integrations::{list_integrations, list_properties};
pub use lease::{claim_account, close_circuit, open_circuit, release_account, renew_account};
pub use mails::{
    Fate, MailRow, Troubled, claim_mail, count_mails, count_troubled_mails, finish_mail, settle_lost_mails,
};
pub use passwords::{Written, advance_password};
pub use polls::{Failed, forget_polls, insert_failed_poll};
pub use submissions::{
    Begun, begin_submission, find_link, finish_accepted, finish_not_accepted, list_candidates,
};
