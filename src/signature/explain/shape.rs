//! What can be said without a match: headers that are missing, renamed or misshapen, bodies that look mistreated.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::super::catalogue::present;
use super::super::reason::Reason;
use super::super::scheme::{Scheme, Source};
use super::{Case, Finding};

pub fn shape(case: &Case<'_>) -> Option<Finding> {
    match case.refusal.reason {
        Reason::MissingHeader => Some(missing(case)),
        Reason::MalformedTimestamp => Some(Finding::new(
            "the timestamp is not Unix time in digits",
            "an ISO date, a float (time.time() without int()), or a template that was never filled in",
            "send whole seconds, and sign exactly the text that is sent",
        )),
        Reason::MalformedHeader | Reason::MalformedSignature => Some(Finding::new(
            "the signature is not written in this scheme's form, nor in another that was looked for",
            "a placeholder or a template that was never filled in, quotes around it, or a header that was cut",
            format!("compare with `hookyard webhook schemes {}`", case.scheme.name),
        )),
        Reason::NoSignatureForScheme => Some(Finding::new(
            "the header holds signatures, but none of the kind this scheme asks for",
            "a sender in test mode, or one that uses another version of the scheme",
            "ask the sender which version it signs with; never accept a weaker one instead",
        )),
        Reason::SignatureMismatch => Some(mismatch(case)),
        _ => None,
    }
}

fn missing(case: &Case<'_>) -> Finding {
    let part = |source: &Option<Source>| match source {
        Some(Source::Header(name)) if !case.headers.has(name) => Some(name.clone()),
        _ => None,
    };
    let own = case.scheme.header().filter(|_| !present(case.scheme, case.headers));
    let beside = part(&case.scheme.timestamp).or_else(|| part(&case.scheme.id));
    let Some(name) = own.map(str::to_owned).or_else(|| beside.clone()) else {
        return Finding::new(
            "the body lacks a part that the scheme reads from it",
            "the sender uses another generation of its documents",
            format!("compare with `hookyard webhook schemes {}`", case.scheme.name),
        );
    };
    if let Some(other) = renamed(case, &name) {
        return Finding::new(
            format!("the request has a header {other}, not {name}"),
            "a proxy, CGI or a framework renamed the header",
            "let the header through under its own name",
        );
    }
    if own.is_none() {
        return Finding::new(
            format!("the signature's header is there, but {name} beside it is not"),
            "only some of the headers were passed on or copied",
            format!("let {name} through as well: without it the signature cannot be checked"),
        );
    }
    let others = others(case);
    match others.first() {
        Some(first) => Finding::new(
            format!("the request has the header of another scheme: {}", others.join(", ")),
            "the wrong scheme is configured for this sender",
            format!("try --scheme {first}"),
        ),
        None => Finding::new(
            "nothing in the request looks like this scheme's signature",
            "a proxy drops unknown headers, or the request does not come from this sender",
            "look at what the proxy lets through; never accept the request unsigned",
        ),
    }
}

/// Another header that is the same but for `X-`, `HTTP_` and underscores.
fn renamed(case: &Case<'_>, name: &str) -> Option<String> {
    let bare = |name: &str| {
        let name = name.to_ascii_lowercase().replace('_', "-");
        name.trim_start_matches("http-").trim_start_matches("x-").to_owned()
    };
    let mut others = case.headers.iter().map(|(other, _)| other);
    others.find(|other| !other.eq_ignore_ascii_case(name) && bare(other) == bare(name)).map(str::to_owned)
}

fn others(case: &Case<'_>) -> Vec<String> {
    let fits =
        |scheme: &Scheme| scheme.name != case.scheme.name && scheme.auto && present(scheme, case.headers);
    case.catalogue.all().into_iter().filter(fits).map(|scheme| scheme.name).collect()
}

fn mismatch(case: &Case<'_>) -> Finding {
    let body = case.body.unwrap_or_default();
    let stated = case.headers.all("content-length").next();
    let stated: Option<usize> = stated.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    if let Some(stated) = stated.filter(|stated| *stated > body.len() && case.body.is_some()) {
        return Finding::new(
            format!(
                "the body is cut: {} of the {stated} bytes that Content-Length states are here",
                body.len()
            ),
            "a limit on bodies in a proxy or in a log, or a copy that was cut",
            "take the whole body; raise the limit that cuts",
        );
    }
    if body.is_empty() && case.body.is_some() {
        return Finding::new(
            "the body is empty, and the signature is not that of an empty body",
            "a middleware had read the stream before it was verified",
            "buffer the body once and hand the same bytes to the signature and to the parser",
        );
    }
    if ends_early(body) {
        return Finding::new(
            "the body ends in the middle of its JSON: its end is missing",
            "a limit on bodies in a proxy or in a log, a column that is too short, or a copy that was cut",
            "take the whole body; raise the limit that cuts",
        );
    }
    if rewritten(body) {
        return Finding::new(
            "the body's keys are in alphabetical order, as programs write them: it may have been written again",
            "a framework, or a jsonb column, parsed the JSON; the order that was signed cannot be found again",
            "verify over the raw bytes before anything parses or stores them",
        );
    }
    Finding::new(
        "nothing that usually breaks a signature explains this one",
        "the secret is another one (test for live, another endpoint's, rotated), or the body was changed by hand",
        "compare the secret's source on both sides; give an old one as well with a further --secret-file",
    )
}

fn ends_early(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<IgnoredAny>(body).is_err_and(|why| why.is_eof())
}

/// Every object's keys in order: of how many orders there are, counted up to a hundred, this is one by chance.
fn rewritten(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|value| orders(&value).is_some_and(|orders| orders >= 24))
}

/// None where one is out of order.
fn orders(value: &Value) -> Option<usize> {
    let (own, inside): (usize, Vec<&Value>) = match value {
        Value::Object(fields) => {
            let sorted = fields.keys().zip(fields.keys().skip(1)).all(|(a, b)| a <= b);
            sorted.then_some(())?;
            ((1..=fields.len().min(5)).product(), fields.values().collect())
        }
        Value::Array(items) => (1, items.iter().collect()),
        _ => return Some(1),
    };
    inside.into_iter().try_fold(own, |all, value| Some((all * orders(value)?).min(100)))
}
