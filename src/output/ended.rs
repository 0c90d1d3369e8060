//! What a stream answers once it has ended: everything was told on the way.

use super::{Json, Output, Page};

/// The end; the code of the signal, where one ended it.
pub struct Ended(pub Option<u8>);

impl Output for Ended {
    fn text(&self, _page: &mut Page) {}

    fn json(&self) -> Json {
        Json::Lines(Vec::new())
    }

    fn verdict(&self) -> u8 {
        self.0.unwrap_or(0)
    }
}
