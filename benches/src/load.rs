//! The yardstick R: how fast the same receiver takes POSTs of the same size from a loop that does nothing else.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub type Client = SendRequest<Full<Bytes>>;

pub async fn connect(port: u16) -> Result<Client> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (client, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(async move { drop(connection.await) });
    Ok(client)
}

/// Requests per second over `connections` kept alive, each waiting for its answer (a closed loop).
pub async fn run(port: u16, connections: usize, time: Duration) -> Result<f64> {
    let (count, begun) = (Rc::new(Cell::new(0_u64)), Instant::now());
    let body = Bytes::from(crate::lab::payload("raw"));
    let mut loops = Vec::new();
    for n in 0..connections {
        let (count, body) = (Rc::clone(&count), body.clone());
        let mut client = connect(port).await?;
        loops.push(tokio::task::spawn_local(async move {
            while begun.elapsed() < time {
                let request = Request::post(format!("/w/{}", n % 50))
                    .header("host", "127.0.0.1")
                    .header("content-type", "application/json")
                    .header("user-agent", "SNAPPT-Webhook/1.0")
                    .header("snappt-signature", "t=1642248600,v1=HrBnSQwdAzs6iDB8VRPGu7Gf5hN2yjBMifB7vFLxjPo")
                    .body(Full::new(body.clone()))?;
                client.ready().await?;
                client.send_request(request).await?.into_body().collect().await?;
                count.set(count.get() + 1);
            }
            anyhow::Ok(())
        }));
    }
    for one in loops {
        one.await??;
    }
    Ok(count.get() as f64 / begun.elapsed().as_secs_f64())
}

/// One question to the receiver.
pub async fn ask(port: u16, path: &str) -> Result<String> {
    let mut client = connect(port).await?;
    let request = Request::post(path).header("host", "127.0.0.1").body(Full::default())?;
    let answer = client.send_request(request).await?.into_body().collect().await?;
    Ok(String::from_utf8(answer.to_bytes().into())?)
}
