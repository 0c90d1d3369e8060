//! Text from the far side, made harmless for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Show control characters, direction overrides and invisible characters as `\x1b` and `\u{202e}`. Newlines stay.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !harmful(c) => safe.push(c),
            c if (c as u32) < 0x80 => {
                let _ = write!(safe, "\\x{:02x}", c as u32);
            }
            c => {
                let _ = write!(safe, "\\u{{{:x}}}", c as u32);
            }
        }
    }
    Cow::Owned(safe)
}

fn harmful(c: char) -> bool {
    match c {
        '\n' => false,
        c if c.is_control() => true,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_are_shown_not_obeyed() {
        assert_eq!(escape("a\x1b[2Jb\u{202e}c\u{9b}d\te"), "a\\x1b[2Jb\\u{202e}c\\u{9b}d\\x09e");
        assert_eq!(escape("Søns 🏠\nline"), "Søns 🏠\nline");
    }
}
