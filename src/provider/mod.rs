//! What providers send. Each event is described once, in a data file: a sample, and rules beside it where the sample
//! does not say enough. A fresh sample is made from it, and a payload is checked against it. Pure: time and chance are
//! handed in.
//!
//! A provider that is seen in two forms has two files, named as the signature scheme of each is.

mod catalogue;
mod check;
mod form;
mod near;
mod path;
mod rules;
mod sample;
mod value;

pub use catalogue::{FORMS, all, find, recognising};
pub use check::{Checked, Fault, Finding, check};
pub use form::{Event, Form};
pub use near::near;
pub use path::{Path, get, put, remove};
pub use sample::{Fill, sample, settable, text};
