//! The colours of the charts, for light and dark. A drawing names the light ones; the page's style replaces each by its
//! dark one.

use plotters::prelude::*;

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
/// Behind what stands there, as the grid is: its word and its place in the legend tell it.
pub const UNKNOWN: Hue = hue(0xee, 0xef, 0xf2, "#222931");
pub const GRID: Hue = hue(0xe4, 0xe7, 0xeb, "#2a323c");
pub const LETTERS: Hue = hue(0x55, 0x60, 0x6e, "#a3afbd");
pub const INK: Hue = hue(0x1b, 0x22, 0x2b, "#e8edf2");

/// The night's half of the style.
pub fn dark() -> String {
    [&ACCEPTED, &REFUSED, &BROKEN, &SILENT, &SLOW, &MIDDLE, &WAITING, &UNKNOWN, &GRID, &LETTERS, &INK]
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
