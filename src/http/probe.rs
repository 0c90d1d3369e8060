//! Can the far side be reached now? A connection, and TLS where the URL says so; never a request.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Http, trouble};
use crate::egress::{self, Host, Target};

impl Http {
    /// The same rules as for a request hold for whom it may dial. What went wrong, for a person.
    pub async fn probe(&self, target: &Target, within: Duration) -> Result<(), String> {
        egress::check_target(target, &self.rules).map_err(|refusal| trouble::refused(&refusal).detail)?;
        match tokio::time::timeout(within, self.connect(target)).await {
            Ok(connected) => connected,
            Err(_) => Err(format!("no connection within {} s", within.as_secs())),
        }
    }

    async fn connect(&self, target: &Target) -> Result<(), String> {
        let (host, port, is_secure) = target.dialled();
        let (addresses, server_name) = match host {
            Host::Address(ip) => (vec![*ip], ServerName::from(*ip)),
            Host::Name(name) => {
                let server = ServerName::try_from(name.clone()).map_err(|why| why.to_string())?;
                (self.addresses(name).await?, server)
            }
        };
        let mut last = Err("the name has no address".to_owned());
        for ip in addresses {
            match TcpStream::connect(SocketAddr::new(ip, port)).await {
                Ok(stream) if is_secure => {
                    let connector = TlsConnector::from(Arc::clone(&self.tls));
                    let shaken = connector.connect(server_name, stream).await;
                    return shaken
                        .map(|_| ())
                        .map_err(|why| format!("TLS: {}", egress::escaped(&why.to_string())));
                }
                Ok(_) => return Ok(()),
                Err(why) => last = Err(shown(&why)),
            }
        }
        last
    }

    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, String> {
        let name = name.parse().map_err(|_| "the host is not a usable name".to_owned())?;
        let found = self.resolver.resolve(name).await;
        found
            .map(|list| list.map(|address| address.ip()).collect())
            .map_err(|why| egress::escaped(&why.to_string()))
    }
}

fn shown(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        _ => egress::escaped(&why.to_string()),
    }
}
