//! Any headers and any body get a verdict from every scheme, and any refusal an explanation: no panic, and nothing is
//! valid that was not signed.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../../src/json.rs"]
mod json;
#[path = "../../../src/signature/mod.rs"]
mod signature;

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use signature::explain::{Case, explain};
use signature::{Catalogue, Check, Headers, Request, Ring, Verdict};

fuzz_target!(|data: &[u8]| {
    let Ok((headers, body)) = Headers::block(data) else { return };
    let catalogue = Catalogue::new(BTreeMap::new());
    let secrets = [b"c2VjcmV0LW9mLWVub3VnaC1sZW5ndGgh".to_vec()];
    let which = data.len();
    let all = catalogue.all();
    let scheme = &all[which % all.len()];
    let Ok(ring) = Ring::read(scheme, &secrets) else { return };
    let url = Some("https://x.test/hook?bodySHA256=00");
    let request = Request { headers: &headers, whole: Some(body), url, jwks: None };
    let verdict = match Check::begin(scheme, &request, ring) {
        Ok(mut check) => {
            body.chunks(3).for_each(|chunk| check.update(chunk));
            check.finish(1_700_000_000, Some(300))
        }
        Err(refusal) => Verdict::refused(refusal),
    };
    let Err(refusal) = &verdict.outcome else { panic!("{} took what nobody signed", scheme.name) };
    explain(&Case {
        scheme,
        catalogue: &catalogue,
        headers: &headers,
        secrets: &secrets,
        body: Some(body),
        is_blanked: true,
        url,
        jwks: None,
        now: 1_700_000_000,
        tolerance: 300,
        refusal,
        stamp: verdict.stamp,
    });
});
