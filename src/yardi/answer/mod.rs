//! What a SOAP answer says, read as a stream into compact rows: envelope, result element, messages, fault.
//!
//! Nothing is believed here. A caller believes an answer when [`read`] came to the document's good end and
//! [`Told`] has the result element without an error in it. Neither the answer nor a tree of it is ever in memory.

#[cfg(test)]
mod cases;
mod guests;
mod lists;
mod rows;
mod shell;
mod source;
pub mod text;
mod unreadable;
pub mod walk;

use std::io::BufRead;

pub use guests::Guests;
pub use lists::Lists;
pub use rows::Rows;
pub use text::is_legal;
pub use unreadable::Unreadable;
pub use walk::Harvest;

use source::{Opening, Source};

/// What stands around the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The result element was seen.
    pub result: bool,
    /// The result's own text, where it has no elements.
    pub text: String,
    /// Something stands in the result.
    pub filled: bool,
    pub messages: Vec<Message>,
    pub fault: Option<Fault>,
    /// Characters that XML cannot carry, replaced or removed.
    pub replaced: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `Error`, `Warning`, `FYI`, as received.
    pub kind: String,
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    pub code: String,
    pub text: String,
}

/// Read one answer to its end; `result` is the name of the element that a good one has.
pub fn read<H: Harvest>(from: impl BufRead, result: &str, harvest: &mut H) -> Result<Told, Unreadable> {
    let source = opened(from)?;
    let mut shell = shell::Shell::new(result, harvest);
    walk::walk(source, walk::Shape::Document, &mut shell)?;
    Ok(shell.finish())
}

/// Read any other document to its end, within the same bounds.
pub fn scan<H: Harvest>(from: impl BufRead, harvest: &mut H) -> Result<(), Unreadable> {
    walk::walk(opened(from)?, walk::Shape::Document, harvest)
}

fn opened<R: BufRead>(from: R) -> Result<Source<R>, Unreadable> {
    let (source, opening) = Source::open(from).map_err(|_| Unreadable::Truncated)?;
    match opening {
        Opening::Xml => Ok(source),
        Opening::Empty => Err(Unreadable::NotSoap("empty")),
        Opening::Gzip => Err(Unreadable::NotSoap("compressed, which was not asked for")),
        Opening::Json => Err(Unreadable::NotSoap("JSON")),
        Opening::Other => Err(Unreadable::NotSoap("plain text")),
        Opening::UnknownEncoding => Err(Unreadable::Malformed("its encoding is not known".into())),
    }
}
