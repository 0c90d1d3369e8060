//! A small real mail server: says what it is told to say, with STARTTLS where it is asked for, and keeps what it took.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How the server takes letters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Post {
    Takes,
    /// This answer to RCPT.
    Recipient(&'static str),
    /// This answer to the letter itself.
    Letter(&'static str),
    /// The letter is taken in, and the connection cut without an answer.
    DropsAfterLetter,
    /// The same, and the answer never comes: for a run that is killed meanwhile.
    SilentAfterLetter,
    /// This answer to DATA.
    Data(&'static str),
}

#[derive(Default)]
struct Taken {
    letters: Vec<String>,
    recipients: Vec<String>,
    secured: usize,
    logins: usize,
}

pub struct Mailbox {
    address: SocketAddr,
    post: Arc<Mutex<Post>>,
    taken: Arc<Mutex<Taken>>,
    folder: tempfile::TempDir,
}

impl Mailbox {
    /// In the clear.
    pub fn start() -> Mailbox {
        Mailbox::listening(false)
    }

    /// With STARTTLS, a certificate for localhost, and a login.
    pub fn with_tls() -> Mailbox {
        Mailbox::listening(true)
    }

    fn listening(tls: bool) -> Mailbox {
        let folder = tempfile::tempdir().expect("a folder");
        let config = tls.then(|| Arc::new(certified(folder.path())));
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let post = Arc::new(Mutex::new(Post::Takes));
        let taken = Arc::new(Mutex::new(Taken::default()));
        let theirs = (Arc::clone(&post), Arc::clone(&taken));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (post, taken) = theirs.clone();
                let config = config.clone();
                std::thread::spawn(move || {
                    let _ = converse(client, config, &post, &taken);
                });
            }
        });
        Mailbox { address, post, taken, folder }
    }

    /// For `HOOKYARD_SMTP_URL`, in the clear.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    pub fn tls_url(&self, login: &str) -> String {
        format!("smtp://{login}@localhost:{}", self.address.port())
    }

    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    pub fn becomes(&self, post: Post) {
        *self.post.lock().expect("lock") = post;
    }

    /// What was taken in, heads and all, whether it was answered or not.
    pub fn letters(&self) -> Vec<String> {
        self.taken.lock().expect("lock").letters.clone()
    }

    pub fn recipients(&self) -> Vec<String> {
        self.taken.lock().expect("lock").recipients.clone()
    }

    /// Conversations secured, and logins.
    pub fn secured(&self) -> (usize, usize) {
        let taken = self.taken.lock().expect("lock");
        (taken.secured, taken.logins)
    }

    pub fn wait_for(&self, letters: usize) {
        let until = std::time::Instant::now() + Duration::from_secs(60);
        while self.letters().len() < letters {
            assert!(
                std::time::Instant::now() < until,
                "{} letters instead of {letters}",
                self.letters().len()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn certified(folder: &std::path::Path) -> rustls::ServerConfig {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority =
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
    std::fs::write(folder.join("authority.pem"), authority.pem()).expect("written");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .expect("a name")
        .signed_by(&key, &authority)
        .expect("signed");
    rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .expect("a certificate")
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

fn converse(
    client: TcpStream,
    config: Option<Arc<rustls::ServerConfig>>,
    post: &Mutex<Post>,
    taken: &Mutex<Taken>,
) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let socket = client.try_clone()?;
    let mut wire: BufReader<Box<dyn Wire>> = BufReader::new(Box::new(client));
    say(&mut wire, "220 test ready")?;
    let mut secure = false;
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.trim_end().to_ascii_uppercase();
        let now = *post.lock().expect("lock");
        if verb.starts_with("EHLO") {
            let more = match (&config, secure) {
                (Some(_), false) => "250-test\r\n250-8BITMIME\r\n250 STARTTLS",
                (Some(_), true) => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
                (None, _) => "250-test\r\n250 8BITMIME",
            };
            say(&mut wire, more)?;
        } else if let (true, Some(config)) = (verb == "STARTTLS", &config) {
            say(&mut wire, "220 go ahead")?;
            let session = rustls::ServerConnection::new(Arc::clone(config)).expect("a session");
            wire = BufReader::new(Box::new(rustls::StreamOwned::new(session, socket.try_clone()?)));
            secure = true;
            taken.lock().expect("lock").secured += 1;
        } else if verb.starts_with("AUTH") {
            if line.contains("dXNlcg") || verb.contains("AHVZZXIAY2FUYXJ5") || secure {
                taken.lock().expect("lock").logins += 1;
            }
            say(&mut wire, "235 welcome")?;
        } else if verb.starts_with("RCPT") {
            match now {
                Post::Recipient(answer) => say(&mut wire, answer)?,
                _ => {
                    taken.lock().expect("lock").recipients.push(line.trim_end().to_owned());
                    say(&mut wire, "250 ok")?;
                }
            }
        } else if verb == "DATA" {
            if let Post::Data(answer) = now {
                say(&mut wire, answer)?;
                continue;
            }
            say(&mut wire, "354 go on")?;
            let mut letter = String::new();
            loop {
                let mut line = String::new();
                if wire.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if line == ".\r\n" {
                    break;
                }
                letter.push_str(&line);
            }
            taken.lock().expect("lock").letters.push(letter);
            match now {
                Post::DropsAfterLetter => return Ok(()),
                Post::SilentAfterLetter => {
                    std::thread::sleep(Duration::from_secs(60));
                    return Ok(());
                }
                Post::Letter(answer) => say(&mut wire, answer)?,
                _ => say(&mut wire, "250 taken as 4711")?,
            }
        } else if verb == "QUIT" {
            return say(&mut wire, "221 bye");
        } else {
            say(&mut wire, "250 ok")?;
        }
    }
}

fn say(wire: &mut BufReader<Box<dyn Wire>>, text: &str) -> std::io::Result<()> {
    let wire = wire.get_mut();
    wire.write_all(text.as_bytes())?;
    wire.write_all(b"\r\n")?;
    wire.flush()
}
