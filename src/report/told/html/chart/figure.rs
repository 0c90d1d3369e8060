//! A picture with its words. It is drawn twice, wide and narrow, and the page's style shows one: letters keep their size.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::hue::{GRID, Hue, INK, LETTERS};
use super::{Drawn, Figure};
use crate::report::told::html::text;

/// Drawn so many times larger than shown, since plotters knows whole pixels only.
pub const SCALE: i32 = 4;

pub type Root<'a> = DrawingArea<SVGBackend<'a>, Shift>;

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
) -> Figure {
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
