//! What is signed, written as a text with places: `{t}.{body}`, `v0:{t}:{body}`, `{id}.{t}.{body}`.

use super::digest::Mac;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Time,
    Id,
    /// Further headers that are signed: their names with blanks between, a dot, their values with dots between.
    Headers,
    Body,
}

/// The parts in order; the body at most once, so that it can be streamed between what stands before and after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

impl Template {
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            let Some((name, behind)) = after[1..].split_once('}') else {
                return Err(format!("`{text}`: a `{{` is not closed"));
            };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(match name {
                "t" => Part::Time,
                "id" => Part::Id,
                "headers" => Part::Headers,
                "body" => Part::Body,
                other => {
                    return Err(format!("`{{{other}}}` is none of {{t}}, {{id}}, {{headers}}, {{body}}"));
                }
            });
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if parts.iter().filter(|part| **part == Part::Body).count() > 1 {
            return Err(format!("`{text}`: the body stands in it twice"));
        }
        Ok(Template { text: text.to_owned(), parts })
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn has(&self, part: &Part) -> bool {
        self.parts.contains(part)
    }

    /// Feed what stands before the body.
    pub fn before_body(&self, mac: &mut impl Feed, given: Given<'_>) {
        feed(self.parts.iter().take_while(|part| **part != Part::Body), mac, given);
    }

    /// Feed what stands after the body; nothing when there is no body in it.
    pub fn after_body(&self, mac: &mut impl Feed, given: Given<'_>) {
        feed(self.parts.iter().skip_while(|part| **part != Part::Body).skip(1), mac, given);
    }
}

fn feed<'a>(parts: impl Iterator<Item = &'a Part>, mac: &mut impl Feed, given: Given<'_>) {
    for part in parts {
        match part {
            Part::Text(text) => mac.feed(text.as_bytes()),
            Part::Time => mac.feed(given.time),
            Part::Id => mac.feed(given.id),
            Part::Headers => mac.feed(given.headers),
            Part::Body => {}
        }
    }
}

/// What is put into the places.
#[derive(Clone, Copy, Default)]
pub struct Given<'a> {
    pub time: &'a [u8],
    pub id: &'a [u8],
    pub headers: &'a [u8],
}

/// Something that takes the signed bytes piece by piece.
pub trait Feed {
    fn feed(&mut self, bytes: &[u8]);
}

impl Feed for Mac {
    fn feed(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Feed for Vec<u8> {
    fn feed(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let template = Template::parse(text).expect("a template");
        let mut bytes = Vec::new();
        let given = Given { time: b"17", id: b"evt", headers: b"a b.1.2" };
        template.before_body(&mut bytes, given);
        if template.has(&Part::Body) {
            bytes.feed(b"BODY");
        }
        template.after_body(&mut bytes, given);
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn places_are_filled_in_order() {
        assert_eq!(filled("{id}.{t}.{body}"), "evt.17.BODY");
        assert_eq!(filled("v0:{t}:{body}"), "v0:17:BODY");
        assert_eq!(filled("{body}|{t}"), "BODY|17");
        assert_eq!(filled("{t}{id}"), "17evt");
        assert_eq!(filled("{t}.{headers}.{body}"), "17.a b.1.2.BODY");
    }

    #[test]
    fn a_mistake_is_named() {
        for wrong in ["{t", "{time}", "{body}{body}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
