//! Writing to a guest card: look for our own marker, write, read back. A write whose answer was lost is never
//! repeated; reading decides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::client::{Call, Client, Lost};
use super::voyager::{self, DOCUMENTS, Learnt, USUAL};
use super::{Accepted, Reference, WriteTrouble};
use crate::yardi::account::Way;
use crate::yardi::answer::Lists;
use crate::yardi::screening::{self, Document, Screening};
use crate::yardi::trouble::{Class, Trouble};
use crate::yardi::window;

const IMPORT: &str = "ImportYardiGuest_Login";

/// What Yardi takes at most, as Base64.
const LONGEST_DOCUMENT: usize = 66_500_000;

pub async fn submit(
    client: &Client,
    learnt: &Learnt,
    screening: &Screening,
) -> Result<Accepted, WriteTrouble> {
    let mut ways = client.account().options.ways.clone();
    if screening.document.is_some() && !ways.contains(&Way::Document) {
        ways.push(Way::Document);
    }
    let mut all = Accepted { confirmed: true, already: true };
    let mut card = Card::Open;
    for way in ways {
        let accepted = match way {
            Way::Event => match note(client, learnt, screening).await {
                // The card of a tenant is closed; a document still finds its way.
                Err(WriteTrouble::Refused(trouble))
                    if trouble.class == Class::NotEditable && screening.document.is_some() =>
                {
                    tracing::info!(target: "hookyard::yardi", "the card takes no note: a document is put on it");
                    card = Card::Closed;
                    continue;
                }
                other => other?,
            },
            Way::Document => match &screening.document {
                Some(document) => match file(client, screening, &File::of(document), card).await {
                    // Known to be closed only now: nothing was filed.
                    Err(WriteTrouble::Refused(trouble))
                        if trouble.class == Class::NotEditable
                            && card == Card::Open
                            && screening.tenant.is_some() =>
                    {
                        card = Card::Closed;
                        file(client, screening, &File::of(document), card).await?
                    }
                    other => other?,
                },
                None => continue,
            },
            Way::Weblink => {
                file(client, screening, &File::Link(screening.report_url.reveal()), Card::Open).await?
            }
        };
        all.confirmed &= accepted.confirmed;
        all.already &= accepted.already;
    }
    Ok(all)
}

async fn note(client: &Client, learnt: &Learnt, screening: &Screening) -> Result<Accepted, WriteTrouble> {
    let refused = WriteTrouble::Refused;
    let comment =
        screening::note(screening).map_err(|why| refused(client.trouble(Class::Validation, IMPORT, why)))?;
    if voyager::find_marker(client, learnt, screening).await.map_err(refused)? {
        return Ok(Accepted { confirmed: true, already: true });
    }
    let reference = reference(client, learnt, &screening.property).await.map_err(refused)?;
    let offset = voyager::offset(client, learnt, screening.at).await.map_err(refused)?;
    let call = import(client, screening, &comment, &reference, offset).map_err(refused)?;
    let written = written(client, &call).await;
    if let Err(WriteTrouble::Refused(_)) = &written {
        return written.map(|()| Accepted { confirmed: false, already: false });
    }
    let confirm = client.account().options.confirm || written.is_err();
    let seen = if confirm { Some(voyager::find_marker(client, learnt, screening).await) } else { None };
    settled(client, IMPORT, written, seen)
}

/// What writing and reading back come to together.
fn settled(
    client: &Client,
    operation: &str,
    written: Result<(), WriteTrouble>,
    seen: Option<Result<bool, Trouble>>,
) -> Result<Accepted, WriteTrouble> {
    match (written, seen) {
        (_, Some(Ok(true))) => Ok(Accepted { confirmed: true, already: false }),
        (Err(trouble), _) => Err(trouble),
        (Ok(()), Some(Ok(false))) => {
            let text = "accepted, and not there when read back";
            Err(WriteTrouble::Unknown(client.trouble(Class::Ghost, operation, text)))
        }
        (Ok(()), Some(Err(_)) | None) => Ok(Accepted { confirmed: false, already: false }),
    }
}

/// Send once; nothing, or why not.
async fn written(client: &Client, call: &Call) -> Result<(), WriteTrouble> {
    let heard = client.write(call, Lists::default()).await.map_err(|lost| match lost {
        Lost::Sure(trouble) => WriteTrouble::Refused(trouble),
        Lost::Unsure(trouble) => WriteTrouble::Unknown(trouble),
    })?;
    client.judge(&heard.told, call.operation).map_err(WriteTrouble::of_answer)?;
    Ok(())
}

fn import(
    client: &Client,
    screening: &Screening,
    comment: &str,
    reference: &Reference,
    offset: i32,
) -> Result<Call, Trouble> {
    let Some((first, last)) = reference.agents.first() else {
        let text = "no active agent is configured for the property";
        return Err(client.trouble(Class::ReferenceData, IMPORT, text));
    };
    let Some(source) = reference.sources.first() else {
        let text = "no source is configured for the property";
        return Err(client.trouble(Class::ReferenceData, IMPORT, text));
    };
    let mut writer = voyager::begin(client, IMPORT, USUAL, None);
    writer.open("XmlDoc");
    writer.open_with("LeadManagement", &[("xmlns", "")]);
    ["Prospects", "Prospect", "Customers"].into_iter().for_each(|name| writer.open(name));
    writer.open_with("Customer", &[("Type", "prospect")]);
    for (kind, value) in [("ProspectID", &screening.prospect), ("PropertyID", &screening.property)] {
        writer
            .empty("Identification", &[("IDType", kind), ("IDValue", value), ("OrganizationName", "Yardi")]);
    }
    writer.open("Name");
    writer.value("FirstName", one_space(&screening.first_name));
    writer.value("LastName", one_space(&screening.last_name));
    // Name, Customer, Customers
    (0..3).for_each(|_| writer.close());
    writer.open("Events");
    let date = window::local(screening.at, offset);
    writer.open_with("Event", &[("EventType", "Other"), ("EventDate", &date)]);
    writer.empty("EventID", &[("IDValue", "")]);
    writer.open("Agent");
    writer.open("AgentName");
    writer.value("FirstName", first);
    writer.value("LastName", last);
    (0..2).for_each(|_| writer.close());
    writer.value("FirstContact", "false");
    writer.value("Comments", comment);
    writer.value("TransactionSource", source);
    Ok(voyager::call(client, IMPORT, writer))
}

fn one_space(name: &str) -> &str {
    if name.trim().is_empty() { " " } else { name }
}

/// Agent and source: as configured, else the first that Yardi lists.
async fn reference(client: &Client, learnt: &Learnt, property: &str) -> Result<Reference, Trouble> {
    let options = &client.account().options;
    if let (Some(agent), Some(source)) = (&options.agent, &options.source) {
        return Ok(Reference { agents: vec![agent.clone()], sources: vec![source.clone()] });
    }
    let mut known = learnt.agents.lock().await;
    let mut reference = match known.get(property) {
        Some(reference) => reference.clone(),
        None => super::reference(client, property).await?,
    };
    known.insert(property.to_owned(), reference.clone());
    if let Some(agent) = &options.agent {
        reference.agents = vec![agent.clone()];
    }
    if let Some(source) = &options.source {
        reference.sources = vec![source.clone()];
    }
    Ok(reference)
}

/// What is attached.
enum File<'a> {
    Bytes(&'a Document),
    Link(&'a str),
}

impl<'a> File<'a> {
    fn of(document: &'a Document) -> File<'a> {
        File::Bytes(document)
    }
}

/// A guest card is closed once the person is a tenant, and then documents go to the tenant's code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Card {
    Open,
    Closed,
}

async fn file(
    client: &Client,
    screening: &Screening,
    file: &File<'_>,
    card: Card,
) -> Result<Accepted, WriteTrouble> {
    let refused = WriteTrouble::Refused;
    let marker = screening::document_marker(&screening.marker);
    let code = match (&screening.tenant, card) {
        (Some(tenant), Card::Closed) => tenant,
        _ => &screening.prospect,
    };
    let is_there = async || filed(client, screening, code, &marker).await;
    if is_there().await.map_err(refused)? {
        return Ok(Accepted { confirmed: true, already: true });
    }
    let call = attach(client, screening, file, code, &marker).map_err(refused)?;
    let written = written(client, &call).await;
    if let Err(WriteTrouble::Refused(_)) = &written {
        return written.map(|()| Accepted { confirmed: false, already: false });
    }
    let confirm = client.account().options.confirm || written.is_err();
    let seen = if confirm { Some(is_there().await) } else { None };
    settled(client, call.operation, written, seen)
}

/// Whether it lies under either of the person's codes. Where it is about to be written has to be read; the other code
/// may be one that Yardi no longer knows, or does not know yet.
async fn filed(client: &Client, screening: &Screening, code: &str, marker: &str) -> Result<bool, Trouble> {
    for one in std::iter::once(&screening.prospect).chain(&screening.tenant) {
        match documents(client, &screening.property, one).await {
            Ok(all) if all.iter().any(|description| description.contains(marker)) => return Ok(true),
            Ok(_) => {}
            Err(trouble)
                if one != code && matches!(trouble.class, Class::Validation | Class::NotEditable) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(false)
}

fn attach(
    client: &Client,
    screening: &Screening,
    file: &File<'_>,
    code: &str,
    marker: &str,
) -> Result<Call, Trouble> {
    let operation = match file {
        File::Bytes(_) => "ImportGuestDocumentExt",
        File::Link(_) => "ImportProspectDocumentPDF",
    };
    let Some(label) = client.account().options.attachment_type.as_deref() else {
        let text = "no attachment type is configured: documents are filed under a label of Voyager";
        return Err(client.trouble(Class::ReferenceData, operation, text));
    };
    let mut writer = voyager::begin(client, operation, DOCUMENTS, Some(&screening.property));
    let description = format!("{marker} - {}", screening.status);
    match file {
        File::Bytes(document) => {
            let attachment = BASE64.encode(&document.bytes);
            if attachment.len() > LONGEST_DOCUMENT {
                let text = "the document is larger than the 49,875,000 bytes that Yardi takes";
                return Err(client.trouble(Class::Validation, operation, text));
            }
            writer.value("ProspectOrTenantCode", code);
            writer.value("AttachmentType", label);
            writer.value("Attachment", &attachment);
            writer.value("Description", &description);
            writer.value("FileExtension", &document.extension);
        }
        File::Link(url) => {
            writer.value("WebLink", "true");
            writer.value("ProspectCode", &screening.prospect);
            writer.value("AttachmentType", label);
            writer.value("Attachment", url);
            writer.value("Description", &description);
        }
    }
    Ok(voyager::call(client, operation, writer))
}

/// Whatever the list of a person's documents says of each.
pub async fn documents(client: &Client, property: &str, prospect: &str) -> Result<Vec<String>, Trouble> {
    const LIST: &str = "GetProspectDocuments";
    let mut writer = voyager::begin(client, LIST, USUAL, Some(property));
    writer.value("ProspectCode", prospect);
    let call = voyager::call(client, LIST, writer);
    let heard = client.read(&call, Lists::default).await?;
    client.judge(&heard.told, LIST)?;
    let texts = heard.harvest.items.into_iter().flat_map(|item| {
        std::iter::once(item.text).chain(item.attributes.into_iter().map(|(_, value)| value))
    });
    Ok(texts.filter(|text| !text.is_empty()).collect())
}
