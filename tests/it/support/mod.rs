//! What every test stands on.

mod database;
mod hookyard;
mod server;
mod session;

pub use database::Database;
pub use hookyard::{Hookyard, hookyard};
pub use session::Session;
