//! Certificates for a hostile receiver: one that its own authority vouches for, and four that nobody should accept.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub struct Certificates {
    pub ca_pem: String,
    pub good: Arc<ServerConfig>,
    pub self_signed: Arc<ServerConfig>,
    pub expired: Arc<ServerConfig>,
    pub wrong_name: Arc<ServerConfig>,
    pub unknown_ca: Arc<ServerConfig>,
}

pub fn make(ip: &str) -> Certificates {
    let (ca, stranger) = (authority("hostile test CA"), authority("a CA nobody knows"));
    let here = || leaf(&[ip, "localhost", "good.example"]);
    let mut expired = here();
    expired.not_before = rcgen::date_time_ymd(2020, 1, 1);
    expired.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let alone = here().self_signed(&key).expect("a certificate");
    Certificates {
        ca_pem: ca.pem(),
        good: signed(&here(), &ca),
        self_signed: server(alone.der(), &key),
        expired: signed(&expired, &ca),
        wrong_name: signed(&leaf(&["elsewhere.example"]), &ca),
        unknown_ca: signed(&here(), &stranger),
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

fn leaf(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    CertificateParams::new(names).expect("names")
}

fn signed(params: &CertificateParams, issuer: &CertifiedIssuer<'static, KeyPair>) -> Arc<ServerConfig> {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    server(certificate.der(), &key)
}

fn server(certificate: &CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a private key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate with its key");
    Arc::new(config)
}
