//! The stories of what is found without changing a body: times, forms, how a digest is written.

use super::super::scheme::{Form, Scheme, Source};
use super::super::stamp::{Stamp, Unit};
use super::tokens::{Token, prefixes};
use super::{Case, Finding, bodies};

/// What Firefox copies for Windows has no tabs, which cannot be typed there.
pub fn blanks() -> Finding {
    Finding::new(
        "a tab of the body may stand here as a blank: the command was copied for Windows",
        bodies::COPIED,
        bodies::COPY,
    )
}

/// A time's text that may have been signed.
pub struct Time {
    pub text: Vec<u8>,
    pub story: Option<Finding>,
}

/// The time the scheme reads, then the same in the other unit, then what other headers say.
pub fn times(case: &Case<'_>) -> Vec<Time> {
    let own = own_time(case);
    let mut times = vec![Time { text: own.clone().unwrap_or_default(), story: None }];
    let mut add = |text: Vec<u8>, story: Finding| {
        if times.iter().all(|known| known.text != text) && times.len() < 12 {
            times.push(Time { text, story: Some(story) });
        }
    };
    if let Some(own) = own {
        if own.len() >= 12 {
            add(own[..own.len() - 3].to_vec(), units("seconds", "milliseconds"));
        } else {
            add([&own, &b"000"[..]].concat(), units("milliseconds", "seconds"));
        }
    }
    for (name, value) in case.headers.iter() {
        for text in value.split(|byte| b",; ".contains(byte)).take(8) {
            let text = text.strip_prefix(b"t=").unwrap_or(text);
            if (9..=13).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
                add(
                    text.to_vec(),
                    Finding::new(
                        format!("the time that was signed is the one in {name}"),
                        "the sender carries several times, or a proxy renamed the header",
                        "describe where the time stands in a scheme of your own, or read that header",
                    ),
                );
            }
        }
    }
    times
}

fn units(signed: &str, sent: &str) -> Finding {
    Finding::new(
        format!("the time was signed in {signed} and sent in {sent}"),
        "two pieces of code read the clock: Date.now() is milliseconds, time() is seconds",
        "format the time once, and sign and send the same text",
    )
}

fn own_time(case: &Case<'_>) -> Option<Vec<u8>> {
    match case.scheme.timestamp.as_ref()? {
        Source::Header(name) => case.headers.all(name).next().map(<[u8]>::to_vec),
        Source::Item(item) => {
            let value = case.headers.all(case.scheme.header()?).next()?;
            let items = value.split(|byte| b", ".contains(byte));
            let mut times = items.filter_map(|word| word.strip_prefix(item.as_bytes())?.strip_prefix(b"="));
            times.next().map(<[u8]>::to_vec)
        }
        Source::Body(pointer) => {
            let value: serde_json::Value = serde_json::from_slice(case.body?).ok()?;
            value.pointer(pointer).map(|text| text.to_string().trim_matches('"').as_bytes().to_vec())
        }
    }
}

/// What may be the id: the scheme's own header, then the usual ones.
pub fn ids(case: &Case<'_>) -> Vec<Vec<u8>> {
    let own = match &case.scheme.id {
        Some(Source::Header(name)) => Some(name.as_str()),
        _ => None,
    };
    let names = own.into_iter().chain(["webhook-id", "svix-id"]);
    let mut ids: Vec<Vec<u8>> =
        names.filter_map(|name| case.headers.all(name).next().map(<[u8]>::to_vec)).collect();
    ids.dedup();
    if ids.is_empty() { vec![Vec::new()] } else { ids }
}

pub fn content_length(case: &Case<'_>) -> Option<usize> {
    let value = case.headers.all("content-length").next()?;
    let length: usize = std::str::from_utf8(value).ok()?.parse().ok()?;
    case.body.filter(|body| length < body.len()).map(|_| length)
}

pub fn variant(scheme: &Scheme, other: &Scheme) -> Finding {
    Finding::new(
        format!("the request is right under the scheme `{}`", other.name),
        format!("{}: not what `{}` asks for", other.about, scheme.name),
        format!("if that is what the sender is meant to use, configure --scheme {}", other.name),
    )
}

pub fn form_of(name: &str) -> Finding {
    Finding::new(
        format!("the signed bytes are put together as in the variant `{name}`"),
        "the sender follows another generation of its documents",
        format!("compare with `hookyard webhook schemes {name}`"),
    )
}

pub fn form(text: &str) -> Finding {
    Finding::new(
        format!("the signed bytes are `{text}`"),
        "the sender puts the signed bytes together otherwise than its documents say",
        "describe it as a scheme of your own in hookyard.toml",
    )
}

/// The digest is right but stands elsewhere, or is written otherwise, than the scheme asks.
pub fn written(scheme: &Scheme, token: &Token) -> Vec<Finding> {
    let mut all = Vec::new();
    let usual = "the sender follows another generation of its documents, or a library's default";
    let change = "choose the scheme's variant that is written so, or correct the sender";
    let place = scheme.header().unwrap_or_default();
    let elsewhere = match scheme.form {
        Form::Numbered => !token.header.to_ascii_lowercase().starts_with(&place.to_ascii_lowercase()),
        _ => !place.is_empty() && !token.header.eq_ignore_ascii_case(place),
    };
    if elsewhere {
        all.push(Finding::new(
            format!("the signature stands in the header {}, not in {place}", token.header),
            "a proxy or a framework renamed the header, or the sender uses another generation",
            "let the header through under its own name",
        ));
    }
    if token.digest != scheme.digest {
        let happened = format!("the digest is {}, not {}", token.digest.name(), scheme.digest.name());
        all.push(Finding::new(happened, usual, change));
    }
    if token.encoding != scheme.encoding.name() {
        let happened =
            format!("the digest is written in {}, not in {}", token.encoding, scheme.encoding.name());
        all.push(Finding::new(happened, usual, change));
    }
    let wanted = prefixes(scheme);
    if !wanted.contains(&token.prefix) {
        let shown =
            |prefix: &str| if prefix.is_empty() { "nothing".to_owned() } else { format!("`{prefix}`") };
        let happened = format!(
            "before the digest stands {}, where the scheme has {}",
            shown(&token.prefix),
            shown(wanted.first().map_or("", String::as_str))
        );
        all.push(Finding::new(happened, usual, change));
    }
    all
}

pub fn duplicate() -> Finding {
    Finding::new(
        "one header came twice, and which of the two is meant nobody can say",
        "two proxies, or a proxy and the application, each add it",
        "let one of them pass it through",
    )
}

pub fn too_long() -> Finding {
    Finding::new(
        "the body is too long for the search for what would have matched",
        "only the request's headers were compared with the schemes",
        "try with a smaller request of the same sender",
    )
}

pub fn time(case: &Case<'_>, stamp: Stamp) -> Finding {
    let age = stamp.age(case.now);
    let tolerance = i64::from(case.tolerance);
    let millis = stamp.seconds() / 1000;
    if case.scheme.unit == Unit::Seconds
        && (case.now - millis).abs() < 10 * 365 * 86_400
        && stamp.seconds() >= 100_000_000_000
    {
        let fresh = if (case.now - millis).abs() < tolerance { "would be fresh" } else { "is in the past" };
        return Finding::new(
            format!("the time is in milliseconds, where the scheme has seconds; read so it {fresh}"),
            "Date.now() in place of Math.floor(Date.now() / 1000); Snappt's own service sends milliseconds",
            "send seconds, or choose the family's variant in milliseconds (`hookyard webhook schemes`)",
        );
    }
    let quarter = 900;
    let off = (age + quarter / 2).div_euclid(quarter) * quarter;
    if off != 0 && off.abs() <= 14 * 3600 && (age - off).abs() < 60.min(tolerance) {
        return Finding::new(
            format!("the time is off by {} h {} min, as time zones are", off / 3600, (off % 3600).abs() / 60),
            "local time was taken for UTC",
            "make the time from a clock in UTC (Unix time has no zone)",
        );
    }
    if age < 0 {
        return Finding::new(
            format!("the time lies {} s ahead of this clock", age.unsigned_abs()),
            "one of the two clocks is wrong",
            "check NTP on both sides; `--now` judges a stored request by another time",
        );
    }
    Finding::new(
        format!("the request is {age} s old"),
        "a stored sample, a replay, a queue before the receiver, or a clock that is wrong",
        "judge a stored request with --now, the moment it came; a live one: check queues and NTP",
    )
}
