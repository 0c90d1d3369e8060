//! A request as it arrived, and what its elements say.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;

#[derive(Clone, Debug)]
pub struct Request {
    /// Request line and headers.
    pub head: String,
    pub body: String,
    pub operation: String,
    /// Each element that has only text, in order, unescaped.
    pub values: Vec<(String, String)>,
    /// The property it names, if any.
    pub property: String,
}

impl Request {
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// `IDValue` of the identification of this type.
    pub fn identification(&self, kind: &str) -> Option<String> {
        let from = self.body.find(&format!("IDType=\"{kind}\""))?;
        let value = self.body[from..].split("IDValue=\"").nth(1)?.split('"').next()?;
        Some(unescaped(value))
    }

    pub fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((key, value)) = line.split_once(':')
                && key.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Some(Request::of(head, String::from_utf8_lossy(&body).into_owned())))
    }

    fn of(head: String, body: String) -> Request {
        let values = values(&body);
        let operation = body
            .split("Body>")
            .nth(1)
            .and_then(|inside| inside.strip_prefix('<')?.split([' ', '>', '/']).next())
            .unwrap_or_default()
            .to_owned();
        let mut request = Request { head, body, operation, values, property: String::new() };
        let named = ["YardiPropertyId", "PropertyCode", "PropertyId", "PropertyID"];
        let property = named.iter().find_map(|name| request.value(name)).map(str::to_owned);
        request.property = property.or_else(|| request.identification("PropertyID")).unwrap_or_default();
        request
    }
}

/// `<Name>text</Name>`, wherever it stands.
fn values(body: &str) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for part in body.split('<').skip(1) {
        if let Some((name, text)) = part.split_once('>')
            && !name.starts_with(['/', '?', '!'])
        {
            let name = name.split(' ').next().unwrap_or_default();
            values.push((name.to_owned(), unescaped(text)));
        }
    }
    values
}

pub fn unescaped(text: &str) -> String {
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#10;", "\n"),
        ("&#13;", "\r"),
        ("&#9;", "\t"),
    ];
    plain.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)).replace("&amp;", "&")
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
