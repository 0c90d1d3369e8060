//! What the charts are drawn with: colours, a figure with its words, a plane with its axes, bars through time.

mod bars;
mod figure;
mod gaps;
mod hue;
mod plane;

use std::error::Error;

pub use bars::{bars, days, through};
pub use figure::{Room, Root, SCALE, figure, ink, letters, quiet, track};
pub use gaps::gaps;
pub use hue::{ACCEPTED, BROKEN, Hue, MIDDLE, REFUSED, SILENT, SLOW, UNKNOWN, WAITING, dark};
pub use plane::{plane, short};

pub type Fallible<T> = Result<T, Box<dyn Error>>;
pub type Drawn = Fallible<()>;
/// A drawing as it stands in the page.
pub type Figure = Fallible<String>;
