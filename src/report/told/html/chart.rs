//! What the charts share: colours for light and dark, a frame with its axes, and the SVG around a drawing.
//!
//! A drawing names the light colours; the page's style replaces each by its dark one. Every chart is drawn twice, wide
//! and narrow, and the style shows one: letters keep their size.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::text;

/// Drawn so many times larger than shown, since plotters knows whole pixels only.
pub const SCALE: i32 = 4;

pub type Root<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Plane<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
pub type Drawn = Result<(), Box<dyn std::error::Error>>;

/// One colour, by day and by night. Each pair has at least 3:1 against its background, and text 4.5:1.
pub struct Hue {
    pub light: RGBColor,
    pub dark: &'static str,
}

const fn hue(r: u8, g: u8, b: u8, dark: &'static str) -> Hue {
    Hue { light: RGBColor(r, g, b), dark }
}

pub const ACCEPTED: Hue = hue(0x0f, 0x7f, 0x6b, "#3ec9a7");
pub const REFUSED: Hue = hue(0xb8, 0x72, 0x0a, "#f0b04a");
pub const BROKEN: Hue = hue(0xc2, 0x36, 0x3c, "#ff7b7b");
pub const SILENT: Hue = hue(0x6f, 0x4f, 0xa3, "#b79cf0");
pub const SLOW: Hue = hue(0x1f, 0x5f, 0xa8, "#7db5f5");
pub const MIDDLE: Hue = hue(0x5b, 0x9b, 0xd9, "#4479b3");
pub const WAITING: Hue = hue(0x9a, 0xa6, 0xb4, "#5c6a7a");
const GRID: Hue = hue(0xe4, 0xe7, 0xeb, "#2a323c");
const LETTERS: Hue = hue(0x55, 0x60, 0x6e, "#a3afbd");
const INK: Hue = hue(0x1b, 0x22, 0x2b, "#e8edf2");

/// The night's half of the style.
pub fn dark() -> String {
    [&ACCEPTED, &REFUSED, &BROKEN, &SILENT, &SLOW, &MIDDLE, &WAITING, &GRID, &LETTERS, &INK]
        .iter()
        .map(|hue| {
            let (light, dark) = (hue.hex(), hue.dark);
            format!("svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}")
        })
        .collect()
}

impl Hue {
    pub fn hex(&self) -> String {
        let RGBColor(r, g, b) = self.light;
        format!("#{r:02X}{g:02X}{b:02X}")
    }
}

/// How much room there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Wide,
    Narrow,
}

impl Room {
    pub fn width(self) -> i32 {
        if self == Room::Wide { 640 } else { 320 }
    }

    /// Bars and labels that fit beside each other.
    pub fn bars(self) -> usize {
        if self == Room::Wide { 170 } else { 60 }
    }

    pub fn labels(self) -> usize {
        if self == Room::Wide { 8 } else { 4 }
    }
}

/// A picture with its words: drawn for both rooms.
pub fn figure(
    id: &str,
    title: &str,
    description: &str,
    height: i32,
    draw: impl Fn(&Root<'_>, Room) -> Drawn,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut out = String::new();
    for (room, class) in [(Room::Wide, "wide"), (Room::Narrow, "narrow")] {
        let (width, height) = (room.width() * SCALE, height * SCALE);
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (width.unsigned_abs(), height.unsigned_abs()));
            let root = root.into_drawing_area();
            draw(&root, room)?;
            root.present()?;
        }
        // The words belong inside, where a reader of the picture looks for them.
        let inner = svg.split_once('>').map_or("", |(_, inner)| inner);
        out.push_str(&format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-{class}-t {id}-{class}-d\">\
             <title id=\"{id}-{class}-t\">{}</title><desc id=\"{id}-{class}-d\">{}</desc>{inner}",
            text(title),
            text(description)
        ));
    }
    Ok(out)
}

pub fn letters(size: i32, hue: &'static Hue, h: HPos, v: VPos) -> TextStyle<'static> {
    // The backend writes letters smaller than it is told, by this much.
    let font = ("sans-serif", f64::from(size * SCALE) * 1.24).into_font();
    TextStyle::from(font).color(&hue.light).pos(Pos::new(h, v))
}

pub fn ink(size: i32, h: HPos, v: VPos) -> TextStyle<'static> {
    letters(size, &INK, h, v)
}

pub fn quiet(size: i32, h: HPos, v: VPos) -> TextStyle<'static> {
    letters(size, &LETTERS, h, v)
}

pub fn track() -> ShapeStyle {
    GRID.light.filled()
}

/// A plane with horizontal rules and words at both axes. `top` is what has to fit; `labels` stand under their place.
pub fn plane<'a>(
    root: &Root<'a>,
    x: Range<f64>,
    top: f64,
    unit: &str,
    labels: &[(f64, String)],
) -> Result<Plane<'a>, Box<dyn std::error::Error>> {
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

/// Bars side by side on places 0, 1, 2 …, each of parts upon each other.
pub fn bars(plane: &Plane<'_>, bars: &[Vec<f64>], hues: &[&Hue]) -> Drawn {
    for (at, parts) in bars.iter().enumerate() {
        let mut from = 0.0;
        for (part, hue) in parts.iter().zip(hues).filter(|(part, _)| **part > 0.0) {
            let corners = [(at as f64 + 0.08, from), (at as f64 + 0.92, from + part)];
            plane.draw(&Rectangle::new(corners, hue.light.filled()))?;
            from += part;
        }
    }
    Ok(())
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
