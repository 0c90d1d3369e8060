//! What each operation answers when nothing is wrong, and what it leaves behind.

use super::guests::Event;
use super::request::{Request, escaped};
use super::{Credentials, Document, State};

/// What stands in the result element.
pub enum Result {
    Xml(String),
    /// Only the outer shell.
    Shell,
}

pub fn message(kind: &str, text: &str) -> String {
    format!("<Messages><Message messageType=\"{kind}\">{}</Message></Messages>", escaped(text))
}

fn error(text: &str) -> Result {
    Result::Xml(message("Error", text))
}

/// `visible`: whether a write is kept.
pub fn result(state: &mut State, request: &Request, visible: bool) -> Result {
    match request.operation.as_str() {
        "Ping" => return Result::Xml("pong".into()),
        "GetVersionNumber" => return Result::Xml("Version: 7S.7.60.12".into()),
        "GetServerTime" => {
            let now = jiff::Timestamp::now().as_second() + state.offset_minutes * 60;
            let local = jiff::Timestamp::from_second(now).unwrap_or_default();
            return Result::Xml(format!("{local:.0}").trim_end_matches('Z').to_owned());
        }
        _ => {}
    }
    if let Some(refused) = state.credentials.as_ref().and_then(|wanted| refused(wanted, request)) {
        return refused;
    }
    let lists = ["GetPropertyConfigurations", "GetAttachmentTypesAndChargeCodes"];
    let known = request.property.is_empty() || state.properties.contains_key(&request.property);
    if !known && !lists.contains(&request.operation.as_str()) {
        return error("Invalid or no access to Yardi Property");
    }
    match request.operation.as_str() {
        "GetNewProspects" => {
            let households = state.properties.get(&request.property).into_iter().flatten();
            Result::Xml(households.map(|household| household.rows(&request.property)).collect())
        }
        "UpdateProspectScreening" | "UpdateProspect" => Result::Xml("Success".into()),
        "GetPropertyConfigurations" => {
            let mut codes: Vec<_> = state.properties.keys().collect();
            codes.sort();
            let one = |code: &&String| {
                format!("<Property><Code>{0}</Code><MarketingName>The {0}</MarketingName></Property>", escaped(code))
            };
            Result::Xml(format!("<Properties>{}</Properties>", codes.iter().map(one).collect::<String>()))
        }
        "GetAttachmentTypesAndChargeCodes" => Result::Xml(
            "<AttachmentTypesAndChargeCodes><AttachmentTypes><AttachmentType>Income Verification</AttachmentType></AttachmentTypes></AttachmentTypesAndChargeCodes>".into(),
        ),
        "GetYardiAgentsSourcesResults_Login" => Result::Xml(
            "<AgentsSourcesResults><Agents><AgentName InactiveDate=\"2020-01-01\">Gone Agent</AgentName><AgentName>Example Agent</AgentName></Agents><Sources><SourceName>Website</SourceName></Sources></AgentsSourcesResults>".into(),
        ),
        "ImportYardiGuest_Login" => import(state, request, visible),
        "ImportGuestDocumentExt" | "ImportProspectDocumentPDF" => attach(state, request, visible),
        "GetProspectDocuments" => {
            let prospect = request.value("ProspectCode").unwrap_or_default();
            let theirs = state.documents.iter().filter(|document| document.code == prospect);
            let one = |document: &Document| {
                format!("<Document><FileName>1.pdf</FileName><Description>{}</Description></Document>", escaped(&document.description))
            };
            Result::Xml(format!("<Documents>{}</Documents>", theirs.map(one).collect::<String>()))
        }
        operation if operation.contains("YardiGuestActivity") => guests(state, request),
        other => error(&format!("the operation {other} is not known here")),
    }
}

fn refused(wanted: &Credentials, request: &Request) -> Option<Result> {
    let is = |name: &str, value: &str| request.value(name) == Some(value);
    if !is("UserName", &wanted.user) || !is("Password", &wanted.password) {
        return Some(error("Login failed. Please check login credentials and try again."));
    }
    if !is("ServerName", &wanted.server)
        || !(is("Database", &wanted.database) || is("DataBase", &wanted.database))
    {
        return Some(Result::Shell);
    }
    let conceptual = request.body.contains("urn:hookyard:conceptual");
    if !conceptual && !is("InterfaceEntity", &wanted.entity) {
        return Some(error("Invalid Interface Entity"));
    }
    (!conceptual && !is("InterfaceLicense", &wanted.licence)).then(|| error("License invalid for Vendor"))
}

fn guests(state: &State, request: &Request) -> Result {
    let households = state.properties.get(&request.property).into_iter().flatten();
    let named = |name: &str| request.value(name).filter(|value| !value.is_empty());
    let (first, last) = (named("FirstName"), named("LastName"));
    let found: String = households
        .filter(|household| {
            first.is_none() && last.is_none()
                || household.people.iter().any(|person| {
                    first.is_none_or(|first| person.first_name.eq_ignore_ascii_case(first))
                        && last.is_none_or(|last| person.last_name.eq_ignore_ascii_case(last))
                })
        })
        .map(|household| household.mits(&request.property))
        .collect();
    if found.is_empty() {
        return error("No guests exist with the given search criteria.");
    }
    Result::Xml(format!("<LeadManagement xmlns=\"\"><Prospects>{found}</Prospects></LeadManagement>"))
}

fn import(state: &mut State, request: &Request, visible: bool) -> Result {
    let Some(code) = request.identification("ProspectID") else {
        return error("Missing valid prospect identification");
    };
    let source = request.value("TransactionSource").unwrap_or_default();
    if source != "Website" {
        return error(&format!("Source Name {source} not found in Voyager"));
    }
    let households = state.properties.entry(request.property.clone()).or_default();
    let Some(household) = households.iter_mut().find(|household| household.has(&code)) else {
        return error("Missing valid prospect identification");
    };
    let resident =
        household.people.iter().any(|person| person.code == code && person.kind == "current_resident");
    if resident {
        return error("Prospect Status is 'Resident', Prospect is not editable");
    }
    if visible {
        household.events.push(Event {
            kind: "Other".into(),
            date: "2025-01-16T08:00:00".into(),
            comments: request.value("Comments").unwrap_or_default().to_owned(),
        });
    }
    Result::Xml(message("FYI", &format!("Xml Imported: CustomerID: {code}")))
}

fn attach(state: &mut State, request: &Request, visible: bool) -> Result {
    let code =
        request.value("ProspectOrTenantCode").or_else(|| request.value("ProspectCode")).unwrap_or_default();
    if request.value("AttachmentType") != Some("Income Verification") {
        return error("Attachment Type not found in Voyager");
    }
    let household =
        state.properties.get(&request.property).into_iter().flatten().find(|household| household.has(code));
    let person = household.and_then(|household| {
        household.people.iter().find(|person| person.code == code || person.tenant == code)
    });
    let Some(person) = person else { return error("Missing valid prospect identification") };
    if person.kind == "current_resident" && person.code == code {
        return error("Prospect Status is 'Resident', Prospect is not editable");
    }
    let text = |name: &str| request.value(name).unwrap_or_default().to_owned();
    let document =
        Document { code: code.to_owned(), description: text("Description"), attachment: text("Attachment") };
    if visible {
        state.documents.push(document);
    }
    Result::Xml(message("FYI", "Document imported"))
}
