//! Text of an answer: entities resolved, what XML cannot carry replaced and counted.

/// What became of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    Resolved,
    /// An illegal character, such as `&#x1F;`: U+FFFD stands in its place.
    Replaced,
    Unknown,
}

/// Add what `&name;` means.
pub fn resolve(name: &str, into: &mut String) -> Reference {
    let named = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    if let Some(character) = named {
        into.push(character);
        return Reference::Resolved;
    }
    let Some(number) = name.strip_prefix('#') else { return Reference::Unknown };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hex) if !hex.starts_with('+') => u32::from_str_radix(hex, 16),
        _ if number.starts_with('+') => return Reference::Unknown,
        _ => number.parse::<u32>(),
    };
    match number.ok().and_then(char::from_u32).filter(|character| is_legal(*character)) {
        Some(character) => {
            into.push(character);
            Reference::Resolved
        }
        None => {
            into.push('\u{fffd}');
            Reference::Replaced
        }
    }
}

/// What XML 1.0 lets a document hold.
pub fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// What a text had that had to be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    pub replaced: u32,
    pub unknown: bool,
}

impl Flaws {
    fn saw(&mut self, reference: Reference) {
        match reference {
            Reference::Resolved => {}
            Reference::Replaced => self.replaced += 1,
            Reference::Unknown => self.unknown = true,
        }
    }
}

/// Add a stretch of text as it stands; a NUL is dropped, for nothing behind this can store it.
pub fn append(text: &str, into: &mut String, flaws: &mut Flaws) {
    if !text.contains('\0') {
        return into.push_str(text);
    }
    for part in text.split('\0') {
        into.push_str(part);
    }
    flaws.replaced += u32::try_from(text.matches('\0').count()).unwrap_or(u32::MAX);
}

/// Add `&name;`; one that is not known stays as it was written.
pub fn append_reference(name: &str, into: &mut String, flaws: &mut Flaws) {
    let reference = resolve(name, into);
    if reference == Reference::Unknown {
        into.push('&');
        into.push_str(name);
        into.push(';');
    }
    flaws.saw(reference);
}

/// Add an attribute's value, which may hold references.
pub fn append_value(raw: &str, into: &mut String, flaws: &mut Flaws) {
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        append(before, into, flaws);
        let Some((name, behind)) = after.split_once(';') else {
            into.push('&');
            flaws.unknown = true;
            rest = after;
            continue;
        };
        append_reference(name, into, flaws);
        rest = behind;
    }
    append(rest, into, flaws);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_what_they_mean() {
        let table = [
            ("a&amp;b&lt;&gt;&quot;&apos;", "a&b<>\"'", Flaws::default()),
            ("&#246;&#x1F600;&#x1f600;", "ö😀😀", Flaws::default()),
            ("a&#x1F;b&#0;c", "a\u{fffd}b\u{fffd}c", Flaws { replaced: 2, unknown: false }),
            (
                "&#xD800;&#x110000;&#99999999999;",
                "\u{fffd}\u{fffd}\u{fffd}",
                Flaws { replaced: 3, unknown: false },
            ),
            ("Ada&nbsp;O", "Ada&nbsp;O", Flaws { replaced: 0, unknown: true }),
            ("a & b", "a & b", Flaws { replaced: 0, unknown: true }),
            ("a\0b", "ab", Flaws { replaced: 1, unknown: false }),
        ];
        for (raw, expected, flaws) in table {
            let (mut text, mut seen) = (String::new(), Flaws::default());
            append_value(raw, &mut text, &mut seen);
            assert_eq!((text.as_str(), seen), (expected, flaws), "{raw}");
        }
    }
}
