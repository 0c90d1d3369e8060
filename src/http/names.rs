//! From a name to addresses: one lookup per connection, all answers checked, only then handed over to be dialled.
//! So a name that answers differently the second time gains nothing.

#[cfg(debug_assertions)]
mod scripted;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::egress;
#[cfg(debug_assertions)]
pub use scripted::TestNames;

const LOOKUP_LIMIT: Duration = Duration::from_secs(5);

/// Why a name leads nowhere.
#[derive(Debug)]
pub(super) enum Unresolved {
    Blocked(String),
    Unknown,
    Silent,
    Failed(io::Error),
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unresolved::Blocked(why) => f.write_str(why),
            Unresolved::Unknown => f.write_str("the name has no address"),
            Unresolved::Silent => write!(f, "no answer from DNS within {} s", LOOKUP_LIMIT.as_secs()),
            Unresolved::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unresolved {}

#[derive(Clone)]
pub(super) struct Resolver {
    pub rules: Arc<egress::Rules>,
    #[cfg(debug_assertions)]
    pub scripted: Option<Arc<TestNames>>,
}

impl Resolver {
    /// Every address of the name, before anything is judged.
    pub async fn answers(&self, name: &str) -> Result<Vec<IpAddr>, Unresolved> {
        #[cfg(debug_assertions)]
        let scripted = self.scripted.as_ref().and_then(|names| names.answers(name));
        #[cfg(debug_assertions)]
        let answers = match scripted {
            Some(answers) => {
                tokio::time::timeout(LOOKUP_LIMIT, answers).await.map_err(|_| Unresolved::Silent)?
            }
            None => look_up(name).await?,
        };
        #[cfg(not(debug_assertions))]
        let answers = look_up(name).await?;
        if answers.is_empty() { Err(Unresolved::Unknown) } else { Ok(answers) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let own = self.clone();
        Box::pin(async move {
            let name = name.as_str();
            let answers = own.answers(name).await?;
            egress::check_answers(name, &answers, &own.rules).map_err(Unresolved::Blocked)?;
            // Port 0 stands for the port of the URL.
            let addresses: Addrs = Box::new(answers.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

async fn look_up(name: &str) -> Result<Vec<IpAddr>, Unresolved> {
    let lookup = tokio::net::lookup_host((name, 0));
    match tokio::time::timeout(LOOKUP_LIMIT, lookup).await {
        Ok(Ok(answers)) => Ok(answers.map(|address| address.ip()).collect()),
        Ok(Err(error)) => Err(Unresolved::Failed(error)),
        Err(_) => Err(Unresolved::Silent),
    }
}
