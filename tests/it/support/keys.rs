//! A configuration with keys for stored secrets, and Standard Webhooks as a receiver checks it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};

use super::{Hookyard, Received, Scene};

/// Base64 of 32 bytes.
pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub const OTHER_KEY: &str = "ub+Ax3xSjEvh8w4258tOjYMtjTXx6gYelGYfnUv5Knc=";

/// `hookyard.toml` with one key, in the variable CLOAK_KEY.
pub struct Keys {
    folder: tempfile::TempDir,
}

impl Keys {
    pub fn new() -> Keys {
        Keys::written("[[keys]]\ntag = \"AES.GCM.V1\"\nenv = \"CLOAK_KEY\"\n")
    }

    pub fn written(configuration: &str) -> Keys {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("hookyard.toml"), configuration).expect("written");
        Keys { folder }
    }

    /// Where a test may put its files.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn hookyard(&self, scene: &Scene, arguments: &[&str]) -> Hookyard {
        scene
            .hookyard(arguments)
            .env("HOOKYARD_CONFIG", &self.path("hookyard.toml"))
            .env("CLOAK_KEY", KEY)
            .hiding(&self.folder.path().display().to_string(), "[folder]")
    }

    /// Give the webhook a secret by file, and tell its id.
    pub fn add(&self, scene: &Scene, webhook: &str, secret: &str) -> String {
        let file = self.path("given.secret");
        std::fs::write(&file, secret).expect("written");
        let added = self
            .hookyard(scene, &["webhook", "secret", "add", webhook, "--secret-file", &file, "--json"])
            .run()
            .succeeds();
        added.json()["secret_id"].as_str().expect("an id").to_owned()
    }
}

/// Whether a receiver that knows this secret accepts the request.
pub fn standard_accepts(secret: &str, request: &Received) -> bool {
    let (Some(stamp), Some(signatures)) =
        (request.header("webhook-timestamp"), request.header("webhook-signature"))
    else {
        return false;
    };
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("the prefix")).expect("base64");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).expect("any key");
    for part in [request.id().as_bytes(), b".", stamp.as_bytes(), b".", &request.body] {
        mac.update(part);
    }
    let right = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    signatures.split(' ').any(|signature| signature == right)
}

/// How many secrets have signed it.
pub fn signatures(request: &Received) -> usize {
    request.header("webhook-signature").map_or(0, |value| value.split(' ').count())
}
