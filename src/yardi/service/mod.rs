//! Yardi as the verbs see it: two dialects behind one small interface. Reads are tried again where that makes sense;
//! a write is sent once, and what became of it is one of three things.

mod card;
#[cfg(test)]
mod cases;
mod client;
mod conceptual;
mod voyager;

use std::collections::BTreeMap;

use super::account::{Account, Profile};
use super::answer::Lists;
use super::prospect::{LeftOut, Prospect};
use super::screening::Screening;
use super::trouble::{Class, Trouble};
use super::window::Window;
use crate::clock::Micros;
use crate::http::Http;
use client::{Client, Lost};

pub struct Service {
    client: Client,
    learnt: voyager::Learnt,
}

/// What the far side's clock says.
#[derive(Clone, Debug)]
pub struct ServerTime {
    /// Its local time less UTC.
    pub offset_minutes: i32,
    /// How far its clock is ahead of ours, in microseconds, to the second.
    pub ahead: Option<Micros>,
}

/// Agents and sources of a property.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub agents: Vec<(String, String)>,
    pub sources: Vec<String>,
}

/// A complete answer that is believed.
#[derive(Debug, Default)]
pub struct Answer {
    pub prospects: Vec<Prospect>,
    /// People of the answer that are not among the prospects, and why.
    pub left_out: BTreeMap<LeftOut, usize>,
    /// Characters that XML cannot carry, replaced or removed.
    pub replaced_characters: u64,
    /// Yardi said in words that there is nobody.
    pub proven_empty: bool,
}

/// A write that is known to have been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// It was read back.
    pub confirmed: bool,
    /// It stood there before: our own marker was found, and nothing was written.
    pub already: bool,
}

/// A write that is not known to have been taken.
#[derive(Clone, Debug)]
pub enum WriteTrouble {
    /// Surely not written.
    Refused(Trouble),
    /// Perhaps written: never repeated blind.
    Unknown(Trouble),
}

impl WriteTrouble {
    /// An answer without a result says neither yes nor no.
    fn of_answer(trouble: Trouble) -> WriteTrouble {
        match trouble.class {
            Class::EmptyResult => WriteTrouble::Unknown(trouble),
            _ => WriteTrouble::Refused(trouble),
        }
    }
}

impl From<Lost> for WriteTrouble {
    fn from(lost: Lost) -> WriteTrouble {
        match lost {
            Lost::Sure(trouble) => WriteTrouble::Refused(trouble),
            Lost::Unsure(trouble) => WriteTrouble::Unknown(trouble),
        }
    }
}

impl Service {
    pub fn new(account: Account, http: &Http) -> Service {
        Service { client: Client::new(account, http.clone()), learnt: voyager::Learnt::default() }
    }

    pub fn account(&self) -> &Account {
        self.client.account()
    }

    /// Everybody with activity at a property in this window.
    pub async fn poll(&self, property: &str, window: Window) -> Result<Answer, Trouble> {
        match self.account().profile {
            Profile::Conceptual => conceptual::poll(&self.client, property, window).await,
            Profile::Voyager => voyager::poll(&self.client, &self.learnt, property, window).await,
        }
    }

    /// Write a result to the person's record, unless our marker shows that it stands there.
    pub async fn submit(&self, screening: &Screening) -> Result<Accepted, WriteTrouble> {
        match self.account().profile {
            Profile::Conceptual => conceptual::submit(&self.client, screening).await,
            Profile::Voyager => card::submit(&self.client, &self.learnt, screening).await,
        }
    }

    pub async fn ping(&self) -> Result<String, Trouble> {
        Ok(voyager::plain(&self.client, "Ping", Lists::default).await?.told.text)
    }

    pub async fn version(&self) -> Result<String, Trouble> {
        Ok(voyager::plain(&self.client, "GetVersionNumber", Lists::default).await?.told.text)
    }

    pub async fn server_time(&self, now: Micros) -> Result<ServerTime, Trouble> {
        voyager::server_time(&self.client, now).await
    }

    /// The codes of the properties that this entity may use: the usual test of credentials and licence.
    pub async fn configured_properties(&self) -> Result<Vec<String>, Trouble> {
        let lists = voyager::asked(&self.client, "GetPropertyConfigurations", None).await?;
        Ok(lists.texts("Code").map(str::to_owned).collect())
    }

    pub async fn attachment_types(&self) -> Result<Vec<String>, Trouble> {
        let lists = voyager::asked(&self.client, "GetAttachmentTypesAndChargeCodes", None).await?;
        let named = lists.items.iter().filter(|item| item.name.starts_with("AttachmentType"));
        Ok(named.map(|item| item.text.clone()).filter(|text| !text.is_empty()).collect())
    }

    pub async fn reference(&self, property: &str) -> Result<Reference, Trouble> {
        reference(&self.client, property).await
    }
}

async fn reference(client: &Client, property: &str) -> Result<Reference, Trouble> {
    let lists = voyager::asked(client, "GetYardiAgentsSourcesResults_Login", Some(property)).await?;
    let agents = lists.items.iter().filter(|item| item.name == "AgentName" && !item.text.is_empty());
    let active = agents.filter(|item| item.attribute("InactiveDate").is_none_or(str::is_empty));
    let named = |text: &str| {
        let (first, last) = text.rsplit_once(' ').unwrap_or((" ", text));
        (first.to_owned(), last.to_owned())
    };
    Ok(Reference {
        agents: active.map(|item| named(&item.text)).collect(),
        sources: lists.texts("SourceName").map(str::to_owned).collect(),
    })
}
