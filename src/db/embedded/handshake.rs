//! Is a server ready? Said hello to by hand: an open socket is not yet a server that takes statements, and a client
//! library would bring its own time-outs, retries and reading of the environment.

use std::{path::Path, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// What was at the socket.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// A server that takes statements. (Also one that has no room for us: who asks for more will hear it.)
    Ready,
    /// A server that starts, stops or recovers.
    NotYet(String),
    /// Nobody.
    Absent(String),
}

/// One answer may take this long; a machine under load is slow, a hung server must not hang us.
const PATIENCE: Duration = Duration::from_secs(5);

pub async fn ask(socket: &Path) -> Answer {
    match tokio::time::timeout(PATIENCE, greet(socket)).await {
        Ok(answer) => answer,
        Err(_) => Answer::NotYet(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// The process that listens at a socket, as the kernel knows it: a pid read from a file may be somebody else's by now.
pub async fn listener(socket: &Path) -> Option<u32> {
    let stream = UnixStream::connect(socket).await.ok()?;
    u32::try_from(stream.peer_cred().ok()?.pid()?).ok()
}

async fn greet(socket: &Path) -> Answer {
    let mut stream = match UnixStream::connect(socket).await {
        Ok(stream) => stream,
        Err(error) => return Answer::Absent(error.to_string()),
    };
    if let Err(error) = stream.write_all(&hello()).await {
        return Answer::NotYet(error.to_string());
    }
    loop {
        let (kind, body) = match message(&mut stream).await {
            Ok(message) => message,
            Err(error) => return Answer::NotYet(error.to_string()),
        };
        match kind {
            b'Z' => {
                // Say goodbye, or the server's log complains of a lost connection.
                stream.write_all(b"X\0\0\0\x04").await.ok();
                return Answer::Ready;
            }
            b'E' => return refusal(&body),
            _ => {}
        }
    }
}

/// The start-up packet, protocol 3.0.
fn hello() -> Vec<u8> {
    let body = b"\0\x03\0\0user\0postgres\0database\0postgres\0application_name\0hookyard\0\0";
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    [&length.to_be_bytes(), body.as_slice()].concat()
}

async fn message(stream: &mut UnixStream) -> std::io::Result<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await?;
    let length = stream.read_u32().await?;
    // What comes before "ready" is short; a length beyond that is not PostgreSQL talking.
    if !(4..=65_536).contains(&length) {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length as usize - 4];
    stream.read_exact(&mut body).await?;
    Ok((kind, body))
}

/// An error message is a list of fields, each a letter and a text that ends in NUL.
fn refusal(body: &[u8]) -> Answer {
    let field = |letter: u8| {
        body.split(|byte| *byte == 0)
            .find_map(|field| field.strip_prefix(&[letter]))
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .unwrap_or_default()
    };
    match field(b'C').as_str() {
        "53300" => Answer::Ready,
        code => Answer::NotYet(format!("{} ({code})", field(b'M'))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_starts_is_not_ready_and_a_full_one_is() {
        let starting = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
        assert_eq!(
            refusal(starting),
            Answer::NotYet("the database system is starting up (57P03)".to_owned())
        );
        assert_eq!(refusal(b"SFATAL\0C53300\0Msorry, too many clients already\0\0"), Answer::Ready);
    }

    #[test]
    fn the_hello_states_its_own_length() {
        let hello = hello();
        assert_eq!(hello[..8], [0, 0, 0, u8::try_from(hello.len()).expect("short"), 0, 3, 0, 0]);
    }
}
