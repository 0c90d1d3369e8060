//! The one SMTP client: a letter to one address, and one of three things that came of it. Whatever fails before the
//! server has the whole letter surely did not arrive; whatever fails while its answer is awaited may have, and is never
//! sent again by this file.
//!
//! The server is the operator's own, like the database: the egress rules are for addresses that customers choose.

use std::path::Path;
use std::time::Duration;

use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::time::timeout;

use crate::egress::decoded;
use crate::failure::Failure;
use crate::secret::SafeUrl;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// For one letter, its greeting not included.
const LETTER_LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    /// From the first byte on (`smtps://`).
    Tls,
    /// Asked for by STARTTLS, and nothing is said without it (`smtp://`).
    StartTls,
    /// In the clear (`?tls=none`): for a relay on one's own machine or network.
    None,
}

/// Where mail is handed in. No `Debug`: it holds a password.
pub struct Mailer {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    authority: Option<Certificate>,
    hello: ClientId,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

pub struct Letter<'a> {
    /// Part of the Message-ID: the same on every try.
    pub id: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub text: String,
    pub html: String,
}

/// What came of a letter.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    /// The server took it, in its own words.
    Accepted(String),
    /// It surely has not been taken; `again` says whether another try makes sense.
    Refused { reason: String, again: bool },
    /// The server may have taken it.
    Unknown(String),
}

/// The server does not talk to us at all.
#[derive(Debug)]
pub struct Unreachable {
    pub reason: String,
    /// A person must act: it refuses our name and password, or its certificate is not trusted.
    pub blocked: bool,
}

/// An open conversation.
pub struct Session<'a> {
    mailer: &'a Mailer,
    connection: AsyncSmtpConnection,
    broken: bool,
}

impl Mailer {
    pub fn new(
        url: &SafeUrl,
        from: &str,
        reply_to: Option<&str>,
        ca_file: Option<&Path>,
        host: &str,
    ) -> Result<Mailer, Failure> {
        let wrong = |why: &str| {
            Failure::blocked(format!("the SMTP URL {url} {why}")).hint(
            "smtps://USER:PASSWORD@HOST speaks TLS at once, smtp://… after STARTTLS, smtp://…?tls=none never",
        )
        };
        let parsed = url::Url::parse(url.reveal()).map_err(|_| wrong("cannot be read"))?;
        let security = match (parsed.scheme(), parsed.query()) {
            ("smtps", None) => Security::Tls,
            ("smtp", None) => Security::StartTls,
            ("smtp", Some("tls=none")) => Security::None,
            ("smtp" | "smtps", _) => return Err(wrong("has an option other than tls=none")),
            _ => return Err(wrong("begins with neither smtp:// nor smtps://")),
        };
        let server =
            parsed.host_str().filter(|name| !name.is_empty()).ok_or_else(|| wrong("names no host"))?;
        let port = parsed.port().unwrap_or(match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::None => 25,
        });
        let text = |part: &str| String::from_utf8(decoded(part)).map_err(|_| wrong("is not UTF-8"));
        let credentials = match (parsed.username(), parsed.password()) {
            ("", None) => None,
            (user, password) => Some(Credentials::new(text(user)?, text(password.unwrap_or_default())?)),
        };
        if security == Security::None && credentials.is_some() {
            return Err(wrong("would send a password in the clear"));
        }
        let mailbox = |address: &str, what: &str| {
            one_address(address).ok_or_else(|| {
                Failure::blocked(format!("{what} `{address}` is not one mail address"))
                    .hint("`Acme Screening <invites@acme.example>`")
            })
        };
        Ok(Mailer {
            host: server.trim_matches(['[', ']']).to_owned(),
            port,
            security,
            credentials,
            authority: ca_file.map(authority).transpose()?,
            hello: ClientId::Domain(hello(host)),
            from: mailbox(from, "the sender")?,
            reply_to: reply_to.map(|address| mailbox(address, "reply_to")).transpose()?,
        })
    }

    /// Greet the server, in TLS and by name as configured.
    pub async fn open(&self) -> Result<Session<'_>, Unreachable> {
        match timeout(CONNECT_LIMIT * 2, self.connected()).await {
            Ok(Ok(connection)) => Ok(Session { mailer: self, connection, broken: false }),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(self.unreachable("no greeting in time", false)),
        }
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, Unreachable> {
        let failed = |why: lettre::transport::smtp::Error| {
            let blocked = why.is_tls() || why.is_permanent() || why.is_client() || is_insecure(&why);
            self.unreachable(&words(&why), blocked)
        };
        let tls = || {
            let builder = TlsParameters::builder(self.host.clone());
            match &self.authority {
                Some(authority) => builder.add_root_certificate(authority.clone()),
                None => builder,
            }
            .build_rustls()
            .map_err(failed)
        };
        let at_once = if self.security == Security::Tls { Some(tls()?) } else { None };
        let place = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT_LIMIT), &self.hello, at_once, None)
                .await
                .map_err(failed)?;
        if self.security == Security::StartTls {
            if !connection.can_starttls() {
                return Err(
                    self.unreachable("it does not offer STARTTLS, and nothing is said in the clear", true)
                );
            }
            connection.starttls(tls()?, &self.hello).await.map_err(failed)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await.map_err(failed)?;
        }
        Ok(connection)
    }

    fn unreachable(&self, reason: &str, blocked: bool) -> Unreachable {
        Unreachable { reason: format!("the mail server {}:{}: {reason}", self.host, self.port), blocked }
    }

    fn written(&self, letter: &Letter<'_>, to: Mailbox) -> Result<Message, String> {
        let domain = self.from.email.domain();
        let mut builder = Message::builder()
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .from(self.from.clone())
            .to(to)
            .subject(one_line(letter.subject));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        builder
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|why| why.to_string())
    }
}

impl Session<'_> {
    /// After trouble on the wire the next letter needs another session.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    pub async fn send(&mut self, letter: &Letter<'_>) -> Came {
        let Some(to) = one_address(letter.to) else {
            return Came::Refused { reason: "not one mail address".into(), again: false };
        };
        let message = match self.mailer.written(letter, Mailbox::new(None, to.email)) {
            Ok(message) => message,
            Err(reason) => return Came::Refused { reason, again: false },
        };
        let bytes = message.formatted();
        match timeout(LETTER_LIMIT, self.handed_in(&message, &bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(refused)) => return refused,
            Err(_) => {
                self.broken = true;
                return Came::Refused {
                    reason: format!("no answer in {} s", LETTER_LIMIT.as_secs()),
                    again: true,
                };
            }
        }
        // From here on the server may have it.
        match timeout(LETTER_LIMIT, self.connection.message(&bytes)).await {
            Ok(Ok(answer)) => Came::Accepted(answer.message().collect::<Vec<_>>().join(" ")),
            Ok(Err(why)) if why.is_transient() || why.is_permanent() => {
                Came::Refused { again: why.is_transient(), reason: words(&why) }
            }
            Ok(Err(why)) => {
                self.broken = true;
                Came::Unknown(format!("the answer to the letter was lost: {}", words(&why)))
            }
            Err(_) => {
                self.broken = true;
                Came::Unknown(format!("no answer to the letter in {} s", LETTER_LIMIT.as_secs()))
            }
        }
    }

    /// Up to the server's leave to send the text.
    async fn handed_in(&mut self, message: &Message, bytes: &[u8]) -> Result<(), Came> {
        let mut parameters = Vec::new();
        let envelope = message.envelope();
        if envelope.to().iter().chain(envelope.from()).any(|address| !address.to_string().is_ascii()) {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let reason = "the server takes no address outside ASCII".to_owned();
                return Err(Came::Refused { reason, again: false });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let begun = self.connection.command(Mail::new(envelope.from().cloned(), parameters)).await;
        self.went(begun).await?;
        for to in envelope.to() {
            let told = self.connection.command(Rcpt::new(to.clone(), Vec::new())).await;
            self.went(told).await?;
        }
        let leave = self.connection.command(Data).await;
        self.went(leave).await
    }

    async fn went<T>(&mut self, answer: Result<T, lettre::transport::smtp::Error>) -> Result<(), Came> {
        let Err(why) = answer else { return Ok(()) };
        let answered = why.is_transient() || why.is_permanent();
        // The server forgets the letter, and hears of the next one.
        if !answered || self.connection.command(Rset).await.is_err() {
            self.broken = true;
        }
        Err(Came::Refused { again: !why.is_permanent(), reason: words(&why) })
    }

    pub async fn close(mut self) {
        if !self.broken {
            let _ = timeout(Duration::from_secs(2), self.connection.quit()).await;
        }
    }
}

/// Exactly one address, perhaps with a name before it; never a list.
fn one_address(text: &str) -> Option<Mailbox> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return None;
    }
    text.parse::<Mailbox>().ok()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What we call ourselves: a name that a server may look up, or plainly none.
fn hello(host: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if !host.is_empty() && host.chars().all(plain) { host.to_owned() } else { "localhost".to_owned() }
}

fn authority(path: &Path) -> Result<Certificate, Failure> {
    let unusable =
        |why: String| Failure::blocked(why).context(format!("cannot use the CA file {}", path.display()));
    let pem = std::fs::read(path).map_err(|why| unusable(why.to_string()))?;
    Certificate::from_pem(&pem).map_err(|why| unusable(why.to_string()))
}

/// A certificate that is not trusted arrives as an error of the socket.
fn is_insecure(why: &lettre::transport::smtp::Error) -> bool {
    use std::error::Error;
    let mut cause = why.source();
    while let Some(next) = cause {
        let inner = next.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = next.source();
    }
    false
}

/// The error with its causes, which lettre keeps apart.
fn words(why: &lettre::transport::smtp::Error) -> String {
    use std::error::Error;
    let mut text = why.to_string().replace("Connection error: Connection error", "Connection error");
    let mut cause = why.source();
    while let Some(next) = cause {
        let told = next.to_string();
        if !text.contains(&told) {
            text.push_str(": ");
            text.push_str(&told);
        }
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer(url: &str) -> Result<Mailer, Failure> {
        Mailer::new(&SafeUrl::new(url), "Acme <invites@acme.example>", None, None, "here")
    }

    #[test]
    fn the_scheme_decides_and_a_password_never_goes_in_the_clear() {
        let table = [
            ("smtps://mail.example", Security::Tls, 465),
            ("smtp://mail.example", Security::StartTls, 587),
            ("smtp://mail.example:2525?tls=none", Security::None, 2525),
        ];
        for (url, security, port) in table {
            let mailer = mailer(url).unwrap_or_else(|why| panic!("{}", why.text()));
            assert_eq!((mailer.security, mailer.port), (security, port), "{url}");
        }
        for url in
            ["http://x", "smtp://u:hunter2@x?tls=none", "smtps://x?tls=none", "smtp://", "smtp://x?a=b"]
        {
            let Err(refused) = mailer(url) else { panic!("{url} was taken") };
            assert!(!refused.text().contains("hunter2"), "{}", refused.text());
        }
    }

    #[test]
    fn one_address_is_never_a_list_nor_a_header() {
        for good in ["a@b.example", "Ada <a@b.example>"] {
            assert!(one_address(good).is_some(), "{good}");
        }
        for bad in [
            "a@b.example, c@d.example",
            "a@b.example;c@d.example",
            "a@b.example\r\nBcc: c@d.example",
            "a",
            "",
        ] {
            assert!(one_address(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_letter_holds_no_header_that_its_texts_bring() {
        let mailer = mailer("smtps://mail.example").unwrap_or_else(|why| panic!("{}", why.text()));
        let letter = Letter {
            id: "x",
            to: "a@b.example",
            subject: "Hello\r\nBcc: c@d.example",
            text: "plain\r\n.\r\nMAIL FROM:<e@f.example>".into(),
            html: "<p>html</p>".into(),
        };
        let to = one_address(letter.to).expect("an address");
        let message = mailer.written(&letter, to).expect("written");
        let text = String::from_utf8(message.formatted()).expect("text");
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
        assert!(head.contains("Message-ID: <x@acme.example>"), "{head}");
    }
}
