//! A raw HTTP request: request line, headers, an empty line, the body.

use super::Captured;
use crate::signature::{Headers, dechunked};

pub fn read(bytes: &[u8]) -> Result<Captured, String> {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| "the first line is not a request line")?.trim_end();
    let mut words = line.split(' ');
    let target = match (words.next(), words.next(), words.next()) {
        (Some(_), Some(target), Some(version)) if version.starts_with("HTTP/") => target,
        _ => return Err("it is neither raw HTTP (`POST /path HTTP/1.1`), nor HAR, nor a curl command".into()),
    };
    let (headers, rest) = Headers::block(bytes)?;
    let mut notes = Vec::new();
    let body = body(&headers, rest, &mut notes);
    let host = headers.one("host").ok().and_then(|host| std::str::from_utf8(host).ok());
    let url = match host {
        _ if target.contains("://") => Some(target.to_owned()),
        Some(host) => Some(format!("https://{host}{target}")),
        None => None,
    };
    Ok(Captured { url, headers, body, is_blanked: false, notes })
}

fn body(headers: &Headers, rest: &[u8], notes: &mut Vec<String>) -> Vec<u8> {
    let chunked = headers.all("transfer-encoding").any(|value| value.eq_ignore_ascii_case(b"chunked"));
    if chunked && let Some(body) = dechunked(rest) {
        return body;
    }
    let length =
        headers.one("content-length").ok().and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    match length {
        Some(length) if length < rest.len() => {
            // Editors and `--dry-run` end a file with a line break, which surprises nobody.
            if !matches!(&rest[length..], b"\n" | b"\r\n") {
                notes.push(format!(
                    "the body ends after {length} bytes, as Content-Length says; the file goes on"
                ));
            }
            rest[..length].to_vec()
        }
        Some(length) if length > rest.len() => {
            notes.push(format!("the file has {} of the {length} bytes that Content-Length says", rest.len()));
            rest.to_vec()
        }
        _ => rest.to_vec(),
    }
}
