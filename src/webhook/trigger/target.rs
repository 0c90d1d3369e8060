//! Where a sample goes: a URL as it was typed, or a provider's own address below a base. Queries are kept as they are,
//! for they carry meaning.

use std::collections::BTreeMap;

use url::Url;

use crate::egress;
use crate::failure::Failure;
use crate::output;
use crate::provider::{Event, Form, find};
use crate::secret::SafeUrl;

/// Queries that are addresses, not secrets.
const PLAIN: [&str; 2] = ["module", "action"];

pub fn url(
    to: &str,
    form: &Form,
    event: &Event,
    base: Option<&str>,
    bases: &BTreeMap<String, SafeUrl>,
) -> Result<String, Failure> {
    if to.contains("://") {
        return Ok(to.to_owned());
    }
    let (provider, name) = match to.split_once(':') {
        Some((provider, name)) => (provider, Some(name)),
        None => (to, None),
    };
    let own = if provider == form.name { Some(form.clone()) } else { find(provider) };
    let named = own.filter(|own| !own.targets.is_empty()).ok_or_else(|| {
        Failure::usage(format!(
            "--to {} is neither a URL nor a provider with named addresses",
            output::escape_line(to)
        ))
        .hint("--to https://…, or --to resident-verify:document_verification")
    })?;
    let name = name.or(event.target.as_deref());
    let query = name.and_then(|name| named.targets.get(name)).ok_or_else(|| {
        let names: Vec<String> = named.targets.keys().map(|name| format!("{provider}:{name}")).collect();
        let failure = match name {
            Some(name) => {
                Failure::usage(format!("{provider} has no address `{}`", output::escape_line(name)))
            }
            None => Failure::usage(format!("{} has no address of its own at {provider}", event.name)),
        };
        failure.hint(format!("there are: {}", names.join(", ")))
    })?;
    let base = base.or_else(|| bases.get(provider).map(SafeUrl::reveal)).ok_or_else(|| {
        // No base is built in: a line that forgot it must not reach production.
        Failure::blocked(format!("no base is configured for the addresses of {provider}"))
            .hint("--base https://residentverify.com/")
            .hint(format!("or in hookyard.toml: [targets] {provider} = \"https://…\""))
    })?;
    let mut url =
        Url::parse(base).map_err(|why| Failure::usage(format!("the base cannot be read: {why}")))?;
    let further = url.query().filter(|query| !query.is_empty()).map(|query| format!("&{query}"));
    url.set_query(Some(&format!("{query}{}", further.unwrap_or_default())));
    Ok(url.to_string())
}

/// With what the provider adds to the URL.
pub fn with_query(url: &str, pairs: &[(String, String)]) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    if pairs.is_empty() {
        return url.to_owned();
    }
    parsed.query_pairs_mut().extend_pairs(pairs);
    parsed.to_string()
}

/// For people: values of a query are hidden unless they are an address.
pub fn shown(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else { return egress::shown(url) };
    let hidden = egress::shown(url);
    let bare = hidden.split('?').next().unwrap_or_default();
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if PLAIN.contains(&name) => pair.to_owned(),
        Some((name, _)) => format!("{name}=***"),
        None => "***".to_owned(),
    };
    let query: Vec<String> =
        parsed.query().unwrap_or_default().split('&').filter(|part| !part.is_empty()).map(pair).collect();
    if query.is_empty() {
        bare.to_owned()
    } else {
        output::escape_line(&format!("{bare}?{}", query.join("&")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_built_below_its_base() {
        let form = find("resident-verify").expect("a provider");
        let event = form.event("REPORT_READY").expect("an event");
        let none = BTreeMap::new();
        let to = |to: &str, base: Option<&str>| url(to, &form, event, base, &none).map_err(|why| why.kind);
        let base = Some("https://residentverify.com/");
        let built = "https://residentverify.com/?module=document_verification&action=webhook";
        assert_eq!(to("resident-verify:document_verification", base).as_deref(), Ok(built));
        assert_eq!(to("resident-verify", base).as_deref(), Ok(built));
        assert_eq!(
            to("resident-verify:voi", Some("https://x.test/?keys=a%2Bb")).as_deref(),
            Ok("https://x.test/?module=voi&action=trigger_webhook&keys=a%2Bb")
        );
        assert_eq!(to("https://x.test/?b=1&a=2", None).as_deref(), Ok("https://x.test/?b=1&a=2"));
        assert!(to("resident-verify:nope", base).is_err() && to("plaid:voi", base).is_err());
        assert!(to("resident-verify:voi", None).is_err());
    }

    #[test]
    fn what_a_query_says_is_hidden_unless_it_is_an_address() {
        assert_eq!(
            shown("https://u:p@x.test/?module=voi&action=a&keys=secret&token"),
            "https://***@x.test/?module=voi&action=a&keys=***&***"
        );
        assert_eq!(
            with_query("https://x.test/a?b=1", &[("pt".into(), "t&1".into())]),
            "https://x.test/a?b=1&pt=t%261"
        );
    }
}
