//! Text from the far side, made harmless for a terminal and for a page.

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

/// The same for what has to stay on its line.
pub fn escape_line(text: &str) -> String {
    escape(text).replace('\n', "\\n")
}

/// The same for JSON text: what is harmful becomes JSON's own `\u202e`, so that a program reads what was there.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    if !has_harmful(json) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if harmful(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// A report is long and nearly all of it plain: only where it is not are characters looked at one by one.
fn has_harmful(text: &str) -> bool {
    let plain = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    let mut rest = text;
    while !rest.is_empty() {
        let mut cut = rest.len().min(256);
        while !rest.is_char_boundary(cut) {
            cut += 1;
        }
        let (stretch, after) = rest.split_at(cut);
        // Without stopping at the first, the compiler looks at sixteen bytes at once.
        let is_plain = stretch.bytes().fold(true, |all, byte| all & plain(byte));
        if !is_plain && stretch.chars().any(harmful) {
            return true;
        }
        rest = after;
    }
    false
}

/// Text in a page, or in an attribute's quotes, of HTML.
pub fn escape_html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
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

    #[test]
    fn json_for_a_terminal_is_the_same_json_for_a_program() {
        let told = serde_json::json!({ "a": "x\u{1b}\u{9b}\u{7f}\u{202e}\u{e0041}é\n" });
        let text = told.to_string();
        let safe = escape_json(&text);
        assert!(!safe.chars().any(harmful), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).expect("JSON"), told);
    }

    #[test]
    fn what_is_harmful_is_found_wherever_it_stands() {
        for before in [0, 1, 250, 253, 254, 255, 256, 257, 600] {
            for c in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{e0041}'] {
                let text = format!("{}{c}", "×".repeat(before % 2) + &"x".repeat(before));
                assert!(has_harmful(&text), "{c:?} after {before}");
                assert!(!has_harmful(&text.replace(c, "×")), "{before}");
            }
        }
    }

    #[test]
    fn markup_is_text_in_a_page() {
        assert_eq!(escape_html("<a href='x'>\"&amp;\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;amp;&quot;");
    }

    #[test]
    fn a_line_stays_one() {
        assert_eq!(escape_line("a\u{1b}]52;\u{202e}b\r\n é"), "a\\x1b]52;\\u{202e}b\\x0d\\n é");
    }

    /// Bodies as an attacker makes them: sequences that clear, move, rename, copy and reverse, between random bytes.
    #[test]
    fn ten_thousand_hostile_texts_show_nothing_but_printable_characters() {
        let spices = [
            "\u{1b}[2J",
            "\u{1b}]52;c;aGk=\u{7}",
            "\u{1b}P1$r",
            "\u{9b}31m",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\r",
            "\u{8}",
        ];
        let random = crate::random::Random::seeded(20_260_125);
        for _ in 0..10_000 {
            let mut text = String::new();
            for _ in 0..random.next() % 40 {
                let draw = random.next();
                if draw.is_multiple_of(3) {
                    text.push_str(spices[usize::try_from(draw / 3).unwrap_or(0) % spices.len()]);
                } else {
                    let bits = u32::try_from(draw % 0x11_0000).unwrap_or(0);
                    text.push(
                        char::from_u32(if draw.is_multiple_of(2) { bits } else { bits % 0x100 })
                            .unwrap_or('?'),
                    );
                }
            }
            let shown = escape(&text);
            assert!(shown.chars().all(|c| c == '\n' || !harmful(c)), "{text:?}");
        }
    }
}
