//! The rows of the `conceptual` profile: `Prospect` elements with five fields, in any order, any of them missing.

use super::super::prospect::{LeftOut, Parts, Prospect};
use super::Unreadable;
use super::text::Flaws;
use super::walk::{Attributes, Harvest, Want};

/// Longer is no name, code or address.
pub(super) const LONGEST_FIELD: usize = 4096;

#[derive(Debug, Default)]
pub struct Rows {
    pub prospects: Vec<Prospect>,
    pub left_out: Vec<LeftOut>,
    /// Where the open prospect stands.
    row: Option<usize>,
    fields: [String; 5],
    altered: bool,
    flaw: Option<LeftOut>,
}

const NAMES: [&str; 5] = ["ProspectCode", "PropertyCode", "FirstName", "LastName", "Email"];

impl Harvest for Rows {
    fn open(&mut self, name: &str, depth: usize, _: &mut Attributes<'_, '_>) -> Result<Want, Unreadable> {
        match self.row {
            None if name == "Prospect" => {
                self.row = Some(depth);
                self.fields.iter_mut().for_each(String::clear);
                (self.altered, self.flaw) = (false, None);
            }
            Some(row) if depth == row + 1 && NAMES.contains(&name) => return Ok(Want::Text),
            _ => {}
        }
        Ok(Want::Nothing)
    }

    fn close(&mut self, name: &str, depth: usize, text: &str, flaws: Flaws) -> Result<(), Unreadable> {
        let Some(row) = self.row else { return Ok(()) };
        if depth == row {
            self.row = None;
            self.end();
        } else if depth == row + 1
            && let Some(at) = NAMES.iter().position(|known| *known == name)
        {
            self.altered |= flaws.replaced > 0;
            match text {
                _ if flaws.unknown => self.flaw = Some(LeftOut::UnknownEntity),
                _ if text.len() > LONGEST_FIELD => self.flaw = Some(LeftOut::TooLong),
                _ => text.clone_into(&mut self.fields[at]),
            }
        }
        Ok(())
    }
}

impl Rows {
    fn end(&mut self) {
        let [code, property, first_name, last_name, email] = &self.fields;
        let code = code.trim();
        let flaw = self.flaw.or_else(|| code.is_empty().then_some(LeftOut::NoCode));
        if let Some(flaw) = flaw {
            self.left_out.push(flaw);
            return;
        }
        self.prospects.push(Prospect::new(&Parts {
            code,
            property: property.trim(),
            first_name,
            last_name,
            email,
            household: code,
            main: true,
            altered: self.altered,
            ..Parts::default()
        }));
    }
}
