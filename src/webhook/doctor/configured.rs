//! The second part: what a request would be signed with, and whether its headers can be sent.

use super::super::deliver::{method, signatures};
use super::super::request;
use super::super::signer::Keys;
use super::step::{Making, Part, Step, Wrong, making};
use super::store::Webhook;
use crate::signature;

fn secret() -> Making {
    making(
        Part::Authentication,
        "secret",
        "a request can be signed, and the signature holds over the same bytes",
    )
}

fn headers() -> Making {
    making(Part::Authentication, "headers", "every configured header can be sent as it stands")
}

/// Of an endpoint. `keys` are those of its secrets, or why they cannot be had; `older` the tags of stored secrets that
/// do not lie under the first key.
pub fn look(webhook: &Webhook, keys: &Keys, older: &[String], user_agent: &str, now: i64) -> Vec<Step> {
    let body = br#"{"test":true}"#;
    let endpoint = &webhook.endpoint;
    let own = keys.as_deref().unwrap_or_default();
    let signed = signatures(endpoint, own, "0", now, body);
    let secret = match (&signed, keys) {
        (_, Err(why)) => secret().failed(
            Wrong::Blocked,
            why,
            "`hookyard config` says where keys are read; `hookyard webhook secret list` under which key a secret lies",
        ),
        (Ok(list), Ok(_)) => {
            let holds = list.iter().any(|(name, value)| {
                name == signature::SNAPPT_HEADER
                    && value.to_str().is_ok_and(|value| {
                        signature::snappt_matches(endpoint.api_key_id.as_bytes(), value, body)
                    })
            });
            match holds {
                true if own.is_empty() => secret().good("SNAPPT-Signature, keyed by the webhook's api key id"),
                true => {
                    let found = format!(
                        "SNAPPT-Signature, keyed by the webhook's api key id, and webhook-signature by {} of its own",
                        own.len()
                    );
                    match older {
                        [] => secret().good(found),
                        older => secret().warned(
                            format!("{found}; stored under {}, not under the first key", older.join(" and ")),
                            "`hookyard webhook secret rekey` encrypts them anew, before that key goes",
                        ),
                    }
                }
                false => secret().failed(
                    Wrong::No,
                    "the signature does not hold",
                    "report it: this is a fault of hookyard",
                ),
            }
        }
        (Err(why), Ok(_)) => secret().failed(Wrong::Blocked, why.shown(), "correct the webhook's api key"),
    };
    let mut steps = vec![secret];
    if let Err(why) = method(endpoint.method.as_deref()) {
        steps.push(making(Part::Authentication, "method", "the configured method can be used").failed(
            Wrong::Blocked,
            why.shown(),
            "the column `method` takes POST and PUT",
        ));
    }
    let list = request::headers(endpoint.headers.as_deref(), "0", user_agent, &signed.unwrap_or_default());
    steps.push(match list {
        Ok((list, warnings)) if warnings.is_empty() => {
            headers().good(format!("{} would be sent", list.len()))
        }
        Ok((_, warnings)) => headers().warned(warnings.join("; "), "take it out of the webhook's headers"),
        Err(fault) => headers().failed(Wrong::Blocked, fault.to_string(), "correct the webhook's headers"),
    });
    steps
}

/// Of a URL: with a secret of the call, or without.
pub fn of_url(key: Option<&[u8]>, now: i64) -> Vec<Step> {
    let body = br#"{"test":true}"#;
    let step = match key {
        None => {
            secret().skipped("no secret was given: --secret-env NAME, --secret-file FILE or --secret-fd N")
        }
        Some(key) => match signature::snappt(key, now, body) {
            Some(value) if signature::snappt_matches(key, &value, body) => {
                secret().good("SNAPPT-Signature, keyed by the secret that was given")
            }
            _ => secret().failed(Wrong::Blocked, "the secret cannot sign", "give another secret"),
        },
    };
    vec![step, headers().skipped("a URL alone has no configured headers")]
}
