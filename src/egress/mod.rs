//! Where a request may go. One decision for every request the tool makes, taken twice: when the URL is read and
//! again on the addresses its name resolves to, before any of them is dialled.
//!
//! Default deny: an address is dialled only when it is known to be public, because lists of bad ranges always miss
//! some. The operator opens single networks; nothing opens the metadata services of the clouds. Nothing here
//! resolves a name or opens a socket.

mod address;
#[cfg(test)]
mod cases;
mod shown;
mod target;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use address::check_address;
pub use shown::shown;
pub use target::{Credentials, Host, Target, decoded};

use crate::output;

/// What the operator opened. Nothing by default.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Networks that may be dialled although they are not public.
    pub allow: Vec<ipnet::IpNet>,
    /// Plain `http` as well. It opens no address.
    pub allow_http: bool,
}

impl Rules {
    /// What is allowed besides public addresses over https, for the answer to name.
    pub fn opened(&self) -> Option<String> {
        let nets = self.allow.iter().map(ToString::to_string);
        let all: Vec<String> = nets.chain(self.allow_http.then(|| "plain http".to_owned())).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    fn allows(&self, ip: IpAddr) -> bool {
        self.allow.iter().any(|net| net.contains(&ip))
    }

    /// A loopback *name* may resolve to either family, so one opened loopback address admits the name. Its answers
    /// are checked like any other's.
    fn allows_loopback_names(&self) -> bool {
        self.allows(Ipv4Addr::LOCALHOST.into()) || self.allows(Ipv6Addr::LOCALHOST.into())
    }
}

/// Why a URL is not requested. Both are final: trying again changes nothing, a person has to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A usable URL, to a place that may not be dialled.
    Blocked(String),
    /// Not a usable URL.
    Invalid(String),
}

/// The reason for a person. It never repeats a query or credentials.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Blocked(why) | Refusal::Invalid(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Refusal {}

/// Ports where something other than HTTP listens; a request there is an attack on that service or a mistake.
const OTHER_SERVICES: [u16; 11] = [22, 25, 465, 587, 2375, 3306, 5432, 6379, 9200, 11211, 27017];

/// Longer is refused: nobody types such a URL, and an HTTP stack somewhere cuts it.
const LONGEST: usize = 8 * 1024;

/// Judge a URL as configured. A literal address is judged here and now; a name also has to pass [`check_answers`].
pub fn check_url(raw: &str, rules: &Rules) -> Result<Target, Refusal> {
    if raw.trim().is_empty() {
        return Err(invalid("the URL is empty"));
    }
    if raw.len() > LONGEST {
        return Err(invalid("the URL is longer than 8 KiB"));
    }
    // The parser would drop tabs and line ends silently, so that what is shown is not what is called.
    if raw.chars().any(char::is_control) {
        return Err(invalid("the URL contains a control character"));
    }
    let url = url::Url::parse(raw).map_err(|error| Refusal::Invalid(unusable(error)))?;
    let target = Target::of(url)?;
    check_target(&target, rules)?;
    Ok(target)
}

/// Judge a target under rules that may be others than those it was read under.
pub fn check_target(target: &Target, rules: &Rules) -> Result<(), Refusal> {
    if target.url.scheme() == "http" && !rules.allow_http {
        return Err(blocked("plain http is not allowed: https is required"));
    }
    match &target.host {
        Host::Address(ip) => check_address(*ip, rules).map_err(|why| blocked(format!("{ip} {why}")))?,
        Host::Name(name) => check_name(name, rules)?,
    }
    let opened = matches!(target.host, Host::Address(ip) if rules.allows(ip));
    match target.url.port_or_known_default() {
        Some(0) | None => Err(invalid("port 0 cannot be dialled")),
        Some(port) if OTHER_SERVICES.contains(&port) && !opened => {
            Err(blocked(format!("port {port} belongs to a service that is not HTTP")))
        }
        Some(_) => Ok(()),
    }
}

/// Judge everything a name resolved to. One bad answer refuses the whole name: whoever mixes public and private
/// answers hopes that the private one is dialled.
pub fn check_answers(host: &str, answers: &[IpAddr], rules: &Rules) -> Result<(), String> {
    for ip in answers {
        check_address(*ip, rules)
            .map_err(|why| format!("{} resolves to {ip}, which {why}", output::escape_line(host)))?;
    }
    Ok(())
}

/// Names that mean this very machine, whatever DNS says (RFC 6761).
fn check_name(name: &str, rules: &Rules) -> Result<(), Refusal> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let local = name == "localhost" || name.ends_with(".localhost");
    if local && !rules.allows_loopback_names() {
        return Err(blocked(format!("{name} is this machine (loopback)")));
    }
    Ok(())
}

fn unusable(error: url::ParseError) -> String {
    match error {
        url::ParseError::RelativeUrlWithoutBase => {
            "the URL is relative: it needs https:// in front".to_owned()
        }
        other => format!("the URL cannot be read: {other}"),
    }
}

fn blocked(why: impl Into<String>) -> Refusal {
    Refusal::Blocked(why.into())
}

fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::Invalid(why.into())
}
