//! One SOAP call: the envelope goes out, the answer is read while it arrives, and whatever goes wrong has a class.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::super::account::Account;
use super::super::answer::{self, Harvest, Told, Unreadable};
use super::super::envelope::Envelope;
use super::super::redact::Redactor;
use super::super::trouble::{self, Class, Trouble};
use crate::egress::{self, Target};
use crate::http::{Bytes, Ended, HeaderName, HeaderValue, Http, Method, NoAnswerKind, Request, Stream};

/// Pieces of an answer that wait for the reader.
const WAITING: usize = 4;

/// Never waits longer than this because a service asked for it.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

pub struct Client {
    http: Http,
    account: Arc<Account>,
    redactor: Redactor,
}

/// What is asked, and what a good answer has.
pub struct Call {
    /// The folder or file that the operation lives in.
    pub url: String,
    pub operation: &'static str,
    pub namespace: String,
    pub envelope: Envelope,
}

impl Call {
    fn result(&self) -> String {
        format!("{}Result", self.operation)
    }
}

/// An answer that came to its good end and is not yet believed.
pub struct Heard<H> {
    pub told: Told,
    pub harvest: H,
    /// The answer's own `Date`.
    pub date: Option<String>,
}

/// How a call went wrong: surely without effect, or nobody knows.
pub enum Lost {
    /// It was answered, or never sent.
    Sure(Trouble),
    /// It may have been done, and the answer was lost.
    Unsure(Trouble),
}

impl Lost {
    pub fn trouble(self) -> Trouble {
        match self {
            Lost::Sure(trouble) | Lost::Unsure(trouble) => trouble,
        }
    }
}

impl Client {
    pub fn new(account: Account, http: Http) -> Client {
        let redactor = account.redactor();
        Client { http, account: Arc::new(account), redactor }
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    pub fn trouble(&self, class: Class, operation: &str, text: &str) -> Trouble {
        Trouble::new(class, operation, text, &self.redactor)
    }

    /// Whether the answer is believed; true for a proven empty one.
    pub fn judge(&self, told: &Told, operation: &str) -> Result<bool, Trouble> {
        trouble::judge(told, operation, &self.account.options.texts, &self.redactor)
    }

    /// Ask, and ask again where that makes sense, within one time limit.
    pub async fn read<H: Harvest + Send + 'static>(
        &self,
        call: &Call,
        make: impl Fn() -> H,
    ) -> Result<Heard<H>, Trouble> {
        let options = &self.account.options;
        let until = Instant::now() + options.timeout;
        let mut tries = 0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let trouble = match self.once(call, make(), left).await {
                Ok(heard) => match &heard.told.fault {
                    Some(fault) => Trouble::of_fault(fault, call.operation, &options.texts, &self.redactor),
                    None => return Ok(heard),
                },
                Err(lost) => lost.trouble(),
            };
            tries += 1;
            let pause = options.pauses[(tries - 1).min(1)].max(trouble.retry_after.unwrap_or_default());
            if tries >= trouble.tries() || Instant::now() + pause >= until {
                return Err(trouble);
            }
            tracing::info!(target: "hookyard::yardi", "{}: {}, asked again in {pause:?}", call.operation, trouble.class.word());
            tokio::time::sleep(pause).await;
        }
    }

    /// Ask once and never again.
    pub async fn write<H: Harvest + Send + 'static>(
        &self,
        call: &Call,
        harvest: H,
    ) -> Result<Heard<H>, Lost> {
        let heard = self.once(call, harvest, self.account.options.timeout).await?;
        let Some(fault) = &heard.told.fault else { return Ok(heard) };
        let texts = &self.account.options.texts;
        let trouble = Trouble::of_fault(fault, call.operation, texts, &self.redactor);
        // Whoever timed out behind the service may have done it all the same.
        let timed_out = trouble::timed_out(&fault.text);
        Err(if timed_out { Lost::Unsure(trouble) } else { Lost::Sure(trouble) })
    }

    async fn once<H: Harvest + Send + 'static>(
        &self,
        call: &Call,
        harvest: H,
        limit: Duration,
    ) -> Result<Heard<H>, Lost> {
        if call.envelope.removed > 0 {
            let text = "a value has a character that XML cannot carry";
            return Err(Lost::Sure(self.trouble(Class::Validation, call.operation, text)));
        }
        let target = egress::check_url(&call.url, self.http.rules()).map_err(|refusal| {
            Lost::Sure(self.trouble(Class::HttpClient, call.operation, &format!("soap_endpoint: {refusal}")))
        })?;
        let request = self.request(call, target, limit);
        let cap = self.account.options.answer_cap;
        let mut stream = self.http.open(request, cap).await.map_err(|none| {
            let blocked = none.kind == NoAnswerKind::Blocked;
            let class = if blocked { Class::HttpClient } else { Class::Transport };
            let trouble = self.trouble(class, call.operation, &none.detail);
            match none.kind {
                // Nobody was there to hear it.
                NoAnswerKind::Refused | NoAnswerKind::Dns | NoAnswerKind::Tls | NoAnswerKind::Blocked => {
                    Lost::Sure(trouble)
                }
                NoAnswerKind::Timeout | NoAnswerKind::Reset | NoAnswerKind::Protocol => Lost::Unsure(trouble),
            }
        })?;
        self.refused(&stream, call.operation)?;
        let status = stream.status();
        let date = stream.date().map(str::to_owned);
        let (read, ended) = pour(&mut stream, call.result(), harvest).await;
        let told = match (read, ended) {
            (_, Some(ended)) => Err(self.ended(ended, call.operation)),
            (None, None) => Err(Lost::Sure(self.trouble(
                Class::Unusable,
                call.operation,
                "the reader of answers failed: a fault in hookyard",
            ))),
            (Some((Ok(told), harvest)), None) => Ok(Heard { told, harvest, date }),
            (Some((Err(why), _)), None) => Err(self.unreadable(&why, status, call.operation)),
        };
        match told {
            // A status that no fault explains.
            Ok(heard) if status >= 400 && heard.told.fault.is_none() => {
                Err(self.by_status(status, call.operation, ""))
            }
            other => other,
        }
    }

    fn request(&self, call: &Call, target: Target, limit: Duration) -> Request {
        // A namespace that ends with a slash needs no second one, as ASMX has it.
        let action = format!("{}/{}", call.namespace.trim_end_matches('/'), call.operation);
        let mut headers = Vec::new();
        let soap12 = self.account.options.soap12;
        let content = if soap12 {
            format!("application/soap+xml; charset=utf-8; action=\"{action}\"")
        } else {
            "text/xml; charset=utf-8".to_owned()
        };
        headers.extend(
            HeaderValue::try_from(content).map(|value| (HeaderName::from_static("content-type"), value)),
        );
        if !soap12 {
            let quoted = HeaderValue::try_from(format!("\"{action}\""));
            headers.extend(quoted.map(|value| (HeaderName::from_static("soapaction"), value)));
        }
        Request {
            method: Method::Post,
            target,
            headers,
            body: Bytes::from(call.envelope.xml.clone()),
            timeout: limit,
        }
    }

    /// What the head alone says.
    fn refused(&self, stream: &Stream, operation: &str) -> Result<(), Lost> {
        let status = stream.status();
        if status == 429 {
            let wait =
                stream.retry_after().and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
            let trouble = self.trouble(Class::RateLimited, operation, "too many requests (429)");
            return Err(Lost::Sure(Trouble {
                retry_after: wait.map(|wait| wait.min(LONGEST_WAIT)),
                ..trouble
            }));
        }
        if (300..400).contains(&status) {
            let text = format!("the answer leads elsewhere ({status}); that is not followed");
            return Err(Lost::Sure(self.trouble(Class::Html, operation, &text)));
        }
        let encoding = stream.content_encoding().unwrap_or("identity");
        if !encoding.eq_ignore_ascii_case("identity") {
            let text = "the answer is compressed, which was not asked for";
            return Err(Lost::Unsure(self.trouble(Class::Unusable, operation, text)));
        }
        let kind = stream.content_type().unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("multipart/") {
            let text = "the answer has several parts (MTOM), which hookyard does not read";
            return Err(Lost::Unsure(self.trouble(Class::Unusable, operation, text)));
        }
        if kind.starts_with("text/html") {
            return Err(self.by_status(status, operation, "the answer is an HTML page, not SOAP"));
        }
        Ok(())
    }

    /// A page, or an answer without a fault, under this status.
    fn by_status(&self, status: u16, operation: &str, page: &str) -> Lost {
        let text = match (status, page) {
            (200..400, page) => page.to_owned(),
            (_, "") => format!("status {status}"),
            (_, page) => format!("status {status}: {page}"),
        };
        match status {
            200..400 => Lost::Unsure(self.trouble(Class::Html, operation, &text)),
            400..500 => Lost::Sure(self.trouble(Class::HttpClient, operation, &text)),
            _ => Lost::Unsure(self.trouble(Class::HttpServer, operation, &text)),
        }
    }

    fn unreadable(&self, why: &Unreadable, status: u16, operation: &str) -> Lost {
        if status >= 400 || matches!(why, Unreadable::NotSoap(_)) {
            return self.by_status(status, operation, &why.to_string());
        }
        Lost::Unsure(Trouble::of_unreadable(why, operation, &self.redactor))
    }

    fn ended(&self, ended: Ended, operation: &str) -> Lost {
        let limit = self.account.options.timeout.as_secs_f32();
        let trouble = match ended {
            Ended::TooLate => self.trouble(
                Class::Transport,
                operation,
                &format!("the answer is not complete within {limit} s"),
            ),
            Ended::Broken => {
                self.trouble(Class::Truncated, operation, "the connection broke within the answer")
            }
            Ended::TooLong => {
                let cap = self.account.options.answer_cap >> 20;
                self.trouble(Class::Unusable, operation, &format!("the answer is longer than {cap} MiB"))
            }
        };
        Lost::Unsure(trouble)
    }
}

type Outcome<H> = Option<(Result<Told, Unreadable>, H)>;

/// Hand the answer to a reader on a thread of its own, piece by piece, so that neither waits for the whole.
async fn pour<H: Harvest + Send + 'static>(
    stream: &mut Stream,
    result: String,
    mut harvest: H,
) -> (Outcome<H>, Option<Ended>) {
    let (pieces, incoming) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        let told = answer::read(Pieces { incoming, piece: Bytes::new() }, &result, &mut harvest);
        (told, harvest)
    });
    let ended = loop {
        match stream.chunk().await {
            Ok(Some(piece)) => {
                // The reader has seen enough to refuse it.
                if pieces.send(piece).await.is_err() {
                    break None;
                }
            }
            Ok(None) => break None,
            Err(ended) => break Some(ended),
        }
    };
    drop(pieces);
    (reading.await.ok(), ended)
}

/// The pieces as one source for the reader.
struct Pieces {
    incoming: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = io::BufRead::fill_buf(self)?;
        let most = from.len().min(into.len());
        into[..most].copy_from_slice(&from[..most]);
        io::BufRead::consume(self, most);
        Ok(most)
    }
}

impl io::BufRead for Pieces {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.piece.is_empty() {
            match self.incoming.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => break,
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, amount: usize) {
        drop(self.piece.split_to(amount));
    }
}
