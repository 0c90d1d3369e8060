//! One pass over the events of a document with reused buffers: bounds kept, references resolved, names without
//! prefixes. What the elements mean is the [`Harvest`]'s business.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Unreadable;
use super::source::{LONGEST_EVENT, Source};
use super::text::{self, Flaws};

const DEEPEST: usize = 64;
const LONGEST_TAG: usize = 64 * 1024;

/// What an element's reader wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    Text,
    Nothing,
}

/// Who takes what the document has. Depth counts from 1, the root.
pub trait Harvest {
    fn open(
        &mut self,
        name: &str,
        depth: usize,
        attributes: &mut Attributes<'_, '_>,
    ) -> Result<Want, Unreadable>;
    /// With the element's own text, its children's left out, and what had to be changed in it.
    fn close(&mut self, name: &str, depth: usize, text: &str, flaws: Flaws) -> Result<(), Unreadable>;
}

/// The attributes of one element, read only where somebody asks.
pub struct Attributes<'a, 'b> {
    element: &'a BytesStart<'b>,
}

/// An attribute's value as it was written.
pub struct Value<'a>(&'a str);

impl Value<'_> {
    /// For comparing with plain words, which nobody writes with references.
    pub fn raw(&self) -> &str {
        self.0
    }

    /// Add what it means.
    pub fn append_to(&self, text: &mut String) -> Flaws {
        let mut flaws = Flaws::default();
        text::append_value(self.0, text, &mut flaws);
        flaws
    }
}

impl Attributes<'_, '_> {
    /// Each attribute's local name and value, in order.
    pub fn each(&mut self, mut see: impl FnMut(&str, Value<'_>)) -> Result<(), Unreadable> {
        for attribute in self.element.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                return Err(Unreadable::Malformed("an attribute cannot be read".into()));
            };
            see(local(attribute.key.0), Value(&attribute.value));
        }
        Ok(())
    }
}

pub fn local(name: &str) -> &str {
    match name.bytes().position(|byte| byte == b':') {
        Some(at) => &name[at + 1..],
        None => name,
    }
}

/// How many roots there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Document,
    /// What stood in a string may be a row of elements.
    Fragment,
}

/// Walk the whole document: an error, or a good end.
pub fn walk<R: BufRead, H: Harvest>(
    source: Source<R>,
    shape: Shape,
    harvest: &mut H,
) -> Result<(), Unreadable> {
    let mut reader = Reader::from_reader(source);
    let (mut buffer, mut text) = (Vec::new(), String::new());
    let (mut open, mut ended) = (Vec::<Open>::with_capacity(DEEPEST), false);
    loop {
        buffer.clear();
        reader.get_mut().begin_event();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(why) => return Err(Unreadable::of(&why, open.len(), reader.get_mut().is_at_end())),
        };
        match event {
            Event::Start(element) => {
                let depth = enter(&element, open.len(), ended && shape == Shape::Document)?;
                let mut attributes = Attributes { element: &element };
                let want = harvest.open(local(element.name().0), depth, &mut attributes)?;
                open.push(Open { want, from: text.len(), flaws: Flaws::default() });
            }
            Event::Empty(element) => {
                let depth = enter(&element, open.len(), ended && shape == Shape::Document)?;
                let name = local(element.name().0);
                let mut attributes = Attributes { element: &element };
                harvest.open(name, depth, &mut attributes)?;
                harvest.close(name, depth, "", Flaws::default())?;
                ended |= depth == 1;
            }
            Event::End(element) => {
                let depth = open.len();
                let Some(Open { from, flaws, .. }) = open.pop() else {
                    return Err(Unreadable::Malformed("tags do not match".into()));
                };
                harvest.close(local(element.name().0), depth, &text[from..], flaws)?;
                text.truncate(from);
                ended |= depth == 1;
            }
            Event::Text(part) => match open.last_mut() {
                Some(Open { want: Want::Nothing, .. }) => {}
                Some(open) => text::append(&part, &mut text, &mut open.flaws),
                None if part.trim_ascii().is_empty() => {}
                None => return Err(outside()),
            },
            Event::CData(part) => match open.last_mut() {
                Some(Open { want: Want::Nothing, .. }) => {}
                Some(open) => text::append(&part, &mut text, &mut open.flaws),
                None => return Err(outside()),
            },
            Event::GeneralRef(name) => match open.last_mut() {
                Some(Open { want: Want::Nothing, .. }) => {}
                Some(open) => text::append_reference(&name, &mut text, &mut open.flaws),
                None => return Err(outside()),
            },
            Event::DocType(kind) => return Err(Unreadable::doctype(&kind)),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if ended && open.is_empty() => return Ok(()),
            Event::Eof => return Err(Unreadable::Truncated),
        }
        if text.len() > LONGEST_EVENT {
            return Err(Unreadable::TooLarge("a text of it is longer than 8 MiB"));
        }
    }
}

/// An element that is open: its own text begins at `from`, that of its children behind it.
struct Open {
    want: Want,
    from: usize,
    flaws: Flaws,
}

fn outside() -> Unreadable {
    Unreadable::Malformed("text stands outside of the document".into())
}

fn enter(element: &BytesStart<'_>, depth: usize, ended: bool) -> Result<usize, Unreadable> {
    if ended {
        return Err(Unreadable::Malformed("a second document follows the first".into()));
    }
    if depth == DEEPEST {
        return Err(Unreadable::TooLarge("it is nested deeper than 64 elements"));
    }
    if element.len() > LONGEST_TAG {
        return Err(Unreadable::TooLarge("a tag of it is longer than 64 KiB"));
    }
    Ok(depth + 1)
}
