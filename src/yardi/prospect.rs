//! One person as Yardi told of them, in one allocation: an answer of a large property holds a hundred thousand.

use std::fmt;

const FIELDS: usize = 9;

/// The parts a [`Prospect`] is made of; all may be empty but the code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    pub code: &'a str,
    pub property: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub email: &'a str,
    pub kind: &'a str,
    pub tenant: &'a str,
    pub household: &'a str,
    /// Event types, separated by blanks.
    pub events: &'a str,
    pub main: bool,
    pub altered: bool,
}

/// No field is judged here: an e-mail may be `0`, a name a blank.
#[derive(Clone, PartialEq, Eq)]
pub struct Prospect {
    text: Box<str>,
    ends: [u32; FIELDS],
    main: bool,
    altered: bool,
}

impl Prospect {
    pub fn new(parts: &Parts<'_>) -> Prospect {
        let fields = [
            parts.code,
            parts.property,
            parts.first_name,
            parts.last_name,
            parts.email,
            parts.kind,
            parts.tenant,
            parts.household,
            parts.events,
        ];
        let mut text = String::with_capacity(fields.iter().map(|field| field.len()).sum());
        let mut ends = [0; FIELDS];
        for (field, end) in fields.iter().zip(&mut ends) {
            text.push_str(field);
            *end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        }
        Prospect { text: text.into_boxed_str(), ends, main: parts.main, altered: parts.altered }
    }

    fn field(&self, at: usize) -> &str {
        let end = |at: usize| self.ends[at] as usize;
        let from = if at == 0 { 0 } else { end(at - 1) };
        self.text.get(from..end(at)).unwrap_or_default()
    }

    /// The person's own code (`voyager`), or the one that roommates may share (`conceptual`).
    pub fn code(&self) -> &str {
        self.field(0)
    }

    /// Yardi's property code as the answer has it.
    pub fn property(&self) -> &str {
        self.field(1)
    }

    pub fn first_name(&self) -> &str {
        self.field(2)
    }

    pub fn last_name(&self) -> &str {
        self.field(3)
    }

    /// As received.
    pub fn email(&self) -> &str {
        self.field(4)
    }

    /// `applicant`, `prospect`, `roommate` … as received; empty in the `conceptual` profile.
    pub fn kind(&self) -> &str {
        self.field(5)
    }

    /// `t…` once the person is a tenant, `r…` of those who live with one.
    pub fn tenant(&self) -> &str {
        self.field(6)
    }

    /// The code of the household's main person; in the `conceptual` profile the code itself.
    pub fn household(&self) -> &str {
        self.field(7)
    }

    /// Whether this is the household's main person.
    pub fn is_main(&self) -> bool {
        self.main
    }

    /// The event types seen in the household, each once.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.field(8).split(' ').filter(|event| !event.is_empty())
    }

    /// Characters that XML cannot carry stood in a field and were replaced or removed.
    pub fn is_altered(&self) -> bool {
        self.altered
    }
}

/// Names and addresses are personal data: only what identifies the row is shown.
impl fmt::Debug for Prospect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prospect({} of {}, {})", self.code(), self.property(), self.kind())
    }
}

/// Why a person in a good answer is not among its prospects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// A field has an entity that XML does not know, such as `&nbsp;`.
    UnknownEntity,
    NoCode,
    /// A field of more than 4 KiB.
    TooLong,
}

impl LeftOut {
    pub fn word(self) -> &'static str {
        match self {
            LeftOut::UnknownEntity => "unknown_entity",
            LeftOut::NoCode => "no_code",
            LeftOut::TooLong => "too_long",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_comes_back() {
        let prospect = Prospect::new(&Parts {
            code: "p1",
            property: "oakst",
            first_name: "Søren",
            last_name: "",
            email: "0",
            kind: "applicant",
            tenant: "t9",
            household: "p1",
            events: "Email Show",
            main: true,
            altered: false,
        });
        assert_eq!((prospect.code(), prospect.property(), prospect.first_name()), ("p1", "oakst", "Søren"));
        assert_eq!((prospect.last_name(), prospect.email(), prospect.kind()), ("", "0", "applicant"));
        assert_eq!((prospect.tenant(), prospect.household(), prospect.is_main()), ("t9", "p1", true));
        assert_eq!(prospect.events().collect::<Vec<_>>(), ["Email", "Show"]);
        assert!(!format!("{prospect:?}").contains("Søren"));
    }
}
