//! A userland TCP proxy between hookyard and the server: it stands still, cuts, is slow, and knows a COMMIT when it
//! passes by.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::Database;

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server never sees the commit.
    BeforeCommit,
    /// The server has it; nobody waits for the answer.
    CommitSent,
    /// The server has answered; the answer is lost.
    CommitAnswered,
}

#[derive(Default)]
struct Shared {
    paused: AtomicBool,
    latency_ms: AtomicU64,
    /// Bytes towards the server until a cut; negative: no such plan.
    bytes: AtomicI64,
    /// Which cut, and at which commit from now, counted from 1.
    plan: Mutex<Option<(Cut, usize)>>,
    cuts: AtomicUsize,
    commits: AtomicUsize,
    open: Mutex<Vec<Stream>>,
}

pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// In front of the server of this database.
    pub fn before(database: &Database) -> Proxy {
        let upstream: PgConnectOptions = database.url().parse().expect("a database URL");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared { bytes: AtomicI64::new(-1), ..Shared::default() });
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = Stream::to(&upstream) else { continue };
                let _ = client.set_nodelay(true);
                serve(Stream::Tcp(client), server, &theirs);
            }
        });
        Proxy { address, shared }
    }

    pub fn url(&self, database: &Database) -> String {
        redirected(&database.url(), self.address)
    }

    /// Nothing passes any more, and nobody is told.
    pub fn pause(&self) {
        self.shared.paused.store(true, Ordering::SeqCst);
    }

    pub fn resume(&self) {
        self.shared.paused.store(false, Ordering::SeqCst);
    }

    /// Each piece waits so long, in both directions.
    pub fn slow_down(&self, latency: Duration) {
        self.shared.latency_ms.store(latency.as_millis() as u64, Ordering::SeqCst);
    }

    /// Every connection, at once.
    pub fn cut(&self) {
        self.shared.cuts.fetch_add(1, Ordering::SeqCst);
        self.shared.open.lock().expect("lock").drain(..).for_each(|stream| stream.close());
    }

    /// Once so many bytes more have gone to the server, in the middle of whatever it is.
    pub fn cut_after(&self, bytes: usize) {
        self.shared.bytes.store(bytes as i64, Ordering::SeqCst);
    }

    /// At the commit with this number, counted from 1 and from now.
    pub fn cut_at_commit(&self, cut: Cut, number: usize) {
        *self.shared.plan.lock().expect("lock") = Some((cut, number));
    }

    /// How many cuts there were.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    pub fn commits(&self) -> usize {
        self.shared.commits.load(Ordering::SeqCst)
    }
}

/// The same database, somewhere else on loopback.
pub fn redirected(url: &str, address: SocketAddr) -> String {
    let mut url = url::Url::parse(url).expect("a URL");
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "host" && name != "port")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    url.set_host(Some("127.0.0.1")).expect("a host");
    url.set_port(Some(address.port())).expect("a port");
    url.to_string()
}

/// The server's socket, of either kind.
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn to(server: &PgConnectOptions) -> std::io::Result<Stream> {
        if let Some(folder) = server.get_socket() {
            let path = folder.join(format!(".s.PGSQL.{}", server.get_port()));
            return UnixStream::connect(path).map(Stream::Unix);
        }
        let stream = TcpStream::connect((server.get_host(), server.get_port()))?;
        stream.set_nodelay(true)?;
        Ok(Stream::Tcp(stream))
    }

    fn twin(&self) -> Stream {
        match self {
            Stream::Tcp(stream) => Stream::Tcp(stream.try_clone().expect("a descriptor")),
            Stream::Unix(stream) => Stream::Unix(stream.try_clone().expect("a descriptor")),
        }
    }

    fn close(&self) {
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }

    fn read(&mut self, into: &mut [u8]) -> usize {
        match self {
            Stream::Tcp(stream) => stream.read(into).unwrap_or(0),
            Stream::Unix(stream) => stream.read(into).unwrap_or(0),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> bool {
        match self {
            Stream::Tcp(stream) => stream.write_all(bytes).is_ok(),
            Stream::Unix(stream) => stream.write_all(bytes).is_ok(),
        }
    }
}

fn serve(client: Stream, server: Stream, shared: &Arc<Shared>) {
    shared.open.lock().expect("lock").extend([client.twin(), server.twin()]);
    // Set by the way there, obeyed by the way back.
    let swallow = Arc::new(AtomicBool::new(false));
    for towards_server in [true, false] {
        let (mut from, mut to) =
            if towards_server { (client.twin(), server.twin()) } else { (server.twin(), client.twin()) };
        let (shared, swallow) = (Arc::clone(shared), Arc::clone(&swallow));
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let count = from.read(&mut buffer);
                let bytes = &buffer[..count];
                shared.wait();
                let passes = count > 0
                    && if towards_server {
                        shared.may_go(bytes, &swallow, &mut to)
                    } else {
                        shared.may_return(bytes, &swallow)
                    };
                if !passes || !to.write(bytes) {
                    from.close();
                    to.close();
                    return;
                }
            }
        });
    }
}

impl Shared {
    fn wait(&self) {
        std::thread::sleep(Duration::from_millis(self.latency_ms.load(Ordering::SeqCst)));
        while self.paused.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn may_go(&self, bytes: &[u8], swallow: &AtomicBool, server: &mut Stream) -> bool {
        if self.bytes.load(Ordering::SeqCst) >= 0 {
            let left = self.bytes.fetch_sub(bytes.len() as i64, Ordering::SeqCst);
            if left < bytes.len() as i64 {
                self.bytes.store(-1, Ordering::SeqCst);
                self.cuts.fetch_add(1, Ordering::SeqCst);
                server.write(&bytes[..usize::try_from(left).unwrap_or(0)]);
                return false;
            }
        }
        // A simple query that is COMMIT and nothing else.
        if !contains(bytes, b"Q\0\0\0\x0bcommit\0") {
            return true;
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
        let mut plan = self.plan.lock().expect("lock");
        let Some((cut, number)) = plan.as_mut() else { return true };
        *number -= 1;
        if *number > 0 {
            return true;
        }
        let cut = *cut;
        *plan = None;
        self.cuts.fetch_add(1, Ordering::SeqCst);
        match cut {
            Cut::BeforeCommit => false,
            Cut::CommitSent => {
                server.write(bytes);
                false
            }
            Cut::CommitAnswered => {
                swallow.store(true, Ordering::SeqCst);
                true
            }
        }
    }

    fn may_return(&self, bytes: &[u8], swallow: &AtomicBool) -> bool {
        !(swallow.load(Ordering::SeqCst) && contains(bytes, b"COMMIT\0"))
    }
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}
