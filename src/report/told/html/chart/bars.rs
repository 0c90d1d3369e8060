//! Bars through time, and the days that stand under them.

use plotters::prelude::*;

use super::Drawn;
use super::figure::Room;
use super::hue::Hue;
use super::plane::Plane;
use crate::clock::Micros;
use crate::report::told::html::numbers::{DAY, day};

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

/// Every day from the first to the last, so that one of which nothing was found has its place. What lies further apart
/// than a window is long is a wrong date, and stands beside the rest.
pub fn through(found: &[Micros]) -> Vec<Micros> {
    let mut all: Vec<Micros> = Vec::new();
    for at in found {
        while let Some(last) = all.last().filter(|last| at - **last > DAY && at - **last < 62 * DAY) {
            all.push(last + DAY);
        }
        all.push(*at);
    }
    all
}

/// Days that begin at one of these places, no more than there is room for.
pub fn days(starts: &[Micros], room: Room, offset: f64) -> Vec<(f64, String)> {
    let is_new = |at: usize| at == 0 || starts[at] / DAY != starts[at - 1] / DAY;
    // A day that has begun before the first place has no beginning to show.
    let mut found: Vec<(f64, String)> = (0..starts.len())
        .filter(|at| is_new(*at) && (starts.len() <= 40 || starts[*at] % DAY < DAY / 3))
        .map(|at| (at as f64 + offset, day(starts[at])))
        .collect();
    let keep = found.len().div_ceil(room.labels()).max(1);
    let mut at = 0;
    found.retain(|_| {
        at += 1;
        (at - 1) % keep == 0
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_which_nothing_was_found_has_its_place_and_a_wrong_date_has_no_more_than_one() {
        let days = |all: &[Micros]| all.iter().map(|day| day * DAY).collect::<Vec<Micros>>();
        assert_eq!(through(&days(&[3, 4, 7])), days(&[3, 4, 5, 6, 7]));
        assert_eq!(through(&days(&[3, 900_000])), days(&[3, 900_000]));
        assert!(through(&[]).is_empty());
    }
}
