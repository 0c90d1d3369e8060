//! A number with its noun.

use std::fmt::Display;

/// `1 endpoint`, `2 endpoints`.
pub fn counted<N: PartialEq + Display + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}
