//! The namespace of the operations as a local copy of the service's description tells it, read like everything that
//! comes from the far side: no document type definition, and bounded.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::answer::text::Flaws;
use super::answer::walk::{Attributes, Want};
use super::answer::{self, Harvest, Unreadable};
use crate::failure::Failure;

/// A description has some hundred kilobytes.
const LARGEST: u64 = 16 << 20;

/// It goes into a header.
const LONGEST_NAMESPACE: usize = 1024;

pub fn target_namespace(path: &Path) -> Result<String, Failure> {
    read(path).map_err(|why| {
        Failure::blocked(format!("the WSDL file {}: {why}", path.display()))
            .hint("save what the service answers at `?WSDL`, or set `namespace` in [yardi] instead of `wsdl`")
    })
}

fn read(path: &Path) -> Result<String, String> {
    let about = std::fs::metadata(path).map_err(|why| why.to_string())?;
    if !about.is_file() {
        return Err("it is not a file".into());
    }
    if about.len() > LARGEST {
        return Err("it is larger than 16 MiB".into());
    }
    let file = File::open(path).map_err(|why| why.to_string())?;
    let mut root = Root::default();
    answer::scan(BufReader::new(file.take(LARGEST)), &mut root).map_err(|why| said(&why))?;
    // WSDL 1.1, and 2.0.
    if root.name != "definitions" && root.name != "description" {
        return Err(format!("it is no WSDL: its outermost element is {}", root.name));
    }
    let namespace = root.namespace.trim();
    if namespace.is_empty() {
        return Err("it has no targetNamespace".into());
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '"' || !c.is_ascii();
    if namespace.len() > LONGEST_NAMESPACE || namespace.contains(odd) {
        return Err("its targetNamespace is no URI".into());
    }
    Ok(namespace.to_owned())
}

fn said(why: &Unreadable) -> String {
    match why {
        Unreadable::NotSoap(what) => format!("it is {what}, and no XML"),
        Unreadable::Truncated => "it breaks off".into(),
        Unreadable::Dtd => "it has a document type definition: DTD not allowed".into(),
        Unreadable::TooLarge(why) => format!("it is too large: {why}"),
        Unreadable::Malformed(why) => format!("it is not well-formed XML: {why}"),
    }
}

/// What its outermost element says.
#[derive(Default)]
struct Root {
    name: String,
    namespace: String,
}

impl Harvest for Root {
    fn open(
        &mut self,
        name: &str,
        depth: usize,
        attributes: &mut Attributes<'_, '_>,
    ) -> Result<Want, Unreadable> {
        if depth == 1 {
            name.chars().take(64).for_each(|c| self.name.push(c));
            attributes.each(|key, value| {
                if key == "targetNamespace" {
                    value.append_to(&mut self.namespace);
                }
            })?;
        }
        Ok(Want::Nothing)
    }

    fn close(&mut self, _: &str, _: usize, _: &str, _: Flaws) -> Result<(), Unreadable> {
        Ok(())
    }
}
