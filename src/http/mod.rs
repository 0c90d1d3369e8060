//! The one HTTP client of the tool: every request leaves through here, and only after [`crate::egress`] agreed.
//!
//! It follows no redirect, asks no proxy, unpacks nothing and speaks HTTP/1.1. A name is resolved once per connection
//! and only checked addresses are dialled. It keeps at most 64 KiB of an answer, or hands it on piece by piece up to a
//! cap, and one time limit covers the whole exchange. What the far side does wrong is data ([`Reply`]), never an error
//! of ours. It knows no webhook, and it never tries twice.

mod certificate;
#[cfg(all(test, debug_assertions))]
mod dial_cases;
#[cfg(test)]
#[path = "../../tests/it/support/hostile.rs"]
#[allow(dead_code, reason = "the tests of the binary use the rest")]
mod hostile;
#[cfg(test)]
mod hostile_cases;
mod names;
mod probe;
mod reply;
mod stream;
mod tls;
mod trouble;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
pub use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
pub use hyper::header::{HeaderName, HeaderValue};
use tokio::time::{Sleep, sleep};

use crate::egress::{self, Credentials};
use crate::failure::Failure;
#[cfg(debug_assertions)]
pub use names::TestNames;
pub use probe::Secured;
pub use reply::{Answer, NoAnswer, NoAnswerKind, Reply};
pub use stream::{Ended, Stream};

/// From the first packet to a connection that can carry a request, name and TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What the client needs to know before its first request.
#[derive(Debug, Default)]
pub struct Settings {
    pub rules: egress::Rules,
    /// Certificates (PEM) trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Idle connections kept per host: at least as many as requests are in flight, or connections churn.
    pub pool_idle: usize,
    /// Answers that stand in for DNS; other names are resolved as always.
    #[cfg(debug_assertions)]
    pub names: Option<TestNames>,
}

/// The methods hookyard sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Post,
    Put,
}

/// One request, complete. No `Debug`: its body is somebody's personal data.
pub struct Request {
    pub method: Method,
    pub target: egress::Target,
    /// Sent in this order where a name repeats. Credentials of the URL are added unless `Authorization` is here.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    /// For the whole exchange, from the lookup to the last byte of the answer.
    pub timeout: Duration,
}

/// Costs a read of the system's certificates, so build it once and only where something is sent. Clones share
/// their connections.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    rules: Arc<egress::Rules>,
    /// For what only connects.
    resolver: names::Resolver,
    tls: Arc<rustls::ClientConfig>,
}

impl Http {
    /// The strings are warnings for the operator.
    pub fn new(settings: Settings) -> Result<(Http, Vec<String>), Failure> {
        let (tls, warnings) = tls::config(settings.ca_file.as_deref())?;
        let rules = Arc::new(settings.rules);
        let resolver = names::Resolver {
            rules: Arc::clone(&rules),
            #[cfg(debug_assertions)]
            scripted: settings.names.map(Arc::new),
        };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .dns_resolver(resolver.clone())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .https_only(!rules.allow_http)
            .http1_only()
            // The status counts: a control byte in some other header is no reason to deliver again.
            .http1_ignore_invalid_headers_in_responses(true)
            .connect_timeout(CONNECT_LIMIT)
            .pool_max_idle_per_host(settings.pool_idle)
            .build()
            .map_err(|error| Failure::fault(error).context("cannot build the HTTP client"))?;
        Ok((Http { client, rules, resolver, tls: Arc::new(tls) }, warnings))
    }

    pub fn rules(&self) -> &egress::Rules {
        &self.rules
    }

    /// Make the request once, and wait for what comes of it.
    pub async fn send(&self, request: Request) -> Reply {
        let limit = request.timeout;
        let mut deadline = std::pin::pin!(sleep(limit));
        match self.head(request, limit, deadline.as_mut()).await {
            Ok(response) => reply::read(response, deadline).await,
            Err(none) => Reply::None(none),
        }
    }

    /// Make the request once, and hand the answer on as it arrives, up to so many bytes.
    pub async fn open(&self, request: Request, cap: u64) -> Result<Stream, NoAnswer> {
        let limit = request.timeout;
        let mut deadline = Box::pin(sleep(limit));
        let response = self.head(request, limit, deadline.as_mut()).await?;
        Stream::of(response, deadline, cap)
    }

    async fn head(
        &self,
        request: Request,
        limit: Duration,
        mut deadline: Pin<&mut Sleep>,
    ) -> Result<reqwest::Response, NoAnswer> {
        // Judged when it was read, and again now: the rules may be others, and a resolver is never asked for a
        // literal address.
        if let Err(refusal) = egress::check_target(&request.target, &self.rules) {
            return Err(trouble::refused(&refusal));
        }
        tokio::select! {
            biased;
            head = self.client.execute(wire(request)) => head.map_err(|error| trouble::classify(&error)),
            () = &mut deadline => Err(trouble::too_late(limit)),
        }
    }
}

fn wire(request: Request) -> reqwest::Request {
    let method = match request.method {
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
    };
    let (url, credentials) = request.target.into_parts();
    let mut wire = reqwest::Request::new(method, url);
    *wire.body_mut() = Some(request.body.into());
    let headers = wire.headers_mut();
    headers.reserve(request.headers.len() + 1);
    for (name, value) in request.headers {
        headers.append(name, value);
    }
    if let Some(credentials) = &credentials
        && !headers.contains_key(AUTHORIZATION)
        && let Some(basic) = basic(credentials)
    {
        headers.insert(AUTHORIZATION, basic);
    }
    wire
}

/// `Authorization: Basic …`, marked so that nothing prints it.
fn basic(credentials: &Credentials) -> Option<HeaderValue> {
    let pair = [&*credentials.user, b":", &*credentials.password].concat();
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}
