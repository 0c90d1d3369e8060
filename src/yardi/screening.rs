//! What is written back of a screening, in the words each profile uses.

use std::fmt;

use super::account::Hidden;
use crate::clock::Micros;

/// The longest comment that Voyager takes.
const LONGEST_NOTE: usize = 256;

/// One completed entry on its way to the person's record.
#[derive(Clone, Debug)]
pub struct Screening {
    /// Yardi's code of the property.
    pub property: String,
    pub prospect: String,
    /// Blank names go as one space.
    pub first_name: String,
    pub last_name: String,
    /// `Completed`, `Clean`, `Approved`: the words as they go out.
    pub status: String,
    pub fraud: String,
    pub income: String,
    pub asset: Option<String>,
    pub report_url: Hidden,
    /// What our own write is found by: `[hy:entry/7f3c0a9b0000]`.
    pub marker: String,
    /// Now: the date of the note.
    pub at: Micros,
    /// Yardi's code once the person is a tenant, for documents.
    pub tenant: Option<String>,
    pub document: Option<Document>,
}

/// A report as a file.
#[derive(Clone)]
pub struct Document {
    pub bytes: Vec<u8>,
    /// `pdf`, without a dot.
    pub extension: String,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes of {})", self.bytes.len(), self.extension)
    }
}

/// What a document of ours is found by in its description: `hy entry 7f3c0a9b0000`.
pub fn document_marker(marker: &str) -> String {
    let id = marker.trim_start_matches("[hy:entry/").trim_end_matches(']');
    format!("hy entry {id}")
}

/// The comment of a note: marker and address always, the words as far as they fit.
pub fn note(screening: &Screening) -> Result<String, &'static str> {
    let (marker, url) = (screening.marker.as_str(), screening.report_url.reveal());
    let words = [
        format!("Screening {}", screening.status),
        format!("fraud {}", screening.fraud),
        format!("income {}", screening.income),
    ];
    for kept in (0..=words.len()).rev() {
        let middle = words[..kept].join("; ");
        let note = match (kept, url.is_empty()) {
            (0, true) => marker.to_owned(),
            (0, false) => format!("{marker} {url}"),
            (_, true) => format!("{marker} {middle}"),
            (_, false) => format!("{marker} {middle}; {url}"),
        };
        if note.chars().count() <= LONGEST_NOTE {
            return Ok(note);
        }
    }
    Err("marker and address of the report are longer than the 256 characters of a note")
}

/// The marker of an entry, as short as stays unique in practice.
pub fn marker(entry_id: &uuid::Uuid) -> String {
    let id = entry_id.simple().to_string();
    format!("[hy:entry/{}]", &id[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screening(url: &str) -> Screening {
        Screening {
            property: "oakst".into(),
            prospect: "p1".into(),
            first_name: "Ada".into(),
            last_name: "Okafor".into(),
            status: "Completed".into(),
            fraud: "Clean".into(),
            income: "Approved".into(),
            asset: None,
            report_url: Hidden::new(url),
            marker: "[hy:entry/7f3c0a9b0000]".into(),
            at: 0,
            tenant: None,
            document: None,
        }
    }

    #[test]
    fn a_note_gives_up_words_before_the_address_and_never_the_marker() {
        let short = note(&screening("https://app.example.test/r/7f3c0a9b")).expect("it fits");
        assert_eq!(
            short,
            "[hy:entry/7f3c0a9b0000] Screening Completed; fraud Clean; income Approved; https://app.example.test/r/7f3c0a9b"
        );
        let url = format!("https://app.example.test/{}", "x".repeat(180));
        let long = note(&screening(&url)).expect("it fits");
        assert!(long.chars().count() <= 256 && long.ends_with(&url) && long.starts_with("[hy:entry/"));
        assert!(!long.contains("income"));
        assert!(note(&screening(&"x".repeat(250))).is_err());
        assert_eq!(document_marker("[hy:entry/7f3c0a9b0000]"), "hy entry 7f3c0a9b0000");
    }
}
