//! The far side: answers every POST with 200 and remembers which event ids it has seen, how often, and when first.
//! Paths under `/hang` are never answered. `GET /_counts` and `GET /_log` tell, `POST /_reset` forgets.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt::Write;
use std::rc::Rc;

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::micros;

#[derive(Default)]
struct Seen {
    ids: HashMap<u128, (u32, i64)>,
    paths: BTreeMap<String, u64>,
    requests: u64,
    first: i64,
    last: i64,
}

/// What the receiver has counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub requests: u64,
    pub ids: u64,
    /// When the first and the last request arrived, in microseconds.
    pub first: i64,
    pub last: i64,
}

impl Counts {
    pub fn parse(text: &str) -> Result<Counts> {
        let mut numbers = text.split_whitespace().map(str::parse::<i64>);
        let mut next = || {
            numbers
                .next()
                .ok_or_else(|| anyhow::anyhow!("the receiver told too little"))?
                .map_err(anyhow::Error::from)
        };
        Ok(Counts { requests: next()? as u64, ids: next()? as u64, first: next()?, last: next()? })
    }

    pub fn duplicates(&self) -> u64 {
        self.requests - self.ids
    }

    pub fn rate(&self) -> f64 {
        self.requests as f64 * 1e6 / (self.last - self.first).max(1) as f64
    }
}

pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    let seen: Rc<RefCell<Seen>> = Rc::default();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let seen = Rc::clone(&seen);
        tokio::task::spawn_local(async move {
            let service = hyper::service::service_fn(|request| answer(request, Rc::clone(&seen)));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: Rc<RefCell<Seen>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, mut body) = request.into_parts();
    let path = head.uri.path();
    if path.starts_with("/_") {
        return Ok(Response::new(Full::from(told(path, &mut seen.borrow_mut()))));
    }
    while let Some(Ok(_)) = body.frame().await {}
    if path.starts_with("/hang") {
        std::future::pending::<()>().await;
    }
    // The raw load carries no id: it shall cost the same and count for nothing.
    if let Some(id) = head.headers.get("webhook-id").and_then(|id| Uuid::try_parse_ascii(id.as_bytes()).ok())
    {
        let now = micros();
        let mut seen = seen.borrow_mut();
        seen.ids.entry(id.as_u128()).or_insert((0, now)).0 += 1;
        match seen.paths.get_mut(path) {
            Some(count) => *count += 1,
            None => drop(seen.paths.insert(path.to_owned(), 1)),
        }
        seen.requests += 1;
        if seen.first == 0 {
            seen.first = now;
        }
        seen.last = now;
    }
    Ok(Response::new(Full::from(r#"{"status":"received"}"#)))
}

fn told(path: &str, seen: &mut Seen) -> String {
    match path {
        "/_counts" => {
            format!("{} {} {} {}", seen.requests, seen.ids.len(), seen.first, seen.last)
        }
        "/_log" => seen.ids.iter().fold(String::new(), |mut text, (id, (count, at))| {
            let _ = writeln!(text, "{id} {count} {at}");
            text
        }),
        "/_paths" => seen.paths.iter().fold(String::new(), |mut text, (path, count)| {
            let _ = writeln!(text, "{path} {count}");
            text
        }),
        _ => {
            *seen = Seen::default();
            String::new()
        }
    }
}
