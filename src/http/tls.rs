//! Whom we trust. Verification has no switch: a private authority is added, never a check removed.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::failure::Failure;

/// The system's roots, or the bundled ones with a warning, and those of the operator's file.
pub(super) fn config(ca_file: Option<&Path>) -> Result<(rustls::ClientConfig, Vec<String>), Failure> {
    let mut warnings = Vec::new();
    let mut roots = RootCertStore::empty();
    // Single files that cannot be read are common and harmless while others can.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        warnings.push(
            "this system has no CA certificates: trusting the bundled ones, which age with this binary"
                .to_owned(),
        );
    }
    if let Some(path) = ca_file {
        add(&mut roots, path)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::fault(error).context("cannot set up TLS"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, warnings))
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), Failure> {
    let shown = path.display().to_string();
    let unusable = |why: String| Failure::blocked(why).context(format!("cannot use the CA file {shown}"));
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        count += 1;
        let certificate = certificate.map_err(|error| unusable(format!("certificate {count}: {error}")))?;
        roots.add(certificate).map_err(|error| unusable(format!("certificate {count}: {error}")))?;
    }
    match count {
        0 => Err(unusable("it holds no certificate in PEM form".to_owned())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_that_adds_nothing_is_a_failure_not_a_surprise_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        assert!(config(Some(&path)).is_err());
        std::fs::write(&path, "nothing here").expect("written");
        let failure = config(Some(&path)).expect_err("refused");
        assert!(failure.text().contains("holds no certificate"), "{}", failure.text());
    }
}
