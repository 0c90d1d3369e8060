//! The rows of the `voyager` profile: MITS `LeadManagement`, one `Prospect` per household, one `Customer` per person,
//! the household's events behind them.

use super::super::prospect::{LeftOut, Parts, Prospect};
use super::Unreadable;
use super::rows::LONGEST_FIELD;
use super::text::Flaws;
use super::walk::{Attributes, Harvest, Want};

/// A household in whose events the text stands that was looked for: the codes of its people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    pub codes: Vec<String>,
}

#[derive(Debug, Default)]
struct Person {
    code: String,
    property: String,
    tenant: String,
    kind: String,
    first_name: String,
    last_name: String,
    email: String,
    altered: bool,
    flaw: Option<LeftOut>,
}

#[derive(Debug, Default)]
pub struct Guests {
    pub prospects: Vec<Prospect>,
    pub left_out: Vec<LeftOut>,
    /// The document was a list of guests, empty or not.
    pub is_list: bool,
    /// Households that have the marker.
    pub marked: Vec<Marked>,
    marker: Option<String>,
    household: usize,
    customer: usize,
    event: usize,
    in_name: bool,
    people: Vec<Person>,
    /// How many of `people` are of this household; the others are kept for their buffers.
    used: usize,
    events: String,
    is_marked: bool,
    value: String,
}

impl Guests {
    /// The same, and look for a text in the events' comments.
    pub fn looking_for(marker: &str) -> Guests {
        Guests { marker: Some(marker.to_owned()), ..Guests::default() }
    }

    fn begin_person(&mut self) -> &mut Person {
        if self.used == self.people.len() {
            self.people.push(Person::default());
        }
        self.used += 1;
        let person = &mut self.people[self.used - 1];
        for field in [
            &mut person.code,
            &mut person.property,
            &mut person.tenant,
            &mut person.kind,
            &mut person.first_name,
            &mut person.last_name,
            &mut person.email,
        ] {
            field.clear();
        }
        (person.altered, person.flaw) = (false, None);
        person
    }

    fn person(&mut self) -> Option<&mut Person> {
        self.used.checked_sub(1).and_then(|at| self.people.get_mut(at))
    }

    fn end_household(&mut self) {
        let people = &self.people[..self.used];
        let main = people.iter().position(Person::may_be_main).unwrap_or(0);
        let household = people.get(main).map_or("", |person| person.code.as_str());
        for (at, person) in people.iter().enumerate() {
            let flaw = person.flaw.or_else(|| person.code.is_empty().then_some(LeftOut::NoCode));
            if let Some(flaw) = flaw {
                self.left_out.push(flaw);
                continue;
            }
            self.prospects.push(Prospect::new(&Parts {
                code: &person.code,
                property: &person.property,
                first_name: &person.first_name,
                last_name: &person.last_name,
                email: &person.email,
                kind: &person.kind,
                tenant: &person.tenant,
                household,
                events: &self.events,
                main: at == main,
                altered: person.altered,
            }));
        }
        if std::mem::take(&mut self.is_marked) {
            let codes = people.iter().flat_map(|person| [person.code.clone(), person.tenant.clone()]);
            self.marked.push(Marked { codes: codes.filter(|code| !code.is_empty()).collect() });
        }
        self.used = 0;
        self.events.clear();
    }

    fn identify(&mut self, attributes: &mut Attributes<'_, '_>) -> Result<(), Unreadable> {
        let Some(person) = self.used.checked_sub(1).and_then(|at| self.people.get_mut(at)) else {
            return Ok(());
        };
        let (mut field, mut fits) = (None, true);
        let (value, mut flawed) = (&mut self.value, Flaws::default());
        value.clear();
        attributes.each(|key, text| {
            if key == "IDType" {
                field = Identity::named(text.raw());
            } else if key == "IDValue" {
                fits = text.raw().len() <= LONGEST_FIELD;
                if fits {
                    flawed = text.append_to(value);
                }
            }
        })?;
        let Some(field) = field else { return Ok(()) };
        person.altered |= flawed.replaced > 0;
        if flawed.unknown {
            person.flaw = Some(LeftOut::UnknownEntity);
        } else if !fits {
            person.flaw = Some(LeftOut::TooLong);
        } else {
            let field = match field {
                Identity::Prospect => &mut person.code,
                Identity::Tenant => &mut person.tenant,
                Identity::Property => &mut person.property,
            };
            value.trim().clone_into(field);
        }
        Ok(())
    }

    fn field(&mut self, name: &str, text: &str, flaws: Flaws) {
        let Some(person) = self.person() else { return };
        person.altered |= flaws.replaced > 0;
        if flaws.unknown {
            person.flaw = Some(LeftOut::UnknownEntity);
        } else if text.len() > LONGEST_FIELD {
            person.flaw = Some(LeftOut::TooLong);
        } else {
            let field = match name {
                "FirstName" => &mut person.first_name,
                "LastName" => &mut person.last_name,
                _ => &mut person.email,
            };
            // Of several addresses the first counts.
            if field.is_empty() {
                field.push_str(text);
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Identity {
    Prospect,
    Tenant,
    Property,
}

impl Identity {
    fn named(text: &str) -> Option<Identity> {
        match text {
            _ if text.eq_ignore_ascii_case("ProspectID") => Some(Identity::Prospect),
            _ if text.eq_ignore_ascii_case("TenantID") => Some(Identity::Tenant),
            _ if text.eq_ignore_ascii_case("PropertyID") => Some(Identity::Property),
            _ => None,
        }
    }
}

impl Person {
    /// Roommates, spouses and guarantors come along with somebody; their tenant codes begin with `r`.
    fn may_be_main(&self) -> bool {
        let along = ["roommate", "spouse", "guarantor", "other"];
        !along.iter().any(|kind| self.kind.eq_ignore_ascii_case(kind)) && !self.tenant.starts_with('r')
    }
}

impl Harvest for Guests {
    fn open(
        &mut self,
        name: &str,
        depth: usize,
        attributes: &mut Attributes<'_, '_>,
    ) -> Result<Want, Unreadable> {
        if self.customer > 0 {
            match name {
                "Identification" if depth == self.customer + 1 => self.identify(attributes)?,
                "Name" if depth == self.customer + 1 => self.in_name = true,
                "Email" if depth == self.customer + 1 => return Ok(Want::Text),
                "FirstName" | "LastName" if self.in_name && depth == self.customer + 2 => {
                    return Ok(Want::Text);
                }
                _ => {}
            }
        } else if self.event > 0 {
            if name == "Comments" && self.marker.is_some() && depth == self.event + 1 {
                return Ok(Want::Text);
            }
        } else {
            match name {
                "LeadManagement" => self.is_list = true,
                "Prospect" if self.household == 0 => {
                    self.is_list = true;
                    self.household = depth;
                }
                "Customer" if self.household > 0 => {
                    self.customer = depth;
                    let person = self.begin_person();
                    attributes.each(|key, value| {
                        if key == "Type" && value.raw().len() <= 64 {
                            person.kind.push_str(value.raw());
                        }
                    })?;
                }
                "Event" if self.household > 0 => {
                    self.event = depth;
                    let events = &mut self.events;
                    attributes.each(|key, value| {
                        let value = value.raw();
                        let fits = value.len() <= 64 && events.len() < 2048 && !value.contains(' ');
                        let known = || events.split(' ').any(|event| event == value);
                        if key == "EventType" && fits && !known() {
                            events.push_str(if events.is_empty() { "" } else { " " });
                            events.push_str(value);
                        }
                    })?;
                }
                _ => {}
            }
        }
        Ok(Want::Nothing)
    }

    fn close(&mut self, name: &str, depth: usize, text: &str, flaws: Flaws) -> Result<(), Unreadable> {
        if self.customer > 0 {
            if depth == self.customer {
                (self.customer, self.in_name) = (0, false);
            } else if depth == self.customer + 1 && name == "Name" {
                self.in_name = false;
            } else if (name == "Email" && depth == self.customer + 1)
                || (self.in_name && depth == self.customer + 2 && matches!(name, "FirstName" | "LastName"))
            {
                self.field(name, text, flaws);
            }
        } else if self.event > 0 {
            if depth == self.event {
                self.event = 0;
            } else if name == "Comments" && self.marker.as_deref().is_some_and(|marker| text.contains(marker))
            {
                self.is_marked = true;
            }
        } else if self.household > 0 && depth == self.household {
            self.household = 0;
            self.end_household();
        }
        Ok(())
    }
}
