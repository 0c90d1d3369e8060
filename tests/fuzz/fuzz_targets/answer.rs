//! Any bytes are an answer of Yardi or are not: no panic, and nothing is believed that does not end well.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../../src/yardi/answer/mod.rs"]
mod answer;
#[path = "../../../src/yardi/prospect.rs"]
mod prospect;

use answer::{Guests, Lists, Rows, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    const RESULT: &str = "GetYardiGuestActivity_DateRangeResult";
    let mut guests = Guests::looking_for("[hy:entry/");
    if let Ok(told) = read(data, RESULT, &mut guests) {
        assert!(told.result || guests.prospects.is_empty());
        // People are parts of the answer, and their fields never grow out of it.
        let fields: usize = guests.prospects.iter().map(|p| p.code().len() + p.last_name().len()).sum();
        assert!(fields <= data.len() * 3);
        // In pieces it is the same answer.
        let mut again = Guests::looking_for("[hy:entry/");
        let pieces = std::io::BufReader::with_capacity(7, data);
        assert_eq!(read(pieces, RESULT, &mut again), Ok(told));
        assert_eq!(again.prospects, guests.prospects);
    }
    let _ = read(data, "GetNewProspectsResult", &mut Rows::default());
    let _ = read(data, RESULT, &mut Lists::default());
});
