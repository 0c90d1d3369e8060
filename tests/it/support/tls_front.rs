//! TLS in front of the tests' server, whether that speaks it or not: answers the request for it, shakes hands with a
//! certificate of its own, and passes the rest on. And a doorman, who asks for the password and lets nobody in.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};

use super::{Database, redirected};

pub struct TlsFront {
    address: SocketAddr,
    secured: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
}

impl TlsFront {
    /// With a certificate for `name`.
    pub fn before(database: &Database, name: &str) -> TlsFront {
        let folder = tempfile::tempdir().expect("a folder");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).expect("written");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec![name.to_owned()])
            .expect("a name")
            .signed_by(&key, &authority)
            .expect("signed");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocols")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .expect("a certificate");
        TlsFront::start(database, Some(tokio_rustls::TlsAcceptor::from(Arc::new(config))), folder)
    }

    /// Says no to every request for TLS, and goes on in the clear.
    pub fn declining(database: &Database) -> TlsFront {
        TlsFront::start(database, None, tempfile::tempdir().expect("a folder"))
    }

    fn start(
        database: &Database,
        acceptor: Option<tokio_rustls::TlsAcceptor>,
        folder: tempfile::TempDir,
    ) -> TlsFront {
        let upstream: PgConnectOptions = database.url().parse().expect("a database URL");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let secured = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&secured);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (upstream, acceptor, count) = (upstream.clone(), acceptor.clone(), Arc::clone(&count));
                std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .expect("a runtime");
                    let _ = runtime.block_on(pass(client, &upstream, acceptor, &count));
                });
            }
        });
        TlsFront { address, secured, folder }
    }

    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// How many came through the handshake.
    pub fn secured(&self) -> usize {
        self.secured.load(Ordering::SeqCst)
    }

    pub fn url(&self, database: &Database, query: &str) -> String {
        let mut url = url::Url::parse(&redirected(&database.url(), self.address)).expect("a URL");
        url.set_query((!query.is_empty()).then_some(query));
        url.to_string()
    }
}

trait Both: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Both for T {}

async fn pass(
    client: TcpStream,
    upstream: &PgConnectOptions,
    acceptor: Option<tokio_rustls::TlsAcceptor>,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    client.set_nonblocking(true)?;
    let mut client = tokio::net::TcpStream::from_std(client)?;
    let mut server: Box<dyn Both> = match upstream.get_socket() {
        Some(folder) => Box::new(tokio::net::UnixStream::connect(socket(folder, upstream.get_port())).await?),
        None => Box::new(tokio::net::TcpStream::connect((upstream.get_host(), upstream.get_port())).await?),
    };
    let mut request = [0; 8];
    client.read_exact(&mut request).await?;
    if request != *b"\0\0\0\x08\x04\xd2\x16\x2f" {
        server.write_all(&request).await?;
        return copy_bidirectional(&mut client, &mut server).await.map(|_| ());
    }
    let Some(acceptor) = acceptor else {
        client.write_all(b"N").await?;
        return copy_bidirectional(&mut client, &mut server).await.map(|_| ());
    };
    client.write_all(b"S").await?;
    let mut client = acceptor.accept(client).await?;
    let mut first = [0; 1];
    client.read_exact(&mut first).await?;
    count.fetch_add(1, Ordering::SeqCst);
    server.write_all(&first).await?;
    copy_bidirectional(&mut client, &mut server).await.map(|_| ())
}

fn socket(folder: &Path, port: u16) -> PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}

pub struct Doorman {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Doorman {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The passwords that were said.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("lock").clone()
    }
}

/// Asks for a password and refuses with this SQLSTATE and message, as the server does.
pub fn doorman(code: &'static str, message: &'static str) -> Doorman {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("bound");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&heard);
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _ = refuse(&mut client, code, message, &theirs);
        }
    });
    Doorman { address, heard }
}

fn refuse(
    client: &mut TcpStream,
    code: &str,
    message: &str,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let length = |client: &mut TcpStream| -> std::io::Result<usize> {
        let mut bytes = [0; 4];
        client.read_exact(&mut bytes)?;
        Ok((u32::from_be_bytes(bytes) as usize).saturating_sub(4))
    };
    let mut start_up = vec![0; length(client)?];
    client.read_exact(&mut start_up)?;
    // AuthenticationCleartextPassword
    client.write_all(b"R\0\0\0\x08\0\0\0\x03")?;
    client.read_exact(&mut [0; 1])?;
    let mut password = vec![0; length(client)?];
    client.read_exact(&mut password)?;
    password.pop();
    heard.lock().expect("lock").push(String::from_utf8_lossy(&password).into_owned());
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0Fauth.c\0L1\0Rauth_failed\0\0");
    let length = u32::try_from(fields.len() + 4).expect("short");
    client.write_all(&[b"E", length.to_be_bytes().as_slice(), fields.as_bytes()].concat())
}
