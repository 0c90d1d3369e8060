//! What every test stands on.

mod database;
mod files;
mod hookyard;
mod receiver;
mod scene;
mod server;
mod session;

pub use database::Database;
pub use files::{Files, hex, openssl, random_bytes};
pub use hookyard::{Hookyard, Running, Transcript, hookyard};
pub use receiver::{Received, Receiver};
pub use scene::{API_KEY, ENTRY, SHORT_ID, Scene};
pub use session::Session;

/// SNAPPT's scheme as its document says it, keyed by the api key id; computed here from primitives.
pub fn snappt_signature(stamp: &str, body: &[u8]) -> String {
    use base64::Engine;
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(API_KEY.as_bytes()).expect("any key");
    mac.update(stamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    let tag = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("t={stamp},v1={tag}")
}
