//! Invites and polls of Yardi, by day.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::clock::Micros;
use crate::report::figures::YardiDay;
use crate::report::told::html::chart::{
    ACCEPTED, BROKEN, Figure, SCALE, WAITING, bars, days, figure, gaps, plane, quiet, short, through,
};

/// Invites by day, by whether an entry has come of them.
pub fn invites(days_all: &[YardiDay]) -> Figure {
    let (all, converted) =
        days_all.iter().fold((0, 0), |sum, day| (sum.0 + day.invites, sum.1 + day.converted));
    let description = format!("{all} invites in {} days, {converted} have become entries.", days_all.len());
    by_day("invites", "Invites from Yardi by day", &description, days_all, |day| {
        let (invites, converted) = day.map_or((0, 0), |day| (day.invites, day.converted));
        Some(vec![converted as f64, (invites - converted).max(0) as f64])
    })
}

/// Polls that hookyard made, by day.
pub fn polls(days_all: &[YardiDay]) -> Figure {
    let (all, failed) = days_all
        .iter()
        .fold((0, 0), |sum, day| (sum.0 + day.polls.unwrap_or(0), sum.1 + day.polls_failed.unwrap_or(0)));
    let description = format!("{all} polls in {} days, {failed} of them failed.", days_all.len());
    by_day("polls", "Polls of Yardi by day", &description, days_all, |day| {
        let (polls, failed) = day.and_then(|day| Some((day.polls?, day.polls_failed?)))?;
        Some(vec![(polls - failed).max(0) as f64, 0.0, failed as f64])
    })
}

/// `parts` of a day of which nothing was found; none where that says nothing of it.
fn by_day(
    id: &str,
    title: &str,
    description: &str,
    all: &[YardiDay],
    parts: fn(Option<&YardiDay>) -> Option<Vec<f64>>,
) -> Figure {
    figure(id, title, description, 250, |root, room| {
        let starts = through(&all.iter().map(|day| day.at).collect::<Vec<Micros>>());
        let day = |at: &Micros| all.iter().find(|day| day.at == *at);
        let parts: Vec<Option<Vec<f64>>> = starts.iter().map(|at| parts(day(at))).collect();
        let unknown: Vec<bool> = parts.iter().map(Option::is_none).collect();
        let parts: Vec<Vec<f64>> = parts.into_iter().map(Option::unwrap_or_default).collect();
        let top = parts.iter().map(|parts| parts.iter().sum::<f64>()).fold(0.0, f64::max);
        let plane = plane(root, 0.0..starts.len().max(1) as f64, top, "", &days(&starts, room, 0.5))?;
        gaps(&plane, &unknown, "no record")?;
        bars(&plane, &parts, &[&ACCEPTED, &WAITING, &BROKEN])?;
        // The last bar is today's, and not over.
        if let Some(last) = parts.last() {
            let (x, y) = plane.map_coordinate(&(starts.len() as f64 - 0.5, last.iter().sum()));
            let word = short(last.iter().sum());
            root.draw(&Text::new(word, (x, y - 3 * SCALE), quiet(11, HPos::Center, VPos::Bottom)))?;
        }
        Ok(())
    })
}
