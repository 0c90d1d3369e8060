//! JSON as it stands: fields in their order, repeats kept, numbers as text; and written again in the ways that
//! frameworks write it. Nothing is understood beyond what that needs.

/// Deeper documents are left alone: this code is recursive, and the input is anybody's.
pub const DEEPEST: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Numbers, true, false, null: as they stand.
    Word(String),
    Text(String),
    List(Vec<Node>),
    Fields(Vec<(String, Node)>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Compact,
    /// A blank after `,` and `:`.
    Spaced,
    Indented(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    Least,
    Ascii,
    Slashes,
    AsciiSlashes,
    /// `<`, `>`, `&` as Go writes them.
    Html,
}

#[derive(Clone, Copy)]
pub struct Style {
    pub layout: Layout,
    pub escapes: Escapes,
    pub sorted: bool,
    /// Numbers as JavaScript would write them again.
    pub numbers: bool,
}

/// None when it is not JSON, or too deep.
pub fn parse(bytes: &[u8]) -> Option<Node> {
    let mut reader = Reader { text: std::str::from_utf8(bytes).ok()?, at: 0 };
    let node = reader.value(0)?;
    reader.blanks();
    (reader.at == reader.text.len()).then_some(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        self.blanks();
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > DEEPEST {
            return None;
        }
        self.blanks();
        match self.peek()? {
            b'{' => self.fields(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Node::Text),
            _ => self.word(),
        }
    }

    fn fields(&mut self, depth: usize) -> Option<Node> {
        self.take(b'{')?;
        let mut fields = Vec::new();
        if self.take(b'}').is_some() {
            return Some(Node::Fields(fields));
        }
        loop {
            self.blanks();
            let name = self.string()?;
            self.take(b':')?;
            fields.push((name, self.value(depth + 1)?));
            if self.take(b',').is_none() {
                return self.take(b'}').map(|()| Node::Fields(fields));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Node> {
        self.take(b'[')?;
        let mut items = Vec::new();
        if self.take(b']').is_some() {
            return Some(Node::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b',').is_none() {
                return self.take(b']').map(|()| Node::List(items));
            }
        }
    }

    /// serde_json decodes the escapes; this only finds the end.
    fn string(&mut self) -> Option<String> {
        let start = self.at;
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }

    fn word(&mut self) -> Option<Node> {
        let start = self.at;
        while matches!(self.peek(), Some(byte) if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            self.at += 1;
        }
        let word = self.text.get(start..self.at)?;
        // Only the grammar: a number beyond any range is a number all the same.
        serde_json::from_str::<serde::de::IgnoredAny>(word).ok().map(|_| Node::Word(word.to_owned()))
    }
}

/// On one line, without blanks.
pub fn compact(node: &Node) -> Vec<u8> {
    let style = Style { layout: Layout::Compact, escapes: Escapes::Least, sorted: false, numbers: false };
    write(node, style)
}

pub fn write(node: &Node, style: Style) -> Vec<u8> {
    let mut out = String::new();
    put(node, style, 0, &mut out);
    out.into_bytes()
}

fn put(node: &Node, style: Style, depth: usize, out: &mut String) {
    match node {
        Node::Word(word) => out.push_str(&number(word, style)),
        Node::Text(text) => quoted(text, style.escapes, out),
        Node::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                between(at, style, depth, out);
                put(item, style, depth + 1, out);
            }
            end(items.is_empty(), style, depth, out);
            out.push(']');
        }
        Node::Fields(fields) => {
            let mut order: Vec<&(String, Node)> = fields.iter().collect();
            if style.sorted {
                order.sort_by(|a, b| a.0.cmp(&b.0));
            }
            out.push('{');
            for (at, (name, value)) in order.into_iter().enumerate() {
                between(at, style, depth, out);
                quoted(name, style.escapes, out);
                out.push_str(if style.layout == Layout::Compact { ":" } else { ": " });
                put(value, style, depth + 1, out);
            }
            end(fields.is_empty(), style, depth, out);
            out.push('}');
        }
    }
}

fn between(at: usize, style: Style, depth: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
    match style.layout {
        Layout::Spaced if at > 0 => out.push(' '),
        Layout::Indented(indent) => new_line(indent, depth + 1, out),
        _ => {}
    }
}

fn end(empty: bool, style: Style, depth: usize, out: &mut String) {
    if let Layout::Indented(indent) = style.layout
        && !empty
    {
        new_line(indent, depth, out);
    }
}

fn new_line(indent: &str, depth: usize, out: &mut String) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str(indent));
}

fn number(word: &str, style: Style) -> String {
    match word.parse::<f64>() {
        Ok(number) if style.numbers && number.is_finite() && number.abs() < 1e21 => number.to_string(),
        _ => word.to_owned(),
    }
}

fn quoted(text: &str, escapes: Escapes, out: &mut String) {
    let ascii = matches!(escapes, Escapes::Ascii | Escapes::AsciiSlashes);
    let slashes = matches!(escapes, Escapes::Slashes | Escapes::AsciiSlashes);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '/' if slashes => out.push_str("\\/"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if escapes == Escapes::Html => escaped(c, out),
            c if (c as u32) < 0x20 || (ascii && !c.is_ascii()) => escaped(c, out),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn escaped(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str, style: Style) -> String {
        String::from_utf8(write(&parse(text.as_bytes()).expect("JSON"), style)).expect("text")
    }

    const PLAIN: Style =
        Style { layout: Layout::Compact, escapes: Escapes::Least, sorted: false, numbers: false };

    #[test]
    fn each_framework_has_its_way() {
        let text = "{\"b\": 95.50,\n \"a\": [1, \"é/<\"], \"c\": {}}";
        assert_eq!(again(text, PLAIN), r#"{"b":95.50,"a":[1,"é/<"],"c":{}}"#);
        assert_eq!(
            again(text, Style { sorted: true, numbers: true, ..PLAIN }),
            r#"{"a":[1,"é/<"],"b":95.5,"c":{}}"#
        );
        assert_eq!(
            again(text, Style { escapes: Escapes::AsciiSlashes, ..PLAIN }),
            r#"{"b":95.50,"a":[1,"\u00e9\/<"],"c":{}}"#
        );
        assert_eq!(
            again(text, Style { escapes: Escapes::Html, ..PLAIN }),
            r#"{"b":95.50,"a":[1,"é/\u003c"],"c":{}}"#
        );
        assert_eq!(
            again(text, Style { layout: Layout::Spaced, ..PLAIN }),
            r#"{"b": 95.50, "a": [1, "é/<"], "c": {}}"#
        );
        let indented = "{\n  \"b\": 95.50,\n  \"a\": [\n    1,\n    \"é/<\"\n  ],\n  \"c\": {}\n}";
        assert_eq!(again(text, Style { layout: Layout::Indented("  "), ..PLAIN }), indented);
    }

    #[test]
    fn anything_else_is_left_alone() {
        for wrong in ["", "{", "{\"a\"}", "[1,]", "nul", "\"\\", "\"\\u\"", "1 2", "{\"a\":1}x", "\u{feff}{}"]
        {
            assert!(parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_none());
    }
}
