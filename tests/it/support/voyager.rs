//! The demo's Voyager, as the tests use it.

#[path = "../../../src/demo/voyager/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the demo uses the rest")]
mod service;

pub use service::{Household, Person, Voyager};
