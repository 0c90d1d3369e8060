//! Bytes decoded the wrong way, and the right way back.

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
    }

    #[test]
    fn chunks_are_put_together() {
        assert_eq!(dechunked(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n").as_deref(), Some(&b"abcde"[..]));
        for wrong in ["", "3\r\nab", "zz\r\n", "3\r\nabcd\r\n", "fffffffff\r\n"] {
            assert_eq!(dechunked(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
