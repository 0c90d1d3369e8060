//! Plaid's public keys by their id: out of the cache, or fetched once through the one HTTP client.
//!
//! Nothing is asked for what cannot be right anyway: another algorithm, a token that is no token, a key id that is
//! none. Whoever sends token after token with key ids of his own invention makes us ask ten times a minute, no more.

mod cache;
mod client;

use cache::Cache;
use client::Asked;

use crate::context::Context;
use crate::failure::Failure;
use crate::settings::Plaid;
use crate::signature::{Headers, Jwks, wanted_key};

pub const HEADER: &str = "plaid-verification";

/// The keys to verify with: the one that the token names, or none where it is not worth asking or Plaid has none.
pub async fn keys(context: &Context, plaid: &Plaid, headers: &Headers) -> Result<Jwks, Failure> {
    let credentials = client::credentials(context, plaid)?;
    let token = headers.one(HEADER).unwrap_or_default();
    let Some(kid) = wanted_key(token).filter(|kid| is_plausible(kid)) else { return Ok(Jwks::none()) };
    let cache = Cache::open(&plaid.url.value)?;
    let now = context.clock.wall().div_euclid(1_000_000);
    let kept = cache.find(&kid, now);
    if let Some(key) = kept.as_ref().filter(|key| key.is_fresh) {
        return Ok(usable(&key.text, &kid).unwrap_or_else(Jwks::none));
    }
    cache.may_ask(now)?;
    match client::ask(context, plaid, &credentials, &kid).await {
        Ok(Asked::Key(text)) => {
            let jwks = usable(&text, &kid)
                .ok_or_else(|| Failure::later(format!("Plaid's answer holds no usable key `{kid}`")))?;
            if let Err(why) = cache.keep(&kid, &text) {
                context.printer.warn(&format!("the key was not kept: {why}"));
            }
            Ok(jwks)
        }
        Ok(Asked::Unknown) => {
            context.printer.note(&format!("Plaid knows no key `{kid}`"));
            Ok(Jwks::none())
        }
        // A key that was right yesterday is better than no verdict.
        Err(why) => match kept.and_then(|key| usable(&key.text, &kid)) {
            Some(jwks) => {
                context.printer.warn(&format!(
                    "the key `{kid}` could not be fetched anew, and is the kept one: {}",
                    why.source
                ));
                Ok(jwks)
            }
            None => Err(why),
        },
    }
}

/// Ids are UUIDs and the like; anything else names no file and no key.
fn is_plausible(kid: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (1..=64).contains(&kid.len()) && kid.chars().all(plain)
}

fn usable(text: &[u8], kid: &str) -> Option<Jwks> {
    Jwks::read(text).ok().filter(|jwks| jwks.has(kid))
}
