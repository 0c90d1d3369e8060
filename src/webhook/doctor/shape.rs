//! The third part: is what is sent as it is documented.

use super::super::check;
use super::step::{Making, Part, Step, Wrong, making};
use super::store::Last;
use crate::provider::{self, Fill};
use crate::random::Random;

fn payload() -> Making {
    making(Part::Payload, "shape", "a receiver that follows the document can read it")
}

/// The last payload that went to the endpoint, else what would be sent of a documented event.
pub fn look(last: Option<&Last>, now: i64, random: &Random) -> Step {
    let Some(form) = provider::find("snappt") else {
        return payload().skipped("there is no description of it");
    };
    let Some(last) = last else {
        let event = form.events.first().cloned();
        let sample = event.map(|event| provider::sample(&event, &mut Fill::new(now, random)));
        let bytes = sample.map(|sample| crate::json::compact(&sample)).unwrap_or_default();
        let verdict = check::verdict(form, &bytes, None, true);
        return match verdict.valid() {
            true => payload().good("no payload is recorded; a sample is as documented"),
            false => payload().failed(
                Wrong::No,
                verdict.lines().join("; "),
                "report it: this is a fault of hookyard",
            ),
        };
    };
    if form.event(&last.event_type).is_none() {
        let what = format!("the last was a `{}`, which no document describes", last.event_type);
        return payload().skipped(what);
    }
    let verdict = check::verdict(form, last.payload.as_bytes(), Some(&last.event_type), false);
    let lines = verdict.lines();
    match (verdict.valid(), lines.is_empty()) {
        (true, true) => payload().good(format!("the last payload ({}) is as documented", last.event_type)),
        (true, false) => payload().warned(
            format!("the last payload ({}): {}", last.event_type, lines.join("; ")),
            "a field more is harmless to most receivers; is it meant?",
        ),
        (false, _) => payload().failed(
            Wrong::No,
            format!("the last payload ({}): {}", last.event_type, lines.join("; ")),
            "look at hookyard.entry_payloads, which says where the fields stand",
        ),
    }
}
