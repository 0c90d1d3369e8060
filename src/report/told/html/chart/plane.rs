//! A plane with its axes: round steps to the left, words below.

use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::Fallible;
use super::figure::{Root, SCALE, quiet};
use super::hue::GRID;

pub type Plane<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A plane with horizontal rules and words at both axes. `top` is what has to fit; `labels` stand under their place.
pub fn plane<'a>(
    root: &Root<'a>,
    x: Range<f64>,
    top: f64,
    unit: &str,
    labels: &[(f64, String)],
) -> Fallible<Plane<'a>> {
    let (width, height) = root.dim_in_pixel();
    let (width, height) = (i32::try_from(width)?, i32::try_from(height)?);
    let side = if unit.is_empty() { 46 } else { 66 };
    let (left, right, above, below) = (side * SCALE, width - 6 * SCALE, 20 * SCALE, height - 24 * SCALE);
    let (step, top) = steps(top);
    let plane = root.apply_coord_spec(Cartesian2d::new(x.clone(), 0.0..top, (left..right, below..above)));
    let word = quiet(12, HPos::Right, VPos::Center);
    let mut at = 0.0;
    while at <= top + step / 1000.0 {
        plane.draw(&PathElement::new(
            [(x.start, at), (x.end, at)],
            GRID.light.stroke_width(SCALE.unsigned_abs()),
        ))?;
        let (_, y) = plane.map_coordinate(&(x.start, at));
        root.draw(&Text::new(format!("{}{unit}", short(at)), (left - 8 * SCALE, y), word.clone()))?;
        at += step;
    }
    let word = quiet(12, HPos::Center, VPos::Top);
    for (at, label) in labels {
        let (x, _) = plane.map_coordinate(&(*at, 0.0));
        root.draw(&Text::new(label.clone(), (x, below + 8 * SCALE), word.clone()))?;
    }
    Ok(plane)
}

/// Round steps for an axis that has to hold `most`, and where it ends.
fn steps(most: f64) -> (f64, f64) {
    let most = most.max(1.0);
    let raw = most / 4.0;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= raw);
    // Half a delivery is none.
    let step = step.unwrap_or(raw).max(1.0);
    (step, (most / step).ceil() * step)
}

/// `950`, `1.2k`, `3M`
pub fn short(number: f64) -> String {
    let cut = |number: f64, unit: &str| {
        let text = format!("{number:.1}");
        format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match number.abs() {
        0.0..1e4 => cut(number, ""),
        1e4..1e6 => cut(number / 1e3, "k"),
        _ => cut(number / 1e6, "M"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_steps_and_holds_everything() {
        assert_eq!(steps(0.0), (1.0, 1.0));
        assert_eq!(steps(7.0), (2.0, 8.0));
        assert_eq!(steps(100.0), (25.0, 100.0));
        assert_eq!(steps(1_234_567.0), (500_000.0, 1_500_000.0));
        assert_eq!([short(0.0), short(12.5), short(12_000.0), short(3_000_000.0)].join(" "), "0 12.5 12k 3M");
    }
}
