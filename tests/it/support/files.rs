//! A folder of files for one test, and bytes that repeat from run to run.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub struct Files(tempfile::TempDir);

impl Files {
    pub fn new() -> Files {
        Files(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// For a browser.
    pub fn url(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    /// Write, readable by the owner only, and give the path as text.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
        path.display().to_string()
    }
}

/// Bytes of every value, the same on every run.
pub fn random_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}

/// What `openssl` writes to standard output.
pub fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    child.stdin.take().expect("piped").write_all(input).expect("written");
    let output = child.wait_with_output().expect("openssl ends");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A P-256 key that openssl made: the private JWK's file, and the JWKS's.
pub fn jwk(files: &Files) -> (String, String) {
    use base64::Engine;
    let der = openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-outform", "DER"], b"");
    let (d, point) = (&der[7..39], &der[der.len() - 64..]);
    let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let mut jwk = serde_json::json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "k1",
        "x": encode(&point[..32]), "y": encode(&point[32..]) });
    let jwks = files.write("jwks.json", serde_json::json!({ "keys": [jwk] }).to_string());
    jwk["d"] = encode(d).into();
    (files.write("private.jwk", jwk.to_string()), jwks)
}
