//! Around the rows: the envelope (1.1 and 1.2, whatever its prefixes), the result element, messages and faults. A
//! result that is XML escaped inside a string is read once more, and only once.

use super::source::Source;
use super::text::Flaws;
use super::walk::{self, Attributes, Harvest, Shape, Want};
use super::{Fault, Message, Told, Unreadable};

/// Only so much of a message is of use, and only so many.
const LONGEST_MESSAGE: usize = 2000;
const MOST_MESSAGES: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Response,
    Result,
    Fault,
    Skipped,
}

pub struct Shell<'a, H> {
    wanted: &'a str,
    harvest: &'a mut H,
    told: Told,
    place: Place,
    message: Option<String>,
    /// Whether this is a document that stood in a string.
    inner: bool,
}

impl<'a, H: Harvest> Shell<'a, H> {
    pub fn new(wanted: &'a str, harvest: &'a mut H) -> Shell<'a, H> {
        Shell { wanted, harvest, told: Told::default(), place: Place::Outside, message: None, inner: false }
    }

    pub fn finish(self) -> Told {
        self.told
    }

    /// Where the result's own elements begin.
    fn floor(&self) -> usize {
        if self.inner { 0 } else { 4 }
    }

    fn open_below(
        &mut self,
        name: &str,
        depth: usize,
        attributes: &mut Attributes<'_, '_>,
    ) -> Result<Want, Unreadable> {
        self.told.filled = true;
        if name == "Message" {
            let mut kind = String::new();
            attributes.each(|key, value| {
                if key.eq_ignore_ascii_case("messageType") {
                    cut(value.raw(), 32).clone_into(&mut kind);
                }
            })?;
            self.message = Some(kind);
            self.harvest.open(name, depth - self.floor(), attributes)?;
            return Ok(Want::Text);
        }
        self.harvest.open(name, depth - self.floor(), attributes)
    }

    fn close_below(&mut self, name: &str, depth: usize, text: &str, flaws: Flaws) -> Result<(), Unreadable> {
        if name == "Message"
            && let Some(kind) = self.message.take()
            && self.told.messages.len() < MOST_MESSAGES
        {
            let message = Message { kind, text: cut(text.trim(), LONGEST_MESSAGE).to_owned() };
            // Often the same stands there twice.
            if !self.told.messages.contains(&message) {
                self.told.messages.push(message);
            }
        }
        self.harvest.close(name, depth - self.floor(), text, flaws)
    }

    fn close_result(&mut self, text: &str) -> Result<(), Unreadable> {
        let text = text.trim();
        if text.starts_with('<') && !self.told.filled {
            let mut inner = Shell { inner: true, place: Place::Result, ..Shell::new("", &mut *self.harvest) };
            walk::walk(Source::of_text(text.as_bytes()), Shape::Fragment, &mut inner)?;
            let inner = inner.finish();
            self.told.messages = inner.messages;
            self.told.replaced += inner.replaced;
            self.told.filled = true;
        } else if !text.is_empty() && !self.told.filled {
            self.told.text = cut(text, LONGEST_MESSAGE).to_owned();
            self.told.filled = true;
        }
        Ok(())
    }

    fn fault(&mut self, name: &str, depth: usize, text: &str) {
        let fault = self.told.fault.get_or_insert_with(Fault::default);
        let text = cut(text.trim(), LONGEST_MESSAGE);
        match (depth, name) {
            (4, "faultcode") | (5, "Value") => text.clone_into(&mut fault.code),
            (4, "faultstring") => text.clone_into(&mut fault.text),
            (5, "Text") if fault.text.is_empty() => text.clone_into(&mut fault.text),
            _ => {}
        }
    }
}

impl<H: Harvest> Harvest for Shell<'_, H> {
    fn open(
        &mut self,
        name: &str,
        depth: usize,
        attributes: &mut Attributes<'_, '_>,
    ) -> Result<Want, Unreadable> {
        if self.inner {
            return self.open_below(name, depth, attributes);
        }
        match (depth, self.place) {
            (1, _) if name != "Envelope" => {
                let html = name.eq_ignore_ascii_case("html");
                return Err(Unreadable::NotSoap(if html { "an HTML page" } else { "some other XML" }));
            }
            (1, _) => {}
            (2, _) => self.place = if name == "Body" { Place::Outside } else { Place::Skipped },
            (_, Place::Skipped) => {}
            (3, Place::Outside) => {
                self.place = if name == "Fault" { Place::Fault } else { Place::Response };
                if name == "Fault" {
                    self.told.fault.get_or_insert_with(Fault::default);
                }
            }
            (4, Place::Response) if name == self.wanted => {
                self.place = Place::Result;
                self.told.result = true;
                return Ok(Want::Text);
            }
            (_, Place::Fault) => return Ok(Want::Text),
            (_, Place::Result) => return self.open_below(name, depth, attributes),
            _ => {}
        }
        Ok(Want::Nothing)
    }

    fn close(&mut self, name: &str, depth: usize, text: &str, flaws: Flaws) -> Result<(), Unreadable> {
        self.told.replaced += u64::from(flaws.replaced);
        if self.inner {
            return self.close_below(name, depth, text, flaws);
        }
        match (depth, self.place) {
            (4, Place::Result) => {
                self.place = Place::Response;
                self.close_result(text)?;
            }
            (3, Place::Response | Place::Fault) => self.place = Place::Outside,
            (_, Place::Fault) => self.fault(name, depth, text),
            (_, Place::Result) => self.close_below(name, depth, text, flaws)?,
            _ => {}
        }
        Ok(())
    }
}

fn cut(text: &str, longest: usize) -> &str {
    text.char_indices().nth(longest).map_or(text, |(at, _)| &text[..at])
}
