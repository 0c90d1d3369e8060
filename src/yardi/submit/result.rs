//! What is written back of an entry, and whether it is due: pure decisions over what the tables say.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::super::account::Hidden;
use super::super::screening::{self, Screening};
use crate::clock::Micros;

/// A completed entry with a link, and our newest submission of it.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub entry_id: Uuid,
    pub short_id: Option<String>,
    pub prospect_code: Option<String>,
    pub integration_id: Uuid,
    pub property_id: Uuid,
    pub property_code: Option<String>,
    pub property_active: bool,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub fraud: Option<String>,
    pub income: Option<String>,
    pub asset: Option<String>,
    pub report_url: Option<Hidden>,
    pub completed_at: Option<Micros>,
    /// Results completed before were another application's to submit.
    pub submitted_before: Option<Micros>,
    /// The prospect came from another integration than the property has now.
    pub is_strange: bool,
    /// Yardi's code once the person is a tenant, by the newest poll.
    pub tenant_code: Option<String>,
    pub newest: Option<Newest>,
}

#[derive(Clone, Debug)]
pub struct Newest {
    pub id: Uuid,
    pub state: String,
    pub revision: i32,
    pub values_sha256: Vec<u8>,
    pub marker: String,
    pub class: Option<String>,
}

impl Candidate {
    /// Only a change would be written again.
    pub fn is_settled(&self) -> bool {
        self.newest.as_ref().is_some_and(|newest| matches!(newest.state.as_str(), "accepted" | "refused"))
    }
}

/// Why something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    New,
    /// The result is another than the one that was accepted.
    Changed,
    /// An earlier write was not taken, or nobody knows: a reading decides.
    Unsettled,
    /// A person asks for it although it was refused, or although it stands there.
    Again,
}

impl Why {
    pub fn word(self) -> &'static str {
        match self {
            Why::New => "new",
            Why::Changed => "changed",
            Why::Unsettled => "unsettled",
            Why::Again => "again",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Submit(Why),
    /// It stands there as it is.
    Done,
    LeaveOut(&'static str),
}

/// `named`: a person asks for this entry.
pub fn decide(candidate: &Candidate, values: &[u8], named: bool) -> Decision {
    if candidate.completed_at.is_none() {
        return Decision::LeaveOut("not completed");
    }
    if candidate.prospect_code.as_deref().is_none_or(|code| code.trim().is_empty()) {
        return Decision::LeaveOut("no prospect code");
    }
    if !candidate.property_active {
        return Decision::LeaveOut("the property is not active");
    }
    if candidate.property_code.as_deref().is_none_or(|code| code.trim().is_empty()) {
        return Decision::LeaveOut("the property has no code");
    }
    // The codes of two databases may collide: a result never goes where its prospect did not come from.
    if candidate.is_strange {
        return Decision::LeaveOut("the prospect came from another integration");
    }
    let Some(newest) = &candidate.newest else {
        let before = match (candidate.completed_at, candidate.submitted_before) {
            (Some(completed), Some(before)) => completed <= before,
            _ => false,
        };
        return match before && !named {
            true => Decision::LeaveOut("completed before another application's last submission"),
            false => Decision::Submit(Why::New),
        };
    };
    let same = newest.values_sha256 == values;
    // Written, taken, and not there: writing once more would go the same way.
    let is_ghost = newest.state == "unknown" && newest.class.as_deref() == Some("ghost");
    if is_ghost && same && !named {
        return Decision::LeaveOut("accepted before and not visible on the card");
    }
    match (newest.state.as_str(), same) {
        ("pending" | "unknown", true) => Decision::Submit(Why::Unsettled),
        (_, false) => Decision::Submit(Why::Changed),
        ("refused", true) if named => Decision::Submit(Why::Again),
        ("refused", true) => Decision::LeaveOut("refused before, with the same values"),
        _ => Decision::Done,
    }
}

/// The words as they go out.
pub fn screening(candidate: &Candidate, asset_result: bool, at: Micros) -> Screening {
    let text = |value: &Option<String>| value.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let codes = text(&candidate.property_code);
    Screening {
        // Lists are typed with commas; a prospect belongs to one, and the first is asked.
        property: codes.split(',').next().unwrap_or_default().trim().to_owned(),
        prospect: text(&candidate.prospect_code),
        first_name: text(&candidate.first_name),
        last_name: text(&candidate.last_name),
        status: "Completed".to_owned(),
        fraud: titled(candidate.fraud.as_deref()),
        income: titled(candidate.income.as_deref()),
        asset: candidate.asset.as_deref().filter(|_| asset_result).map(|value| titled(Some(value))),
        report_url: candidate.report_url.clone().unwrap_or_default(),
        marker: screening::marker(&candidate.entry_id),
        at,
        // `r…` is whoever lives with a tenant, and has no ledger that takes documents.
        tenant: Some(text(&candidate.tenant_code))
            .filter(|code| !code.is_empty() && !code.starts_with(['r', 'R'])),
        document: None,
    }
}

/// `APPROVED` reads `Approved` here, `NEEDS_REVIEW` `Needs Review`.
fn titled(value: Option<&str>) -> String {
    let words = value.unwrap_or_default().split(['_', ' ']).filter(|word| !word.is_empty());
    let word = |word: &str| {
        let mut letters = word.chars();
        let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
        first + &letters.as_str().to_lowercase()
    };
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// What is compared, to see whether a result has changed.
pub fn values(screening: &Screening) -> Vec<u8> {
    let parts = [
        screening.status.as_str(),
        &screening.fraud,
        &screening.income,
        screening.asset.as_deref().unwrap_or_default(),
        screening.report_url.reveal(),
    ];
    Sha256::digest(parts.join("\u{1f}").as_bytes()).to_vec()
}

/// Each revision has its own, or an old note would be taken for the new one.
pub fn marker(entry: &Uuid, revision: i32) -> String {
    let first = screening::marker(entry);
    match revision {
        ..=1 => first,
        _ => format!("{}.{revision}]", first.trim_end_matches(']')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate() -> Candidate {
        Candidate {
            entry_id: Uuid::nil(),
            short_id: None,
            prospect_code: Some("PROS-1".into()),
            integration_id: Uuid::nil(),
            property_id: Uuid::nil(),
            property_code: Some("PROP-700".into()),
            property_active: true,
            first_name: Some("Ada".into()),
            last_name: None,
            fraud: Some("CLEAN".into()),
            income: Some("NEEDS_REVIEW".into()),
            asset: Some("APPROVED".into()),
            report_url: Some(Hidden::new("https://app.example.test/r/1")),
            completed_at: Some(100),
            submitted_before: None,
            is_strange: false,
            tenant_code: None,
            newest: None,
        }
    }

    fn newest(state: &str, values: &[u8]) -> Option<Newest> {
        let (id, marker) = (Uuid::nil(), String::new());
        Some(Newest {
            id,
            state: state.into(),
            revision: 1,
            values_sha256: values.to_vec(),
            marker,
            class: None,
        })
    }

    #[test]
    fn the_words_are_the_documents_and_extras_are_off() {
        let plain = screening(&candidate(), false, 0);
        assert_eq!(
            (plain.fraud.as_str(), plain.income.as_str(), plain.asset),
            ("Clean", "Needs Review", None)
        );
        assert_eq!(screening(&candidate(), true, 0).asset.as_deref(), Some("Approved"));
        assert_eq!(titled(None), "");
    }

    #[test]
    fn what_stands_there_is_not_sent_again_and_what_changed_is() {
        let now = values(&screening(&candidate(), false, 0));
        let with =
            |newest: Option<Newest>, named: bool| decide(&Candidate { newest, ..candidate() }, &now, named);
        assert_eq!(with(None, false), Decision::Submit(Why::New));
        assert_eq!(with(newest("accepted", &now), false), Decision::Done);
        assert_eq!(with(newest("accepted", &now), true), Decision::Done, "a note may not happen twice");
        assert_eq!(with(newest("accepted", b"other"), false), Decision::Submit(Why::Changed));
        assert_eq!(with(newest("unknown", &now), false), Decision::Submit(Why::Unsettled));
        assert_eq!(with(newest("pending", &now), false), Decision::Submit(Why::Unsettled));
        assert!(matches!(with(newest("refused", &now), false), Decision::LeaveOut(_)));
        assert_eq!(with(newest("refused", &now), true), Decision::Submit(Why::Again));
        assert_eq!(with(newest("refused", b"other"), false), Decision::Submit(Why::Changed));
    }

    #[test]
    fn what_is_not_ours_to_submit_is_left_out() {
        let left = |candidate: Candidate, named: bool| {
            matches!(decide(&candidate, b"", named), Decision::LeaveOut(_))
        };
        assert!(left(Candidate { is_strange: true, ..candidate() }, true), "not even when asked");
        assert!(left(Candidate { completed_at: None, ..candidate() }, true));
        assert!(left(Candidate { prospect_code: Some(" ".into()), ..candidate() }, true));
        assert!(left(Candidate { property_active: false, ..candidate() }, true));
        let old = Candidate { submitted_before: Some(200), ..candidate() };
        assert!(left(old.clone(), false) && !left(old, true));
        assert_eq!(marker(&Uuid::nil(), 1), "[hy:entry/000000000000]");
        assert_eq!(marker(&Uuid::nil(), 2), "[hy:entry/000000000000.2]");
    }
}
