//! What a call to Yardi needs to know of an integration: where it is, who asks, in which dialect.

use std::fmt;
use std::time::Duration;

use super::redact::Redactor;
use super::trouble::Texts;
pub use crate::settings::{Operation, Profile, Way};

/// Text that is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    pub fn new(text: impl Into<String>) -> Hidden {
        Hidden(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Clone, Debug)]
pub struct Account {
    pub profile: Profile,
    /// `soap_endpoint` as it is stored.
    pub endpoint: String,
    pub user: String,
    pub password: Hidden,
    /// The SQL Server instance, not a host.
    pub server: String,
    pub database: String,
    pub platform: String,
    /// Our name as Yardi registered it; `voyager` only.
    pub entity: String,
    pub licence: Hidden,
    /// Of the `conceptual` profile; none takes the usual one.
    pub namespace: Option<String>,
    pub options: Options,
}

/// How to ask, where installations differ.
#[derive(Clone, Debug)]
pub struct Options {
    /// SOAP 1.2 envelopes.
    pub soap12: bool,
    /// `UpdateProspect` instead of `UpdateProspectScreening`; `conceptual` only.
    pub update_prospect: bool,
    /// Send `AssetResult`, too; `conceptual` only.
    pub asset_result: bool,
    /// How guests are asked for; `voyager` only.
    pub operation: Operation,
    /// The event types asked for by `event_type`.
    pub event_types: Vec<String>,
    /// How a result goes to the guest card; `voyager` only.
    pub ways: Vec<Way>,
    /// Read back what was written.
    pub confirm: bool,
    /// Who writes a note: an active agent of the property; none takes the first that Yardi lists.
    pub agent: Option<(String, String)>,
    /// A source configured for the property, to the letter; none takes the first that Yardi lists.
    pub source: Option<String>,
    /// The label that documents are filed under.
    pub attachment_type: Option<String>,
    /// One call in all, its tries included.
    pub timeout: Duration,
    /// Before the second and the third try of a read.
    pub pauses: [Duration; 2],
    /// The longest answer, in bytes.
    pub answer_cap: u64,
    pub texts: Texts,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            soap12: false,
            update_prospect: false,
            asset_result: false,
            operation: Operation::default(),
            event_types: Vec::new(),
            ways: vec![Way::Event],
            confirm: true,
            agent: None,
            source: None,
            attachment_type: None,
            timeout: Duration::from_secs(120),
            pauses: [Duration::from_secs(5), Duration::from_secs(15)],
            answer_cap: 64 << 20,
            texts: Texts::default(),
        }
    }
}

impl Account {
    /// Hides what of this account may come back in an answer.
    pub fn redactor(&self) -> Redactor {
        Redactor::new([self.password.reveal(), self.licence.reveal(), self.user.as_str()])
    }
}
