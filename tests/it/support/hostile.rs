//! A receiver that behaves as badly as its path says, on loopback, plain and under TLS.
//!
//! Plain threads and blocking sockets, so that synchronous tests of the binary and asynchronous ones of a module
//! use it alike. The threads end with the process; a test that ends early leaves nothing to wait for.

#[path = "hostile_answers.rs"]
mod answers;
#[path = "hostile_certificates.rs"]
mod certificates;

use std::io::{ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use answers::{behave, send};
use certificates::Certificates;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    /// Request line and headers, byte for byte.
    pub head: String,
    pub body: Vec<u8>,
    /// Which connection it came over, counted from 1.
    pub connection: usize,
}

#[derive(Default)]
struct Log {
    connections: usize,
    seen: Vec<Seen>,
}

/// The addresses to call; what a path makes of a request stands in `hostile_answers.rs`.
pub struct Hostile {
    pub http: SocketAddr,
    /// Trusted by those who trust `ca_pem`, for 127.0.0.1, localhost and `good.example`.
    pub https: SocketAddr,
    pub self_signed: SocketAddr,
    pub expired: SocketAddr,
    pub wrong_name: SocketAddr,
    pub unknown_ca: SocketAddr,
    /// Speaks no TLS that is still spoken.
    pub old_tls: SocketAddr,
    pub ca_pem: PathBuf,
    log: Arc<Mutex<Log>>,
    _folder: tempfile::TempDir,
}

impl Hostile {
    pub fn start() -> Hostile {
        Hostile::start_at("127.0.0.1")
    }

    /// The same on another address, for example one that must never be dialled.
    pub fn start_at(ip: &str) -> Hostile {
        let log = Arc::default();
        let folder = tempfile::tempdir().expect("a folder");
        let Certificates { ca_pem, good, self_signed, expired, wrong_name, unknown_ca } =
            certificates::make(ip);
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, ca_pem).expect("the CA file");
        Hostile {
            http: listen(ip, Speech::Plain, &log),
            https: listen(ip, Speech::Tls(good), &log),
            self_signed: listen(ip, Speech::Tls(self_signed), &log),
            expired: listen(ip, Speech::Tls(expired), &log),
            wrong_name: listen(ip, Speech::Tls(wrong_name), &log),
            unknown_ca: listen(ip, Speech::Tls(unknown_ca), &log),
            old_tls: listen(ip, Speech::OldTls, &log),
            ca_pem: ca_file,
            log,
            _folder: folder,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// Connections accepted on any of the ports, those that never sent a request included.
    pub fn connections(&self) -> usize {
        lock(&self.log).connections
    }

    /// The requests for one path, in order of arrival.
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        lock(&self.log).seen.iter().filter(|seen| seen.path == path).cloned().collect()
    }
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
enum Speech {
    Plain,
    Tls(Arc<rustls::ServerConfig>),
    OldTls,
}

fn listen(ip: &str, speech: Speech, log: &Arc<Mutex<Log>>) -> SocketAddr {
    let listener = TcpListener::bind((ip, 0)).expect("a port on loopback");
    let address = listener.local_addr().expect("its address");
    let log = Arc::clone(log);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (speech, log) = (speech.clone(), Arc::clone(&log));
            thread::spawn(move || {
                let connection = {
                    let mut log = lock(&log);
                    log.connections += 1;
                    log.connections
                };
                let _ = stream.set_nodelay(true);
                let _ = talk(stream, speech, connection, &log);
            });
        }
    });
    address
}

fn talk(mut stream: TcpStream, speech: Speech, connection: usize, log: &Mutex<Log>) -> Result<()> {
    match speech {
        Speech::Plain if breaks_at_once(&stream) => Ok(()),
        Speech::Plain => serve(stream, connection, log),
        Speech::Tls(config) => {
            let session = rustls::ServerConnection::new(config).map_err(std::io::Error::other)?;
            serve(rustls::StreamOwned::new(session, stream), connection, log)
        }
        // TLS 1.0, to whatever it hears: fatal alert, protocol version.
        Speech::OldTls => {
            more(&mut stream, &mut Vec::new(), &mut [0; 4096])?;
            stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70])
        }
    }
}

/// `/reset`: closing a socket with unread bytes makes the kernel send RST instead of FIN.
fn breaks_at_once(stream: &TcpStream) -> bool {
    let mut start = [0; 12];
    matches!(stream.peek(&mut start), Ok(12)) && &start == b"POST /reset "
}

fn serve(mut stream: impl Read + Write, connection: usize, log: &Mutex<Log>) -> Result<()> {
    loop {
        let request = match read(&mut stream, connection) {
            // TLS where plain text is spoken: answered as web servers do.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return send(&mut stream, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            }
            request => request?,
        };
        let path = request.path.clone();
        lock(log).seen.push(request);
        behave(&mut stream, &path)?;
    }
}

fn read(stream: &mut impl Read, connection: usize) -> Result<Seen> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, &mut bytes, &mut chunk)?;
        if !bytes.first().is_some_and(u8::is_ascii_uppercase) {
            return Err(ErrorKind::InvalidData.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    while bytes.len() < end + length {
        more(stream, &mut bytes, &mut chunk)?;
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    Ok(Seen { path, head, body: bytes.split_off(end), connection })
}

fn more(stream: &mut impl Read, bytes: &mut Vec<u8>, chunk: &mut [u8]) -> Result<()> {
    match stream.read(chunk)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        count => {
            bytes.extend_from_slice(&chunk[..count]);
            Ok(())
        }
    }
}
