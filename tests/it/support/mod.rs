//! What every test stands on.

mod chromium;
mod database;
mod estate;
mod files;
mod hookyard;
mod hostile;
mod keys;
mod limit;
mod pooler;
mod proxy;
mod receiver;
mod replica;
mod scene;
mod server;
mod session;
mod smtp;
mod soap;
mod tls_front;
mod voyager;

pub use chromium::Chromium;
pub use database::Database;
pub use estate::{Estate, PASSWORD, USER};
pub use files::{Files, hex, jwk, openssl, random_bytes};
pub use hookyard::{Hookyard, Running, Transcript, hookyard};
pub use hostile::Hostile;
pub use keys::{KEY, Keys, OTHER_KEY, signatures, standard_accepts};
pub use pooler::Pooler;
pub use proxy::{Cut, Proxy, redirected};
pub use receiver::{Received, Receiver};
pub use replica::Replica;
pub use scene::{API_KEY, ENTRY, SHORT_ID, Scene};
pub use server::place;
pub use session::Session;
pub use smtp::{Mailbox, Post};
pub use soap::{Says, Soap, element, envelope};
pub use tls_front::{TlsFront, doorman};
pub use voyager::{Household, Person, Voyager};

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

/// Keys and their order are a promise to programs: `tests/schemas/NAME.json` lists those of one object.
#[track_caller]
pub fn has_the_promised_keys(value: &serde_json::Value, name: &str) {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let promised: Vec<String> = serde_json::from_str(&text).expect("a list of keys");
    let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
    assert_eq!(keys, promised.iter().collect::<Vec<_>>(), "{name}");
}
