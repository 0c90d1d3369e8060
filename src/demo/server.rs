//! A small receiver on loopback: one path that accepts, one that fails twice for each event, one that refuses. It
//! keeps the bytes it was sent, for the signatures to be verified over.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Copy)]
pub enum Behaviour {
    Accepts,
    FailsTwice,
    Refuses,
}

impl Behaviour {
    pub const ALL: [Behaviour; 3] = [Behaviour::Accepts, Behaviour::FailsTwice, Behaviour::Refuses];

    fn path(self) -> &'static str {
        match self {
            Behaviour::Accepts => "/accepts",
            Behaviour::FailsTwice => "/fails-twice",
            Behaviour::Refuses => "/refuses",
        }
    }
}

#[derive(Clone)]
pub struct Received {
    pub signature: Option<String>,
    pub body: Vec<u8>,
}

#[derive(Default)]
struct Memory {
    received: Vec<Received>,
    failures: HashMap<String, usize>,
    /// From now on everything is accepted.
    mended: bool,
}

pub struct Receiver {
    address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
}

impl Receiver {
    pub async fn start() -> std::io::Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let memory = Arc::new(Mutex::new(Memory::default()));
        let theirs = Arc::clone(&memory);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&theirs)));
            }
        });
        Ok(Receiver { address, memory })
    }

    pub fn url(&self, behaviour: Behaviour) -> String {
        format!("http://{}{}", self.address, behaviour.path())
    }

    /// The customer has mended what refused.
    pub fn mend(&self) {
        lock(&self.memory).mended = true;
    }

    pub fn received(&self) -> Vec<Received> {
        lock(&self.memory).received.clone()
    }
}

fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection, request after request, until the sender has enough.
async fn serve(stream: TcpStream, memory: Arc<Mutex<Memory>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        let status = answer(&request, &mut lock(&memory));
        let text = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: 21\r\n\r\n{{\"status\":\"received\"}}"
        );
        stream.get_mut().write_all(text.as_bytes()).await?;
    }
    Ok(())
}

struct Request {
    path: String,
    event_id: String,
    received: Received,
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut signature, mut event_id) = (0, None, String::new());
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "snappt-signature" => signature = Some(value.to_owned()),
            "webhook-id" => value.clone_into(&mut event_id),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request { path, event_id, received: Received { signature, body } }))
}

fn answer(request: &Request, memory: &mut Memory) -> &'static str {
    memory.received.push(request.received.clone());
    match request.path.as_str() {
        "/refuses" if !memory.mended => "403 Forbidden",
        "/fails-twice" => {
            let failures = memory.failures.entry(request.event_id.clone()).or_default();
            *failures += 1;
            if *failures <= 2 { "503 Service Unavailable" } else { "200 OK" }
        }
        _ => "200 OK",
    }
}
