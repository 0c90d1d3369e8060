//! How long answers took.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::clock::Micros;
use crate::report::figures::{Answers, Day};
use crate::report::told::html::chart::{Figure, MIDDLE, SCALE, SLOW, days, figure, letters, plane, through};

/// The median and the slowest twentieth, by day.
pub fn answers(answers: &Answers) -> Figure {
    let all = &answers.days;
    let known = all.iter().filter(|day| day.p95_ms.is_some()).count();
    let description =
        format!("Half of the answers came within p50, nineteen of twenty within p95; {known} days.");
    figure("answers", "Answer times by day", &description, 290, |root, room| {
        let top = all.iter().filter_map(|day| day.p95_ms).fold(0.0, f64::max);
        let starts = through(&all.iter().map(|day| day.at).collect::<Vec<Micros>>());
        let end = (starts.len().max(2) - 1) as f64 + 0.5;
        let plane = plane(root, -0.5..end, top, " ms", &days(&starts, room, 0.0))?;
        let (p50, p95) = (line(all, &starts, |day| day.p50_ms), line(all, &starts, |day| day.p95_ms));
        for (below, above) in runs(&p50).zip(runs(&p95)) {
            let band: Vec<(f64, f64)> = above.iter().chain(below.iter().rev()).copied().collect();
            plane.draw(&Polygon::new(band, SLOW.light.mix(0.12).filled()))?;
        }
        for (line, hue, name) in [(&p95, &SLOW, "p95"), (&p50, &MIDDLE, "p50")] {
            for run in runs(line) {
                let stroke = hue.light.stroke_width((2 * SCALE).unsigned_abs());
                plane.draw(&PathElement::new(run.to_vec(), stroke))?;
            }
            for point in line {
                plane.draw(&Circle::new(*point, 3 * SCALE, hue.light.filled()))?;
            }
            if let Some(last) = line.last() {
                let (x, y) = plane.map_coordinate(last);
                let word = letters(12, &SLOW, HPos::Center, VPos::Bottom);
                root.draw(&Text::new(name, (x, y - 8 * SCALE), word))?;
            }
        }
        Ok(())
    })
}

fn line(days: &[Day], places: &[Micros], value: fn(&Day) -> Option<f64>) -> Vec<(f64, f64)> {
    let place = |day: &Day| places.binary_search(&day.at).ok().map(|at| at as f64);
    days.iter().filter_map(|day| Some((place(day)?, value(day)?))).collect()
}

/// A day without an answer is a gap, not a line across it.
fn runs(line: &[(f64, f64)]) -> impl Iterator<Item = &[(f64, f64)]> {
    line.chunk_by(|a, b| b.0 - a.0 < 1.5)
}
