//! The report's file, where results go with one.

use super::super::screening::Document;
use super::result::Candidate;
use crate::settings::Section;

/// Yardi takes no more than this.
const LONGEST: u64 = 49_875_000;
const TAKEN: [&str; 8] = ["pdf", "doc", "docx", "xls", "xlsx", "jpg", "jpeg", "png"];

/// None where no file is configured. A file that is away is a reason to wait, not to write half of it.
pub fn document(section: &Section, candidate: &Candidate) -> Result<Option<Document>, String> {
    let Some(template) = &section.document else { return Ok(None) };
    let short_id = candidate.short_id.as_deref().unwrap_or_default();
    if template.contains("{short_id}")
        && (short_id.is_empty() || short_id.contains(['/', '\0']) || short_id == "..")
    {
        return Err("the entry's short_id is no name of a file".into());
    }
    let path =
        template.replace("{entry_id}", &candidate.entry_id.to_string()).replace("{short_id}", short_id);
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let extension = ending
        .filter(|ending| TAKEN.contains(&ending.as_str()))
        .ok_or_else(|| format!("Yardi takes files of {} only", TAKEN.join(", ")))?;
    let length = std::fs::metadata(&path).map_err(|why| format!("the report {path}: {why}"))?.len();
    if length > LONGEST {
        return Err(format!("the report {path} has {length} bytes, and Yardi takes {LONGEST}"));
    }
    let bytes = std::fs::read(&path).map_err(|why| format!("the report {path}: {why}"))?;
    Ok(Some(Document { bytes, extension }))
}
