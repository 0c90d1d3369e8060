//! Invites and polls of Yardi, by day.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::clock::Micros;
use crate::report::figures::YardiDay;
use crate::report::told::html::chart::{
    ACCEPTED, BROKEN, Figure, SCALE, WAITING, bars, days, figure, plane, quiet, short,
};

/// Invites by day, by whether an entry has come of them.
pub fn invites(days_all: &[YardiDay]) -> Figure {
    let (all, converted) =
        days_all.iter().fold((0, 0), |sum, day| (sum.0 + day.invites, sum.1 + day.converted));
    let description = format!("{all} invites in {} days, {converted} have become entries.", days_all.len());
    by_day("invites", "Invites from Yardi by day", &description, days_all, |day| {
        vec![day.converted as f64, (day.invites - day.converted).max(0) as f64]
    })
}

/// Polls that hookyard made, by day.
pub fn polls(days_all: &[YardiDay]) -> Figure {
    let (all, failed) = days_all
        .iter()
        .fold((0, 0), |sum, day| (sum.0 + day.polls.unwrap_or(0), sum.1 + day.polls_failed.unwrap_or(0)));
    let description = format!("{all} polls in {} days, {failed} of them failed.", days_all.len());
    by_day("polls", "Polls of Yardi by day", &description, days_all, |day| {
        let failed = day.polls_failed.unwrap_or(0);
        vec![(day.polls.unwrap_or(0) - failed).max(0) as f64, 0.0, failed as f64]
    })
}

fn by_day(
    id: &str,
    title: &str,
    description: &str,
    all: &[YardiDay],
    parts: fn(&YardiDay) -> Vec<f64>,
) -> Figure {
    figure(id, title, description, 250, |root, room| {
        let parts: Vec<Vec<f64>> = all.iter().map(parts).collect();
        let top = parts.iter().map(|parts| parts.iter().sum::<f64>()).fold(0.0, f64::max);
        let starts: Vec<Micros> = all.iter().map(|day| day.at).collect();
        let plane = plane(root, 0.0..all.len().max(1) as f64, top, "", &days(&starts, room, 0.5))?;
        bars(&plane, &parts, &[&ACCEPTED, &WAITING, &BROKEN])?;
        // The last bar is today's, and not over.
        if let Some(last) = parts.last() {
            let (x, y) = plane.map_coordinate(&(all.len() as f64 - 0.5, last.iter().sum()));
            let word = short(last.iter().sum());
            root.draw(&Text::new(word, (x, y - 3 * SCALE), quiet(11, HPos::Center, VPos::Bottom)))?;
        }
        Ok(())
    })
}
