//! A `curl` command as copied from a browser or a proxy, in its form for bash or for Windows' cmd. The command is read,
//! never run.

use super::{Captured, cmd, shell};
use crate::signature::Headers;

/// Options whose value says nothing of headers or body.
const PASSED_OVER: &[&str] = &[
    "-X",
    "--request",
    "-o",
    "--output",
    "-m",
    "--max-time",
    "--connect-timeout",
    "--retry",
    "-x",
    "--proxy",
    "--cacert",
    "--resolve",
    "-w",
    "--write-out",
    "--http-version",
];
const FLAGS: &[&str] = &[
    "-k",
    "--insecure",
    "-s",
    "--silent",
    "-S",
    "--show-error",
    "-i",
    "--include",
    "-v",
    "--verbose",
    "-L",
    "--location",
    "-f",
    "--fail",
    "--compressed",
    "--http1.1",
    "--http2",
    "--globoff",
    "-g",
    "--fail-with-body",
    "-sS",
    "-sk",
    "-sv",
    "-iv",
    "--no-progress-meter",
    "--path-as-is",
];

pub fn read(bytes: &[u8]) -> Result<Captured, String> {
    let mut captured = Captured::default();
    let for_windows = cmd::is_meant(bytes);
    let words = match for_windows {
        true => {
            let read = cmd::words(bytes)?;
            if read.has_lines {
                let note = "line ends of the command are taken as LF: its form for Windows does not tell CR LF from LF";
                captured.notes.push(note.into());
            }
            read.words
        }
        false => shell::words(bytes.strip_prefix(b"$ ").unwrap_or(bytes))?,
    };
    let globs = !words.iter().any(|word| word == b"-g" || word == b"--globoff");
    let mut words = words.into_iter().skip(1);
    let mut data: Vec<Vec<u8>> = Vec::new();
    while let Some(word) = words.next() {
        let text = String::from_utf8(word).map_err(|_| "an option or the URL is not UTF-8")?;
        let (name, value) = parted(&text);
        let mut value = || -> Result<Vec<u8>, String> {
            value.map_or_else(
                || words.next().ok_or_else(|| format!("{name} has no value")),
                |value| Ok(value.into()),
            )
        };
        match name {
            "-H" | "--header" => header(&value()?, &mut captured.headers)?,
            "-d" | "--data" | "--data-ascii" | "--data-binary" | "--json" => {
                let value = value()?;
                if value.starts_with(b"@") {
                    return Err(format!(
                        "{name} reads a file: give that file as the body, and its headers by --headers"
                    ));
                }
                data.push(value);
            }
            "--data-raw" => data.push(value()?),
            "-A" | "--user-agent" => captured.headers.push("User-Agent", &value()?),
            "-e" | "--referer" => captured.headers.push("Referer", &value()?),
            "-b" | "--cookie" => captured.headers.push("Cookie", &value()?),
            "--url" => {
                let url = String::from_utf8(value()?).map_err(|_| "the URL is not UTF-8")?;
                place(&mut captured, &url, globs)?;
            }
            "-u" | "--user" => {
                value()?;
            }
            name if PASSED_OVER.contains(&name) => {
                value()?;
            }
            name if FLAGS.contains(&name) => {}
            name if name.starts_with('-') => {
                return Err(format!(
                    "the curl option {} is not understood here",
                    name.split('=').next().unwrap_or("")
                ));
            }
            url => place(&mut captured, url, globs)?,
        }
    }
    captured.body = data.join(&b"&"[..]);
    captured.is_blanked = for_windows && captured.body.contains(&b' ');
    Ok(captured)
}

/// `-Hname: value` and `-XPOST` are an option with its value.
fn parted(text: &str) -> (&str, Option<&str>) {
    let short = ["-H", "-d", "-X", "-A", "-e", "-b", "-u"];
    match text.get(..2).filter(|start| short.contains(start) && text.len() > 2) {
        Some(start) => (start, text.get(2..)),
        None => (text, None),
    }
}

/// The one URL; a second would be a second request.
fn place(captured: &mut Captured, url: &str, globs: bool) -> Result<(), String> {
    if captured.url.is_some() {
        return Err("the command calls two URLs: keep the one that is meant".into());
    }
    captured.url = Some(if globs { unglobbed(url) } else { url.to_owned() });
    Ok(())
}

/// Browsers put a `\` before what curl would take for a range or a list of URLs.
fn unglobbed(url: &str) -> String {
    let pairs = ["\\[", "\\]", "\\{", "\\}"];
    pairs.iter().fold(url.to_owned(), |url, pair| url.replace(pair, &pair[1..]))
}

/// `Name;` is a header without a value; `Name:` takes one away.
fn header(line: &[u8], headers: &mut Headers) -> Result<(), String> {
    if line.starts_with(b":") {
        return Ok(());
    }
    match Headers::line(line) {
        Some((_, value)) if value.is_empty() => Ok(()),
        Some((name, value)) => {
            headers.push(&name, &value);
            Ok(())
        }
        None => match line.strip_suffix(b";").and_then(|name| std::str::from_utf8(name).ok()) {
            Some(name) => {
                headers.push(name, b"");
                Ok(())
            }
            None => Err("a -H is not a header (`Name: value`)".into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_command() {
        let text = "curl 'https://x.test/?a=\\[1\\]' -X POST \\\n  -H 'X-Sig: t=1,v1=a' -H'Content-Type: application/json' \\\n  --data-raw $'{\"it\\'s\":1}' --compressed";
        let captured = read(text.as_bytes()).expect("read");
        assert_eq!(captured.url.as_deref(), Some("https://x.test/?a=[1]"));
        assert_eq!(captured.headers.one("x-sig").expect("good"), b"t=1,v1=a");
        assert_eq!(captured.body, b"{\"it's\":1}");
    }

    #[test]
    fn a_browsers_command_for_windows() {
        let text = "curl ^\"https://x.test/?a=^\\^[1^\\^]^&b=2^\" ^\r\n  -X ^\"POST^\" ^\r\n  -H ^\"X-Sig: t=1,v1=a^\" ^\r\n  -H ^\"X-None;^\" ^\r\n  --data-raw ^\"^{^\\^\"it^\\^\":^\\^\"100^%^ab^\\^\"^}^\" ^\r\n  --compressed\r\n";
        let captured = read(text.as_bytes()).expect("read");
        assert_eq!(captured.url.as_deref(), Some("https://x.test/?a=[1]&b=2"));
        assert_eq!(captured.headers.one("x-sig").expect("good"), b"t=1,v1=a");
        assert_eq!(captured.headers.one("x-none").expect("good"), b"");
        assert_eq!(captured.body, b"{\"it\":\"100%ab\"}");
        assert!(captured.notes.is_empty());
    }

    #[test]
    fn what_is_not_in_the_command_is_not_guessed() {
        for wrong in [
            "curl ^\"https://x.test/^\" -H ^\"A: b\"",
            "curl -d @body.json x",
            "curl https://x.test https://y.test",
            "curl --url https://x.test https://y.test",
            "curl -F a=b x",
            "curl -H",
            "curl -H nothing x",
            "curl --upload-file x",
        ] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
