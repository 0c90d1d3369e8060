//! The bytes of an answer as UTF-8: byte order mark and declaration decide the encoding, and no single event of the
//! document may grow without bound.

use std::io::{self, BufRead, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Enough for any XML declaration.
const HEAD: usize = 512;

/// One tag, text, comment or CDATA section at most: a whole answer may stand escaped in one string.
pub const LONGEST_EVENT: usize = 8 << 20;

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    Xml,
    Empty,
    Gzip,
    Json,
    /// Something else that does not begin with `<`.
    Other,
    /// Declared in an encoding that nobody knows.
    UnknownEncoding,
}

/// A source of UTF-8 (where the far side tells the truth; the XML reader checks).
pub struct Source<R> {
    inner: R,
    head: Vec<u8>,
    taken: usize,
    decoder: Option<Decoder>,
    out: String,
    read: usize,
    ended: bool,
    event: usize,
}

impl<R: BufRead> Source<R> {
    pub fn open(mut inner: R) -> io::Result<(Source<R>, Opening)> {
        let mut head = Vec::with_capacity(HEAD);
        (&mut inner).take(HEAD as u64).read_to_end(&mut head)?;
        let (encoding, mark) = match Encoding::for_bom(&head) {
            Some((encoding, mark)) => (Some(encoding), mark),
            None => (unmarked(&head), 0),
        };
        let decoder =
            encoding.filter(|encoding| *encoding != UTF_8).map(Encoding::new_decoder_without_bom_handling);
        let opening = match encoding {
            None => Opening::UnknownEncoding,
            Some(encoding) => opening(&encoding.decode_without_bom_handling(&head[mark..]).0, &head),
        };
        let source =
            Source { inner, head, taken: mark, decoder, out: String::new(), read: 0, ended: false, event: 0 };
        Ok((source, opening))
    }
}

impl<'a> Source<&'a [u8]> {
    /// A document that stood in a string: it is UTF-8 already, whatever it declares.
    pub fn of_text(text: &'a [u8]) -> Source<&'a [u8]> {
        Source {
            inner: text,
            head: Vec::new(),
            taken: 0,
            decoder: None,
            out: String::new(),
            read: 0,
            ended: false,
            event: 0,
        }
    }
}

impl<R> Source<R> {
    /// The next event may be as long as any.
    pub fn begin_event(&mut self) {
        self.event = 0;
    }
}

fn unmarked(head: &[u8]) -> Option<&'static Encoding> {
    if head.starts_with(b"<\0") {
        return Some(UTF_16LE);
    }
    if head.starts_with(b"\0<") {
        return Some(UTF_16BE);
    }
    let Some(label) = declared(head) else { return Some(UTF_8) };
    // Declared two bytes wide and readable as one: the declaration is a leftover of a string in memory.
    Encoding::for_label(label).map(|encoding| if encoding.is_ascii_compatible() { encoding } else { UTF_8 })
}

/// The encoding that `<?xml … encoding="…"?>` names.
fn declared(head: &[u8]) -> Option<&[u8]> {
    let declaration = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let declaration = &declaration[..declaration.windows(2).position(|pair| pair == b"?>")?];
    let at = declaration.windows(8).position(|word| word == b"encoding")?;
    let value = declaration[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let quote = value.first().filter(|quote| matches!(quote, b'"' | b'\''))?;
    value[1..].split(|byte| byte == quote).next()
}

fn opening(text: &str, head: &[u8]) -> Opening {
    match text.trim_start().chars().next() {
        _ if head.starts_with(&[0x1f, 0x8b]) => Opening::Gzip,
        Some('<') => Opening::Xml,
        Some('{' | '[') => Opening::Json,
        Some(_) => Opening::Other,
        None => Opening::Empty,
    }
}

impl<R: BufRead> Source<R> {
    /// Nothing follows.
    pub fn is_at_end(&mut self) -> bool {
        self.begin_event();
        self.fill_buf().map_or(true, <[u8]>::is_empty)
    }

    /// Decode the next stretch, for an encoding other than UTF-8.
    fn decode(&mut self) -> io::Result<()> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        while self.read == self.out.len() && !self.ended {
            self.out.clear();
            self.read = 0;
            let (bytes, of_head) = if self.taken < self.head.len() {
                (&self.head[self.taken..], true)
            } else {
                (self.inner.fill_buf()?, false)
            };
            self.ended = bytes.is_empty();
            let room = decoder.max_utf8_buffer_length(bytes.len().min(8192)).unwrap_or(32_768);
            self.out.reserve(room);
            let (result, taken, _) = decoder.decode_to_string(bytes, &mut self.out, bytes.is_empty());
            if of_head {
                self.taken += taken;
            } else {
                self.inner.consume(taken);
            }
            if self.ended && result == CoderResult::OutputFull {
                self.ended = false;
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let most = from.len().min(into.len());
        into[..most].copy_from_slice(&from[..most]);
        self.consume(most);
        Ok(most)
    }
}

impl<R: BufRead> BufRead for Source<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event > LONGEST_EVENT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a part of it is longer than 8 MiB"));
        }
        if self.decoder.is_some() {
            self.decode()?;
            return Ok(&self.out.as_bytes()[self.read..]);
        }
        if self.taken < self.head.len() {
            return Ok(&self.head[self.taken..]);
        }
        self.inner.fill_buf()
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.event += amount;
        if self.decoder.is_some() {
            self.read += amount;
        } else if self.taken < self.head.len() {
            self.taken += amount;
        } else {
            self.inner.consume(amount);
        }
    }
}
