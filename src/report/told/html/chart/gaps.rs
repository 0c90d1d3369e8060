//! What is not known. A bar that is not there would say that nothing was.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::Drawn;
use super::figure::{SCALE, quiet};
use super::hue::UNKNOWN;
use super::plane::Plane;

/// Shade these places from bottom to top, with a word where there is room for it.
pub fn gaps(plane: &Plane<'_>, unknown: &[bool], word: &str) -> Drawn {
    let top = plane.get_y_range().end;
    let mut from = 0;
    for run in unknown.chunk_by(|a, b| a == b) {
        let (start, end) = (from as f64, (from + run.len()) as f64);
        from += run.len();
        if run.first() != Some(&true) {
            continue;
        }
        plane.draw(&Rectangle::new([(start, 0.0), (end, top)], UNKNOWN.light.filled()))?;
        let [left, right] = [start, end].map(|at| plane.map_coordinate(&(at, 0.0)).0);
        if right - left >= 70 * SCALE {
            let middle = ((start + end) / 2.0, top / 2.0);
            plane.draw(&Text::new(word, middle, quiet(12, HPos::Center, VPos::Center)))?;
        }
    }
    Ok(())
}
