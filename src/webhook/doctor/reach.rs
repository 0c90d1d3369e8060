//! The first part: can the URL be called from here. Name, address rules, connection and TLS; never a request.

use std::time::Duration;

use super::step::{Making, Part, Step, Wrong, making};
use crate::clock::{self, Micros};
use crate::egress::{self, Refusal};
use crate::http::{Http, Secured};

const WITHIN: Duration = Duration::from_secs(5);
/// A certificate that ends sooner is worth a warning.
const SOON: i64 = 14;
const DAY: i64 = 86_400 * 1_000_000;

fn form() -> Making {
    making(Part::Url, "form", "the URL can be called as it is written")
}

fn dns() -> Making {
    making(Part::Url, "DNS", "the name leads somewhere, and every address of it is known")
}

fn rule() -> Making {
    making(Part::Url, "egress rule", "hookyard may dial all of its addresses")
}

fn tcp() -> Making {
    making(Part::Url, "TCP", "the network lets us through and somebody listens on the port")
}

fn tls() -> Making {
    making(Part::Url, "TLS", "the far side is who the URL says, by a certificate that we trust")
}

/// What was found, and whether a request could be made.
pub async fn look(http: &Http, url: &str, now: Micros) -> (Vec<Step>, bool) {
    let target = match egress::check_url(url, http.rules()) {
        Ok(target) => target,
        Err(why) => {
            let shown = egress::shown(url);
            let (form, rule) = match why {
                Refusal::Invalid(why) => (
                    form().failed(Wrong::Blocked, format!("{shown}: {why}"), "correct the webhook's URL"),
                    rule().skipped("there is no usable URL"),
                ),
                Refusal::Blocked(why) => (form().good(shown), rule().failed(Wrong::Blocked, why, opening())),
            };
            let steps = vec![
                form,
                dns().skipped("nothing was asked"),
                rule,
                tcp().skipped("nothing was dialled"),
                tls().skipped("nothing was dialled"),
            ];
            return (steps, false);
        }
    };
    let mut steps = vec![form().good(egress::shown(url))];
    let sight = http.sight(&target, WITHIN).await;
    steps.push(match &sight.addresses {
        Ok(addresses) => dns().good(addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        Err(why) => {
            dns().failed(Wrong::Later, why, "is the host name right, and does this machine's DNS know it?")
        }
    });
    steps.push(match &sight.admitted {
        Some(Ok(())) => rule().good("all of them may be dialled"),
        Some(Err(why)) => rule().failed(Wrong::Blocked, why, opening()),
        None => rule().skipped("there is no address to judge"),
    });
    steps.push(match &sight.connected {
        Some(Ok(address)) => tcp().good(format!("{address} accepts connections")),
        Some(Err(why)) => tcp().failed(
            Wrong::Later,
            why,
            "ask the far side whether it runs, and both networks whether a firewall is between",
        ),
        None => tcp().skipped("nothing was dialled"),
    });
    steps.push(match &sight.secured {
        Some(Ok(secured)) => certificate(secured, now),
        Some(Err(why)) => tls().failed(
            Wrong::No,
            why,
            "have the far side renew or complete its certificate; a private authority goes into HOOKYARD_CA_FILE",
        ),
        None if matches!(sight.connected, Some(Ok(_))) => tls().warned(
            "the URL is plain http: anybody on the way can read and change what is sent",
            "use https in anything but a test",
        ),
        None => tls().skipped("nothing was dialled"),
    });
    let reached = matches!((&sight.connected, &sight.secured), (Some(Ok(_)), None | Some(Ok(_))));
    (steps, reached)
}

fn opening() -> String {
    "if it is meant to be reached: --allow-egress CIDR for the address, --allow-http for plain http".into()
}

fn certificate(secured: &Secured, now: Micros) -> Step {
    let Some(certificate) = &secured.certificate else {
        return tls().good(format!("{}; the certificate's end cannot be read", secured.version));
    };
    let days = (certificate.not_after - now).div_euclid(DAY);
    let issuer = certificate.issuer.as_deref().unwrap_or("an authority without a name");
    let until = clock::shown(certificate.not_after);
    let found = format!("{}, certificate by {issuer}, valid until {until} ({days} days)", secured.version);
    if days < SOON {
        tls().warned(found, "ask the far side to renew its certificate before that day")
    } else {
        tls().good(found)
    }
}
