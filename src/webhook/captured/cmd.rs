//! Words of a `curl` command in its form for Windows' cmd, as Chrome, Edge and Firefox copy it.
//!
//! A browser escapes twice: for the program (`\\` and `\"`, or `""`), and over that for cmd (`^` before whatever cmd might
//! take for its own; the end of a line as `^` and two line ends). Both are taken back. What is read is what the browser
//! meant: older ones quote by a bare `"`, within which cmd itself leaves every `^` standing, and would send those.

pub struct Words {
    pub words: Vec<Vec<u8>>,
    /// Some line ends: the command does not say whether they were LF or CR LF.
    pub has_lines: bool,
}

/// By its first quote, or by lines that go on behind a `^`.
pub fn is_meant(text: &[u8]) -> bool {
    let first = text.iter().position(|byte| matches!(byte, b'\'' | b'"'));
    let goes_on = || text.windows(3).any(|three| three == b" ^\n" || three == b" ^\r");
    match first.map(|at| (text[at], text[..at].last())) {
        Some((b'"', Some(b'^'))) => true,
        Some((b'\'', _)) => false,
        Some(_) | None => goes_on(),
    }
}

pub fn words(text: &[u8]) -> Result<Words, String> {
    // Each half of a character beyond 16 bits gets a ^ of its own, and neither half outlives the clipboard.
    if text.windows(4).any(|four| four == b"^\xef\xbf\xbd") {
        return Err(
            "a character was lost when the command was copied for Windows: copy it as cURL (bash)".into()
        );
    }
    let mut reader = Reader { rest: text, has_lines: false };
    let mut words = Vec::new();
    while let Some(word) = reader.word()? {
        words.push(word);
    }
    Ok(Words { words, has_lines: reader.has_lines })
}

/// What cmd makes of the next bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Plain(u8),
    /// Behind a `^`, so that it is only itself.
    Escaped(u8),
    LineEnd,
    /// A `^` at a line's end: the command goes on.
    GoesOn,
}

/// How a word is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    /// `^"`, in which a quote is `^\^"`.
    Escaped,
    /// `"`, in which a quote is `""` or `^\^"`.
    Bare,
}

struct Reader<'a> {
    rest: &'a [u8],
    has_lines: bool,
}

impl Reader<'_> {
    fn starts(&mut self, text: &[u8]) -> bool {
        match self.rest.strip_prefix(text) {
            Some(behind) => {
                self.rest = behind;
                true
            }
            None => false,
        }
    }

    fn unit(&mut self) -> Result<Option<Unit>, String> {
        let Some((first, behind)) = self.rest.split_first() else { return Ok(None) };
        if *first != b'^' {
            self.rest = behind;
            return Ok(Some(Unit::Plain(*first)));
        }
        if self.starts(b"^\n\n") || self.starts(b"^\r\n\r\n") {
            self.has_lines = true;
            return Ok(Some(Unit::LineEnd));
        }
        if self.starts(b"^\n") || self.starts(b"^\r\n") {
            return Ok(Some(Unit::GoesOn));
        }
        let (escaped, behind) = behind.split_first().ok_or("a ^ is the last character")?;
        self.rest = behind;
        Ok(Some(Unit::Escaped(*escaped)))
    }

    fn word(&mut self) -> Result<Option<Vec<u8>>, String> {
        while self.starts(b" ") || self.starts(b"\t") || self.starts(b"^\n") || self.starts(b"^\r\n") {}
        let mut word = Vec::new();
        let mut any = false;
        loop {
            match self.rest.first() {
                None | Some(b' ' | b'\t') => break,
                Some(b'\n' | b'\r' | b'&' | b'|' | b'<' | b'>') => {
                    // The command ends here; what follows is no part of the request.
                    self.rest = &[];
                    break;
                }
                Some(_) => {}
            }
            match self.unit()? {
                None | Some(Unit::GoesOn) => break,
                Some(Unit::LineEnd) => return Err("a line ends outside of quotes".into()),
                Some(Unit::Escaped(b'"')) => self.quoted(Quote::Escaped, &mut word)?,
                Some(Unit::Plain(b'"')) => self.quoted(Quote::Bare, &mut word)?,
                Some(Unit::Plain(b'%')) => return Err("the command holds a %variable%".into()),
                Some(Unit::Plain(byte) | Unit::Escaped(byte)) => word.push(byte),
            }
            any = true;
        }
        Ok(any.then_some(word))
    }

    fn quoted(&mut self, quote: Quote, word: &mut Vec<u8>) -> Result<(), String> {
        let open = || "a \" is not closed".to_owned();
        // Nothing at all: neither a quote that is doubled nor a line's end.
        if quote == Quote::Bare
            && let Some(behind) = self.rest.strip_prefix(b"\"")
            && !["\"", "^\n\n\"", "^\r\n\r\n\""].iter().any(|more| behind.starts_with(more.as_bytes()))
        {
            self.rest = behind;
            return Ok(());
        }
        loop {
            match (self.unit()?.ok_or_else(open)?, quote) {
                (Unit::Plain(b'\\') | Unit::Escaped(b'\\'), _) => match self.unit()?.ok_or_else(open)? {
                    Unit::Plain(byte @ (b'\\' | b'"' | b'$' | b'`'))
                    | Unit::Escaped(byte @ (b'\\' | b'"' | b'$' | b'`')) => word.push(byte),
                    Unit::Plain(byte) | Unit::Escaped(byte) => word.extend([b'\\', byte]),
                    Unit::LineEnd | Unit::GoesOn => return Err("a \\ stands at a line's end".into()),
                },
                (Unit::Escaped(b'"'), Quote::Escaped) => return Ok(()),
                (Unit::Plain(b'"'), Quote::Escaped) => return Err("a \" has no ^ before it".into()),
                (Unit::Plain(b'"'), Quote::Bare) if self.starts(b"\"") => word.push(b'"'),
                (Unit::Plain(b'"'), Quote::Bare)
                    if self.starts(b"^\n\n\"") || self.starts(b"^\r\n\r\n\"") =>
                {
                    self.has_lines = true;
                    word.push(b'\n');
                }
                // Browsers of years ago: how many line ends were meant cannot be told.
                (Unit::Plain(b'"'), Quote::Bare)
                    if self.rest.starts_with(b"^\n") || self.rest.starts_with(b"^\r") =>
                {
                    return Err("a line ends between two quotes: copy it as cURL (bash)".into());
                }
                (Unit::Plain(b'"'), Quote::Bare) => return Ok(()),
                (Unit::LineEnd, _) => word.push(b'\n'),
                (Unit::GoesOn | Unit::Plain(b'\n'), _) => return Err("a line ends inside of quotes".into()),
                (Unit::Plain(byte) | Unit::Escaped(byte), _) => word.push(byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// As Chrome and Edge write it, with either quote.
    fn chrome(text: &str, quote: &str) -> String {
        let mut escaped = String::from(quote);
        let units: Vec<char> = text.replace("\r\n", "\n").chars().collect();
        for (at, c) in units.iter().enumerate() {
            match c {
                '\\' => escaped.push_str("^\\^\\"),
                '"' => escaped.push_str("^\\^\""),
                '\n' => escaped.push_str("^\n\n"),
                c if c.is_ascii_alphanumeric() || c.is_whitespace() || "_-:=+~'/.,?;()*`".contains(*c) => {
                    escaped.push(*c);
                }
                c => {
                    escaped.extend(['^', *c]);
                    let next = units.get(at + 1);
                    if *c == '%' && next.is_some_and(|next| next.is_ascii_alphanumeric() || *next == '_') {
                        escaped.push('^');
                    }
                }
            }
        }
        escaped + quote
    }

    /// As Firefox writes it.
    fn firefox(text: &str) -> String {
        let mut escaped = String::from("\"");
        for c in text.replace("\r\n", "\n").chars() {
            match c {
                '\\' => escaped.push_str("\\\\"),
                '"' => escaped.push_str("\"\""),
                '`' | '$' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\"^\r\n\r\n\""),
                c if c.is_ascii_alphanumeric() || c.is_whitespace() || "_-:=+~'/.,?;()*&{}".contains(c) => {
                    escaped.push(c);
                }
                c => escaped.extend(['^', c]),
            }
        }
        escaped + "\""
    }

    #[test]
    fn every_text_comes_back_from_every_browsers_form() {
        let random = Random::seeded(11);
        let letters: Vec<char> = "ab1_ \"\"\\\\^^%%\n{}[]<>|&!@#$`'é€,:-".chars().collect();
        for _ in 0..3000 {
            let length = (random.unit() * 24.0) as usize;
            let pick = |_| letters[(random.unit() * letters.len() as f64) as usize];
            let text: String = (0..length).map(pick).collect();
            for escaped in [chrome(&text, "^\""), chrome(&text, "\""), firefox(&text)] {
                let command = format!("curl ^\n  -H {escaped} ^\n  --data-raw {escaped}\r\n");
                let read = words(command.as_bytes()).unwrap_or_else(|why| panic!("{why}: {command}"));
                let expected = [&b"curl"[..], b"-H", text.as_bytes(), b"--data-raw", text.as_bytes()];
                assert_eq!(read.words, expected, "{command}");
                assert_eq!(read.has_lines, text.contains('\n'));
            }
        }
    }

    #[test]
    fn it_is_told_from_a_command_for_a_shell() {
        for windows in ["curl ^\"https://x^\"", "curl \"https://x\" ^\n  -k", "curl https://x ^\r\n  -k"] {
            assert!(is_meant(windows.as_bytes()), "{windows}");
        }
        for shell in ["curl 'https://x' -d '{\"a\":\"^\"}'", "curl \"https://x\"", "curl -H 'a: ^\"'"] {
            assert!(!is_meant(shell.as_bytes()), "{shell}");
        }
    }

    #[test]
    fn what_is_not_whole_is_refused_and_what_follows_is_no_part() {
        for wrong in [
            "curl ^\"open",
            "curl \"open",
            "curl ^\"a\"b^\"",
            "curl ^\"a^\nb^\"",
            "curl \"a\nb\"",
            "curl \"https://x\" ^\n --data-raw \"a\"^\n\"b\"",
            "curl %URL%",
            "curl ^\"^\u{fffd}^\u{fffd}^\"",
            "curl ^",
        ] {
            assert!(words(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let two = words(b"curl ^\"https://x^\" &\r\ncurl ^\"https://y^\"").expect("read");
        assert_eq!(two.words.len(), 2);
    }
}
