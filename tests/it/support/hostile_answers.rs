//! What each path of a hostile receiver answers.

use std::io::{ErrorKind, Result, Write};
use std::thread;
use std::time::Duration;

/// What the path asks for. `Ok` keeps the connection for the next request, an error closes it.
pub fn behave(stream: &mut impl Write, path: &str) -> Result<()> {
    let closed = || Err(ErrorKind::ConnectionAborted.into());
    let mut parts = path.trim_start_matches('/').split('/');
    let kind = parts.next().unwrap_or_default();
    let rest = parts.next().unwrap_or_default();
    match kind {
        // Answers that are odd, but whole.
        "status" => reply(stream, rest, "", b"{}"),
        "redirect" => reply(stream, rest, "Location: /caught\r\n", b""),
        "to-metadata" => reply(stream, rest, "Location: http://169.254.169.254/latest/\r\n", b""),
        "retry-after" => reply(stream, "503", &format!("Retry-After: {rest}\r\n"), b""),
        "body" => reply(stream, "200", "", body(rest)),
        "large" => reply(stream, "200", "", &vec![b'x'; rest.parse().unwrap_or(0)]),
        "empty-204" => stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n"),
        "body-204" => {
            send(stream, "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}").and_then(|()| closed())
        }
        "http10" => send(stream, "HTTP/1.0 200 OK\r\n\r\nold").and_then(|()| closed()),
        "continue" => {
            send(stream, &"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000))?;
            reply(stream, "200", "", b"{}")
        }
        "latin1" => stream.write_all(
            b"HTTP/1.1 200 OK\r\nX-A: caf\xe9 \x07?\r\nX-B: caf\xe9\r\nContent-Length: 2\r\n\r\n{}",
        ),
        "latin1-only" => stream.write_all(b"HTTP/1.1 200 OK\r\nX-A: caf\xe9\r\nContent-Length: 2\r\n\r\n{}"),
        "headers" => reply(stream, "200", &"X-A: 1\r\n".repeat(rest.parse().unwrap_or(0)), b"{}"),
        "large-header" => reply(stream, "200", &format!("X-A: {}\r\n", "v".repeat(300 * 1024)), b"{}"),
        "gzip" => reply(stream, "200", "Content-Encoding: gzip\r\n", &bomb()),

        // Answers that contradict themselves.
        "two-lengths" => send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}1"),
        "negative-length" => send(stream, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
        "length-and-chunked" => send(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ),
        "not-http" => send(stream, "SSH-2.0-OpenSSH_9.2\r\n").and_then(|()| closed()),
        "broken-body" => {
            send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789").and_then(|()| closed())
        }
        "broken-chunk" => {
            send(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n")
                .and_then(|()| closed())
        }

        // Answers that never end, or never begin.
        "endless" => {
            send(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
            forever(stream, chunk.as_bytes(), Duration::ZERO)
        }
        "endless-length" => {
            send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")?;
            forever(stream, &[b'x'; 0x4000], Duration::ZERO)
        }
        "endless-header" => {
            send(stream, "HTTP/1.1 200 OK\r\nX-A: ")?;
            forever(stream, &[b'x'; 0x4000], Duration::ZERO)
        }
        "drip-head" => {
            for byte in b"HTTP/1.1 200 OK\r\nX-A: " {
                stream.write_all(&[*byte])?;
                thread::sleep(Duration::from_millis(20));
            }
            forever(stream, b"x", Duration::from_millis(100))
        }
        "drip-body" => {
            send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
            forever(stream, b"x", Duration::from_millis(100))
        }
        "hang" => {
            thread::sleep(Duration::from_secs(120));
            closed()
        }
        "close" => closed(),
        _ => reply(stream, "200", "", br#"{"ok":true}"#),
    }
}

fn reply(stream: &mut impl Write, status: &str, headers: &str, body: &[u8]) -> Result<()> {
    let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat())?;
    stream.flush()
}

pub fn send(stream: &mut impl Write, text: &str) -> Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

/// Until the far side has had enough.
fn forever(stream: &mut impl Write, bytes: &[u8], pause: Duration) -> Result<()> {
    loop {
        stream.write_all(bytes)?;
        stream.flush()?;
        thread::sleep(pause);
    }
}

fn body(kind: &str) -> &'static [u8] {
    match kind {
        "html" => b"<!doctype html><title>It works</title>",
        "plain" => b"thank you",
        "binary" => b"\xff\xfe\x00\x80",
        "terminal" => "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{202e}txet".as_bytes(),
        "nul" => br#"{"text":"a\u0000b"}"#,
        "own-error" => br#"{"error":{"kind":"timeout"}}"#,
        _ => b"",
    }
}

/// 204 KB of gzip that unpack to 32 MB of zeros: one literal, then the longest copy again and again, each in 13
/// bits of the fixed code. Whoever unpacks it notices long before its missing end.
fn bomb() -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut push = |text: &str| bits.extend(text.bytes().map(|bit| bit == b'1'));
    push("110");
    push("00110000");
    for _ in 0..125_000 {
        push("1100010100000");
    }
    push("0000000");
    let packed = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |all, bit| all << 1 | u8::from(*bit)));
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255].into_iter().chain(packed).collect()
}
