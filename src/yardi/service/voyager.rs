//! Yardi Voyager's ILS / Guest Card interface: how guests are asked for, and what a check asks.

use std::collections::HashMap;

use tokio::sync::OnceCell;

use super::client::{Call, Client, Heard};
use super::{Answer, ServerTime};
use crate::clock::Micros;
use crate::yardi::account::Operation;
use crate::yardi::answer::{Guests, Harvest, Lists, Told};
use crate::yardi::envelope::Writer;
use crate::yardi::prospect::Prospect;
use crate::yardi::trouble::{Class, Trouble};
use crate::yardi::window::{self, Window};

const NAMESPACE: &str = "http://tempuri.org/YSI.Interfaces.WebServices/ItfILSGuestCard";
const FILE: &str = "ItfILSGuestCard.asmx";

/// The far side's clock may be ahead of ours.
const AHEAD: Micros = 5 * 60 * 1_000_000;

/// What is learnt once and holds for the run.
#[derive(Default)]
pub struct Learnt {
    pub offset: OnceCell<i32>,
    pub agents: tokio::sync::Mutex<HashMap<String, super::Reference>>,
}

/// The credentials in the order of every template seen; some operations spell the names otherwise.
#[derive(Clone, Copy)]
pub struct Spelling {
    pub database: &'static str,
    pub property: &'static str,
}

pub const USUAL: Spelling = Spelling { database: "Database", property: "YardiPropertyId" };
pub const DOCUMENTS: Spelling = Spelling { database: "DataBase", property: "PropertyId" };

/// The operation's element, with credentials where it takes them.
pub fn begin(client: &Client, operation: &'static str, spelling: Spelling, property: Option<&str>) -> Writer {
    let account = client.account();
    let mut writer = bare(client, operation);
    let platform = match account.platform.trim() {
        "" | "Voyager" => "SQL Server",
        other => other,
    };
    writer.value("UserName", &account.user);
    writer.value("Password", account.password.reveal());
    writer.value("ServerName", &account.server);
    writer.value(spelling.database, &account.database);
    writer.value("Platform", platform);
    let usual = spelling.property == USUAL.property;
    if let Some(property) = property.filter(|_| usual) {
        writer.value(spelling.property, property);
    }
    writer.value("InterfaceEntity", &account.entity);
    let licence: String = account.licence.reveal().chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    writer.value("InterfaceLicense", licence.trim());
    if let Some(property) = property.filter(|_| !usual) {
        writer.value(spelling.property, property);
    }
    writer
}

fn bare(client: &Client, operation: &'static str) -> Writer {
    Writer::begin(operation, NAMESPACE, client.account().options.soap12)
}

pub fn call(client: &Client, operation: &'static str, writer: Writer) -> Call {
    Call {
        url: address(&client.account().endpoint),
        operation,
        namespace: NAMESPACE.to_owned(),
        envelope: writer.finish(),
    }
}

/// All interfaces lie beside each other: the file is appended to a folder and takes the place of another.
fn address(endpoint: &str) -> String {
    let plain = endpoint.split(['?', '#']).next().unwrap_or(endpoint).trim_end_matches('/');
    let (folder, last) = plain.rsplit_once('/').unwrap_or((plain, ""));
    let lower = last.to_ascii_lowercase();
    match lower.strip_suffix(".asmx") {
        Some("itfilsguestcard") => plain.to_owned(),
        Some(_) => format!("{folder}/{FILE}"),
        None => format!("{plain}/{FILE}"),
    }
}

pub async fn poll(
    client: &Client,
    learnt: &Learnt,
    property: &str,
    window: Window,
) -> Result<Answer, Trouble> {
    let pieces = match client.account().options.operation {
        Operation::DateRange | Operation::EventType => {
            let offset = offset(client, learnt, window.to).await?;
            window.pieces().into_iter().map(|piece| Some((piece, offset))).collect()
        }
        Operation::Recent | Operation::Login => vec![None],
    };
    let mut merged = Merged::default();
    for piece in pieces {
        let call = guests(client, property, piece);
        let heard = client.read(&call, Guests::default).await?;
        let empty = believed(client, &heard.told, &heard.harvest, call.operation)?;
        merged.add(heard, empty);
    }
    Ok(merged.answer)
}

/// A list of guests, or the words that there are none; true for the words.
fn believed(client: &Client, told: &Told, guests: &Guests, operation: &str) -> Result<bool, Trouble> {
    let empty = client.judge(told, operation)?;
    if !empty && !guests.is_list {
        let text = "the result is empty, which is what a wrong server or database gives";
        return Err(client.trouble(Class::EmptyResult, operation, text));
    }
    Ok(empty)
}

fn guests(client: &Client, property: &str, piece: Option<(Window, i32)>) -> Call {
    let options = &client.account().options;
    let operation = match options.operation {
        Operation::DateRange => "GetYardiGuestActivity_DateRange",
        Operation::EventType => "GetYardiGuestActivity_EventType_DateRange",
        Operation::Recent => "GetRecentYardiGuestActivity",
        Operation::Login => "GetYardiGuestActivity_Login",
    };
    let mut writer = begin(client, operation, USUAL, Some(property));
    if let Some((window, offset)) = piece {
        dates(&mut writer, window, offset);
    }
    if options.operation == Operation::EventType {
        writer.value("SearchOnFirstContact", "false");
        writer.value("EventTypes", &options.event_types.join(","));
    }
    call(client, operation, writer)
}

/// Both, always: a missing one is the year 1 to the service.
fn dates(writer: &mut Writer, window: Window, offset: i32) {
    writer.value("FromDate", &window::local(window.from, offset));
    writer.value("ToDate", &window::local(window.to, offset));
}

/// Several answers as one: whoever is in two of them counts once, as last told.
#[derive(Default)]
struct Merged {
    answer: Answer,
    at: HashMap<Box<str>, usize>,
    started: bool,
}

impl Merged {
    fn add(&mut self, heard: Heard<Guests>, empty: bool) {
        let answer = &mut self.answer;
        answer.proven_empty = empty && (answer.proven_empty || !self.started);
        answer.replaced_characters += heard.told.replaced;
        for flaw in heard.harvest.left_out {
            *answer.left_out.entry(flaw).or_default() += 1;
        }
        if !self.started && answer.prospects.is_empty() && self.at.is_empty() {
            answer.prospects = heard.harvest.prospects;
        } else {
            self.merge(heard.harvest.prospects);
        }
        self.started = true;
    }

    fn merge(&mut self, prospects: Vec<Prospect>) {
        let all = &mut self.answer.prospects;
        if self.at.is_empty() {
            self.at = all.iter().enumerate().map(|(at, prospect)| (prospect.code().into(), at)).collect();
        }
        for prospect in prospects {
            match self.at.get(prospect.code()) {
                Some(at) => all[*at] = prospect,
                None => {
                    self.at.insert(prospect.code().into(), all.len());
                    all.push(prospect);
                }
            }
        }
    }
}

pub async fn offset(client: &Client, learnt: &Learnt, now: Micros) -> Result<i32, Trouble> {
    let offset = learnt
        .offset
        .get_or_try_init(|| async { server_time(client, now).await.map(|time| time.offset_minutes) });
    offset.await.copied()
}

/// What the far side's clock says, and how far that is from UTC by its own answer's date (or by ours).
pub async fn server_time(client: &Client, now: Micros) -> Result<ServerTime, Trouble> {
    let heard = plain(client, "GetServerTime", Lists::default).await?;
    let told = heard.told.text.trim().to_owned();
    let dated = heard.date.as_deref().and_then(window::http_date);
    let offset = window::offset_minutes(&told, dated.unwrap_or(now));
    let offset_minutes = offset.ok_or_else(|| {
        client.trouble(Class::Unknown, "GetServerTime", &format!("the server's time cannot be read: {told}"))
    })?;
    Ok(ServerTime { offset_minutes, ahead: dated.map(|dated| dated - now) })
}

/// An operation without any parameter.
pub async fn plain<H: Harvest + Send + 'static>(
    client: &Client,
    operation: &'static str,
    make: impl Fn() -> H,
) -> Result<Heard<H>, Trouble> {
    let call = call(client, operation, bare(client, operation));
    answered(client, &call, make).await
}

/// An operation with credentials.
pub async fn asked(
    client: &Client,
    operation: &'static str,
    property: Option<&str>,
) -> Result<Lists, Trouble> {
    let call = call(client, operation, begin(client, operation, USUAL, property));
    answered(client, &call, Lists::default).await.map(|heard| heard.harvest)
}

/// An answer with something in it.
async fn answered<H: Harvest + Send + 'static>(
    client: &Client,
    call: &Call,
    make: impl Fn() -> H,
) -> Result<Heard<H>, Trouble> {
    let heard = client.read(call, make).await?;
    let empty = client.judge(&heard.told, call.operation)?;
    if !empty && !heard.told.filled {
        let text = "the result is empty, which is what a wrong server or database gives";
        return Err(client.trouble(Class::EmptyResult, call.operation, text));
    }
    Ok(heard)
}

/// Guests found by name and, where that does not bring the person, by the days before: whoever has the marker.
pub async fn find_marker(
    client: &Client,
    learnt: &Learnt,
    screening: &crate::yardi::screening::Screening,
) -> Result<bool, Trouble> {
    const SEARCH: &str = "GetYardiGuestActivity_Search";
    let (first, last) = (screening.first_name.trim(), screening.last_name.trim());
    let is_theirs = |guests: &Guests| {
        guests.marked.iter().any(|marked| {
            marked
                .codes
                .iter()
                .any(|code| *code == screening.prospect || Some(code) == screening.tenant.as_ref())
        })
    };
    if !first.is_empty() && !last.is_empty() {
        let mut writer = begin(client, SEARCH, USUAL, Some(&screening.property));
        writer.value("FirstName", first);
        writer.value("LastName", last);
        // All of them have to be there, even empty.
        for name in ["EmailAddress", "PhoneNumber", "ThirdPartyId", "DateOfBirth", "FederalId"] {
            writer.value(name, "");
        }
        let call = call(client, SEARCH, writer);
        let heard = client.read(&call, || Guests::looking_for(&screening.marker)).await?;
        believed(client, &heard.told, &heard.harvest, SEARCH)?;
        if is_theirs(&heard.harvest) {
            return Ok(true);
        }
        if heard.harvest.prospects.iter().any(|prospect| prospect.code() == screening.prospect) {
            return Ok(false);
        }
    }
    const RANGE: &str = "GetYardiGuestActivity_DateRange";
    let offset = offset(client, learnt, screening.at).await?;
    let window = Window { from: screening.at - 24 * 3600 * 1_000_000, to: screening.at + AHEAD };
    let mut writer = begin(client, RANGE, USUAL, Some(&screening.property));
    dates(&mut writer, window, offset);
    let call = call(client, RANGE, writer);
    let heard = client.read(&call, || Guests::looking_for(&screening.marker)).await?;
    believed(client, &heard.told, &heard.harvest, RANGE)?;
    Ok(is_theirs(&heard.harvest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_is_found_beside_any_other() {
        let base = "https://www.example.test/8223/webservices";
        let table = [
            (base.to_owned(), format!("{base}/{FILE}")),
            (format!("{base}/"), format!("{base}/{FILE}")),
            (format!("{base}/itfcommondata.asmx"), format!("{base}/{FILE}")),
            (format!("{base}/itfilsguestcard.asmx?WSDL"), format!("{base}/itfilsguestcard.asmx")),
        ];
        for (endpoint, expected) in table {
            assert_eq!(address(&endpoint), expected);
        }
    }
}
