//! hookyard.
mod failure;
fn main() {}
