//! The headers of a request as they came: names in any case, repeats kept, values as bytes without the blanks around.

use super::reason::{Reason, Refusal};

#[derive(Clone, Debug, Default)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    pub fn push(&mut self, name: &str, value: &[u8]) {
        self.0.push((name.to_owned(), trimmed(value).to_vec()));
    }

    pub fn extend(&mut self, other: Headers) {
        self.0.extend(other.0);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The header that must be there once.
    pub fn one(&self, name: &str) -> Result<&[u8], Refusal> {
        let mut all = self.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        match (all.next(), all.next()) {
            (None, _) => Err(Reason::MissingHeader.with(format!("the request has no header {name}"))),
            (Some((_, value)), None) => Ok(value),
            _ => Err(Reason::DuplicateHeader.with(format!("the header {name} is there more than once"))),
        }
    }

    /// `Name: value`. None when it is no header.
    pub fn line(line: &[u8]) -> Option<(String, Vec<u8>)> {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = std::str::from_utf8(&line[..colon]).ok()?;
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let good = !name.is_empty() && name.chars().all(token);
        good.then(|| (name.to_owned(), trimmed(&line[colon + 1..]).to_vec()))
    }

    /// Lines up to the first empty one; a request or status line, and HTTP/2's `:authority` and its like, are passed
    /// over. Gives what comes after the empty line as well.
    pub fn block(text: &[u8]) -> Result<(Headers, &[u8]), String> {
        let mut headers = Headers::default();
        let mut rest = text;
        let mut number = 0;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let line = &rest[..end.unwrap_or(rest.len())];
            rest = end.map_or(&[][..], |end| &rest[end + 1..]);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            number += 1;
            if line.is_empty() {
                break;
            }
            let request_line =
                number == 1 && (line.starts_with(b"HTTP/") || line.windows(6).any(|part| part == b" HTTP/"));
            if request_line || line.starts_with(b":") {
                continue;
            }
            match Headers::line(line) {
                Some((name, value)) => headers.0.push((name, value)),
                None => return Err(format!("line {number} is not a header (`Name: value`)")),
            }
        }
        Ok((headers, rest))
    }
}

/// Without the blanks that HTTP does not count as part of a value.
fn trimmed(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |at| at + 1);
    &value[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_at_the_empty_line() {
        let (headers, rest) =
            Headers::block(b"POST / HTTP/1.1\r\nA: 1\r\n:method: x\r\nb:\t2 \r\n\r\nbody\n").expect("good");
        assert_eq!(headers.one("a").expect("good"), b"1");
        assert_eq!(headers.one("B").expect("good"), b"2");
        assert_eq!(rest, b"body\n");
        assert!(Headers::block(b"A: 1\nno header\n").is_err());
    }

    #[test]
    fn a_repeat_is_kept_and_refused() {
        let (headers, _) = Headers::block(b"A: 1\na: 2\n").expect("good");
        assert_eq!(headers.one("A").expect_err("refused").reason, Reason::DuplicateHeader);
        assert_eq!(headers.one("C").expect_err("refused").reason, Reason::MissingHeader);
        assert_eq!(headers.all("a").count(), 2);
    }
}
