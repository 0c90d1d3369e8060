//! Connections: one request after another, each answered as its property behaves.

use std::io::{BufReader, Result, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use super::answers::{Answer, Body, answer};
use super::request::Request;
use super::{State, lock};

pub fn serve(stream: TcpStream, state: &Mutex<State>) -> Result<()> {
    lock(state).connections += 1;
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader)? {
        let answer = {
            let mut state = lock(state);
            let behaviour = behaviour(&mut state, &request);
            state.requests.push(request.clone());
            answer(&mut state, &request, &behaviour)
        };
        send(&mut writer, answer)?;
    }
    Ok(())
}

/// What the property was told to do, else what holds for all.
fn behaviour(state: &mut State, request: &Request) -> String {
    for property in [request.property.as_str(), "*"] {
        if let Some((behaviour, left)) = state.behaviours.get_mut(property)
            && *left > 0
        {
            *left = left.saturating_sub(1);
            return behaviour.clone();
        }
    }
    "ok".to_owned()
}

fn send(stream: &mut TcpStream, answer: Answer) -> Result<()> {
    let pause = |millis: u64| std::thread::sleep(Duration::from_millis(millis));
    match answer.body {
        Body::Silence => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        Body::Reset => stream.shutdown(Shutdown::Both),
        Body::Whole(bytes) => {
            pause(answer.delay);
            stream.write_all(head(&answer.status, &answer.headers, Some(bytes.len())).as_bytes())?;
            stream.write_all(&bytes)
        }
        Body::Broken(bytes, length) => {
            stream.write_all(head(&answer.status, &answer.headers, Some(length)).as_bytes())?;
            stream.write_all(&bytes)?;
            stream.shutdown(Shutdown::Both)
        }
        Body::Drip(bytes, millis) => {
            stream.write_all(head(&answer.status, &answer.headers, Some(bytes.len())).as_bytes())?;
            for byte in bytes {
                stream.write_all(&[byte])?;
                pause(millis);
            }
            Ok(())
        }
        Body::Repeated { before, unit, times, after } => {
            let length = before.len() + unit.len() * times + after.len();
            stream.write_all(head(&answer.status, &answer.headers, Some(length)).as_bytes())?;
            stream.write_all(before.as_bytes())?;
            let together = (64 * 1024 / unit.len().max(1)).clamp(1, times.max(1));
            let block = unit.repeat(together);
            for _ in 0..times / together {
                stream.write_all(block.as_bytes())?;
            }
            stream.write_all(unit.repeat(times % together).as_bytes())?;
            stream.write_all(after.as_bytes())
        }
    }
}

fn head(status: &str, headers: &[(String, String)], length: Option<usize>) -> String {
    let date = jiff::fmt::rfc2822::DateTimePrinter::new();
    let date = date.timestamp_to_rfc9110_string(&jiff::Timestamp::now()).unwrap_or_default();
    let mut head = format!("HTTP/1.1 {status}\r\nDate: {date}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = length {
        head.push_str(&format!("Content-Length: {length}\r\n"));
    }
    head.push_str("\r\n");
    head
}
