//! Bytes decoded the wrong way, and the right way back.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// `%41+b` → `A b`, as a form parser would.
pub fn percent_decoded(body: &[u8]) -> Option<Vec<u8>> {
    let value = |byte: &u8| char::from(*byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [first, behind @ ..] = rest {
        rest = behind;
        match (first, behind) {
            (b'%', [high, low, after @ ..]) => {
                out.push(value(high)? << 4 | value(low)?);
                rest = after;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
    }
    Some(out)
}

/// The decoded value of the first field of a form.
pub fn decoded_form(body: &[u8]) -> Option<Vec<u8>> {
    let first = body.split(|byte| *byte == b'&').next()?;
    let equals = first.iter().position(|byte| *byte == b'=')?;
    let name = first[..equals].iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    if name && equals > 0 { percent_decoded(&first[equals + 1..]) } else { None }
}

pub fn latin1_to_utf8(body: &[u8]) -> Option<Vec<u8>> {
    Some(body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes())
}

pub fn utf8_to_latin1(body: &[u8]) -> Option<Vec<u8>> {
    std::str::from_utf8(body).ok()?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Bytes of Windows' Western charset as UTF-8: Latin-1, and what lies between 80 and 9F.
pub fn windows_to_utf8(body: &[u8]) -> Option<Vec<u8>> {
    Some(WINDOWS_1252.decode_without_bom_handling(body).0.into_owned().into_bytes())
}

pub fn utf8_to_windows(body: &[u8]) -> Option<Vec<u8>> {
    let (bytes, _, is_lossy) = WINDOWS_1252.encode(std::str::from_utf8(body).ok()?);
    (!is_lossy).then(|| bytes.into_owned())
}

/// By its mark, or by the zeroes between the letters.
pub fn utf16_to_utf8(body: &[u8]) -> Option<Vec<u8>> {
    let (charset, body) = match body {
        [0xff, 0xfe, rest @ ..] => (UTF_16LE, rest),
        [0xfe, 0xff, rest @ ..] => (UTF_16BE, rest),
        [first, 0, ..] if *first != 0 => (UTF_16LE, body),
        [0, second, ..] if *second != 0 => (UTF_16BE, body),
        _ => return None,
    };
    let text = charset.decode_without_bom_handling_and_without_replacement(body)?;
    Some(text.into_owned().into_bytes())
}

/// As .NET's `Encoding.Unicode` has it.
pub fn utf8_to_utf16(body: &[u8]) -> Option<Vec<u8>> {
    Some(std::str::from_utf8(body).ok()?.encode_utf16().flat_map(u16::to_le_bytes).collect())
}

/// Everything percent-encoded, as `encodeURIComponent` does it.
pub fn percent_encoded(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    encode(body, b"-_.!~*'()", b"%20", &mut out);
    Some(out)
}

/// A form whose names and values were decoded, encoded again as browsers do.
pub fn form_encoded(body: &[u8]) -> Option<Vec<u8>> {
    encoded_pairs(body, b"-_.*", b"+")
}

/// The same with `%20` for a blank.
pub fn form_percent_encoded(body: &[u8]) -> Option<Vec<u8>> {
    encoded_pairs(body, b"-_.~", b"%20")
}

fn encoded_pairs(body: &[u8], kept: &[u8], blank: &[u8]) -> Option<Vec<u8>> {
    if !body.contains(&b'=') {
        return None;
    }
    let mut out = Vec::with_capacity(body.len());
    for (at, pair) in body.split(|byte| *byte == b'&').enumerate() {
        if at > 0 {
            out.push(b'&');
        }
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        encode(&pair[..equals], kept, blank, &mut out);
        if equals < pair.len() {
            out.push(b'=');
            encode(&pair[equals + 1..], kept, blank, &mut out);
        }
    }
    Some(out)
}

fn encode(text: &[u8], kept: &[u8], blank: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text {
        match byte {
            b' ' => out.extend_from_slice(blank),
            byte if byte.is_ascii_alphanumeric() || kept.contains(byte) => out.push(*byte),
            byte => out.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
        }
    }
}

/// The body inside HTTP's chunked framing. None when it is not framed.
pub fn dechunked(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = body;
    loop {
        let end = rest.windows(2).take(20).position(|pair| pair == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?.trim();
        let digits = (1..=8).contains(&size.len()) && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = usize::from_str_radix(size, 16).ok().filter(|_| digits)?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_and_back() {
        assert_eq!(percent_decoded(b"a%20b+%41").as_deref(), Some(&b"a b A"[..]));
        assert_eq!(percent_decoded(b"%zz"), None);
        assert_eq!(percent_decoded(b"%4").as_deref(), Some(&b"%4"[..]));
        assert_eq!(decoded_form(b"payload=%7B%7D&x=1").as_deref(), Some(&b"{}"[..]));
        assert_eq!(latin1_to_utf8(b"\xe9").as_deref(), Some("é".as_bytes()));
        assert_eq!(utf8_to_latin1("é".as_bytes()).as_deref(), Some(&b"\xe9"[..]));
        assert_eq!(utf8_to_latin1("€".as_bytes()), None);
        assert_eq!(windows_to_utf8(b"\x80\xe9").as_deref(), Some("€é".as_bytes()));
        assert_eq!(utf8_to_windows("€é".as_bytes()).as_deref(), Some(&b"\x80\xe9"[..]));
        assert_eq!(utf8_to_windows("語".as_bytes()), None);
        assert_eq!(utf16_to_utf8(b"\xff\xfe{\0}\0").as_deref(), Some(&b"{}"[..]));
        assert_eq!(utf16_to_utf8(b"\0{\0}").as_deref(), Some(&b"{}"[..]));
        assert_eq!(utf16_to_utf8(b"{}"), None);
        assert_eq!(utf8_to_utf16(b"{}").as_deref(), Some(&b"{\0}\0"[..]));
        assert_eq!(percent_encoded("a b/é".as_bytes()).as_deref(), Some(&b"a%20b%2F%C3%A9"[..]));
        assert_eq!(form_encoded(b"a b={}&c=1=2&d").as_deref(), Some(&b"a+b=%7B%7D&c=1%3D2&d"[..]));
        assert_eq!(form_percent_encoded(b"a=b c~").as_deref(), Some(&b"a=b%20c~"[..]));
        assert_eq!(form_encoded(b"{}"), None);
    }

    #[test]
    fn chunks_are_put_together() {
        assert_eq!(dechunked(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n").as_deref(), Some(&b"abcde"[..]));
        for wrong in ["", "3\r\nab", "zz\r\n", "3\r\nabcd\r\n", "fffffffff\r\n"] {
            assert_eq!(dechunked(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
