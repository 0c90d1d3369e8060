//! A request as somebody captured it: raw HTTP, an entry of a HAR file, or a `curl` command copied from a browser or a
//! proxy. Read as bytes; what would not be the bytes that were sent is refused rather than guessed.

mod cmd;
mod curl;
mod har;
mod raw;
mod shell;

use crate::signature::Headers;

#[derive(Debug, Default)]
pub struct Captured {
    pub url: Option<String>,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// The form is one in which a tab of the body may have become a blank.
    pub is_blanked: bool,
    /// What a reader should know of how the body was taken.
    pub notes: Vec<String>,
}

/// By what the file begins with.
pub fn read(bytes: &[u8]) -> Result<Captured, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("the file is UTF-16, as PowerShell and Notepad write it: save it as UTF-8".into());
    }
    let start = bytes.trim_ascii_start();
    if let Some(copied) = elsewhere(start) {
        return Err(format!(
            "it was copied as {copied}, in which the bytes of the request are written anew: \
             choose `Copy as cURL`, or save the request as HAR"
        ));
    }
    match start.first() {
        None => Err("the file is empty".into()),
        Some(b'{' | b'[') => har::read(start),
        Some(_)
            if start.starts_with(b"curl ")
                || start.starts_with(b"curl\t")
                || start.starts_with(b"curl.exe ")
                || start.starts_with(b"$ curl ") =>
        {
            curl::read(start)
        }
        Some(_) => raw::read(bytes),
    }
}

/// The browser's other ways of copying a request: programs, which would have to be run.
fn elsewhere(start: &[u8]) -> Option<&'static str> {
    let is = |beginnings: &[&[u8]]| beginnings.iter().any(|beginning| start.starts_with(beginning));
    if is(&[b"fetch(", b"await fetch("]) {
        return Some("fetch");
    }
    is(&[b"Invoke-WebRequest", b"Invoke-RestMethod", b"$session = "]).then_some("PowerShell")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_kinds_are_told_apart() {
        let head = "POST /hook HTTP/1.1\r\nHost: x.test\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n";
        let raw = |body: &str| read(format!("{head}{body}").as_bytes()).expect("good");
        assert_eq!(
            raw("{}\nand more").notes,
            ["the body ends after 2 bytes, as Content-Length says; the file goes on"]
        );
        let raw = raw("{}\n");
        assert_eq!((raw.url.as_deref(), raw.body.as_slice()), (Some("https://x.test/hook"), &b"{}"[..]));
        assert_eq!(raw.notes, [""; 0], "a last line break surprises nobody");
        let curl = read(b"curl 'https://x.test/hook' \\\n  -H 'X-A: 1' --data-raw '{}'").expect("good");
        assert_eq!((curl.url.as_deref(), curl.body.as_slice()), (Some("https://x.test/hook"), &b"{}"[..]));
        let har = br#"{"request":{"url":"https://x.test/hook","headers":[{"name":"X-A","value":"1"}],"postData":{"text":"{}"}}}"#;
        let har = read(har).expect("good");
        assert_eq!((har.url.as_deref(), har.body.as_slice()), (Some("https://x.test/hook"), &b"{}"[..]));
        for captured in [raw, curl, har] {
            assert_eq!(captured.headers.one("x-a").expect("good"), b"1");
        }
        assert!(read(b" \n").is_err());
    }
}
