//! Every way of answering that has been seen of Voyager, of the machines before it, and of attackers. A behaviour is
//! a word with an argument behind a slash: `cut/37`, `html/503`, `error/Login failed`.

use super::State;
use super::operations::{self, Result, message};
use super::request::{Request, escaped};

pub struct Answer {
    pub status: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    /// Milliseconds before the first byte.
    pub delay: u64,
}

pub enum Body {
    Whole(Vec<u8>),
    /// These bytes of an answer of that length, then the connection is gone.
    Broken(Vec<u8>, usize),
    /// Byte by byte, with so many milliseconds between.
    Drip(Vec<u8>, u64),
    /// Too long to be made in memory.
    Repeated {
        before: String,
        unit: String,
        times: usize,
        after: String,
    },
    Silence,
    Reset,
}

const XML: &str = "text/xml; charset=utf-8";

pub fn answer(state: &mut State, request: &Request, behaviour: &str) -> Answer {
    let (word, argument) = behaviour.split_once('/').unwrap_or((behaviour, ""));
    let number = argument.parse::<usize>().unwrap_or(0);
    if let Some(answer) = without_soap(word, argument, number) {
        return answer;
    }
    if let Some(answer) = refusals(request, word, argument) {
        return answer;
    }
    if word == "applied-silent" {
        if is_write(request) {
            operations::result(state, request, true);
            return of(Body::Silence);
        }
        return soap(&usual(state, request, true));
    }
    if word == "ghost" {
        return soap(&usual(state, request, !is_write(request)));
    }
    if let Some(answer) = long(request, word, number) {
        return answer;
    }
    let good = usual(state, request, true);
    shaped(&good, word, argument, number)
}

fn is_write(request: &Request) -> bool {
    request.operation.starts_with("Import") || request.operation.starts_with("Update")
}

/// The answer as it should be.
fn usual(state: &mut State, request: &Request, visible: bool) -> String {
    match operations::result(state, request, visible) {
        Result::Xml(inside) => envelope(request, &inside),
        Result::Shell => shell(request),
    }
}

fn frame(request: &Request, inside: &str) -> String {
    let namespace = if request.body.contains("urn:hookyard:conceptual") {
        "urn:hookyard:conceptual"
    } else {
        "http://tempuri.org/YSI.Interfaces.WebServices/ItfILSGuestCard"
    };
    let soap = if request.body.contains("http://www.w3.org/2003/05/soap-envelope") {
        "http://www.w3.org/2003/05/soap-envelope"
    } else {
        "http://schemas.xmlsoap.org/soap/envelope/"
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{soap}\"><soap:Body><{0}Response xmlns=\"{namespace}\">{inside}</{0}Response></soap:Body></soap:Envelope>",
        request.operation
    )
}

fn envelope(request: &Request, inside: &str) -> String {
    frame(request, &format!("<{0}Result>{inside}</{0}Result>", request.operation))
}

fn shell(request: &Request) -> String {
    frame(request, "")
}

fn soap(xml: &str) -> Answer {
    typed("200 OK", XML, xml.as_bytes().to_vec())
}

fn typed(status: &str, kind: &str, body: Vec<u8>) -> Answer {
    Answer {
        status: status.into(),
        headers: vec![("Content-Type".into(), kind.into())],
        body: Body::Whole(body),
        delay: 0,
    }
}

fn of(body: Body) -> Answer {
    Answer { status: "200 OK".into(), headers: vec![("Content-Type".into(), XML.into())], body, delay: 0 }
}

/// What other machines answer.
fn without_soap(word: &str, argument: &str, number: usize) -> Option<Answer> {
    let page = "<!DOCTYPE html><html><head><title>Runtime Error</title></head><body>Server Error in '/' Application.<br></body></html>";
    Some(match word {
        "html" => typed(&format!("{argument} X"), "text/html; charset=utf-8", page.into()),
        "html-as-xml" => typed("200 OK", XML, page.into()),
        "html-without-doctype" => typed("200 OK", XML, page[15..].into()),
        "redirect" => {
            let mut answer = typed("302 Found", "text/html", page.into());
            answer.headers.push(("Location".into(), argument.into()));
            answer
        }
        // With the body, to a place of the far side's choice.
        "moved" => {
            let mut answer = typed("308 Permanent Redirect", "text/html", page.into());
            answer.headers.push(("Location".into(), argument.into()));
            answer
        }
        "status" => typed(&format!("{number} X"), "text/plain", "no".into()),
        "too-many" => {
            let mut answer = typed("429 Too Many Requests", "text/plain", "slow down".into());
            answer.headers.push(("Retry-After".into(), argument.into()));
            answer
        }
        "json" => typed("200 OK", "application/json", "{\"prospects\": []}".into()),
        "nothing" => typed("200 OK", XML, Vec::new()),
        "no-content" => Answer {
            status: "204 No Content".into(),
            headers: Vec::new(),
            body: Body::Whole(Vec::new()),
            delay: 0,
        },
        "silent" => of(Body::Silence),
        "reset" => of(Body::Reset),
        _ => return None,
    })
}

/// What the service itself refuses with.
fn refusals(request: &Request, word: &str, argument: &str) -> Option<Answer> {
    let fault11 = |text: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault><faultcode>soap:Server</faultcode><faultstring>{}</faultstring><detail/></soap:Fault></soap:Body></soap:Envelope>",
            escaped(text)
        )
    };
    let text =
        if argument.is_empty() { "Object reference not set to an instance of an object." } else { argument };
    Some(match word {
        "error" => soap(&envelope(request, &message("Error", argument))),
        "twice" => {
            let one = format!("<Message messageType=\"Error\">{}</Message>", escaped(argument));
            soap(&envelope(request, &format!("<Messages>{one}{one}</Messages>")))
        }
        "none" => {
            soap(&envelope(request, &message("Error", "No guests exist with the given search criteria.")))
        }
        "shell" => soap(&shell(request)),
        "hollow" => soap(&envelope(request, "")),
        "zero" => soap(&envelope(request, "<LeadManagement xmlns=\"\"><Prospects/></LeadManagement>")),
        "scalar" => soap(&envelope(request, argument)),
        "fault" => typed("500 Internal Server Error", XML, fault11(text).into()),
        "fault-200" => typed("200 OK", XML, fault11(text).into()),
        "fault-12" => {
            let xml = format!(
                "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><e:Fault><e:Code><e:Value>e:Receiver</e:Value></e:Code><e:Reason><e:Text xml:lang=\"en\">{}</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>",
                escaped(text)
            );
            typed("500 Internal Server Error", "application/soap+xml; charset=utf-8", xml.into())
        }
        "echo" => {
            let status = format!("{argument} X");
            typed(&status, XML, fault11(&format!("cannot process: {}", request.body)).into())
        }
        "echo-page" => {
            let page = format!("<html><body>{}</body></html>", escaped(&request.body));
            typed(&format!("{argument} X"), "text/html", page.into())
        }
        _ => return None,
    })
}

/// Answers that have no end, or nearly.
fn long(request: &Request, word: &str, number: usize) -> Option<Answer> {
    let conceptual = request.operation == "GetNewProspects";
    let good = envelope(request, "|");
    let (before, after) = good.split_once('|').unwrap_or_default();
    let (list, list_end) = if conceptual {
        ("", "")
    } else {
        ("<LeadManagement xmlns=\"\"><Prospects>", "</Prospects></LeadManagement>")
    };
    let row = |first: &str| {
        let person = super::Person::new("p0000101", "applicant", first, "Okafor", "ada.okafor@example.test");
        let household = super::Household::of(vec![person]);
        if conceptual { household.rows(&request.property) } else { household.mits(&request.property) }
    };
    let repeated = |before: String, unit: String, times: usize, after: String| {
        Some(of(Body::Repeated { before, unit, times, after }))
    };
    match word {
        "many" => repeated(format!("{before}{list}"), row("Ada"), number, format!("{list_end}{after}")),
        "attribute" => repeated(
            format!("{before}{list}<Prospect a=\""),
            "x".repeat(1024),
            number << 10,
            format!("\"/>{list_end}{after}"),
        ),
        "text" => repeated(
            format!("{before}{list}<Prospect><FirstName>"),
            "x".repeat(1024),
            number << 10,
            format!("</FirstName></Prospect>{list_end}{after}"),
        ),
        "deep" => repeated(format!("{before}{list}"), "<a>".into(), number, format!("{list_end}{after}")),
        _ => None,
    }
}

/// The good answer in another shape.
fn shaped(good: &str, word: &str, argument: &str, number: usize) -> Answer {
    let first = |from: &str, to: &str| soap(&good.replacen(from, to, 1));
    let doctype = |text: &str| soap(&good.replacen("<soap:Envelope", &format!("{text}<soap:Envelope"), 1));
    let cut = |share: usize| good.as_bytes()[..good.len() * share / 100].to_vec();
    match word {
        "slow" => Answer { delay: number as u64, ..soap(good) },
        "drip" => of(Body::Drip(good.into(), number as u64)),
        "cut" => of(Body::Broken(cut(number), good.len())),
        "cut-clean" => of(Body::Whole(cut(number))),
        "prefix" => soap(
            &good
                .replace("soap:", argument)
                .replace("xmlns:soap", &format!("xmlns:{}", argument.trim_end_matches(':'))),
        ),
        "no-prefix" => soap(&good.replace("soap:", "").replace("xmlns:soap", "xmlns")),
        "soap-12" => typed(
            "200 OK",
            "application/soap+xml; charset=utf-8",
            good.replace(
                "http://schemas.xmlsoap.org/soap/envelope/",
                "http://www.w3.org/2003/05/soap-envelope",
            )
            .into(),
        ),
        "typed" => typed("200 OK", argument, good.into()),
        "untyped" => Answer { headers: Vec::new(), ..soap(good) },
        "mtom" => typed(
            "200 OK",
            "multipart/related; type=\"application/xop+xml\"; boundary=x",
            format!("--x\r\nContent-Type: application/xop+xml\r\n\r\n{good}\r\n--x--").into(),
        ),
        "gzip" => {
            let mut answer =
                typed("200 OK", XML, vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            answer.headers.push(("Content-Encoding".into(), "gzip".into()));
            answer
        }
        "gzip-unsaid" => typed("200 OK", XML, vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0]),
        "bom" => soap(&format!("\u{feff}{good}")),
        "utf16le" => typed("200 OK", "text/xml", utf16(good, u16::to_le_bytes)),
        "utf16be" => typed("200 OK", "text/xml", utf16(good, u16::to_be_bytes)),
        "windows-1252" => {
            let text = good.replacen("utf-8", "windows-1252", 1);
            // The characters it is used with are those of Latin-1.
            let bytes = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
            typed("200 OK", "text/xml", bytes)
        }
        "name" => first("<FirstName>", &format!("<FirstName>{argument}")),
        "nested" => {
            let (before, rest) = good.split_once("Result>").unwrap_or_default();
            let (inside, after) = rest
                .rsplit_once("</")
                .and_then(|(rest, end)| {
                    let (rest, middle) = rest.rsplit_once("</")?;
                    let (rest, response) = rest.rsplit_once("</")?;
                    let (inside, result) = rest.rsplit_once("</")?;
                    Some((inside, format!("</{result}</{response}</{middle}</{end}")))
                })
                .unwrap_or_default();
            let mut inside = escaped(inside);
            for _ in 1..number.max(1) {
                inside = escaped(&format!("<x>{inside}</x>"));
            }
            soap(&format!("{before}Result>{inside}{after}"))
        }
        "doctype" => doctype("<!DOCTYPE Envelope>"),
        "external" => doctype(&format!("<!DOCTYPE Envelope SYSTEM \"{argument}\">")),
        "entity-file" => doctype(&format!("<!DOCTYPE e [<!ENTITY x SYSTEM \"{argument}\">]>")),
        "parameter" => doctype(&format!("<!DOCTYPE e [<!ENTITY % p SYSTEM \"{argument}\"> %p;]>")),
        "laughs" => {
            let mut entities = "<!ENTITY a0 \"lol\">".to_owned();
            for at in 1..10 {
                entities.push_str(&format!("<!ENTITY a{at} \"{}\">", format!("&a{};", at - 1).repeat(10)));
            }
            doctype(&format!("<!DOCTYPE e [{entities}]>"))
        }
        "quadratic" => doctype(&format!("<!DOCTYPE e [<!ENTITY q \"{}\">]>", "q".repeat(100_000))),
        _ => soap(good),
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = text.replacen("utf-8", "utf-16", 1);
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}
