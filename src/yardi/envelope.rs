//! What we send: SOAP envelopes on one line without white space, every value escaped.

use super::answer::is_legal;

const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";

/// XML under way. Elements close in the order they were opened.
#[derive(Debug, Default)]
pub struct Writer {
    text: String,
    open: Vec<&'static str>,
    /// Characters that XML cannot carry and that were left out.
    removed: usize,
}

/// An envelope ready to be sent, and how many characters it could not carry.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub xml: String,
    pub removed: usize,
}

impl Writer {
    /// Envelope and body, with the operation's element open in its namespace.
    pub fn begin(operation: &'static str, namespace: &str, soap12: bool) -> Writer {
        let mut writer = Writer::default();
        writer.text.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        let soap = if soap12 { SOAP12 } else { SOAP11 };
        writer.open_with("soap:Envelope", &[("xmlns:soap", soap)]);
        writer.open("soap:Body");
        writer.open_with(operation, &[("xmlns", namespace)]);
        writer
    }

    pub fn open(&mut self, name: &'static str) {
        self.open_with(name, &[]);
    }

    pub fn open_with(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text.push('>');
        self.open.push(name);
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            self.text.push(' ');
            self.text.push_str(key);
            self.text.push_str("=\"");
            self.escape(value, true);
            self.text.push('"');
        }
    }

    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push('>');
        }
    }

    /// `<name>value</name>`
    pub fn value(&mut self, name: &'static str, value: &str) {
        self.open(name);
        self.escape(value, false);
        self.close();
    }

    /// `<name key="value"/>`
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text.push_str("/>");
    }

    /// Close what is open.
    pub fn finish(mut self) -> Envelope {
        while !self.open.is_empty() {
            self.close();
        }
        Envelope { xml: self.text, removed: self.removed }
    }

    fn escape(&mut self, value: &str, attribute: bool) {
        for character in value.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' if attribute => self.text.push_str("&quot;"),
                // A reader would make a line feed of the one, and a blank of each in an attribute.
                '\r' => self.text.push_str("&#13;"),
                '\n' if attribute => self.text.push_str("&#10;"),
                '\t' if attribute => self.text.push_str("&#9;"),
                // One line: some servers stumble over line feeds.
                '\n' => self.text.push_str("&#10;"),
                character if is_legal(character) => self.text.push(character),
                _ => self.removed += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::yardi::answer::{Lists, read};

    #[test]
    fn an_envelope_is_one_line_without_white_space_between_tags() {
        let mut writer = Writer::begin("Op", "urn:x", false);
        writer.value("Password", "p&w <\"'>]]>\n😀\0");
        writer.empty("Empty", &[("Key", "a\"b<&\n")]);
        let envelope = writer.finish();
        insta::assert_snapshot!(envelope.xml, @r#"<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><Op xmlns="urn:x"><Password>p&amp;w &lt;"'&gt;]]&gt;&#10;😀</Password><Empty Key="a&quot;b&lt;&amp;&#10;"/></Op></soap:Body></soap:Envelope>"#);
        assert_eq!(envelope.removed, 1);
    }

    /// Read back by the strict reader of answers, which refuses what is not well-formed.
    #[test]
    fn ten_thousand_random_strings_come_back() {
        let random = Random::seeded(20_260_301);
        let spices = [
            "]]>",
            "&amp;",
            "<",
            ">",
            "&",
            "\"",
            "'",
            "😀",
            "\u{ffff}",
            "\u{1}",
            "\r\n",
            "<![CDATA[",
            "-->",
            "é",
        ];
        for _ in 0..10_000 {
            let mut text = String::from("x");
            for _ in 0..random.next() % 24 {
                let draw = random.next();
                match draw % 3 {
                    0 => text.push_str(spices[usize::try_from(draw / 3).unwrap_or(0) % spices.len()]),
                    1 => text.push(char::from(u8::try_from(draw / 3 % 256).unwrap_or(0))),
                    _ => text.extend(char::from_u32(u32::try_from(draw / 3 % 0x11_0000).unwrap_or(0))),
                }
            }
            text.push('x');
            let mut writer = Writer::begin("OpResponse", "urn:x", draw_is_even(&random));
            writer.open("OpResult");
            writer.empty("Item", &[("Key", &text)]);
            writer.value("Item", &text);
            let mut lists = Lists::default();
            let envelope = writer.finish();
            let told = read(envelope.xml.as_bytes(), "OpResult", &mut lists).expect("well-formed");
            let kept: String = text.chars().filter(|c| is_legal(*c)).collect();
            assert!(told.result);
            assert_eq!(lists.items[0].attributes[0].1, kept);
            assert_eq!(lists.items[1].text, kept);
            assert_eq!(envelope.removed, 2 * (text.chars().count() - kept.chars().count()));
        }
    }

    fn draw_is_even(random: &Random) -> bool {
        random.next().is_multiple_of(2)
    }
}
