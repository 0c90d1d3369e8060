//! What becomes of a prospect: left out with a reason, or an invite, which makes an entry unless something must be
//! corrected first. One odd prospect never costs the others.

use std::collections::HashSet;

use super::prospect::Prospect;
use crate::settings::{CodeSource, Profile, Section};

/// `varchar(255)` counts characters.
const ROOM: usize = 255;

/// A prospect, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub code: String,
    pub property: String,
    /// One address, or nothing.
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub flags: Vec<&'static str>,
    /// Good enough for an entry and a mail.
    pub enters: bool,
}

/// A person's code as a tenant, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    pub person: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub code: String,
}

/// Who of an answer is invited.
pub struct Keeping<'a> {
    section: &'a Section,
    voyager: bool,
    /// Households whose main person is kept.
    households: HashSet<&'a str>,
}

impl<'a> Keeping<'a> {
    pub fn new(section: &'a Section, prospects: &'a [Prospect]) -> Keeping<'a> {
        let voyager = section.profile.unwrap_or_default() == Profile::Voyager;
        let main = |prospect: &&Prospect| prospect.is_main() && section.keeps(prospect.kind());
        let households = match voyager {
            true => prospects.iter().filter(main).map(Prospect::household).collect(),
            false => HashSet::new(),
        };
        Keeping { section, voyager, households }
    }

    /// None: kept. The document's service tells neither kinds nor events.
    pub fn leaves_out(&self, prospect: &Prospect) -> Option<String> {
        if !self.voyager {
            return None;
        }
        let with_household = self.section.keep_household.unwrap_or(true);
        let comes_along = !prospect.is_main() && with_household;
        let kept = match comes_along {
            true => self.households.contains(prospect.household()),
            false => self.section.keeps(prospect.kind()),
        };
        if !kept {
            let kind = if prospect.kind().is_empty() { "none" } else { prospect.kind() };
            return Some(format!("kind {}", short(kind)));
        }
        let wanted = self.section.require_event.as_deref().unwrap_or_default();
        let has = |event: &String| prospect.events().any(|one| one.eq_ignore_ascii_case(event));
        (!wanted.is_empty() && !wanted.iter().any(has)).then(|| "no required event".to_owned())
    }

    /// The code that stands for the person.
    fn code<'p>(&self, prospect: &'p Prospect) -> &'p str {
        match self.section.prospect_code_source.unwrap_or_default() {
            CodeSource::Household if self.voyager => prospect.household(),
            CodeSource::Household | CodeSource::Person => prospect.code(),
        }
    }

    /// A person has a code of his own, so that a changed name or address is still the same person.
    pub fn by_code_alone(&self) -> bool {
        self.voyager && self.section.prospect_code_source.unwrap_or_default() == CodeSource::Person
    }

    /// Also of those who are not invited: whoever was, may have moved in since.
    pub fn tenant(&self, prospect: &Prospect, asked: &str) -> Option<Tenant> {
        let clean = |text: &str| text.trim().replace('\0', "");
        let (person, code) = (clean(self.code(prospect)), clean(prospect.tenant()));
        let told = prospect.property().trim();
        let here = told.is_empty() || told.eq_ignore_ascii_case(asked);
        let fits = |code: &str| !code.is_empty() && code.chars().count() <= ROOM;
        (here && fits(&person) && fits(&code)).then(|| Tenant {
            person,
            first_name: name(prospect.first_name(), "", &mut Vec::new()),
            last_name: name(prospect.last_name(), "", &mut Vec::new()),
            code,
        })
    }

    pub fn candidate(&self, prospect: &Prospect, asked: &str) -> Result<Candidate, &'static str> {
        let code = self.code(prospect).trim();
        if code.is_empty() {
            return Err("no code");
        }
        if code.chars().count() > ROOM {
            return Err("the code is longer than 255 characters");
        }
        // What was asked for is what is meant, whatever case the answer has it in.
        let told = prospect.property().trim();
        if !told.is_empty() && !told.eq_ignore_ascii_case(asked) {
            return Err("of another property");
        }
        Ok(judged(
            code,
            asked,
            prospect.first_name(),
            prospect.last_name(),
            prospect.email(),
            prospect.is_altered(),
        ))
    }
}

/// Names cut where they are too long, the address taken only if it is one.
pub fn judged(code: &str, property: &str, first: &str, last: &str, email: &str, altered: bool) -> Candidate {
    let mut flags = Vec::new();
    if altered || [code, first, last, email].iter().any(|text| text.contains('\0')) {
        flags.push("characters_replaced");
    }
    let first_name = name(first, "first_name_cut", &mut flags);
    let last_name = name(last, "last_name_cut", &mut flags);
    let nameless = first_name.is_none() && last_name.is_none();
    if nameless {
        flags.push("name_missing");
    }
    let email = match address(email) {
        Ok(address) => Some(address.to_owned()),
        Err(why) => {
            flags.push(why);
            None
        }
    };
    let enters = email.is_some() && !nameless;
    Candidate {
        code: code.replace('\0', ""),
        property: property.to_owned(),
        email,
        first_name,
        last_name,
        flags,
        enters,
    }
}

fn name(text: &str, cut: &'static str, flags: &mut Vec<&'static str>) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    let clean: String = text.chars().filter(|c| *c != '\0').collect();
    match clean.char_indices().nth(ROOM) {
        Some((end, _)) => {
            flags.push(cut);
            Some(clean[..end].to_owned())
        }
        None => Some(clean),
    }
}

/// One address, or why it is none.
pub fn address(text: &str) -> Result<&str, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("email_missing");
    }
    if text == "0" {
        return Err("email_placeholder");
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return Err("email_without_at") };
    if text.contains([',', ';']) || local.contains('@') {
        return Err("email_several");
    }
    if text.chars().count() > ROOM - 1 {
        return Err("email_too_long");
    }
    if !domain.is_ascii() {
        return Err("email_domain_not_ascii");
    }
    let odd =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '(' | ')' | '"' | '\\');
    let label = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let broken =
        domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') || domain.contains("..");
    if local.is_empty() || text.contains(odd) || broken || !domain.chars().all(label) {
        return Err("email_malformed");
    }
    Ok(text)
}

/// Text of the far side as part of a count's name.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::super::prospect::Parts;
    use super::*;

    #[test]
    fn an_address_is_one_address_or_it_is_said_why_not() {
        for good in ["ada@b.example", " Ada.Okafor+x@Example.test ", "o'brien@b.example", "a@localhost"] {
            assert_eq!(address(good), Ok(good.trim()));
        }
        let long = format!("{}@b.example", "x".repeat(300));
        for (text, why) in [
            ("", "email_missing"),
            ("   ", "email_missing"),
            ("0", "email_placeholder"),
            ("ada", "email_without_at"),
            ("a@b.example;c@d.example", "email_several"),
            ("a@b.example, c@d.example", "email_several"),
            (long.as_str(), "email_too_long"),
            ("a@bücher.example", "email_domain_not_ascii"),
            ("@b.example", "email_malformed"),
            ("a@", "email_malformed"),
            ("a b@c.example", "email_malformed"),
            ("a@b.example\r\nBcc: x", "email_malformed"),
            ("<a@b.example>", "email_malformed"),
        ] {
            assert_eq!(address(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn names_are_stored_whole_up_to_255_characters_and_cut_and_flagged_beyond() {
        let judged = |first: &str, last: &str| judged("p1", "oakst", first, last, "a@b.example", false);
        let whole = judged("O'Brien & Søns <x>", &"😀".repeat(255));
        assert_eq!((whole.flags.len(), whole.last_name.as_deref().map(str::len)), (0, Some(1020)));
        let cut = judged(&"x".repeat(256), "\u{202e}abc");
        assert_eq!(cut.flags, ["first_name_cut"]);
        assert_eq!(cut.first_name.map(|name| name.len()), Some(255));
        assert!(cut.enters, "a name that was cut still makes an entry");
        let blank = judged("  ", "");
        assert_eq!((blank.flags.as_slice(), blank.enters), (&["name_missing"][..], false));
        let dirty = judged("a\0b\u{1b}", "c");
        assert_eq!(dirty.flags, ["characters_replaced"]);
        assert_eq!(dirty.first_name.as_deref(), Some("ab\u{1b}"));
    }

    #[test]
    fn a_roommate_comes_along_with_a_main_person_who_is_kept() {
        let person = |code: &str, kind: &str, household: &str, main: bool| {
            Prospect::new(&Parts {
                code,
                kind,
                household,
                main,
                events: "Email Application",
                ..Parts::default()
            })
        };
        let people = [
            person("p1", "applicant", "p1", true),
            person("p2", "roommate", "p1", false),
            person("p3", "canceled", "p3", true),
            person("p4", "roommate", "p3", false),
        ];
        let section = Section { profile: Some(Profile::Voyager), ..Section::default() };
        let kept = |section: &Section| {
            let keeping = Keeping::new(section, &people);
            people.iter().map(|one| keeping.leaves_out(one).is_none()).collect::<Vec<_>>()
        };
        assert_eq!(kept(&section), [true, true, false, false]);
        let alone = Section { keep_household: Some(false), ..section.clone() };
        assert_eq!(kept(&alone), [true, false, false, false]);
        let strict = Section { require_event: Some(vec!["lease".into()]), ..section.clone() };
        assert_eq!(kept(&strict), [false; 4]);
        let applied = Section { require_event: Some(vec!["application".into()]), ..section };
        assert_eq!(kept(&applied), [true, true, false, false]);
    }
}
