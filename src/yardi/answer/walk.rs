//! One pass over the events of a document with reused buffers: bounds kept, references resolved, names without
//! prefixes. What the elements mean is the [`Harvest`]'s business.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Unreadable;
use super::source::Source;
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
    /// With the text that stood in the element behind its last child, and what had to be changed in it.
    fn close(&mut self, name: &str, depth: usize, text: &str, flaws: Flaws) -> Result<(), Unreadable>;
}

/// The attributes of one element, read only where somebody asks.
pub struct Attributes<'a, 'b> {
    element: &'a BytesStart<'b>,
    value: &'a mut String,
}

impl Attributes<'_, '_> {
    /// Each attribute's local name and value, in order.
    pub fn each(&mut self, mut see: impl FnMut(&str, &str, Flaws)) -> Result<(), Unreadable> {
        for attribute in self.element.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                return Err(Unreadable::Malformed("an attribute cannot be read".into()));
            };
            self.value.clear();
            let mut flaws = Flaws::default();
            text::append_value(&attribute.value, self.value, &mut flaws);
            see(local(attribute.key.0), self.value, flaws);
        }
        Ok(())
    }
}

pub fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
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
    let (mut buffer, mut text, mut value) = (Vec::new(), String::new(), String::new());
    let (mut depth, mut want, mut flaws, mut ended) = (0_usize, Want::Nothing, Flaws::default(), false);
    loop {
        buffer.clear();
        reader.get_mut().begin_event();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(why) => return Err(Unreadable::of(&why, depth, reader.get_mut().is_at_end())),
        };
        match event {
            Event::Start(element) => {
                depth = enter(&element, depth, ended && shape == Shape::Document)?;
                let mut attributes = Attributes { element: &element, value: &mut value };
                want = harvest.open(local(element.name().0), depth, &mut attributes)?;
                text.clear();
                flaws = Flaws::default();
            }
            Event::Empty(element) => {
                let depth = enter(&element, depth, ended && shape == Shape::Document)?;
                let name = local(element.name().0);
                let mut attributes = Attributes { element: &element, value: &mut value };
                harvest.open(name, depth, &mut attributes)?;
                harvest.close(name, depth, "", Flaws::default())?;
                text.clear();
                want = Want::Nothing;
                ended |= depth == 1;
            }
            Event::End(element) => {
                harvest.close(local(element.name().0), depth, &text, flaws)?;
                text.clear();
                flaws = Flaws::default();
                want = Want::Nothing;
                depth -= 1;
                ended |= depth == 0;
            }
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) if want == Want::Nothing && depth > 0 => {
            }
            Event::Text(part) if depth > 0 => text::append(&part, &mut text, &mut flaws),
            Event::CData(part) if depth > 0 => text::append(&part, &mut text, &mut flaws),
            Event::GeneralRef(name) if depth > 0 => text::append_reference(&name, &mut text, &mut flaws),
            Event::Text(part) if part.trim_ascii().is_empty() => {}
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                return Err(Unreadable::Malformed("text stands outside of the document".into()));
            }
            Event::DocType(kind) => return Err(Unreadable::doctype(&kind)),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if ended => return Ok(()),
            Event::Eof => return Err(Unreadable::Truncated),
        }
        if text.len() > super::source::LONGEST_EVENT {
            return Err(Unreadable::TooLarge("a text of it is longer than 8 MiB"));
        }
    }
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
