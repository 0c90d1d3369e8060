//! A receiver on loopback that remembers what it was sent. What it answers is chosen by the path:
//! `/ok` · `/status/503` · `/flaky/2` (fails twice for each event) · `/slow/400` (ms) · `/hang` · `/switch` (503 until
//! [`Receiver::recover`]). A request is remembered before it is answered.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id").expect("every delivery has a webhook-id")
    }
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    tries: Mutex<HashMap<(String, String), usize>>,
    recovered: AtomicBool,
}

pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    pub fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&theirs);
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Receiver { address, shared }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("lock").clone()
    }

    pub fn count(&self) -> usize {
        self.shared.received.lock().expect("lock").len()
    }

    /// How often each event id arrived, over paths that begin like this.
    pub fn ids(&self, path: &str) -> HashMap<String, usize> {
        let mut ids = HashMap::new();
        for received in self.received().iter().filter(|received| received.path.starts_with(path)) {
            *ids.entry(received.id().to_owned()).or_default() += 1;
        }
        ids
    }

    /// From now on `/switch` accepts.
    pub fn recover(&self) {
        self.shared.recovered.store(true, Ordering::SeqCst);
    }

    /// Wait until so many requests are here.
    pub fn wait_for(&self, count: usize) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.count() < count {
            assert!(Instant::now() < until, "{} of {count} requests arrived within 60 s", self.count());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn serve(stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some((path, headers, body)) = read_request(&mut reader) {
        let id = headers
            .iter()
            .find(|(key, _)| key == "webhook-id")
            .map(|(_, value)| value.clone())
            .unwrap_or_default();
        let status = status(&path, &id, shared);
        let received = Received { path: path.clone(), headers, body, at: Instant::now() };
        shared.received.lock().expect("lock").push(received);
        match path.split('/').nth(1) {
            Some("hang") => loop {
                std::thread::sleep(Duration::from_secs(3600));
            },
            Some("slow") => {
                let millis = path.split('/').nth(2).and_then(|text| text.parse().ok()).unwrap_or(100);
                std::thread::sleep(Duration::from_millis(millis));
            }
            _ => {}
        }
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{{\"ok\":true}}"
        );
        let mut stream = stream;
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn status(path: &str, id: &str, shared: &Shared) -> u16 {
    let mut parts = path.split('/').skip(1);
    match parts.next() {
        Some("status") => parts.next().and_then(|text| text.parse().ok()).unwrap_or(200),
        Some("flaky") => {
            let failures: usize = parts.next().and_then(|text| text.parse().ok()).unwrap_or(1);
            let mut tries = shared.tries.lock().expect("lock");
            let tries = tries.entry((path.to_owned(), id.to_owned())).or_default();
            *tries += 1;
            if *tries <= failures { 500 } else { 200 }
        }
        Some("switch") if !shared.recovered.load(Ordering::SeqCst) => 503,
        _ => 200,
    }
}

type Request = (String, Vec<(String, String)>, Vec<u8>);

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((key, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((key.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(key, _)| key == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, body))
}
