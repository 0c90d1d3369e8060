//! The document's SOAP service in its smallest form: prospects by property, one answer at a time as scripted, and every
//! request kept.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a property answers.
#[derive(Clone)]
pub enum Says {
    /// Code, first name, last name, e-mail; texts are escaped here.
    Prospects(Vec<[String; 4]>),
    /// Status and body, as they stand.
    Raw(u16, String),
    /// The connection is cut after so many bytes of a good answer.
    Cut(usize),
    /// Nothing, for this long; then the connection is cut.
    Silence(Duration),
}

#[derive(Default)]
struct Script {
    answers: HashMap<String, Says>,
    delay: Duration,
    gathers: usize,
    requests: Vec<String>,
}

pub struct Soap {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    most_at_once: Arc<AtomicUsize>,
}

impl Soap {
    pub fn start() -> Soap {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let script = Arc::new(Mutex::new(Script::default()));
        let (at_once, most_at_once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let theirs = (Arc::clone(&script), Arc::clone(&at_once), Arc::clone(&most_at_once));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (script, at_once, most) = theirs.clone();
                std::thread::spawn(move || {
                    let _ = serve(client, &script, &at_once, &most);
                });
            }
        });
        Soap { address, script, most_at_once }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn says(&self, property: &str, says: Says) {
        self.script.lock().expect("lock").answers.insert(property.to_owned(), says);
    }

    /// So many people, each with a code and an address of his own.
    pub fn has_people(&self, property: &str, from: usize, to: usize) {
        let person = |n: usize| {
            [format!("PROS-{n}"), format!("First{n}"), format!("Last{n}"), format!("p{n}@example.test")]
        };
        self.says(property, Says::Prospects((from..to).map(person).collect()));
    }

    pub fn delays(&self, delay: Duration) {
        self.script.lock().expect("lock").delay = delay;
    }

    /// Nobody is answered before so many have asked.
    pub fn gathers(&self, requests: usize) {
        self.script.lock().expect("lock").gathers = requests;
    }

    pub fn requests(&self) -> Vec<String> {
        self.script.lock().expect("lock").requests.clone()
    }

    pub fn count(&self) -> usize {
        self.script.lock().expect("lock").requests.len()
    }

    pub fn wait_for(&self, count: usize) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.count() < count {
            assert!(Instant::now() < until, "{} requests instead of {count}", self.count());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

fn serve(
    client: TcpStream,
    script: &Mutex<Script>,
    at_once: &AtomicUsize,
    most: &AtomicUsize,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut client = client;
    while let Some(body) = request(&mut reader)? {
        let now = at_once.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        let went = answer(&mut client, &body, script);
        at_once.fetch_sub(1, Ordering::SeqCst);
        if !went? {
            return Ok(());
        }
    }
    Ok(())
}

fn request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut length = 0;
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(String::from_utf8(body).expect("UTF-8")))
}

/// False: the connection is over.
fn answer(client: &mut TcpStream, body: &str, script: &Mutex<Script>) -> std::io::Result<bool> {
    let (says, delay) = {
        let mut script = script.lock().expect("lock");
        script.requests.push(body.to_owned());
        let property = element(body, "PropertyCode").unwrap_or_else(|| "submit".to_owned());
        (script.answers.get(&property).cloned(), script.delay)
    };
    std::thread::sleep(delay);
    let begun = Instant::now();
    let all_are_here = || {
        let script = script.lock().expect("lock");
        script.requests.len() >= script.gathers
    };
    while !all_are_here() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let operation =
        if body.contains("GetNewProspects") { "GetNewProspects" } else { "UpdateProspectScreening" };
    let property = element(body, "PropertyCode").unwrap_or_default();
    match says {
        Some(Says::Raw(status, text)) => reply(client, status, &text),
        Some(Says::Silence(time)) => {
            std::thread::sleep(time);
            Ok(false)
        }
        Some(Says::Cut(bytes)) => {
            let text = envelope(
                operation,
                &prospects(&property, &[["PROS-1", "A", "B", "a@b.example"].map(str::to_owned)]),
            );
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
                text.len()
            );
            client.write_all(head.as_bytes())?;
            client.write_all(&text.as_bytes()[..bytes.min(text.len() - 1)])?;
            Ok(false)
        }
        Some(Says::Prospects(people)) => {
            reply(client, 200, &envelope(operation, &prospects(&property, &people)))
        }
        None => reply(client, 200, &envelope(operation, "")),
    }
}

fn reply(client: &mut TcpStream, status: u16, text: &str) -> std::io::Result<bool> {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
        text.len()
    );
    client.write_all(head.as_bytes())?;
    client.write_all(text.as_bytes())?;
    Ok(true)
}

/// A good answer around this content.
pub fn envelope(operation: &str, content: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><{operation}Response \
         xmlns=\"urn:hookyard:conceptual\"><{operation}Result>{content}</{operation}Result></{operation}Response>\
         </soap:Body></soap:Envelope>"
    )
}

fn prospects(property: &str, people: &[[String; 4]]) -> String {
    let one = |[code, first, last, email]: &[String; 4]| {
        format!(
            "<Prospect><ProspectCode>{}</ProspectCode><PropertyCode>{property}</PropertyCode><FirstName>{}</FirstName>\
             <LastName>{}</LastName><Email>{}</Email></Prospect>",
            escaped(code),
            escaped(first),
            escaped(last),
            escaped(email)
        )
    };
    people.iter().map(one).collect()
}

/// Characters that XML has no form for go as references, as ASP.NET writes them.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            c if (c as u32) < 0x20 => format!("&#x{:X};", c as u32),
            c => c.to_string(),
        })
        .collect()
}

/// The text of an element of a request.
pub fn element(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
}
