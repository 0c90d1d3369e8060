//! Attempts through time.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::clock::Micros;
use crate::report::figures::Hour;
use crate::report::told::html::chart::{
    ACCEPTED, BROKEN, Figure, REFUSED, SCALE, SILENT, WAITING, bars, days, figure, gaps, plane, quiet,
};

/// Attempts by hour, by what they came to.
pub fn over_time(hours: &[Hour]) -> Figure {
    let all: i64 = hours.iter().map(|hour| hour.attempts).sum();
    let failed: i64 = hours.iter().map(Hour::failures).sum();
    let mut description = format!("{all} attempts in {} hours, {failed} of them failed.", hours.len());
    let missing = hours.iter().filter(|hour| hour.is_missing).count();
    if missing > 0 {
        description.push_str(&format!(" {missing} hours are missing."));
    }
    figure("deliveries", "Attempts over time, by what they came to", &description, 300, |root, room| {
        let size = hours.len().div_ceil(room.bars()).max(1);
        let binned: Vec<Hour> = hours.chunks(size).map(sum).collect();
        let top = binned.iter().map(|hour| hour.attempts).max().unwrap_or(0);
        let starts: Vec<Micros> = binned.iter().map(|hour| hour.at).collect();
        let plane = plane(root, 0.0..binned.len().max(1) as f64, top as f64, "", &days(&starts, room, 0.0))?;
        let parts: Vec<Vec<f64>> = binned
            .iter()
            .map(|hour| {
                let others = hour.attempts - hour.successes - hour.failures();
                [hour.successes, hour.refused, hour.server_errors, hour.no_answer, others]
                    .map(|n| n as f64)
                    .to_vec()
            })
            .collect();
        let missing: Vec<bool> = binned.iter().map(|hour| hour.is_missing).collect();
        gaps(&plane, &missing, "missing")?;
        bars(&plane, &parts, &[&ACCEPTED, &REFUSED, &BROKEN, &SILENT, &WAITING])?;
        // Narrow bars hold more hours, and say so.
        let bar = if size == 1 { "a bar is an hour".to_owned() } else { format!("a bar is {size} hours") };
        let end = room.width() * SCALE - 6 * SCALE;
        Ok(root.draw(&Text::new(bar, (end, 0), quiet(12, HPos::Right, VPos::Top)))?)
    })
}

fn sum(hours: &[Hour]) -> Hour {
    let mut sum = Hour { at: hours.first().map(|hour| hour.at).unwrap_or_default(), ..Hour::default() };
    sum.is_missing = hours.iter().any(|hour| hour.is_missing);
    hours.iter().for_each(|hour| sum.add(hour));
    sum
}
