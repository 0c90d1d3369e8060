//! `[yardi]` and `[yardi.<short_id>]`: what the database does not hold of an integration. A key of a section wins over
//! the same key of `[yardi]`; an unknown key is an error. Long because one list makes the keys, their reading, their
//! merging and their showing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{count, duration};
use crate::cloak::Mode;

/// What can be said for all integrations or for one.
macro_rules! section {
    ($($(#[$about:meta])* $name:ident: $kind:ty,)*) => {
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Section {
            $($(#[$about])* pub $name: Option<$kind>,)*
        }

        impl Section {
            /// False where the key is none of ours.
            fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
                match key {
                    $(stringify!($name) => self.$name = Some(map.next_value::<Read<$kind>>()?.0),)*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            /// `other`'s value wherever it has one.
            fn under(&self, other: &Section) -> Section {
                Section { $($name: other.$name.clone().or_else(|| self.$name.clone()),)* }
            }

            /// The keys that are set, as they are shown.
            pub fn shown(&self) -> Vec<(&'static str, String)> {
                let mut shown = Vec::new();
                $(if let Some(value) = &self.$name {
                    shown.push((stringify!($name), value.shown()));
                })*
                shown
            }
        }
    };
}

section! {
    profile: Profile,
    /// How `yardi_integrations.password` is stored.
    password_mode: Mode,
    /// `conceptual`: the namespace of the operations.
    namespace: String,
    /// The same from a local WSDL file's targetNamespace.
    wsdl: PathBuf,
    /// `voyager`: InterfaceEntity.
    entity: String,
    /// `voyager`: InterfaceLicense, from a file or a variable; never here.
    license_file: PathBuf,
    license_env: String,
    /// For one call.
    timeout: Duration,
    /// The longest answer that is read.
    answer_mib: usize,
    /// SOAP 1.2 instead of 1.1.
    soap12: bool,
    /// Between two properties.
    pause: Duration,
    /// How far a window reaches back before the last poll.
    overlap: Duration,
    /// How far back a window reaches at most.
    max_window: Duration,
    operation: Operation,
    /// `voyager`: kinds of customers that are invited.
    keep: Vec<String>,
    /// Roommates, spouses and guarantors come along with a main person who is kept.
    keep_household: bool,
    /// A household is kept only if it has an event of one of these types.
    require_event: Vec<String>,
    prospect_code_source: CodeSource,
    /// How a result is written back.
    submit: Vec<Way>,
    /// `conceptual`: `UpdateProspectScreening`, or the document's other name for it.
    submit_operation: String,
    /// Send AssetResult as well.
    asset_result: bool,
    /// Read a write back before it counts.
    confirm: bool,
    /// A Voyager label for attachments; wins over the integration's attachment_type.
    attachment: String,
    /// The report's file, with `{entry_id}` and `{short_id}`.
    document: String,
    /// A source and an agent that Voyager knows for the property.
    source: String,
    agent: String,
    /// The link in an invite, with `{entry_id}` and `{short_id}`.
    invite_url: String,
}

impl Section {
    pub fn pause(&self) -> Duration {
        self.pause.unwrap_or(Duration::from_millis(100))
    }

    /// Thirty-one days: an outage or an activation longer ago is announced, and `--since` reaches further.
    pub fn max_window(&self) -> Duration {
        self.max_window.unwrap_or(Duration::from_secs(31 * 86_400))
    }

    pub fn keeps(&self, kind: &str) -> bool {
        const USUAL: [&str; 4] = ["applicant", "prospect", "approved_applicant", "future_resident"];
        match &self.keep {
            Some(kinds) => kinds.iter().any(|one| one.eq_ignore_ascii_case(kind)),
            None => USUAL.iter().any(|one| one.eq_ignore_ascii_case(kind)),
        }
    }
}

/// Which interface stands at the other end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The operations of the integration layer's document.
    #[default]
    Conceptual,
    /// Yardi Voyager's ILS / Guest Card interface.
    Voyager,
}

/// What `voyager` asks for prospects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    #[default]
    DateRange,
    EventType,
    Recent,
    Login,
}

/// Which code stands for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodeSource {
    #[default]
    Person,
    Household,
}

/// One way of writing a result to a guest card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A note in the activity history.
    Event,
    /// The report as a file.
    Document,
    /// The report's address as a document.
    Weblink,
}

/// One of a few words.
trait Word: Sized + Copy + PartialEq + 'static {
    const WORDS: &'static [(&'static str, Self)];

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, one)| *one == self).map_or("", |(word, _)| word)
    }
}

impl Word for Profile {
    const WORDS: &'static [(&'static str, Self)] =
        &[("conceptual", Profile::Conceptual), ("voyager", Profile::Voyager)];
}

impl Word for Operation {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("date_range", Operation::DateRange),
        ("event_type", Operation::EventType),
        ("recent", Operation::Recent),
        ("login", Operation::Login),
    ];
}

impl Word for CodeSource {
    const WORDS: &'static [(&'static str, Self)] =
        &[("person", CodeSource::Person), ("household", CodeSource::Household)];
}

impl Word for Mode {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("auto", Mode::Auto),
        ("cloak-base64", Mode::CloakBase64),
        ("cloak-bytea", Mode::CloakBytea),
        ("plain", Mode::Plain),
    ];
}

impl Word for Way {
    const WORDS: &'static [(&'static str, Self)] =
        &[("event", Way::Event), ("document", Way::Document), ("weblink", Way::Weblink)];
}

impl Profile {
    pub fn name(self) -> &'static str {
        self.word()
    }
}

/// How a value is read from the file and shown.
trait Value: Sized {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
    fn shown(&self) -> String;
}

struct Read<T>(T);

impl<'de, T: Value> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read(from).map(Read)
    }
}

impl Value for String {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)
    }

    fn shown(&self) -> String {
        self.clone()
    }
}

impl Value for bool {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        bool::deserialize(from)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        count(&i64::deserialize(from)?.to_string()).map_err(Error::custom)
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Value for Duration {
    /// Nothing at all is a length here: `overlap = "0s"`.
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match String::deserialize(from)?.as_str() {
            "0" | "0s" => Ok(Duration::ZERO),
            text => duration(text).map_err(Error::custom),
        }
    }

    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for PathBuf {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        PathBuf::deserialize(from)
    }

    fn shown(&self) -> String {
        self.display().to_string()
    }
}

impl Value for Vec<String> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from)
    }

    fn shown(&self) -> String {
        self.join(", ")
    }
}

impl<T: Word> Value for T {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let words = || T::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let found = T::WORDS.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.ok_or_else(|| Error::custom(format!("is none of {}", words())))
    }

    fn shown(&self) -> String {
        self.word().to_owned()
    }
}

impl Value for Vec<Way> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let ways: Vec<Read<Way>> = Vec::deserialize(from)?;
        Ok(ways.into_iter().map(|way| way.0).collect())
    }

    fn shown(&self) -> String {
        self.iter().map(|way| way.word()).collect::<Vec<_>>().join(", ")
    }
}

/// Refuses a value, so that the error has its place.
struct Unknown<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Unknown<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(Error::custom(format!("unknown field `{}`", self.0)))
    }
}

/// The whole of `[yardi]`.
#[derive(Clone, Debug, Default)]
pub struct Yardi {
    /// Integrations asked side by side.
    pub concurrency: Option<usize>,
    /// How long an integration is ours without renewal.
    pub lease: Option<Duration>,
    /// How long after its completion a result is submitted, or submitted again when it has changed.
    pub submit_window: Option<Duration>,
    /// More texts of refusals, with the class of each.
    pub texts: BTreeMap<String, String>,
    pub all: Section,
    pub sections: BTreeMap<String, Section>,
}

impl Yardi {
    /// What is in force for one integration.
    pub fn of(&self, short_id: Option<&str>) -> Section {
        match short_id.and_then(|short_id| self.sections.get(short_id)) {
            Some(section) => self.all.under(section),
            None => self.all.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Section {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Section;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table: [yardi] has no such key, and every other name is the short_id of an integration")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Section, A::Error> {
                let mut section = Section::default();
                while let Some(key) = map.next_key::<String>()? {
                    if !section.take(&key, &mut map)? {
                        map.next_value_seed(Unknown(&key))?;
                    }
                }
                Ok(section)
            }
        }
        from.deserialize_any(Keys)
    }
}

impl<'de> Deserialize<'de> for Yardi {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Yardi;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Yardi, A::Error> {
                let mut yardi = Yardi::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "concurrency" => yardi.concurrency = Some(map.next_value::<Read<usize>>()?.0),
                        "lease" => yardi.lease = Some(map.next_value::<Read<Duration>>()?.0),
                        "submit_window" => yardi.submit_window = Some(map.next_value::<Read<Duration>>()?.0),
                        "texts" => yardi.texts = map.next_value()?,
                        key if yardi.all.take(key, &mut map)? => {}
                        // Whatever is no key of ours is the section of an integration.
                        key => drop(yardi.sections.insert(key.to_owned(), map.next_value()?)),
                    }
                }
                Ok(yardi)
            }
        }
        from.deserialize_map(Keys)
    }
}
