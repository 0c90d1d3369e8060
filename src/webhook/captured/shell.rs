//! Words of a shell command: single and double quotes, `$'…'`, backslashes. Nothing is expanded and nothing is run; what
//! a shell would expand is refused, because its value is not in the text.

pub fn words(text: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut reader = Reader { rest: text };
    let mut words = Vec::new();
    while let Some(word) = reader.word()? {
        words.push(word);
    }
    Ok(words)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, behind) = self.rest.split_first()?;
        self.rest = behind;
        Some(*first)
    }

    fn starts(&mut self, text: &[u8]) -> bool {
        match self.rest.strip_prefix(text) {
            Some(behind) => {
                self.rest = behind;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> Result<Option<Vec<u8>>, String> {
        while self.starts(b" ") || self.starts(b"\t") || self.starts(b"\\\n") || self.starts(b"\\\r\n") {}
        let mut word = Vec::new();
        let mut any = false;
        loop {
            if self.starts(b"\\\n") || self.starts(b"\\\r\n") {
                continue;
            }
            if self.starts(b"$'") {
                self.ansi(&mut word)?;
                any = true;
                continue;
            }
            match self.rest.first() {
                None => break,
                Some(b' ' | b'\t') => break,
                Some(b'\n' | b'\r' | b';' | b'|' | b'&' | b'>' | b'<') => {
                    // The command ends here; what follows is no part of the request.
                    self.rest = &[];
                    break;
                }
                Some(b'$' | b'`') => return Err("the command holds something for the shell to expand".into()),
                Some(_) => {}
            }
            any = true;
            match self.next() {
                Some(b'\'') => self.single(&mut word)?,
                Some(b'"') => self.double(&mut word)?,
                Some(b'\\') => word.extend(self.next()),
                Some(byte) => word.push(byte),
                None => {}
            }
        }
        Ok((any || !word.is_empty()).then_some(word))
    }

    fn single(&mut self, word: &mut Vec<u8>) -> Result<(), String> {
        loop {
            match self.next().ok_or("a ' is not closed")? {
                b'\'' => return Ok(()),
                byte => word.push(byte),
            }
        }
    }

    fn double(&mut self, word: &mut Vec<u8>) -> Result<(), String> {
        loop {
            match self.next().ok_or("a \" is not closed")? {
                b'"' => return Ok(()),
                b'$' | b'`' => return Err("the command holds something for the shell to expand".into()),
                b'\\' => match self.next().ok_or("a \" is not closed")? {
                    b'\n' => {}
                    byte @ (b'"' | b'\\' | b'$' | b'`') => word.push(byte),
                    byte => word.extend([b'\\', byte]),
                },
                byte => word.push(byte),
            }
        }
    }

    /// `$'…'`, as Chrome and Firefox write bodies with quotes or line ends in them.
    fn ansi(&mut self, word: &mut Vec<u8>) -> Result<(), String> {
        loop {
            match self.next().ok_or("a $' is not closed")? {
                b'\'' => return Ok(()),
                b'\\' => match self.next().ok_or("a $' is not closed")? {
                    b'n' => word.push(b'\n'),
                    b'r' => word.push(b'\r'),
                    b't' => word.push(b'\t'),
                    b'a' => word.push(7),
                    b'b' => word.push(8),
                    b'f' => word.push(12),
                    b'v' => word.push(11),
                    b'e' | b'E' => word.push(27),
                    b'x' => word.push(u8::try_from(self.number(0, 16, 2)).unwrap_or(0)),
                    digit @ b'0'..=b'7' => {
                        let code = self.number(u32::from(digit - b'0'), 8, 2);
                        word.push(u8::try_from(code & 255).unwrap_or(0));
                    }
                    b'u' => self.unicode(4, word)?,
                    b'U' => self.unicode(8, word)?,
                    byte @ (b'\\' | b'\'' | b'"' | b'?') => word.push(byte),
                    byte => word.extend([b'\\', byte]),
                },
                byte => word.push(byte),
            }
        }
    }

    fn unicode(&mut self, most: u32, word: &mut Vec<u8>) -> Result<(), String> {
        let mut code = self.number(0, 16, most);
        // Browsers write what lies beyond 16 bits as two of them.
        if (0xd800..0xdc00).contains(&code) && self.starts(b"\\u") {
            let low = self.number(0, 16, 4);
            code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        }
        let c = char::from_u32(code).ok_or("a \\u in $'…' is no character")?;
        word.extend(c.encode_utf8(&mut [0; 4]).bytes());
        Ok(())
    }

    /// At most so many digits, behind what was read already.
    fn number(&mut self, start: u32, radix: u32, most: u32) -> u32 {
        let mut number = start;
        for _ in 0..most {
            let Some(digit) = self.rest.first().and_then(|byte| char::from(*byte).to_digit(radix)) else {
                break;
            };
            number = number.wrapping_mul(radix).wrapping_add(digit);
            self.rest = &self.rest[1..];
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let words = words(text.as_bytes()).expect("words");
        words.into_iter().map(|word| String::from_utf8(word).expect("text")).collect()
    }

    #[test]
    fn words_are_as_a_shell_has_them() {
        assert_eq!(split(r#"curl 'a b'"c d"e\ f ''"#), ["curl", "a bc de f", ""]);
        assert_eq!(split("curl \\\n -H 'x: 1' | jq ."), ["curl", "-H", "x: 1"]);
        assert_eq!(split(r#""a\"b\\c\d""#), [r#"a"b\c\d"#]);
        assert_eq!(split(r"$'it\'s\n\u00e9\x41\101\0'"), ["it's\né\u{41}A\0"]);
    }

    #[test]
    fn nothing_is_expanded() {
        for wrong in ["curl $HOME", "curl \"$X\"", "curl `id`", "curl 'open", "curl \"open", "curl $'open"] {
            assert!(words(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
