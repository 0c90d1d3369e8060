//! From a URL to a connection that can carry requests: name, addresses, TCP, TLS, all within one limit.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::CONNECT_LIMIT;
use super::names::Resolver;

/// Between signs of life on a connection that is quiet, and how many may stay unanswered.
const ALIVE: (Duration, u32) = (Duration::from_secs(15), 3);

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector<Resolver>>,
    allow_http: bool,
}

/// Why there is no connection, beside what TCP, TLS and DNS say of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unconnected {
    #[error("no connection within {} s", CONNECT_LIMIT.as_secs())]
    TooLate,
    #[error("plain http is not allowed")]
    Plain,
}

impl Connector {
    pub fn new(resolver: Resolver, tls: Arc<rustls::ClientConfig>, allow_http: bool) -> Connector {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(ALIVE.0));
        tcp.set_keepalive_interval(Some(ALIVE.0));
        tcp.set_keepalive_retries(Some(ALIVE.1));
        Connector { inner: HttpsConnector::from((tcp, tls)), allow_http }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if !self.allow_http && uri.scheme_str() != Some("https") {
            return Box::pin(async { Err(Unconnected::Plain.into()) });
        }
        let connecting = self.inner.call(uri);
        Box::pin(async move {
            match timeout(CONNECT_LIMIT, connecting).await {
                Ok(connected) => connected,
                Err(_) => Err(Unconnected::TooLate.into()),
            }
        })
    }
}
