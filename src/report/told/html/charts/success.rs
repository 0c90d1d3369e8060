//! What the attempts of each endpoint came to.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::output;
use crate::report::figures::Endpoint;
use crate::report::told::html::chart::{
    ACCEPTED, BROKEN, Drawn, Figure, Room, Root, SCALE, SILENT, WAITING, figure, ink, track,
};
use crate::report::told::words::percent;

/// Endpoints that are drawn; the table beside has more.
const ENDPOINTS: usize = 12;

/// One line for each endpoint, the worst first.
pub fn success(worst: &[&Endpoint]) -> Figure {
    let shown = &worst[..worst.len().min(ENDPOINTS)];
    let description = match shown.first() {
        Some(one) => {
            format!("{} endpoints; the worst succeeded in {}.", worst.len(), percent(one.counts.success_rate))
        }
        None => "No endpoint.".to_owned(),
    };
    let height = i32::try_from(shown.len()).unwrap_or(0) * 40 + 8;
    figure("success", "Success by endpoint, the worst first", &description, height, |root, room| {
        let width = room.width() * SCALE;
        for (at, one) in (0i32..).zip(shown) {
            let y = (at * 40 + 4) * SCALE;
            let url = one.url.as_deref().unwrap_or("(no URL)");
            let url = middle(url, if room == Room::Wide { 72 } else { 32 });
            let rate = percent(one.counts.success_rate);
            root.draw(&Text::new(url, (0, y), ink(13, HPos::Left, VPos::Top)))?;
            root.draw(&Text::new(rate, (width, y), ink(13, HPos::Right, VPos::Top)))?;
            share(root, one, y + 19 * SCALE, width)?;
        }
        Ok(())
    })
}

/// What the attempts of an endpoint came to, as shares of a bar.
fn share(root: &Root<'_>, one: &Endpoint, y: i32, width: i32) -> Drawn {
    let bar = |from: i32, to: i32, style: ShapeStyle| Rectangle::new([(from, y), (to, y + 9 * SCALE)], style);
    root.draw(&bar(0, width, track()))?;
    let counts = &one.counts;
    let parts = [
        (counts.successes, &ACCEPTED),
        (counts.failures - counts.no_answer, &BROKEN),
        (counts.no_answer, &SILENT),
        (counts.others, &WAITING),
    ];
    let (mut done, all) = (0, counts.attempts.max(1));
    let place = |count: i64| i32::try_from(i64::from(width) * count / all).unwrap_or(width);
    for (count, hue) in parts.into_iter().filter(|(count, _)| *count > 0) {
        // A failure among thousands is still seen.
        let (from, to) = (place(done).min(width - 2 * SCALE), place(done + count));
        root.draw(&bar(from, to.max(from + 2 * SCALE), hue.light.filled()))?;
        done += count;
    }
    Ok(())
}

fn middle(text: &str, most: usize) -> String {
    let text = output::escape_line(text);
    let count = text.chars().count();
    if count <= most {
        return text;
    }
    let half = most / 2;
    let (head, tail): (String, String) =
        (text.chars().take(half).collect(), text.chars().skip(count - half + 1).collect());
    format!("{head}…{tail}")
}
