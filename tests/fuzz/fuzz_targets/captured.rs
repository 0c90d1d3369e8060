//! Any file is read as a captured request, or refused: no panic.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../../src/webhook/captured/mod.rs"]
mod captured;
#[path = "../../../src/json.rs"]
mod json;
#[path = "../../../src/signature/mod.rs"]
mod signature;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = captured::read(data) {
        // A body is a part of the file, or decoded from one: it never grows out of it.
        assert!(request.body.len() <= data.len());
    }
});
