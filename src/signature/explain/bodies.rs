//! What may have become of a body between signing and verifying: each change as a function, with its story.

use super::super::encoding::{Encoding, secret_bytes};
use super::Finding;
use super::text::{
    dechunked, decoded_form, form_encoded, form_percent_encoded, latin1_to_utf8, percent_decoded,
    percent_encoded, utf8_to_latin1, utf8_to_utf16, utf8_to_windows, utf16_to_utf8, windows_to_utf8,
};
use crate::json::{self, Escapes, Layout, Node, Style};

/// A body that may have been signed, made when it is asked for: all at once would be many times the body.
pub struct Bodies<'a> {
    body: &'a [u8],
    json: Option<Node>,
    content_length: Option<usize>,
}

type Change = (fn(&[u8]) -> Option<Vec<u8>>, [&'static str; 3]);

const EDITOR: &str = "an editor, `echo` or a here-document adds one; `$(…)` and templates drop one";
const RAW: &str = "sign and verify the raw bytes: no editor, no trim, no text mode between";
const RAW_READ: &str =
    "verify over the raw bytes before anything parses them (express.raw(), request.get_data(), php://input)";

const CHANGES: &[Change] = &[
    (|b| without_end(b, b"\n"), ["the signature fits the body without its last newline", EDITOR, RAW]),
    (|b| Some([b, b"\n"].concat()), ["the signature fits the body with a newline at its end", EDITOR, RAW]),
    (|b| without_end(b, b"\r\n"), ["the signature fits the body without its last CRLF", EDITOR, RAW]),
    (|b| Some([b, b"\r\n"].concat()), ["the signature fits the body with a CRLF at its end", EDITOR, RAW]),
    (
        |b| Some(b.trim_ascii().to_vec()),
        [
            "the signature fits the body without the white space around it",
            "a framework trimmed the text",
            RAW,
        ],
    ),
    (
        |b| Some(replaced(b, b"\r\n", b"\n")),
        ["the signature fits the body with LF line ends in place of CRLF", LINE_ENDS, RAW],
    ),
    (
        |b| Some(replaced(&replaced(b, b"\r\n", b"\n"), b"\n", b"\r\n")),
        ["the signature fits the body with CRLF line ends in place of LF", LINE_ENDS, RAW],
    ),
    (
        indented_by_tabs,
        ["the signature fits the body with a tab for each blank that its lines begin with", COPIED, COPY],
    ),
    (
        |b| b.strip_prefix(BOM).map(<[u8]>::to_vec),
        [
            "the signature fits the body without its byte order mark",
            "an editor on Windows wrote the mark",
            RAW,
        ],
    ),
    (
        |b| Some([BOM, b].concat()),
        ["the signature fits the body with a byte order mark", "a reader swallowed the mark", RAW],
    ),
    (
        |_| Some(Vec::new()),
        [
            "the signature fits an empty body",
            "a middleware had read the stream before it was signed or verified",
            "buffer the body once and hand the same bytes to the signature and to the parser",
        ],
    ),
    (
        |b| serde_json::from_slice::<String>(b).ok().map(String::into_bytes),
        [
            "the signature fits the text inside this JSON string: the body was encoded twice",
            "a client called JSON.stringify on what was a string already",
            "send and verify the inner text",
        ],
    ),
    (
        |b| Some(serde_json::to_string(std::str::from_utf8(b).ok()?).ok()?.into_bytes()),
        [
            "the signature fits this body written as a JSON string: it was decoded once too often",
            "a framework unwrapped the string before verifying",
            RAW_READ,
        ],
    ),
    (percent_decoded, ["the signature fits the percent-decoded body", "a form parser decoded it", RAW_READ]),
    (form_encoded, ["the signature fits the form with its values percent-encoded", PARSED_FORM, RAW_READ]),
    (
        form_percent_encoded,
        [
            "the signature fits the form with its values percent-encoded, blanks as `%20`",
            PARSED_FORM,
            RAW_READ,
        ],
    ),
    (
        percent_encoded,
        ["the signature fits the body percent-encoded: it was decoded on the way", PARSED_FORM, RAW_READ],
    ),
    (
        decoded_form,
        [
            "the signature fits the value of the form's first field",
            "the sender signs JSON and sends it in a form",
            "verify over what the sender signs: the field's decoded value",
        ],
    ),
    (
        latin1_to_utf8,
        ["the signature fits the body read as Latin-1 and written as UTF-8", CHARSET, CHARSET_FIX],
    ),
    (
        utf8_to_latin1,
        ["the signature fits the body in Latin-1: its UTF-8 was made on the way", CHARSET, CHARSET_FIX],
    ),
    (
        windows_to_utf8,
        ["the signature fits the body read as Windows-1252 and written as UTF-8", CHARSET, CHARSET_FIX],
    ),
    (
        utf8_to_windows,
        ["the signature fits the body in Windows-1252: its UTF-8 was made on the way", CHARSET, CHARSET_FIX],
    ),
    (
        utf16_to_utf8,
        [
            "the signature fits the body as UTF-8: it is UTF-16 here",
            UTF_16,
            "save the body as the bytes that came",
        ],
    ),
    (
        utf8_to_utf16,
        [
            "the signature fits the body as UTF-16",
            "the sender signs .NET's Encoding.Unicode, and sends UTF-8",
            "have the sender sign the bytes that it sends (Encoding.UTF8)",
        ],
    ),
    (
        |b| Some(String::from_utf8_lossy(b).into_owned().into_bytes()),
        ["the signature fits the body with U+FFFD for what is no UTF-8", CHARSET, CHARSET_FIX],
    ),
    (
        secret_bytes,
        [
            "the signature fits the base64-decoded body",
            "an API gateway hands bodies over in base64 (isBase64Encoded)",
            "decode the body before verifying",
        ],
    ),
    (
        |b| Some(Encoding::Base64.encode(b).into_bytes()),
        [
            "the signature fits the body in base64",
            "the sender signs the encoded text",
            "verify over the base64 text",
        ],
    ),
    (
        dechunked,
        [
            "the signature fits the body without its chunk lengths",
            "the body was captured below HTTP's chunked encoding",
            "verify over the body that HTTP delivers",
        ],
    ),
    (
        |b| b.iter().position(|byte| *byte == 0).map(|end| b[..end].to_vec()),
        ["the signature fits the body up to its first NUL byte", "a C string ended there", RAW],
    ),
];

const BOM: &[u8] = b"\xef\xbb\xbf";
const LINE_ENDS: &str = "git's autocrlf, an editor or a transfer in text mode converts them";
pub const COPIED: &str =
    "Firefox's `Copy as cURL (Windows)` writes every tab and every no-break space as a blank";
pub const COPY: &str = "copy it as cURL (POSIX), or save the request as HAR";
const PARSED_FORM: &str = "a framework parsed the form and handed it over decoded";
const UTF_16: &str = "PowerShell's `>` and Out-File, or Notepad, wrote the file";
const CHARSET: &str = "a framework decoded the bytes to text with the wrong charset and encoded them again";
const CHARSET_FIX: &str = "verify over bytes, not over text";
/// Where buffers and proxies cut.
const CUTS: &[usize] = &[
    1_048_576, 1_000_000, 524_288, 262_144, 131_072, 102_400, 65_536, 65_535, 32_768, 16_384, 8_192, 4_096,
    2_048, 1_024,
];

const LAYOUTS: &[(Layout, &str)] = &[
    (Layout::Compact, "without blanks"),
    (Layout::Spaced, "with a blank after `,` and `:`"),
    (Layout::Indented("  "), "indented by two"),
    (Layout::Indented("    "), "indented by four"),
    (Layout::Indented("\t"), "indented by tabs"),
];
const ESCAPES: &[(Escapes, &str)] = &[
    (Escapes::Least, ""),
    (Escapes::Ascii, ", non-ASCII escaped"),
    (Escapes::Slashes, ", slashes escaped"),
    (Escapes::AsciiSlashes, ", slashes and non-ASCII escaped"),
    (Escapes::Html, ", `<`, `>` and `&` escaped"),
];

impl<'a> Bodies<'a> {
    pub fn new(body: &'a [u8], content_length: Option<usize>) -> Bodies<'a> {
        Bodies { body, json: json::parse(body), content_length }
    }

    /// How many there are, the body itself not counted.
    pub fn len(&self) -> usize {
        CHANGES.len() + CUTS.len() + 1 + if self.json.is_some() { styles() } else { 0 }
    }

    /// None where the change changes nothing, or cannot be made.
    pub fn make(&self, at: usize) -> Option<Vec<u8>> {
        let made = match self.kind(at)? {
            Kind::Change((change, _)) => change(self.body)?,
            Kind::Cut(length) => self.body.get(..length)?.to_vec(),
            Kind::Json(node, style) => json::write(node, style),
        };
        (made != self.body).then_some(made)
    }

    pub fn story(&self, at: usize) -> Option<Finding> {
        Some(match self.kind(at)? {
            Kind::Change((_, [happened, usual, change])) => Finding::new(*happened, *usual, *change),
            Kind::Cut(length) => Finding::new(
                format!("the signature fits the first {length} bytes of the body"),
                "one side cut the body at the size of a buffer, or at a wrong Content-Length",
                "raise the limit that cuts, and compare the length received with Content-Length",
            ),
            Kind::Json(_, style) => Finding::new(
                format!("the signature fits the same JSON written again: {}", shown(style)),
                "a framework parsed and re-serialised the JSON before it was verified, or after it was signed",
                RAW_READ,
            ),
        })
    }

    fn kind(&self, at: usize) -> Option<Kind<'_>> {
        if let Some(change) = CHANGES.get(at) {
            return Some(Kind::Change(change));
        }
        let at = at - CHANGES.len();
        if at == 0 {
            return self.content_length.map(Kind::Cut);
        }
        let json = if self.json.is_some() { styles() } else { 0 };
        if at <= json {
            self.json.as_ref().map(|node| Kind::Json(node, style(at - 1)))
        } else {
            CUTS.get(at - 1 - json).copied().map(Kind::Cut)
        }
    }
}

enum Kind<'a> {
    Change(&'static Change),
    Cut(usize),
    Json(&'a Node, Style),
}

fn styles() -> usize {
    LAYOUTS.len() * ESCAPES.len() * 4
}

/// Plain ones first: layout changes fastest, then sorting and numbers, then escapes.
fn style(at: usize) -> Style {
    let (layout, rest) = (at % LAYOUTS.len(), at / LAYOUTS.len());
    Style {
        layout: LAYOUTS[layout].0,
        sorted: rest % 2 == 1,
        numbers: rest / 2 % 2 == 1,
        escapes: ESCAPES[rest / 4].0,
    }
}

fn shown(style: Style) -> String {
    let layout = LAYOUTS.iter().find(|(layout, _)| *layout == style.layout).map_or("", |(_, name)| name);
    let escapes = ESCAPES.iter().find(|(escapes, _)| *escapes == style.escapes).map_or("", |(_, name)| name);
    let sorted = if style.sorted { ", keys sorted" } else { "" };
    let numbers = if style.numbers { ", numbers as JavaScript writes them" } else { "" };
    format!("{layout}{sorted}{numbers}{escapes}")
}

fn without_end(body: &[u8], end: &[u8]) -> Option<Vec<u8>> {
    body.strip_suffix(end).map(<[u8]>::to_vec)
}

/// Only where lines begin: which blanks within them were tabs cannot be told.
fn indented_by_tabs(body: &[u8]) -> Option<Vec<u8>> {
    let mut is_indent = true;
    let tab = |byte: &u8| {
        is_indent = *byte == b'\n' || (is_indent && *byte == b' ');
        if is_indent && *byte == b' ' { b'\t' } else { *byte }
    };
    Some(body.iter().map(tab).collect())
}

fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(byte) = rest.first() {
        match rest.strip_prefix(from) {
            Some(behind) => {
                out.extend_from_slice(to);
                rest = behind;
            }
            None => {
                out.push(*byte);
                rest = &rest[1..];
            }
        }
    }
    out
}
