//! Can the far side be reached now? Step by step: name, rules, connection, and TLS where the URL says so; never a
//! request.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate::{self, Certificate};
use super::{Http, trouble};
use crate::egress::{self, Host, Target};
use crate::output;

/// How far one comes. What lies behind a step that failed was not tried, and is none.
pub struct Sight {
    /// All addresses of the name, whether they may be dialled or not.
    pub addresses: Result<Vec<IpAddr>, String>,
    /// Whether the rules admit all of them.
    pub admitted: Option<Result<(), String>>,
    /// The first address that accepted a connection.
    pub connected: Option<Result<SocketAddr, String>>,
    /// None for plain http, too.
    pub secured: Option<Result<Secured, String>>,
}

pub struct Secured {
    pub version: &'static str,
    /// None where it cannot be read, which TLS does not mind.
    pub certificate: Option<Certificate>,
}

impl Http {
    /// The same rules as for a request hold for whom it may dial. What went wrong, for a person.
    pub async fn probe(&self, target: &Target, within: Duration) -> Result<(), String> {
        egress::check_target(target, &self.rules).map_err(|refusal| trouble::refused(&refusal).detail)?;
        match tokio::time::timeout(within, self.sight(target, within)).await {
            Ok(sight) => sight.verdict(),
            Err(_) => Err(too_late("no connection", within)),
        }
    }

    /// Each step within so long. The target was checked by the caller, and its addresses are here.
    pub async fn sight(&self, target: &Target, within: Duration) -> Sight {
        let (host, port, is_secure) = target.dialled();
        let mut sight = Sight { addresses: Ok(Vec::new()), admitted: None, connected: None, secured: None };
        let server_name = match host {
            Host::Address(ip) => {
                sight.addresses = Ok(vec![*ip]);
                ServerName::from(*ip)
            }
            Host::Name(name) => {
                sight.addresses =
                    self.resolver.answers(name).await.map_err(|why| output::escape_line(&why.to_string()));
                match ServerName::try_from(name.clone()) {
                    Ok(server_name) => server_name,
                    Err(why) => {
                        sight.addresses = Err(why.to_string());
                        return sight;
                    }
                }
            }
        };
        let Ok(addresses) = &sight.addresses else { return sight };
        let admitted = match host {
            Host::Name(name) => egress::check_answers(name, addresses, &self.rules),
            Host::Address(_) => egress::check_target(target, &self.rules).map_err(|why| why.to_string()),
        };
        let may = admitted.is_ok();
        sight.admitted = Some(admitted);
        if !may {
            return sight;
        }
        match connect(addresses, port, within).await {
            Ok((address, stream)) => {
                sight.connected = Some(Ok(address));
                if is_secure {
                    sight.secured = Some(self.shake(server_name, stream, within).await);
                }
            }
            Err(why) => sight.connected = Some(Err(why)),
        }
        sight
    }

    async fn shake(
        &self,
        name: ServerName<'static>,
        stream: TcpStream,
        within: Duration,
    ) -> Result<Secured, String> {
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        match tokio::time::timeout(within, connector.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(secured(&stream)),
            Ok(Err(why)) => Err(output::escape_line(&why.to_string())),
            Err(_) => Err(too_late("no handshake", within)),
        }
    }
}

impl Sight {
    fn verdict(self) -> Result<(), String> {
        self.addresses?;
        self.admitted.unwrap_or(Ok(()))?;
        self.connected.transpose()?;
        self.secured.transpose().map(|_| ()).map_err(|why| format!("TLS: {why}"))
    }
}

/// One address after the other, the time for each of them.
async fn connect(
    addresses: &[IpAddr],
    port: u16,
    within: Duration,
) -> Result<(SocketAddr, TcpStream), String> {
    let mut last = "the name has no address".to_owned();
    for ip in addresses {
        let address = SocketAddr::new(*ip, port);
        last = match tokio::time::timeout(within, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((address, stream)),
            Ok(Err(why)) => shown(&why),
            Err(_) => too_late("no connection", within),
        };
    }
    Err(last)
}

fn secured(stream: &TlsStream<TcpStream>) -> Secured {
    let (_, session) = stream.get_ref();
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS",
    };
    let first = session.peer_certificates().and_then(|chain| chain.first());
    Secured { version, certificate: first.and_then(|der| certificate::read(der)) }
}

fn too_late(what: &str, within: Duration) -> String {
    format!("{what} within {} s", within.as_secs())
}

fn shown(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        _ => output::escape_line(&why.to_string()),
    }
}
